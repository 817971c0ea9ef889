package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"

	"github.com/s3mio/s3mio/driver"
)

// pump reads a caller's reader in a goroutine of its own, so that a Read that
// blocks cannot hold up the call beyond its context, and a Read that panics is
// an error. The goroutine ends with stop, or when the Read it is in returns.
type pump struct {
	ctx   context.Context
	r     io.Reader
	ask   chan struct{}
	got   chan chunk
	quit  chan struct{} // closed by stop
	start sync.Once
	end   sync.Once
	rest  []byte // read, not yet delivered
	err   error  // what comes after rest
}

type chunk struct {
	data []byte
	err  error
}

const (
	pumpBuffer = 256 << 10
	maxEmpty   = 100 // empty reads in a row, as in package bufio
)

func newPump(ctx context.Context, r io.Reader) *pump {
	// got has room for one answer, so that nobody need wait for it.
	return &pump{ctx: ctx, r: r, ask: make(chan struct{}), got: make(chan chunk, 1), quit: make(chan struct{})}
}

func (p *pump) Read(dst []byte) (int, error) {
	if err := p.ctx.Err(); err != nil {
		return 0, err
	}
	for empty := 0; len(p.rest) == 0; empty++ {
		if p.err == nil && empty == maxEmpty {
			p.err = io.ErrNoProgress
		}
		if p.err != nil {
			return 0, p.err
		}
		p.start.Do(func() { go p.run() })
		// A driver may go on reading for a moment after its call has ended.
		select {
		case p.ask <- struct{}{}:
		case <-p.quit:
			return 0, errStopped
		case <-p.ctx.Done():
			return 0, p.ctx.Err()
		}
		select {
		case c := <-p.got:
			p.rest, p.err = c.data, c.err
		case <-p.ctx.Done():
			p.err = p.ctx.Err() // the buffer is the goroutine's from now on
			return 0, p.err
		}
	}
	n := copy(dst, p.rest)
	p.rest = p.rest[n:]
	return n, nil
}

var errStopped = errors.New("the call that read this body has ended")

func (p *pump) run() {
	buf := make([]byte, pumpBuffer)
	answered := true
	defer func() {
		if !answered { // the Read has ended this goroutine, as t.FailNow does
			p.got <- chunk{err: errors.New("the reader ended its goroutine")}
		}
	}()
	for {
		select {
		case <-p.ask:
			answered = false
			n, err := readSafely(p.r, buf)
			p.got <- chunk{buf[:n], err}
			answered = true
		case <-p.quit:
			return
		}
	}
}

// stop lets the goroutine end.
func (p *pump) stop() {
	p.end.Do(func() { close(p.quit) })
}

// readSafely reads once. The error is marked as the body's: it may be another
// call's *Error.
func readSafely(r io.Reader, buf []byte) (n int, err error) {
	defer func() {
		if v := recover(); v != nil {
			n, err = 0, fmt.Errorf("the reader panicked: %v", v)
		}
	}()
	n, err = r.Read(buf)
	if n < 0 || n > len(buf) {
		return 0, fmt.Errorf("the reader is broken: Read returned %d for %d bytes", n, len(buf))
	}
	if err != nil && err != io.EOF {
		err = fmt.Errorf("reading the body: %w", err)
	}
	return n, err
}

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
