package main

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"runtime"
	"runtime/pprof"
	"slices"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/store"
)

// unit is what a row counts.
type unit struct {
	rate     string  // its name: "keys/s"
	perRate  float64 // units in one of them
	cpu      string  // what CPU time is given in, per unit
	perCPU   float64 // CPU seconds a unit in one of them
	cpuUnits string  // of what
}

var (
	ops  = unit{"ops/s", 1, "µs", 1e-6, "op"}
	keys = unit{"keys/s", 1, "µs", 1e-6, "key"}
	mb   = unit{"MB/s", 1e6, "s", 1e-9, "GB"} // the units are bytes
)

// The names of clients that the figures speak of.
const ours = "s3mio"

// row is one piece of work, done by several clients.
type row struct {
	name    string // what -run matches
	title   string
	unit    unit
	noCPU   bool // CPU time would say nothing
	peak    bool // peak memory is measured too
	need    need
	prepare func(ctx context.Context, e *env) error // what the clients share; may be nil
	clients []client
}

// client is one way of doing the work of a row.
type client struct {
	name string
	open func(ctx context.Context, e *env) (*work, error)
}

// work is a client ready to do it.
type work struct {
	// before makes ready for one run, without being measured.
	before func(ctx context.Context) error
	// run does the work once and says how many units it was. It checks that the
	// work was done. errBudget says that the budget ended it: the units are then
	// those of the whole.
	run func(ctx context.Context) (units float64, err error)
	// after checks that it was done, and clears up, without being measured.
	after func(ctx context.Context) error
	close func() error
	// once marks work too slow to do in every round.
	once bool
	// note says what the numbers do not.
	note func() string
}

var errBudget = errors.New("not done within the budget")

// measure lets the clients do the work in turn.
func (r *row) measure(ctx context.Context, e *env) (result *rowResult, err error) {
	if err := e.begin(r); err != nil {
		return nil, err
	}
	defer func() { err = errors.Join(err, e.end()) }()
	log.Printf("%s: preparing in %s", r.name, e.dir)
	if r.prepare != nil {
		if err := r.prepare(ctx, e); err != nil {
			return nil, err
		}
	}
	works := make([]*work, len(r.clients))
	result = newRowResult(r)
	for i, c := range r.clients {
		if works[i], err = c.open(ctx, e); err != nil {
			return nil, fmt.Errorf("%s: %w", c.name, err)
		}
		if works[i].close != nil {
			e.atEnd(works[i].close)
		}
	}
	rounds, atLeast := e.settings.rounds, sampleTime
	if e.settings.quick {
		rounds, atLeast = 1, 0
	}
	for round := range rounds + 1 {
		for i := range works {
			n := (i + round) % len(works)
			w, c := works[n], result.Clients[n]
			warmUp := round == 0
			if w.once && round != 1 {
				continue // nor is it warmed up: it is slow enough
			}
			var s sample
			var err error
			pprof.Do(ctx, pprof.Labels("work", r.name+" "+c.Name), func(ctx context.Context) {
				s, err = w.measure(ctx, atLeast)
			})
			if err != nil {
				return nil, fmt.Errorf("%s: %w", c.Name, err)
			}
			if !warmUp {
				c.add(s)
				log.Printf("%s: round %d of %d: %s: %s", r.name, round, rounds, c.Name, c.last(r.unit))
			}
			if w.note != nil {
				c.Note = w.note()
			}
		}
	}
	result.Rounds = rounds
	if r.peak {
		if err := measurePeaks(ctx, r, e, result); err != nil {
			return nil, err
		}
	}
	return result, nil
}

// sample is one run of a work.
type sample struct {
	units  float64
	wall   time.Duration
	cpu    time.Duration
	atMost bool // the work was broken off: it would have taken longer
}

// sampleTime is how long a sample takes at least: short work is repeated, if
// nothing has to be made ready before.
const sampleTime = 500 * time.Millisecond

func (w *work) measure(ctx context.Context, atLeast time.Duration) (s sample, err error) {
	if w.before != nil {
		if err := w.before(ctx); err != nil {
			return s, err
		}
	}
	runtime.GC() // what others left
	cpu, start := cpuTime(), time.Now()
	for again := true; again; again = w.before == nil && w.after == nil && s.wall < atLeast {
		units, err := w.run(ctx)
		if errors.Is(err, errBudget) {
			s.atMost, err = true, nil
		}
		if err == nil && units <= 0 {
			err = errors.New("nothing was done")
		}
		if err != nil {
			return s, err
		}
		s.units += units
		s.wall, s.cpu = time.Since(start), cpuTime()-cpu
	}
	if w.after != nil {
		err = w.after(ctx)
	}
	return s, err
}

// env is what a row is measured in.
type env struct {
	settings *settings
	row      *row
	dir      string // of the row, removed after it
	servers  map[string]*s3test.Server
	s3       *s3test.Server // of the row
	bucket   *store.Bucket  // of the row on S3, to prepare and to check
	closers  []func() error
}

// atEnd has something closed when the row is done.
func (e *env) atEnd(f func() error) { e.closers = append(e.closers, f) }

func newEnv(s *settings) *env { return &env{settings: s, servers: map[string]*s3test.Server{}} }

// begin makes the directory of a row.
func (e *env) begin(r *row) error {
	base, err := r.need.place(e.settings.dir)
	if err != nil {
		return err
	}
	e.row = r
	e.dir, err = os.MkdirTemp(base, "s3mio-bench-")
	return err
}

// end removes the directory of the row.
func (e *env) end() error {
	return errors.Join(e.closeAll(), os.RemoveAll(e.dir))
}

// closeAll closes what the row has opened, the newest first.
func (e *env) closeAll() error {
	var errs []error
	for _, f := range slices.Backward(e.closers) {
		errs = append(errs, f())
	}
	e.closers = nil
	return errors.Join(errs...)
}

// close stops the servers.
func (e *env) close() error {
	var errs []error
	for _, s := range e.servers {
		errs = append(errs, s.Stop())
	}
	return errors.Join(errs...)
}

// pick gives a size for measuring or a small one for a quick pass.
func pick[T any](s *settings, full, quick T) T {
	if s.quick {
		return quick
	}
	return full
}

// median gives the middle of what was measured; of an even number the mean of
// the two in the middle.
func median(values []float64) float64 {
	if len(values) == 0 {
		return 0
	}
	v := slices.Sorted(slices.Values(values))
	return (v[(len(v)-1)/2] + v[len(v)/2]) / 2
}
