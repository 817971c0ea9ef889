package store

import (
	"context"
	"errors"
	"fmt"
	"io"
	"sync"
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
