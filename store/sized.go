package store

import (
	"fmt"
	"io"

	"github.com/s3mio/s3mio/driver"
)

// sizedReader fails with ErrSizeMismatch when the data is not exactly as long
// as announced. It delivers the last byte only when it knows that no more
// follow, since a driver need not read on after it.
type sizedReader struct {
	r       io.Reader
	want, n int64
}

func (s *sizedReader) Read(p []byte) (int, error) {
	if int64(len(p)) > s.want-s.n {
		p = p[:s.want-s.n]
	}
	n := 0
	if s.n < s.want {
		var err error
		n, err = s.r.Read(p)
		s.n += int64(n)
		if err == io.EOF && s.n < s.want {
			return n, sizeMismatch(s.want, s.n)
		}
		if s.n < s.want || err != nil {
			return n, err
		}
	}
	var more [1]byte
	for {
		m, err := s.r.Read(more[:])
		switch {
		case m > 0:
			return 0, fmt.Errorf("%w: more than the announced %d bytes", driver.ErrSizeMismatch, s.want)
		case err != nil: // io.EOF, if all is well
			return n, err
		}
	}
}

func sizeMismatch(want, got int64) error {
	return fmt.Errorf("%w: %d bytes announced, %d there", driver.ErrSizeMismatch, want, got)
}
