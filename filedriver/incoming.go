package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io"

	"github.com/s3mio/s3mio/driver"
)

// incoming is the body of an object on its way in, read and hashed in chunks.
type incoming struct {
	hasher
	r     io.Reader
	size  int64 // announced, or negative
	total int64 // read
	ended bool  // at the size announced
}

func newIncoming(r io.Reader, size int64) *incoming {
	return &incoming{r: r, size: size}
}

// next reads a chunk, which is empty only at the end, and is good until the next
// one is read.
func (in *incoming) next(ctx context.Context) ([]byte, error) {
	buf := in.buffer()
	for range 100 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		n, err := readChunk(in.r, buf)
		in.total += int64(n)
		in.ended = err == io.EOF
		switch {
		case in.size >= 0 && in.total > in.size:
			return nil, fmt.Errorf("%w: more than %d bytes", driver.ErrSizeMismatch, in.size)
		case in.ended && in.size >= 0 && in.total < in.size:
			return nil, fmt.Errorf("%w: %d instead of %d bytes", driver.ErrSizeMismatch, in.total, in.size)
		case err != nil && !in.ended:
			return nil, &bodyError{err}
		case n > 0 || in.ended:
			in.add(buf[:n])
			return buf[:n], nil
		}
	}
	return nil, &bodyError{io.ErrNoProgress}
}

// readChunk reads once, or on until the buffer is half full if the reader
// gives little at a time, so that small reads do not become small writes.
func readChunk(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf)/2 {
		m, err := r.Read(buf[n:])
		if m < 0 || m > len(buf)-n {
			return n, errors.New("the reader returned an invalid count")
		}
		n += m
		if err != nil || m == 0 {
			return n, err
		}
	}
	return n, nil
}
