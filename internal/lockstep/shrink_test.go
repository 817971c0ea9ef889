package lockstep

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"pgregory.net/rapid"
)

// shrinkTime bounds the search for a shorter sequence. The search is our own:
// rapid's, which knows nothing of steps, takes hundreds of runs, and a run
// against a server takes a while.
const shrinkTime = 30 * time.Second

// fail reports a divergence by a short sequence that shows it. Rapid runs a
// failed sequence again and expects the same text.
func (l *lockstep) fail(t *rapid.T, m *machine, results []result) {
	if all := show(m.steps); l.found == nil || l.failed != all {
		l.failedAfter, l.failed = l.stats.steps, all
		l.found = shrink(t.Context(), m, results)
	}
	t.Fatal(l.found.text)
}

func show(steps []step) string {
	var b strings.Builder
	for _, s := range steps {
		fmt.Fprintf(&b, "\t%s\n", s.GoString())
	}
	return b.String()
}

// A finding is a sequence whose last step diverges.
type finding struct {
	steps []step
	text  string
}

func newFinding(steps []step, results []result) *finding {
	var b strings.Builder
	fmt.Fprintf(&b, "the last of these steps diverges:\n%s", show(steps))
	for _, r := range results {
		if r.got != r.want {
			fmt.Fprintf(&b, "%s:\n\tgot  %s\n\twant %s\n", r.w.name, r.got, r.want)
			for _, err := range r.w.errs {
				fmt.Fprintf(&b, "\t%v\n", err)
			}
		}
	}
	return &finding{slices.Clone(steps), b.String()}
}

// shrink leaves out steps, and makes those that are left simpler, as long as
// something diverges.
func shrink(ctx context.Context, m *machine, results []result) *finding {
	var backends []*backend // the others agree, and need not run
	for _, r := range results {
		if r.got != r.want {
			backends = append(backends, r.w.backend)
		}
	}
	best := newFinding(m.steps, results)
	deadline := time.Now().Add(shrinkTime)
	var failure error
	try := func(steps []step) bool {
		if failure != nil || time.Now().After(deadline) {
			return false
		}
		found, err := replay(ctx, m.pool, backends, steps)
		if found == nil {
			failure = err
			return false
		}
		best = found
		return true
	}
	if !try(best.steps) {
		best.text += "which does not show again when the sequence is replayed\n"
		return best
	}
	for size := len(best.steps) / 2; size > 0; size /= 2 {
		for at := 0; at < len(best.steps)-1; {
			end := min(at+size, len(best.steps)-1)
			if !try(slices.Concat(best.steps[:at], best.steps[end:])) {
				at = end
			}
		}
	}
	for at := 0; at < len(best.steps); at++ {
		for simpler := true; simpler; {
			simpler = false
			for _, s := range simplify(best.steps[at]) {
				if simpler = try(slices.Concat(best.steps[:at], []step{s}, best.steps[at+1:])); simpler || at >= len(best.steps) {
					break
				}
			}
			simpler = simpler && at < len(best.steps)
		}
	}
	if failure != nil {
		best.text += fmt.Sprintf("and then, looking for a shorter sequence: %v\n", failure)
	}
	return best
}

// replay runs steps on fresh buckets up to the first divergence, if any.
func replay(ctx context.Context, p *pool, backends []*backend, steps []step) (*finding, error) {
	m, err := newMachine(ctx, p, backends)
	if err != nil {
		return nil, err
	}
	for _, s := range steps {
		if results := m.do(ctx, s); diverged(results) {
			found := newFinding(m.steps, results)
			if err := m.remove(); err != nil {
				found.text += fmt.Sprintf("and %v\n", err)
			}
			return found, nil
		}
	}
	if err := m.remove(); err != nil && ctx.Err() != nil {
		return nil, err
	}
	return nil, nil // a bucket that cannot be removed may be the same divergence
}

// simplify gives steps that are simpler by one thing.
func simplify(s step) []step {
	if s, ok := s.(interface{ simpler() []step }); ok {
		return s.simpler()
	}
	return nil
}

// simpler gives a copy of the step for each change that changes something.
func simpler[T any, S interface {
	*T
	step
}](s S, changes ...func(S) bool) []step {
	var steps []step
	for _, change := range changes {
		c := *s
		if change(&c) {
			steps = append(steps, S(&c))
		}
	}
	return steps
}

// drop sets a value to its zero value, and reports whether that is a change.
func drop[T comparable](v *T) bool {
	var zero T
	had := *v != zero
	*v = zero
	return had
}

func (s *putStep) simpler() []step {
	return simpler(s,
		func(s *putStep) bool { return drop(&s.attrs) },
		func(s *putStep) bool { return drop(&s.attrs.metadata) },
		func(s *putStep) bool { return drop(&s.attrs.tags) },
		func(s *putStep) bool { return drop(&s.attrs.contentType) },
		func(s *putStep) bool { return drop(&s.attrs.cacheControl) },
		func(s *putStep) bool { return drop(&s.attrs.disposition) },
		func(s *putStep) bool { return drop(&s.attrs.encoding) },
		func(s *putStep) bool { return drop(&s.attrs.language) },
		func(s *putStep) bool { return drop(&s.attrs.class) },
		func(s *putStep) bool { return drop(&s.ifAbsent) },
		func(s *putStep) bool { return drop(&s.ifMatch) },
		func(s *putStep) bool { return drop(&s.data) },
		func(s *putStep) bool { return drop(&s.content) },
		func(s *putStep) bool { return drop(&s.canceled) },
	)
}

func (s *getStep) simpler() []step {
	return simpler(s,
		func(s *getStep) bool { had := s.ranges != nil; s.ranges = nil; return had },
		func(s *getStep) bool {
			had := len(s.ranges) > 1
			s.ranges = s.ranges[max(0, len(s.ranges)-1):]
			return had
		},
		func(s *getStep) bool { return drop(&s.ifMatch) },
		func(s *getStep) bool { return drop(&s.ifNone) },
		func(s *getStep) bool { had := s.by != "GetBytes"; s.by = "GetBytes"; return had },
		func(s *getStep) bool { return drop(&s.canceled) },
	)
}

func (s *listStep) simpler() []step {
	return simpler(s,
		func(s *listStep) bool { return drop(&s.keyPrefix) },
		func(s *listStep) bool { return drop(&s.delimiter) },
		func(s *listStep) bool { return drop(&s.startAt) },
		func(s *listStep) bool { return drop(&s.pageSize) },
		func(s *listStep) bool { return drop(&s.canceled) },
	)
}

func (s *copyStep) simpler() []step {
	changes := []func(*copyStep) bool{
		func(s *copyStep) bool { return drop(&s.workers) },
		func(s *copyStep) bool { return drop(&s.canceled) },
		func(s *copyStep) bool { had := s.many && len(s.pairs) == 1; s.many = false; return had },
	}
	for i := range s.pairs {
		changes = append(changes, func(s *copyStep) bool {
			s.pairs = slices.Delete(slices.Clone(s.pairs), i, i+1)
			return s.many
		})
	}
	return simpler(s, changes...)
}

func (s *deleteManyStep) simpler() []step {
	var changes []func(*deleteManyStep) bool
	for i := range s.keys {
		changes = append(changes, func(s *deleteManyStep) bool {
			s.keys = slices.Delete(slices.Clone(s.keys), i, i+1)
			return true
		})
	}
	return simpler(s, changes...)
}

func (s *auditStep) simpler() []step {
	steps := []step{
		&listStep{by: "List", pageSize: new(2)},
		&listStep{call: call{on: onPrefix}, by: "ListDir", pageSize: new(2)},
	}
	for _, key := range s.keys {
		steps = append(steps, &keyStep{key: key, by: "Head with tags"}, &getStep{key: key, by: "Open"}, &keyStep{key: key, by: "Exists"})
	}
	return steps
}
