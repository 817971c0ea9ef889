package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"
	"sync"

	"github.com/s3mio/s3mio/store"
)

func conditionLaws() []Law {
	return []Law{
		{
			Name:  "W5/IfAbsent",
			Needs: []Capability{ConditionalWrites},
			Text:  "IfAbsent writes a missing object and refuses, with ErrPreconditionFailed, to touch one that exists; it writes again after a delete.",
			Check: checkIfAbsent,
		},
		{
			Name:  "W5/IfAbsentOneWinner",
			Needs: []Capability{ConditionalWrites},
			Text:  "Of several writers that race with IfAbsent exactly one wins, the others get ErrPreconditionFailed, and the object is the winner's.",
			Check: checkOneWinner,
		},
		{
			Name:  "W5/IfAbsentEqual",
			Needs: []Capability{ConditionalWrites},
			Text:  "IfAbsent refuses, with ErrPreconditionFailed, to write again the very bytes that are there, at any size: an equal object is another's.",
			Check: refusesEqual(func(store.ObjectInfo) store.WriteOption { return store.IfAbsent() }),
		},
		{
			Name:  "W5/IfMatch",
			Needs: []Capability{ConditionalWrites},
			Text:  "IfMatch writes over the version it names only: another version is ErrPreconditionFailed, no object at all is ErrObjectNotFound.",
			Check: checkIfMatch,
		},
		{
			Name:  "W5/IfMatchEqual",
			Needs: []Capability{ConditionalWrites},
			Text:  "IfMatch with an older version refuses, with ErrPreconditionFailed, to write again the very bytes that are there, at any size.",
			Check: refusesEqual(func(older store.ObjectInfo) store.WriteOption { return store.IfMatch(older.ETag) }),
		},
		{
			Name:  "W5/IfMatchCounter",
			Needs: []Capability{ConditionalWrites},
			Text:  "A counter that several writers read and write with IfMatch loses no update.",
			Check: checkCounter,
		},
	}
}

// conditionalWrites are all calls that take a condition.
func (e *Env) conditionalWrites() map[string]func(ctx context.Context, b store.Objects, key, data string, opt store.WriteOption) error {
	return map[string]func(ctx context.Context, b store.Objects, key, data string, opt store.WriteOption) error{
		"Put": func(ctx context.Context, b store.Objects, key, data string, opt store.WriteOption) error {
			_, err := b.Put(ctx, key, data, opt)
			return err
		},
		"Put of a reader": func(ctx context.Context, b store.Objects, key, data string, opt store.WriteOption) error {
			_, err := b.Put(ctx, key, struct{ io.Reader }{strings.NewReader(data)}, opt)
			return err
		},
		"Writer": func(ctx context.Context, b store.Objects, key, data string, opt store.WriteOption) error {
			return write(ctx, b, key, []byte(data), opt)
		},
		"Upload": func(ctx context.Context, b store.Objects, key, data string, opt store.WriteOption) error {
			path, err := e.file("file", []byte(data))
			if err != nil {
				return err
			}
			_, err = b.Upload(ctx, path, key, opt)
			return err
		},
	}
}

func checkIfAbsent(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for name, write := range e.conditionalWrites() {
		p.add(want(name+" of a missing object", write(ctx, b, "k", "first", store.IfAbsent()), nil))
		before, err := e.look(ctx, b, "k")
		if err != nil {
			return err
		}
		p.add(want(name+" of an existing object", write(ctx, b, "k", "second", store.IfAbsent()), store.ErrPreconditionFailed))
		p.add(e.unchanged(ctx, b, "k", before))
		// Large enough to be sent in parts, where a backend has those.
		p.add(want(name+" of an existing object, large",
			write(ctx, b, "k", strings.Repeat("x", large), store.IfAbsent()), store.ErrPreconditionFailed))
		p.add(e.unchanged(ctx, b, "k", before))
		p.add(b.Delete(ctx, "k"))
		p.add(want(name+" of a deleted object", write(ctx, b, "k", "third", store.IfAbsent()), nil))
		p.add(holds(ctx, b, "k", []byte("third")))
		p.add(b.Delete(ctx, "k"))
	}
	return p.err()
}

func checkOneWinner(ctx context.Context, e *Env) error {
	const writers, rounds = 8, 10
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for round := range rounds {
		key := fmt.Sprintf("race/%d", round)
		errs := make([]error, writers)
		start := make(chan struct{})
		var wg sync.WaitGroup
		for i := range writers {
			wg.Go(func() {
				<-start
				_, errs[i] = b.Put(ctx, key, "writer "+strconv.Itoa(i), store.IfAbsent())
			})
		}
		close(start)
		wg.Wait()
		winner := -1
		for i, err := range errs {
			switch {
			case err == nil && winner >= 0:
				p.addf("%s: both writer %d and writer %d won", key, winner, i)
			case err == nil:
				winner = i
			default:
				p.add(want(fmt.Sprintf("%s: writer %d", key, i), err, store.ErrPreconditionFailed))
			}
		}
		if winner < 0 {
			p.addf("%s: no writer won", key)
			continue
		}
		p.add(holds(ctx, b, key, []byte("writer "+strconv.Itoa(winner))))
	}
	return p.err()
}

// refusesEqual checks writes, several at a time, of what is there already, on a
// condition that does not hold. A server may refuse a large body before it has read
// it.
func refusesEqual(condition func(older store.ObjectInfo) store.WriteOption) func(ctx context.Context, e *Env) error {
	return func(ctx context.Context, e *Env) error {
		const writers = 8
		b, err := e.bucket(ctx)
		if err != nil {
			return err
		}
		var p problems
		for _, size := range []int{1 << 10, 3 << 20, large} {
			data := strings.Repeat("x", size)
			older, err := b.Put(ctx, "k", "older")
			if err != nil {
				return err
			}
			if _, err := b.Put(ctx, "k", data); err != nil {
				return err
			}
			before, err := e.look(ctx, b, "k")
			if err != nil {
				return err
			}
			errs := make([]error, writers)
			var wg sync.WaitGroup
			for i := range writers {
				wg.Go(func() { _, errs[i] = b.Put(ctx, "k", data, condition(older)) })
			}
			wg.Wait()
			for i, err := range errs {
				p.add(want(fmt.Sprintf("writer %d of %d bytes that are there", i, size), err, store.ErrPreconditionFailed))
			}
			p.add(e.unchanged(ctx, b, "k", before))
		}
		return p.err()
	}
}

func checkIfMatch(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for name, write := range e.conditionalWrites() {
		first, err := b.Put(ctx, "k", "first")
		if err != nil {
			return err
		}
		p.add(want(name+" over the version named", write(ctx, b, "k", "second", store.IfMatch(first.ETag)), nil))
		p.add(holds(ctx, b, "k", []byte("second")))
		before, err := e.look(ctx, b, "k")
		if err != nil {
			return err
		}
		p.add(want(name+" over another version", write(ctx, b, "k", "third", store.IfMatch(first.ETag)), store.ErrPreconditionFailed))
		p.add(e.unchanged(ctx, b, "k", before))
		p.add(want(name+" over a missing object", write(ctx, b, "missing", "x", store.IfMatch(first.ETag)), store.ErrObjectNotFound))
		p.add(absent(ctx, b, "missing"))
		for _, bad := range []string{"", "*", "a b", "a\nb"} {
			p.add(want(fmt.Sprintf("%s with IfMatch(%q)", name, bad), write(ctx, b, "k", "x", store.IfMatch(bad)), store.ErrValidation))
		}
		p.add(e.unchanged(ctx, b, "k", before))
	}
	return p.err()
}

func checkCounter(ctx context.Context, e *Env) error {
	const writers, increments = 5, 8
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if _, err := b.Put(ctx, "counter", "0"); err != nil {
		return err
	}
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for i := range writers {
		wg.Go(func() {
			for range increments {
				if errs[i] = increment(ctx, b, "counter"); errs[i] != nil {
					return
				}
			}
		})
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		return err
	}
	return holds(ctx, b, "counter", []byte(strconv.Itoa(writers*increments)))
}

// increment adds one to a counter, beginning anew as often as somebody else
// was faster.
func increment(ctx context.Context, b store.Objects, key string) error {
	for {
		r, err := b.Open(ctx, key)
		if err != nil {
			return err
		}
		var n int
		_, err = fmt.Fscan(r, &n)
		etag := r.Info().ETag
		if err := errors.Join(err, r.Close()); err != nil {
			return err
		}
		_, err = b.Put(ctx, key, strconv.Itoa(n+1), store.IfMatch(etag))
		if !errors.Is(err, store.ErrPreconditionFailed) {
			return err
		}
	}
}
