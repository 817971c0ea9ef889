package conformance

import (
	"context"
	"errors"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// Options say what the suite may expect of a driver. The zero value expects
// everything.
type Options struct {
	// Unsupported lists what the driver cannot do. The suite demands that it
	// says so, with driver.ErrUnsupported, before any side effect.
	Unsupported []Capability

	// Deviations maps a case ("R2/PastTheEnd") or sub-case
	// ("K2/RoundTrip/a//b") to the reason why the backend, rather than the
	// driver, breaks it. The case is run and must fail: one that passes is
	// reported, so that the table never says more than the truth.
	Deviations map[string]string

	// Bucket names a bucket the suite may use, for a backend that cannot
	// create buckets. Everything in it is deleted, before each case.
	Bucket string

	// Secrets are strings that no error may show, such as the secret key
	// that newDriver uses.
	Secrets []string
}

// caseTimeout ends a case that hangs; no case takes a noticeable part of it.
const caseTimeout = 5 * time.Minute

// Run tests a driver against every law that applies to it, each in a subtest
// named after the law. newDriver is called at least once for each case and
// must return a driver on a backend that other cases may be using at the same
// time; the suite closes it. Cases make buckets with names of their own.
func Run(t *testing.T, newDriver func(t testing.TB) driver.Driver, opts Options) {
	t.Helper()
	r := &runner{opts: opts, newDriver: newDriver, laws: map[string]bool{}, seen: map[string]bool{}}
	t.Cleanup(func() { r.checkDeviations(t) })
	for _, l := range Laws() {
		if !l.applies(&opts) {
			continue
		}
		t.Run(l.Name, func(t *testing.T) {
			if !l.serial && opts.Bucket == "" {
				t.Parallel()
			}
			r.run(t, l)
		})
	}
}

type runner struct {
	opts      Options
	newDriver func(testing.TB) driver.Driver

	mu   sync.Mutex
	laws map[string]bool // laws that ran
	seen map[string]bool // cases and sub-cases that were met
}

func (r *runner) run(t *testing.T, l Law) {
	ctx, cancel := context.WithTimeout(t.Context(), caseTimeout)
	defer cancel()
	r.note(r.laws, l.Name)
	e := newEnv(t, r.newDriver, r.opts)
	if _, deviates := r.opts.Deviations[l.Name]; deviates {
		// Declared as a whole: it is one result, whichever part fails.
		r.judge(t, l, l.Name, checkAll(ctx, l, e))
		return
	}
	e.runSub = func(name string, check func() error) {
		full := l.Name + "/" + name
		r.note(r.seen, full)
		t.Run(name, func(t *testing.T) { r.judge(t, l, full, check()) })
	}
	r.judge(t, l, l.Name, l.Check(ctx, e))
}

// checkAll runs a law and returns its breaches, those of sub-cases included.
func checkAll(ctx context.Context, l Law, e *Env) error {
	var errs []error
	e.runSub = func(name string, check func() error) {
		if err := check(); err != nil {
			errs = append(errs, &subError{name, err})
		}
	}
	err := l.Check(ctx, e)
	return errors.Join(append(errs, err)...)
}

// A subError is the breach of a sub-case.
type subError struct {
	name string
	err  error
}

func (e *subError) Error() string { return e.name + ": " + e.err.Error() }
func (e *subError) Unwrap() error { return e.err }

// judge reports the outcome of a case or sub-case.
func (r *runner) judge(t testing.TB, l Law, name string, err error) {
	t.Helper()
	r.note(r.seen, name)
	reason, deviates := r.opts.Deviations[name]
	switch {
	case deviates && err == nil:
		t.Errorf("this case passes: remove it from the table of deviations, where it says %q", reason)
	case deviates:
		t.Logf("known deviation (%s): %v", reason, err)
	case err != nil:
		t.Errorf("%v\nthe law: %s", err, l.Text)
	}
}

func (r *runner) note(set map[string]bool, name string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	set[name] = true
}

// checkDeviations complains about declared deviations that name no case. A
// law left out by -run vouches for its sub-cases.
func (r *runner) checkDeviations(t testing.TB) {
	known := map[string]bool{}
	for _, l := range Laws() {
		known[l.Name] = l.applies(&r.opts)
	}
	for name := range r.opts.Deviations {
		law := name
		for !known[law] && strings.Contains(law, "/") {
			law = law[:strings.LastIndex(law, "/")]
		}
		if !known[law] || r.laws[law] && !r.seen[name] {
			t.Errorf("the table of deviations names a case that does not exist: %q", name)
		}
	}
}
