package lockstep

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"time"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/store"
)

// A backend is one driver that runs in lock-step with the others.
type backend struct {
	name       string
	store      *store.Store
	deviations []deviation
	steps      int // performed on it
}

// A world is a fresh bucket of a backend, with its own model: where a backend
// is not sent a step, its bucket is to be different.
type world struct {
	*backend
	bucket, missing *store.Bucket
	model           *model
	held            map[string]bool // the keys of the sequence: whether it can hold them
	dir             string          // for local files

	etags map[[2]string]string // the ETag of a full key with a content
	times map[string]time.Time // LastModified of a full key, as last seen

	errs []error // of the last step, for a failure's report
}

func (w *world) objects(h handle) store.Objects {
	switch h {
	case onPrefix:
		return w.bucket.Prefix("p").Prefix("/q/")
	case onMissing:
		return w.missing
	case onEmptySegment:
		return w.bucket.Prefix("p", "//")
	}
	return w.bucket
}

const (
	stepTimeout    = time.Minute
	cleanupTimeout = 30 * time.Second
)

// newWorld makes a bucket for one sequence.
func newWorld(ctx context.Context, b *backend, p *pool, dir string) (*world, error) {
	name := "lockstep-" + strings.ToLower(rand.Text())
	w := &world{
		backend: b,
		bucket:  b.store.Bucket(name),
		missing: b.store.Bucket(name + "-missing"),
		model:   newModel(),
		held:    heldKeys(b.deviations, p),
		dir:     dir,
		etags:   map[[2]string]string{},
		times:   map[string]time.Time{},
	}
	return w, b.store.CreateBucket(ctx, name)
}

// remove deletes what the driver lists, after which the bucket has to be empty.
// It does so one by one: a batch that fails is for the sequence to find.
func (w *world) remove(ctx context.Context) error {
	for o, err := range w.bucket.All(ctx) {
		if err == nil {
			err = w.bucket.Delete(ctx, o.Key)
		}
		if err != nil {
			return err
		}
	}
	return w.store.DeleteBucket(ctx, w.bucket.Name())
}

// statistics count what a run came across.
type statistics struct {
	steps    int
	outcomes map[string]int // by kind of step and class of result
}

func (s *statistics) count(st step, outcome string) {
	s.steps++
	class := "ok"
	for _, c := range classes {
		if strings.Contains(outcome, c+": ") {
			class = c
		}
	}
	s.outcomes[st.kind()+": "+class]++
}

var classes = func() []string {
	c := []string{classCanceled, classSource, classOther}
	for _, s := range sentinels {
		c = append(c, s.Error())
	}
	return c
}()

func (s *statistics) String() string {
	var b strings.Builder
	for _, k := range slices.Sorted(maps.Keys(s.outcomes)) {
		fmt.Fprintf(&b, "\n%6d %s", s.outcomes[k], k)
	}
	return b.String()
}

// A lockstep runs sequences on the same backends.
type lockstep struct {
	backends []*backend
	stats    statistics

	failedAfter int      // how many steps had been performed at the first divergence
	failed      string   // the sequence
	found       *finding // what is left of it
}

// sequence runs one random sequence of steps on fresh buckets of the backends.
func (l *lockstep) sequence(t *rapid.T) {
	p := pools.Draw(t, "keys")
	m, err := newMachine(t.Context(), p, l.backends)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		// What diverges may well not be removed, and is reported already.
		if err := m.remove(); err != nil && !t.Failed() {
			t.Log(err)
			t.Fatal("the buckets of the sequence cannot be removed")
		}
	})
	steps := rapid.Custom(func(t *rapid.T) step { return drawStep(t, p) })
	do := func(t *rapid.T, s step) {
		results := m.do(t.Context(), s)
		l.stats.count(s, results[0].got)
		for _, r := range results {
			if r.sent {
				r.w.steps++
			}
		}
		if diverged(results) {
			l.fail(t, m, results)
		}
	}
	if p.full {
		for _, key := range p.keys {
			do(t, &putStep{key: key, content: key})
		}
	}
	t.Repeat(map[string]func(*rapid.T){
		"step": func(t *rapid.T) { do(t, steps.Draw(t, "step")) },
	})
	do(t, &auditStep{keys: p.universe()})
}

// stepKinds has the kinds of steps as often as they are to come.
var stepKinds = strings.Fields(strings.Repeat("put put put put get get get get head list list list copy copy tags tags delete batch ", 2) + "audit")

// drawStep draws a step.
func drawStep(t *rapid.T, p *pool) step {
	switch pick(t, stepKinds...) {
	case "put":
		return drawPut(t, p)
	case "get":
		return drawGet(t, p)
	case "head":
		return drawKeyStep(t, p, "Head", "Head with tags", "Head with tags", "Exists")
	case "list":
		return drawList(t, p)
	case "copy":
		return drawCopy(t, p)
	case "tags":
		if rapid.Bool().Draw(t, "") {
			return drawSetTags(t, p)
		}
		return drawKeyStep(t, p, "GetTags")
	case "delete":
		return drawKeyStep(t, p, "Delete")
	case "batch":
		if rapid.Bool().Draw(t, "") {
			return drawDeleteAll(t, p)
		}
		return drawDeleteMany(t, p)
	}
	return &auditStep{keys: p.universe()}
}

// A machine runs the steps of a sequence in all worlds and compares.
type machine struct {
	pool   *pool
	worlds []*world
	dir    string
	steps  []step // run so far
}

func newMachine(ctx context.Context, p *pool, backends []*backend) (*machine, error) {
	dir, err := os.MkdirTemp("", "lockstep-")
	if err != nil {
		return nil, err
	}
	m := &machine{pool: p, dir: dir}
	for i, b := range backends {
		sub := filepath.Join(dir, strconv.Itoa(i))
		err := os.Mkdir(sub, 0o700)
		var w *world
		if err == nil {
			w, err = newWorld(ctx, b, p, sub)
		}
		if err != nil {
			return nil, errors.Join(fmt.Errorf("%s: making a bucket: %w", b.name, err), m.remove())
		}
		m.worlds = append(m.worlds, w)
	}
	return m, nil
}

// remove removes the buckets, which takes bounded time.
func (m *machine) remove() error {
	ctx, cancel := context.WithTimeout(context.Background(), cleanupTimeout)
	defer cancel()
	errs := []error{os.RemoveAll(m.dir)}
	for _, w := range m.worlds {
		if err := w.remove(ctx); err != nil {
			errs = append(errs, fmt.Errorf("%s: removing the bucket of a sequence: %w", w.name, err))
		}
	}
	return errors.Join(errs...)
}

// result is what a step gave in one world, and what it had to give there.
type result struct {
	w         *world
	got, want string
	sent      bool
}

func diverged(results []result) bool {
	return slices.ContainsFunc(results, func(r result) bool { return r.got != r.want })
}

func (m *machine) do(ctx context.Context, s step) []result {
	m.steps = append(m.steps, s)
	ctx, cancel := context.WithTimeout(ctx, stepTimeout)
	defer cancel()
	results := make([]result, len(m.worlds))
	var wg sync.WaitGroup
	for i, w := range m.worlds {
		wg.Go(func() { results[i] = w.do(ctx, s) })
	}
	wg.Wait()
	return results
}

func (w *world) do(ctx context.Context, s step) result {
	w.errs = nil
	s = w.restrict(s)
	if s == nil {
		return result{w: w}
	}
	got := s.run(ctx, w)
	return result{w, got, s.predict(w.model), true}
}
