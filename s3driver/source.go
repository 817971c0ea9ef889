package s3driver

import (
	"context"
	"errors"
	"fmt"
	"hash/crc32"
	"io"
	"sync/atomic"

	"github.com/s3mio/s3mio/driver"
)

// sourceError is a failure of the body that a caller wants stored. No retry
// mends it.
type sourceError struct{ err error }

func (e *sourceError) Error() string { return e.err.Error() }
func (e *sourceError) Unwrap() error { return e.err }

// piece is content that can be read again and again: a single put's or a
// part's.
type piece struct {
	r    io.ReaderAt
	off  int64 // in r
	size int64
	crc  uint32
}

// readBuffer is how much of a body is read at once, and the size up to which a
// piece is kept rather than read again.
const readBuffer = 256 << 10

// newPiece reads the content once, for its checksum, unless ctx ends meanwhile.
func newPiece(ctx context.Context, r io.ReaderAt, off, size int64) (*piece, error) {
	p := &piece{r: r, off: off, size: size}
	buf := make([]byte, min(size, readBuffer))
	for done := int64(0); done < size; {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		chunk := buf[:min(readBuffer, size-done)]
		n, err := r.ReadAt(chunk, off+done)
		if err != nil && err != io.EOF {
			return nil, err
		}
		if n < len(chunk) {
			return nil, endsAt(off + done + int64(n))
		}
		p.crc = crc32.Update(p.crc, castagnoli, chunk)
		done += int64(n)
	}
	if size <= readBuffer {
		p.r, p.off = memory(buf), 0
	}
	return p, nil
}

func endsAt(off int64) error {
	return &sourceError{fmt.Errorf("%w: the body ends at byte %d", driver.ErrSizeMismatch, off)}
}

// reader gives a fresh reader of the piece, one for each attempt to send it.
func (p *piece) reader() *pieceReader {
	return &pieceReader{SectionReader: io.NewSectionReader(p.r, p.off, p.size)}
}

// pieceReader reads a piece. It can be asked beside a Read whether all has been read.
type pieceReader struct {
	*io.SectionReader
	at atomic.Int64
}

func (r *pieceReader) Read(p []byte) (int, error) {
	n, err := r.SectionReader.Read(p)
	if at := r.at.Add(int64(n)); err == io.EOF && at < r.Size() {
		_, off, _ := r.Outer()
		err = endsAt(off + at) // it has shrunk since its checksum was computed
	}
	return n, err
}

func (r *pieceReader) Seek(offset int64, whence int) (int64, error) {
	at, err := r.SectionReader.Seek(offset, whence)
	if err == nil {
		r.at.Store(at)
	}
	return at, err
}

func (r *pieceReader) exhausted() bool { return r.at.Load() == r.Size() }

// cancelable reads until its context ends.
type cancelable struct {
	ctx context.Context
	r   io.Reader
}

func (c cancelable) Read(p []byte) (int, error) {
	if err := c.ctx.Err(); err != nil {
		return 0, err
	}
	return c.r.Read(p)
}

// memory is a piece of bytes at hand.
type memory []byte

func (m memory) ReadAt(b []byte, off int64) (int, error) {
	if off >= int64(len(m)) {
		return 0, io.EOF
	}
	n := copy(b, m[off:])
	if n < len(b) {
		return n, io.EOF
	}
	return n, nil
}

func newMemory(b []byte) *piece {
	return &piece{r: memory(b), size: int64(len(b)), crc: crc32.Checksum(b, castagnoli)}
}

// guarded is a caller's io.ReaderAt, whose errors and panics are told from those
// of the network: it is read from goroutines of this package.
type guarded struct{ r io.ReaderAt }

func (g guarded) ReadAt(p []byte, off int64) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, &sourceError{fmt.Errorf("the body's ReadAt panicked: %v", v)}
		} else if err != nil && err != io.EOF {
			err = &sourceError{err}
		}
	}()
	return g.r.ReadAt(p, off)
}

// atEnd checks that nothing follows the announced size.
func (g guarded) atEnd(size int64) error {
	var b [1]byte
	n, err := g.ReadAt(b[:], size)
	var failed *sourceError
	switch {
	case n > 0:
		return &sourceError{fmt.Errorf("%w: the body goes on after %d bytes", driver.ErrSizeMismatch, size)}
	case errors.As(err, &failed):
		return err
	}
	return nil
}

// stream reads a caller's body in order, and checks its length.
type stream struct {
	ctx  context.Context // of the call
	r    io.Reader
	size int64 // announced; negative: not known
	n    int64 // read so far
}

// fill reads until b is full or the body ends. It returns io.EOF when the body
// has ended, at the length announced.
func (s *stream) fill(b []byte) (n int, err error) {
	for idle := 0; n < len(b) && err == nil; {
		if err := s.ctx.Err(); err != nil {
			return n, err
		}
		var m int
		m, err = s.r.Read(b[n:])
		if m < 0 || m > len(b)-n {
			return n, &sourceError{errors.New("the body's Read returned an impossible count")}
		}
		if n += m; m > 0 {
			idle = 0
		} else if idle++; idle == 100 && err == nil {
			err = io.ErrNoProgress
		}
	}
	s.n += int64(n)
	switch {
	case err != nil && err != io.EOF:
		return n, &sourceError{err}
	case s.size >= 0 && s.n > s.size:
		return n, &sourceError{fmt.Errorf("%w: the body goes on after %d bytes", driver.ErrSizeMismatch, s.size)}
	case err == io.EOF && s.n < s.size:
		return n, &sourceError{fmt.Errorf("%w: the body ends after %d of %d bytes", driver.ErrSizeMismatch, s.n, s.size)}
	}
	return n, err
}

// first reads the start of the body, up to limit bytes, into memory that grows
// with what arrives. more says that the body goes on.
func (s *stream) first(limit int64) (b []byte, more bool, err error) {
	size := min(limit, 64<<10)
	if s.size >= 0 {
		size = min(limit, s.size+1) // one more shows the end
	}
	b = make([]byte, size)
	n := 0
	for {
		m, err := s.fill(b[n:])
		n += m
		switch {
		case err == io.EOF:
			return b[:n], false, nil
		case err != nil:
			return nil, false, err
		case s.size == s.n && s.size >= 0:
			if _, err := s.fill(make([]byte, 1)); err != io.EOF {
				return nil, false, err
			}
			return b[:n], false, nil
		case int64(n) == limit:
			return b, true, nil
		}
		b = append(b, make([]byte, min(int64(len(b)), limit-int64(n)))...)
	}
}
