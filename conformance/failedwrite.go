package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func failedWriteLaws() []Law {
	return []Law{
		{
			Name: "W3/ReaderFails",
			Text: "When the source reader fails, at whatever byte, the write fails with its error, and the object is what it was: bytes, content type, metadata and tags together.",
			Check: func(ctx context.Context, e *Env) error {
				return e.failedWrites(ctx, errBroken, func(ctx context.Context, b store.Objects, key string, n int) error {
					_, err := b.Put(ctx, key, &failingReader{n: n, err: errBroken}, e.rich()...)
					return err
				}, 0, 1, 1000, 64<<10, 6<<20, 9<<20)
			},
		},
		{
			Name:  "W3/SizeMismatch",
			Text:  "A body shorter or longer than the size announced is ErrSizeMismatch and stores nothing.",
			Check: checkSizeMismatch,
		},
		{
			Name:  "W3/Cancelled",
			Text:  "A write whose context is cancelled in the middle fails with the context's error and stores nothing.",
			Check: checkWriteCancelled,
		},
		{
			Name:  "W3/Aborted",
			Text:  "An aborted Writer stores nothing, whatever was written to it, and closing it afterwards does not change that.",
			Check: checkAborted,
		},
	}
}

var errBroken = errors.New("the source broke")

// failingReader delivers n bytes and then an error.
type failingReader struct {
	n      int
	err    error
	before func() // called once, just before the error
}

func (r *failingReader) Read(p []byte) (int, error) {
	if r.n == 0 {
		if r.before != nil {
			r.before()
			r.before = nil
		}
		return 0, r.err
	}
	n := min(len(p), r.n)
	for i := range p[:n] {
		p[i] = 'x'
	}
	r.n -= n
	return n, nil
}

// failedWrites demands that a write which fails after n bytes leaves an
// existing object as it was, a missing one missing, and nothing else behind.
func (e *Env) failedWrites(ctx context.Context, cause error, write func(ctx context.Context, b store.Objects, key string, n int) error, sizes ...int) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if _, err := b.Put(ctx, "dir/old", "the old content", e.rich()...); err != nil {
		return err
	}
	before, err := e.look(ctx, b, "dir/old")
	if err != nil {
		return err
	}
	var p problems
	for _, n := range sizes {
		for _, key := range []string{"dir/old", "dir/new"} {
			p.add(want(fmt.Sprintf("writing %s, which fails after %d bytes", key, n), write(ctx, b, key, n), cause))
		}
		p.add(e.unchanged(ctx, b, "dir/old", before))
		p.add(absent(ctx, b, "dir/new"))
		p.add(listed(ctx, b, []string{"dir/old"}))
	}
	return p.err()
}

func checkSizeMismatch(ctx context.Context, e *Env) error {
	var p problems
	for name, delta := range map[string]int64{"short": 10, "long": -10, "much shorter": 7 << 20} {
		for _, source := range []string{"seekable", "plain"} {
			err := e.failedWrites(ctx, store.ErrSizeMismatch, func(ctx context.Context, b store.Objects, key string, n int) error {
				var r io.Reader = bytes.NewReader(content(n, 4))
				if source == "plain" {
					r = struct{ io.Reader }{r}
				}
				_, err := b.Put(ctx, key, r, store.Size(int64(n)+delta))
				return err
			}, 10, 1000, 6<<20)
			if err != nil {
				p.addf("a %s body from a %s reader: %w", name, source, err)
			}
		}
	}
	err := e.failedWrites(ctx, store.ErrSizeMismatch, func(ctx context.Context, b store.Objects, key string, n int) error {
		return write(ctx, b, key, content(n, 4), store.Size(int64(n)+1))
	}, 10, 1000)
	if err != nil {
		p.addf("a short body from a Writer: %w", err)
	}
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	for _, n := range []int{0, 1, 6 << 20} {
		_, err := b.Put(ctx, "right", struct{ io.Reader }{bytes.NewReader(content(n, 4))}, store.Size(int64(n)))
		p.add(want("a body of just the size announced", err, nil))
		p.add(holds(ctx, b, "right", content(n, 4)))
	}
	return p.err()
}

func checkWriteCancelled(ctx context.Context, e *Env) error {
	var p problems
	for name, write := range map[string]func(ctx context.Context, cancel func(), b store.Objects, key string, n int) error{
		"Put": func(ctx context.Context, cancel func(), b store.Objects, key string, n int) error {
			_, err := b.Put(ctx, key, cancelledReader(n, cancel))
			return err
		},
		"Put that announces its size": func(ctx context.Context, cancel func(), b store.Objects, key string, n int) error {
			_, err := b.Put(ctx, key, cancelledReader(n, cancel), store.Size(int64(n)+1))
			return err
		},
		"Upload": func(ctx context.Context, cancel func(), b store.Objects, key string, n int) error {
			path, err := e.file("file", content(n+1, 5))
			if err != nil {
				return err
			}
			// The first progress comes before the last byte only if there
			// is more than one part.
			_, err = b.Upload(ctx, path, key, store.OnProgress(func(store.Progress) { cancel() }))
			return err
		},
		"Writer": func(ctx context.Context, cancel func(), b store.Objects, key string, n int) error {
			w, err := b.NewWriter(ctx, key)
			if err != nil {
				return err
			}
			if _, err := w.Write(content(n, 5)); err != nil {
				return fmt.Errorf("before it was cancelled: %w", err)
			}
			cancel()
			_, writeErr := w.Write([]byte("more"))
			if err := w.Close(); err == nil {
				return errors.New("Close reports success after the context was cancelled")
			} else if writeErr == nil {
				return err
			}
			return writeErr
		},
	} {
		sizes := []int{0, 1000, 6 << 20, large}
		if name == "Upload" {
			sizes = sizes[3:]
		}
		err := e.failedWrites(ctx, context.Canceled, func(ctx context.Context, b store.Objects, key string, n int) error {
			ctx, cancel := context.WithCancel(ctx)
			defer cancel()
			return write(ctx, cancel, b, key, n)
		}, sizes...)
		if err != nil {
			p.addf("%s: %w", name, err)
		}
	}
	return p.err()
}

// cancelledReader delivers n bytes, calls cancel, and delivers one more, so that
// the body cannot have been complete before.
func cancelledReader(n int, cancel func()) io.Reader {
	return io.MultiReader(&failingReader{n: n, err: io.EOF, before: cancel}, strings.NewReader("z"))
}

func checkAborted(ctx context.Context, e *Env) error {
	aborted := errors.New("aborted")
	return e.failedWrites(ctx, aborted, func(ctx context.Context, b store.Objects, key string, n int) error {
		w, err := b.NewWriter(ctx, key, e.rich()...)
		if err != nil {
			return err
		}
		if _, err := w.Write(content(n, 6)); err != nil {
			return err
		}
		if err := w.Abort(); err != nil {
			return err
		}
		if err := w.Close(); err == nil {
			return errors.New("Close after Abort reports success")
		}
		return aborted
	}, 0, 1, 1000, 6<<20)
}
