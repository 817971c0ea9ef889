package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"time"

	"github.com/s3mio/s3mio/store"
)

func pinnedLaws() []Law {
	return []Law{
		{
			Name:  "R3/ReaderPinned",
			Text:  "A Reader reads the version it opened: when the object is replaced or deleted meanwhile, it goes on with the old bytes or fails with ErrObjectChanged, and never mixes two versions.",
			Check: checkReaderPinned,
		},
		{
			Name:  "R3/SeekPinned",
			Text:  "Seeking is reading the same version elsewhere: after the object was replaced, it gives the old bytes or ErrObjectChanged.",
			Check: checkSeekPinned,
		},
		{
			Name:  "API/Reader",
			Text:  "A Reader is an io.ReadSeekCloser and io.WriterTo over the object, or over the part a Range or Tail names; its Info is what Head says.",
			Check: checkReader,
		},
	}
}

// changes are what may happen to an object while it is read.
var changes = map[string]func(ctx context.Context, b store.Objects, key string, size int) error{
	"replaced by one of the same size": func(ctx context.Context, b store.Objects, key string, size int) error {
		_, err := b.Put(ctx, key, content(size, 99))
		return err
	},
	"replaced by a smaller one": func(ctx context.Context, b store.Objects, key string, size int) error {
		_, err := b.Put(ctx, key, "small")
		return err
	},
	"deleted": func(ctx context.Context, b store.Objects, key string, _ int) error { return b.Delete(ctx, key) },
}

func checkReaderPinned(ctx context.Context, e *Env) error {
	const size = 12 << 20 // more than connections buffer
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	old := content(size, 8)
	for name, change := range changes {
		if _, err := b.Put(ctx, "k", old); err != nil {
			return err
		}
		r, err := b.Open(ctx, "k")
		if err != nil {
			return err
		}
		head := make([]byte, 1000)
		if _, err := io.ReadFull(r, head); err != nil {
			return errors.Join(err, r.Close())
		}
		changed := meanwhile(func() error { return change(ctx, b, "k", size) })
		rest, err := io.ReadAll(r)
		p.add(pinned("reading an object that was "+name, append(head, rest...), err, old))
		p.add(r.Close())
		p.add(changed())
	}
	return p.err()
}

// meanwhile changes an object that is being read, and gives what tells how that
// went. Some servers let a writer wait for the readers, so that the change
// comes only when reading goes on: it gets a while, and whichever comes first,
// the law holds.
func meanwhile(change func() error) (changed func() error) {
	done := make(chan struct{})
	var err error
	go func() {
		err = change()
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(2 * time.Second):
	}
	return func() error {
		<-done
		return err
	}
}

// pinned demands all of the old version, or ErrObjectChanged after some of it.
func pinned(what string, got []byte, err error, old []byte) error {
	if err != nil {
		if err := want(what, err, store.ErrObjectChanged); err != nil {
			return err
		}
		old = old[:min(len(got), len(old))]
	}
	return sameBytes(what, got, old)
}

func checkSeekPinned(ctx context.Context, e *Env) error {
	const size = 1 << 20
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	old := content(size, 9)
	for name, change := range changes {
		for _, offset := range []int64{0, 1, size / 2, size - 1} {
			if _, err := b.Put(ctx, "k", old); err != nil {
				return err
			}
			r, err := b.Open(ctx, "k")
			if err != nil {
				return err
			}
			if _, err := io.CopyN(io.Discard, r, 10); err != nil {
				return errors.Join(err, r.Close())
			}
			if err := change(ctx, b, "k", size); err != nil {
				return errors.Join(err, r.Close())
			}
			if _, err = r.Seek(offset, io.SeekStart); err != nil {
				return errors.Join(err, r.Close())
			}
			got, err := io.ReadAll(r)
			p.add(pinned(fmt.Sprintf("from byte %d of an object that was %s", offset, name), got, err, old[offset:]))
			p.add(r.Close())
		}
	}
	return p.err()
}

func checkReader(ctx context.Context, e *Env) error {
	b, data, err := e.withObject(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, part := range []struct {
		name string
		opts []store.ReadOption
		want []byte
	}{
		{"the whole", nil, data},
		{"a range", []store.ReadOption{store.Range(1000, 5000)}, data[1000:6000]},
		{"a tail", []store.ReadOption{store.Tail(3000)}, data[len(data)-3000:]},
	} {
		r, err := b.Open(ctx, "k", part.opts...)
		if err != nil {
			return err
		}
		p.add(seeks(r, part.want, part.name))
		p.add(r.Close())
		if _, err := r.Read(make([]byte, 1)); err == nil || err == io.EOF {
			p.addf("%s: reading after Close gives the error %v", part.name, err)
		}
		p.add(want(part.name+": closing twice", r.Close(), nil))
	}
	r, err := b.Open(ctx, "k")
	if err != nil {
		return err
	}
	head, err := b.Head(ctx, "k")
	p.add(err)
	p.add(equal("Info().Key", r.Info().Key, "k"))
	p.add(equal("Info().LastModified", r.Info().LastModified, head.LastModified))
	p.add(sameInfo("Info()", r.Info(), head))
	p.add(r.Close())
	return p.err()
}

// seeks takes a Reader of want to and fro.
func seeks(r *store.Reader, want []byte, what string) error {
	var p problems
	n := int64(len(want))
	for _, s := range []struct {
		offset int64
		whence int
		at     int64
	}{
		{0, io.SeekEnd, n}, {0, io.SeekStart, 0}, {-10, io.SeekEnd, n - 10}, {100, io.SeekStart, 100},
		{0, io.SeekCurrent, 100}, {7, io.SeekCurrent, 107}, {-50, io.SeekCurrent, 57}, {n + 100, io.SeekStart, n + 100}, {n - 1, io.SeekStart, n - 1},
	} {
		at, err := r.Seek(s.offset, s.whence)
		p.add(err)
		p.add(equal(fmt.Sprintf("%s: Seek(%d, %d)", what, s.offset, s.whence), at, s.at))
		got, err := io.ReadAll(r)
		p.add(err)
		p.add(sameBytes(fmt.Sprintf("%s from %d on", what, at), got, want[min(at, n):]))
		if _, err = r.Seek(at, io.SeekStart); err != nil {
			p.add(err)
		}
	}
	if _, err := r.Seek(-1, io.SeekStart); !errors.Is(err, store.ErrValidation) {
		p.addf("%s: Seek before the start: got %v, want %q", what, err, store.ErrValidation)
	}
	if _, err := r.Seek(3, io.SeekStart); err != nil {
		p.add(err)
	}
	var buf bytes.Buffer
	written, err := r.WriteTo(&buf)
	p.add(err)
	p.add(equal(what+": WriteTo", written, n-3))
	p.add(sameBytes(what+": WriteTo", buf.Bytes(), want[3:]))
	return p.err()
}
