package main

import (
	"bytes"
	"context"
	"fmt"
	"sync/atomic"

	"golang.org/x/sync/errgroup"
)

// body gives n bytes that do not repeat within a block of a mebibyte.
func body(n int) []byte {
	b := make([]byte, n)
	x := uint32(1)
	for i := range b {
		x = x*1664525 + 1013904223
		b[i] = byte(x >> 24)
	}
	return b
}

// same compares what was read with what was written; of large bodies a part, as
// comparing is not what is measured.
func same(got, want []byte) error {
	const whole, block, step = 64 << 10, 4 << 10, 1 << 20
	equal := len(got) == len(want)
	if equal && len(want) <= whole {
		equal = bytes.Equal(got, want)
	} else if equal {
		equal = bytes.Equal(got[len(got)-block:], want[len(want)-block:])
		for at := 0; equal && at+block <= len(want); at += step {
			equal = bytes.Equal(got[at:at+block], want[at:at+block])
		}
	}
	if !equal {
		return fmt.Errorf("read %d bytes that are not the %d written", len(got), len(want))
	}
	return nil
}

// numbered gives n keys.
func numbered(prefix string, n int) []string {
	keys := make([]string, n)
	for i := range keys {
		keys[i] = fmt.Sprintf("%s%06d.bin", prefix, i)
	}
	return keys
}

// small is work on objects of one size, so many at once.
type small struct {
	keys    int // there are so many
	calls   int // in a run
	size    int
	workers int
	bytes   bool // the unit is the byte, not the call
}

// each makes the calls, and counts them.
func (s small) each(ctx context.Context, keys []string, call func(ctx context.Context, key string) error) (float64, error) {
	units := float64(s.calls)
	if s.bytes {
		units *= float64(s.size)
	}
	if s.workers == 1 {
		for i := range s.calls {
			if err := call(ctx, keys[i%len(keys)]); err != nil {
				return 0, err
			}
		}
		return units, nil
	}
	g, ctx := errgroup.WithContext(ctx)
	var next atomic.Int64
	for range s.workers {
		g.Go(func() error {
			for i := int(next.Add(1)) - 1; i < s.calls; i = int(next.Add(1)) - 1 {
				if err := call(ctx, keys[i%len(keys)]); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return units, g.Wait()
}

// puts overwrites objects.
func (s small) puts(_ context.Context, _ *env, t *target) (*work, error) {
	keys, content := numbered("small/", s.keys), body(s.size)
	return &work{run: func(ctx context.Context) (float64, error) {
		return s.each(ctx, keys, func(ctx context.Context, key string) error { return t.put(ctx, key, content) })
	}}, nil
}

// putsNew writes objects that were not there, some in each directory.
func (s small) putsNew(_ context.Context, _ *env, t *target) (*work, error) {
	content := body(s.size)
	var keys []string
	run := 0
	return &work{
		before: func(context.Context) error {
			keys = nil
			for dir := 0; len(keys) < s.calls; dir++ {
				keys = append(keys, numbered(fmt.Sprintf("new/%03d/%03d/", run, dir), min(1000, s.calls-len(keys)))...)
			}
			run++
			return nil
		},
		run: func(ctx context.Context) (float64, error) {
			return s.each(ctx, keys, func(ctx context.Context, key string) error { return t.put(ctx, key, content) })
		},
	}, nil
}

// stored makes the objects that are to be read.
func (s small) stored(ctx context.Context, t *target) (keys []string, content []byte, err error) {
	keys, content = numbered("small/", s.keys), body(s.size)
	for _, key := range keys {
		if err := t.put(ctx, key, content); err != nil {
			return nil, nil, err
		}
	}
	return keys, content, nil
}

// gets reads objects whole.
func (s small) gets(ctx context.Context, _ *env, t *target) (*work, error) {
	keys, content, err := s.stored(ctx, t)
	if err != nil {
		return nil, err
	}
	return &work{run: func(ctx context.Context) (float64, error) {
		return s.each(ctx, keys, func(ctx context.Context, key string) error {
			got, err := t.get(ctx, key)
			if err != nil {
				return err
			}
			return same(got, content)
		})
	}}, nil
}

// heads describes objects.
func (s small) heads(ctx context.Context, _ *env, t *target) (*work, error) {
	keys, _, err := s.stored(ctx, t)
	if err != nil {
		return nil, err
	}
	return &work{run: func(ctx context.Context) (float64, error) {
		return s.each(ctx, keys, func(ctx context.Context, key string) error {
			size, err := t.head(ctx, key)
			if err == nil && size != int64(s.size) {
				err = fmt.Errorf("%s: described with %d bytes, not %d", key, size, s.size)
			}
			return err
		})
	}}, nil
}

// writesAndReads writes an object and reads it, in memory at both ends.
func (s small) writesAndReads(_ context.Context, _ *env, t *target) (*work, error) {
	content := body(s.size)
	return &work{run: func(ctx context.Context) (float64, error) {
		if err := t.put(ctx, "large.bin", content); err != nil {
			return 0, err
		}
		got, err := t.get(ctx, "large.bin")
		if err != nil {
			return 0, err
		}
		return 2 * float64(s.size), same(got, content)
	}}, nil
}
