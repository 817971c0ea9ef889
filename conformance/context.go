package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func contextLaws() []Law {
	return []Law{
		{
			Name:  "E2/CancelledBefore",
			Text:  "A call whose context was cancelled, or has run out, before it began fails with the context's error and has no effect.",
			Check: checkCancelledBefore,
		},
		{
			Name:  "E2/BlockedReader",
			Text:  "A write returns when its context is cancelled, even while the source reader blocks, and stores nothing.",
			Check: checkBlockedReader,
		},
		{
			Name:  "E2/CancelledRead",
			Text:  "A read, a loop over a listing or a batch returns the context's error when it is cancelled in the middle.",
			Check: checkCancelledRead,
		},
	}
}

func checkCancelledBefore(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	keys := []string{"k", "source", "tree/x"}
	for _, key := range keys {
		if _, err := b.Put(ctx, key, "old", e.rich()...); err != nil {
			return err
		}
	}
	before, err := e.look(ctx, b, "k")
	if err != nil {
		return err
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	late, cancel := context.WithTimeout(ctx, 0)
	defer cancel()
	var p problems
	for _, c := range e.calls() {
		for _, done := range []context.Context{cancelled, late} {
			p.add(want(c.name, c.do(done, b, "k"), done.Err()))
		}
		p.add(e.unchanged(ctx, b, "k", before))
		p.add(listed(ctx, b, keys))
	}
	if e.has(Buckets) {
		name := uniqueName()
		p.add(want("CreateBucket", e.store.CreateBucket(cancelled, name), context.Canceled))
		_, err := e.store.Bucket(name).List(ctx)
		p.add(want("List of the bucket not created", err, store.ErrBucketNotFound))
		empty, err := e.bucket(ctx)
		if err != nil {
			return err
		}
		p.add(want("DeleteBucket", e.store.DeleteBucket(cancelled, empty.Name()), context.Canceled))
		p.add(listed(ctx, empty, nil))
		_, err = drain(e.store.Buckets(cancelled))
		p.add(want("Buckets", err, context.Canceled))
	}
	return p.err()
}

// blockingReader delivers n bytes and then blocks until it is released.
type blockingReader struct {
	n       int
	blocks  chan struct{} // closed when it blocks
	release chan struct{}
}

func (r *blockingReader) Read(p []byte) (int, error) {
	if r.n > 0 {
		n := min(len(p), r.n)
		r.n -= n
		clear(p[:n])
		return n, nil
	}
	close(r.blocks)
	<-r.release
	return 0, io.EOF
}

func checkBlockedReader(ctx context.Context, e *Env) error {
	var p problems
	for _, announced := range []bool{false, true} {
		err := e.failedWrites(ctx, context.Canceled, func(ctx context.Context, b store.Objects, key string, n int) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			r := &blockingReader{n: n, blocks: make(chan struct{}), release: make(chan struct{})}
			defer close(r.release)
			var opts []store.WriteOption
			if announced {
				opts = append(opts, store.Size(int64(n)+5))
			}
			return within("Put, cancelled while its reader blocks,", func() error {
				go func() {
					select {
					case <-r.blocks:
					case <-ctx.Done(): // it has returned before
					}
					cancel()
				}()
				_, err := b.Put(ctx, key, r, opts...)
				return err
			})
		}, 0, 1000, 6<<20, large)
		if err != nil {
			p.addf("size announced: %t: %w", announced, err)
		}
	}
	return p.err()
}

func checkCancelledRead(ctx context.Context, e *Env) error {
	var many []string
	for i := range 30 {
		many = append(many, fmt.Sprintf("many/%02d", i))
	}
	b, err := e.withKeys(ctx, many)
	if err != nil {
		return err
	}
	if _, err := b.Put(ctx, "k", []byte(strings.Repeat("0123456789\n", 1<<20))); err != nil {
		return err
	}
	var p problems
	for name, loop := range map[string]func(ctx context.Context, cancel func()) error{
		"Lines": func(ctx context.Context, cancel func()) error {
			for _, err := range b.Lines(ctx, "k") {
				if err != nil {
					return err
				}
				cancel()
			}
			return nil
		},
		"Stream": func(ctx context.Context, cancel func()) error {
			for _, err := range b.Stream(ctx, "k", store.ChunkSize(1000)) {
				if err != nil {
					return err
				}
				cancel()
			}
			return nil
		},
		"All": func(ctx context.Context, cancel func()) error {
			for _, err := range b.All(ctx, store.PageSize(2)) {
				if err != nil {
					return err
				}
				cancel()
			}
			return nil
		},
		"a Reader": func(ctx context.Context, cancel func()) error {
			r, err := b.Open(ctx, "k")
			if err != nil {
				return err
			}
			if _, err := io.CopyN(io.Discard, r, 1000); err != nil {
				return err
			}
			cancel()
			_, err = io.Copy(io.Discard, r)
			if closeErr := r.Close(); closeErr != nil && !errors.Is(closeErr, context.Canceled) {
				return closeErr
			}
			return err
		},
	} {
		ctx, cancel := context.WithCancel(ctx)
		p.add(want(name+", cancelled in the middle", within(name, func() error { return loop(ctx, cancel) }), context.Canceled))
		cancel()
	}
	return p.err()
}
