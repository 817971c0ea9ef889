package store

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/s3mio/s3mio/driver"
)

// Reader reads one version of an object, the one it opened: when the object is
// replaced meanwhile, reading either goes on with the old content or fails with
// [ErrObjectChanged], and never mixes the two. A Reader opened with [Range] or
// [Tail] has only that part, its offset 0 being the part's start.
type Reader struct {
	c      *core
	ctx    context.Context
	key    string
	info   ObjectInfo
	base   int64 // where in the object the part starts
	length int64

	body    io.ReadCloser // nil: none is open
	bodyPos int64
	pos     int64
	err     error // of a Read, which stands until the next Seek
	meter   *coverage
	closed  bool
}

// Open opens an object for reading. A missing object is [ErrObjectNotFound] at
// once. ctx governs the Reader until it is closed.
func (c *core) Open(ctx context.Context, key string, opts ...ReadOption) (*Reader, error) {
	r, _, err := c.open(ctx, "Open", optsRead, key, opts)
	return r, err
}

func (c *core) open(ctx context.Context, call string, allowed optionSet, key string, opts []ReadOption) (*Reader, *config, error) {
	full, cfg, o, err := c.get(ctx, call, allowed, key, opts)
	if err != nil {
		return nil, nil, c.fail(ctx, "get", full, err)
	}
	r := &Reader{c: c, ctx: ctx, key: full, base: o.Offset, length: o.Length, body: o.Body}
	o.Info.Key = full
	r.info = c.info(o.Info)
	if m := newMeter(cfg.progress, o.Length); m != nil {
		r.meter = &coverage{m: m}
		if o.Length == 0 {
			m.finish()
		}
	}
	return r, cfg, nil
}

// Info describes the object as of when it was opened. Its Size is the whole
// object's.
func (r *Reader) Info() ObjectInfo { return r.info }

// Read reads on; io.EOF comes at the end of the object or part, and never
// before all its bytes have.
func (r *Reader) Read(p []byte) (int, error) {
	if err := r.ready(); err != nil {
		return 0, r.fail(err)
	}
	if r.err != nil || len(p) == 0 {
		return 0, r.err
	}
	if r.pos >= r.length {
		return 0, io.EOF
	}
	n, err := r.read(p)
	r.err = r.fail(err)
	return n, r.err
}

func (r *Reader) read(p []byte) (int, error) {
	if err := r.reopen(); err != nil {
		return 0, err
	}
	n, err := r.body.Read(p[:min(int64(len(p)), r.length-r.pos)])
	if r.pos+int64(n) == r.length {
		// The last byte is handed out when the body has ended well.
		if err == nil {
			err = atEnd(r.body)
		}
		if err != nil && err != io.EOF {
			return 0, err
		}
		r.advance(n)
		return n, nil
	}
	r.advance(n)
	if err != nil {
		return n, shortBody(r.pos, r.length, err)
	}
	return n, nil
}

// WriteTo writes the rest to w.
func (r *Reader) WriteTo(w io.Writer) (int64, error) {
	return io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, min(1<<20, max(r.length-r.pos, 512))))
}

// Seek sets where the next Read starts. It makes no request; the Read after it
// does when it has to go elsewhere. A position past the end reads io.EOF; one
// before the start is [ErrValidation].
func (r *Reader) Seek(offset int64, whence int) (int64, error) {
	if r.closed {
		return 0, r.fail(errReaderClosed)
	}
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		offset += r.pos
	case io.SeekEnd:
		offset += r.length
	default:
		return 0, r.fail(invalid("seek: unknown whence %d", whence))
	}
	if offset < 0 {
		return 0, r.fail(invalid("seek: position %d is before the start", offset))
	}
	r.pos, r.err = offset, nil
	return offset, nil
}

// ReadAt reads len(p) bytes from offset off on, at the end of the object or part
// fewer and io.EOF. Each call is a request of its own for the version that was
// opened; several may run at once, and Read and Seek do not see them. Readers of
// formats with an index, such as zip.NewReader, take it.
func (r *Reader) ReadAt(p []byte, off int64) (int, error) {
	if err := r.ready(); err != nil {
		return 0, r.fail(err)
	}
	if off < 0 {
		return 0, r.fail(invalid("read: position %d is before the start", off))
	}
	want := min(int64(len(p)), r.length-off)
	if len(p) == 0 {
		return 0, nil
	}
	if want <= 0 {
		return 0, io.EOF
	}
	body, err := r.fetch(off, want)
	if err != nil {
		return 0, r.fail(err)
	}
	defer body.Close() //nolint:errcheck // it was only read
	n, err := io.ReadFull(body, p[:want])
	r.meter.add(off, off+int64(n))
	switch {
	case err != nil:
		return n, r.fail(shortBody(int64(n), want, err))
	case want < int64(len(p)):
		return n, io.EOF
	}
	return n, nil
}

// Close ends the request. Reading on is then an error; closing again is not.
func (r *Reader) Close() error {
	if r.closed {
		return nil
	}
	r.closed = true
	return r.fail(r.closeBody())
}

var errReaderClosed error = &closedErr{"the reader is closed"}

func (r *Reader) ready() error {
	if r.closed {
		return errReaderClosed
	}
	return r.ctx.Err()
}

func (r *Reader) fail(err error) error { return r.c.fail(r.ctx, "get", r.key, err) }

func (r *Reader) advance(n int) {
	r.meter.add(r.pos, r.pos+int64(n))
	r.pos += int64(n)
	r.bodyPos = r.pos
}

func (r *Reader) closeBody() error {
	if r.body == nil {
		return nil
	}
	body := r.body
	r.body = nil
	return body.Close()
}

// reopen sees to it that body is at pos, with a request for the same version
// when it is not.
func (r *Reader) reopen() error {
	if r.body != nil && r.bodyPos == r.pos {
		return nil
	}
	if err := r.closeBody(); err != nil {
		return err
	}
	body, err := r.fetch(r.pos, r.length-r.pos)
	if err != nil {
		return err
	}
	r.body, r.bodyPos = body, r.pos
	return nil
}

// fetch requests length bytes from off on, of the version that was opened.
func (r *Reader) fetch(off, length int64) (io.ReadCloser, error) {
	if err := r.c.store.ready(r.ctx, nil); err != nil {
		return nil, err
	}
	o, err := r.c.bucket.Get(r.ctx, r.key, &driver.GetOptions{
		Range:   &driver.Range{Offset: r.base + off, Length: length},
		IfMatch: r.info.ETag,
	})
	switch {
	case errors.Is(err, driver.ErrPreconditionFailed), errors.Is(err, driver.ErrObjectNotFound), errors.Is(err, driver.ErrInvalidRange):
		return nil, fmt.Errorf("%w: %v", driver.ErrObjectChanged, err) // it is not missing, or out of range, as such
	case err != nil:
		return nil, err
	case o.Info.ETag != r.info.ETag || o.Offset != r.base+off || o.Length != length:
		o.Body.Close() //nolint:errcheck // it is not what was asked for
		return nil, driver.ErrObjectChanged
	}
	return o.Body, nil
}
