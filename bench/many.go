package main

import (
	"context"
	"fmt"

	"github.com/s3mio/s3mio/store"
)

// many is work on many small objects in one call.
type many struct {
	n, workers int
}

// deletes removes objects that are written anew before each run.
func (m many) deletes(_ context.Context, e *env, t *target) (*work, error) {
	keys := numbered("delete/", m.n)
	return &work{
		before: func(ctx context.Context) error { return m.write(ctx, e, keys) },
		run: func(ctx context.Context) (float64, error) {
			return float64(m.n), t.deleteAll(ctx, keys)
		},
		after: func(ctx context.Context) error { return expect(ctx, e, "delete/", 0) },
	}, nil
}

// write makes objects, some at once.
func (m many) write(ctx context.Context, e *env, keys []string) error {
	content := body(1 << 10)
	w := small{calls: len(keys), workers: 8}
	_, err := w.each(ctx, keys, func(ctx context.Context, key string) error {
		_, err := e.bucket.Put(ctx, key, content)
		return err
	})
	return err
}

func (m many) prepareSources(ctx context.Context, e *env) error {
	return m.write(ctx, e, numbered("from/", m.n))
}

// copies copies objects to keys that are not there.
func (m many) copies(_ context.Context, e *env, t *target) (*work, error) {
	from, to := numbered("from/", m.n), numbered("to/", m.n)
	return &work{
		run: func(ctx context.Context) (float64, error) {
			return float64(m.n), t.copyAll(ctx, from, to, m.workers)
		},
		after: func(ctx context.Context) error {
			if err := expect(ctx, e, "to/", m.n); err != nil {
				return err
			}
			_, err := e.bucket.DeleteMany(ctx, to)
			return err
		},
	}, nil
}

// expect counts the objects with a prefix.
func expect(ctx context.Context, e *env, prefix string, want int) error {
	n := 0
	for _, err := range e.bucket.All(ctx, store.KeyPrefix(prefix)) {
		if err != nil {
			return err
		}
		n++
	}
	if n != want {
		return fmt.Errorf("%d objects in %s, not %d", n, prefix, want)
	}
	return nil
}
