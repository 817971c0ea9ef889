package s3driver

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"

	"github.com/s3mio/s3mio/driver"
)

// body reads the bytes of one version of an object. A connection that breaks
// is replaced by a request for the rest.
type body struct {
	ctx    context.Context
	cancel context.CancelFunc
	b      *bucket
	key    string
	etag   string
	size   int64 // of the whole object
	weak   bool  // the ETag names no bytes: nothing can be joined to what was read

	rc        io.ReadCloser // nil while there is no connection
	stop      func()        // ends the request of rc, if that is not the first
	next, end int64         // places in the object: of the next byte, and after the last
	failures  int           // in a row, without a byte in between
	err       error         // once set, what every Read returns

	check        bool // the whole object is read, and its checksum is known
	crc, wantCRC uint32
}

func (r *body) Read(p []byte) (int, error) {
	for r.err == nil {
		if r.next == r.end {
			r.finish()
			break
		}
		if len(p) == 0 {
			return 0, nil
		}
		if r.rc == nil {
			r.err = r.reopen()
			continue
		}
		n, err := r.rc.Read(p[:min(int64(len(p)), r.end-r.next)])
		if n > 0 {
			r.failures = 0
			r.next += int64(n)
			if r.check {
				r.crc = crc32.Update(r.crc, castagnoli, p[:n])
			}
		}
		if err != nil && r.next < r.end {
			r.broken(err)
		}
		if n > 0 {
			return n, nil
		}
	}
	return 0, r.err
}

// finish ends the body after its last byte.
func (r *body) finish() {
	r.err = io.EOF
	if r.check && r.crc != r.wantCRC {
		r.err = &checksumError{want: r.wantCRC, got: r.crc}
	}
	r.drop()
}

// drop closes the connection. What its Close says is of no use: the bytes that
// matter are there, or are fetched anew.
func (r *body) drop() {
	if r.rc != nil {
		_ = r.rc.Close()
		r.rc = nil
	}
	if r.stop != nil {
		r.stop()
		r.stop = nil
	}
}

// broken notes that the connection ended before its time.
func (r *body) broken(err error) {
	r.drop()
	if errors.Is(err, io.EOF) {
		err = io.ErrUnexpectedEOF
	}
	r.failures++
	switch ctxErr := r.ctx.Err(); {
	case ctxErr != nil:
		r.err = canceled(ctxErr, err)
	case r.weak:
		r.err = &weakETagError{notTheCallers(err)}
	case r.failures > r.b.maxRetries:
		r.err = fmt.Errorf("reading broke off at byte %d, %d times in a row: %w", r.next, r.failures, notTheCallers(err))
	default:
		if err := sleep(r.ctx, r.b.delay(r.failures)); err != nil {
			r.err = err
		}
	}
}

// reopen asks for the rest of the same version of the object.
func (r *body) reopen() error {
	rest, info, err := r.b.open(r.ctx, r.key, &driver.GetOptions{
		Range:   &driver.Range{Offset: r.next, Length: r.end - r.next},
		IfMatch: r.etag,
	}, r.failures)
	switch {
	case errors.Is(err, driver.ErrPreconditionFailed),
		errors.Is(err, driver.ErrObjectNotFound),
		errors.Is(err, driver.ErrInvalidRange):
		return as(driver.ErrObjectChanged, err)
	case err != nil:
		return err
	case info.ETag != r.etag || info.Size != r.size || rest.next != r.next || rest.end != r.end:
		_ = rest.Close()
		return driver.ErrObjectChanged
	case rest.weak:
		_ = rest.Close()
		return &weakETagError{}
	}
	r.rc, r.stop, r.failures = rest.rc, rest.cancel, rest.failures
	return nil
}

// Close ends the request. Bytes not read yet are not waited for.
func (r *body) Close() error {
	r.cancel()
	r.drop()
	if r.err == nil || r.err == io.EOF {
		r.err = errClosed
	}
	return nil
}

var errClosed = errors.New("read after Close")
