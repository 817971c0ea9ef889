package blobdriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"

	"gocloud.dev/blob"

	"github.com/s3mio/s3mio/driver"
)

// maxOpens is how often Get opens an object that changes at the same time.
const maxOpens = 20

// Get opens an object, with three requests and two more for each time it
// changes meanwhile; an empty range takes one. One that changes again and again
// is [driver.ErrObjectChanged].
func (b *bucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	a, err := b.attributes(ctx, key)
	if err != nil {
		return nil, err
	}
	for range maxOpens {
		o := &driver.Object{Info: describe(key, a)}
		if err := driver.CheckRead(opts, o.Info.ETag); err != nil {
			return nil, err
		}
		if o.Offset, o.Length, err = opts.Range.Resolve(a.Size); err != nil {
			return nil, err
		}
		if o.Length == 0 {
			// Asking some backends for no bytes leaks a connection.
			o.Body = &body{ctx: ctx}
			return o, nil
		}
		r, now, err := b.open(ctx, key, o, a)
		if err != nil {
			return nil, err
		}
		if r != nil {
			o.Body = &body{ctx: ctx, r: r, left: o.Length}
			return o, nil
		}
		a = now
	}
	return nil, fmt.Errorf("%w: it changed each of the %d times it was opened", driver.ErrObjectChanged, maxOpens)
}

// open opens the range of o. The reader is nil when the object is no longer
// the one that a describes, but the one that now describes: a reader opened
// between two looks at one version is of that version.
func (b *bucket) open(ctx context.Context, key string, o *driver.Object, a *blob.Attributes) (r *blob.Reader, now *blob.Attributes, err error) {
	length := o.Length
	if length == a.Size {
		length = -1 // the whole object: spares backends a range request
	}
	r, openErr := b.d.blob.NewRangeReader(ctx, key, o.Offset, length, nil)
	if openErr != nil {
		openErr = b.objectError(ctx, openErr)
	}
	now, err = b.attributes(ctx, key)
	switch {
	case err == nil && !sameVersion(a, now):
		if openErr == nil {
			err = classify(ctx, r.Close())
		}
		return nil, now, err
	case openErr != nil:
		return nil, nil, openErr
	case err == nil && r.Size() != a.Size:
		err = fmt.Errorf("%w: the backend stores %d bytes and delivers them in another encoding", driver.ErrUnsupported, a.Size)
	}
	if err != nil {
		_ = r.Close() // err says what matters
		return nil, nil, err
	}
	return r, now, nil
}

// body is the body of an object: as long as announced, or an error.
type body struct {
	ctx    context.Context
	r      io.ReadCloser // nil for no bytes
	left   int64
	last   error // what the backend said after the last byte
	closed bool
}

func (b *body) Read(p []byte) (int, error) {
	switch {
	case b.closed:
		return 0, fs.ErrClosed
	case b.ctx.Err() != nil:
		return 0, b.ctx.Err() // backends in memory do not look
	case b.left == 0:
		return 0, b.end()
	case len(p) == 0:
		return 0, nil
	}
	n, err := b.r.Read(p[:min(int64(len(p)), b.left)])
	b.left -= int64(n)
	switch {
	case b.left == 0:
		b.last = err
		return n, nil
	case err == io.EOF:
		return n, fmt.Errorf("%w: %d bytes are missing", io.ErrUnexpectedEOF, b.left)
	}
	return n, classify(b.ctx, err)
}

// end says how the backend's body ends: a checksum that does not match shows
// after the last byte.
func (b *body) end() error {
	for range 100 {
		if b.last != nil || b.r == nil {
			break
		}
		var more [1]byte
		var n int
		if n, b.last = b.r.Read(more[:]); n > 0 {
			b.last = errTooLong
		}
	}
	switch {
	case b.r == nil || b.last == io.EOF:
		return io.EOF
	case b.last == nil:
		return io.ErrNoProgress
	}
	return classify(b.ctx, b.last)
}

var errTooLong = errors.New("the backend sent more bytes than it announced")

func (b *body) Close() error {
	if b.closed || b.r == nil {
		b.closed = true
		return nil
	}
	b.closed = true
	return classify(context.Background(), b.r.Close())
}
