package store

import (
	"io"
	"slices"
	"sync"
)

// Progress says how far a transfer is: how many bytes have been read from the
// source, or written to the target, each counted once.
type Progress struct {
	Bytes int64 // so far
	Total int64 // in all, as far as is known; negative when it is not
}

// Percent gives the progress from 0 to 100: 0 while the total is not known, 100
// when there is nothing to transfer.
func (p Progress) Percent() float64 {
	switch {
	case p.Total < 0:
		return 0
	case p.Total == 0:
		return 100
	}
	return 100 * float64(p.Bytes) / float64(p.Total)
}

// meter counts the bytes of one call, or of many transfers of one call, and
// reports them one at a time. A nil meter counts nothing.
type meter struct {
	report func(Progress)
	mu     sync.Mutex
	p      Progress
}

func newMeter(report func(Progress), total int64) *meter {
	if report == nil {
		return nil
	}
	return &meter{report: report, p: Progress{Total: total}}
}

func (m *meter) add(n int64) {
	if m == nil || n == 0 {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	m.p.Bytes += n
	m.report(m.p)
}

// finish reports the end of a call that succeeded, unless add has just done so:
// what came is then the total, if another one was announced.
func (m *meter) finish() {
	if m == nil {
		return
	}
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.p.Total == m.p.Bytes && m.p.Bytes > 0 {
		return
	}
	m.p.Total = m.p.Bytes
	m.report(m.p)
}

// coverage counts the distinct bytes of one object that went through, so that a
// retried part is not counted twice. It holds merged, sorted intervals: as many
// as there are parts in flight.
type coverage struct {
	m    *meter
	mu   sync.Mutex
	done []interval
}

type interval struct{ from, to int64 }

func (c *coverage) add(from, to int64) {
	if c == nil || c.m == nil || to <= from {
		return
	}
	c.mu.Lock()
	fresh := to - from
	i, _ := slices.BinarySearchFunc(c.done, from, func(v interval, at int64) int {
		if v.to < at {
			return -1
		}
		return 1
	})
	j := i
	for ; j < len(c.done) && c.done[j].from <= to; j++ {
		v := c.done[j]
		fresh -= max(0, min(v.to, to)-max(v.from, from)) // the overlap
	}
	merged := interval{from, to}
	if j > i {
		merged = interval{min(from, c.done[i].from), max(to, c.done[j-1].to)}
	}
	c.done = slices.Replace(c.done, i, j, merged)
	c.mu.Unlock()
	c.m.add(fresh)
}

// bytesAt is a body whose bytes are there already: in memory or in a file.
type bytesAt interface {
	io.Reader
	io.ReaderAt
}

// meteredAt is a bytesAt that reports what is read from it.
type meteredAt struct {
	bytesAt
	c   *coverage
	pos int64
}

func (r *meteredAt) Read(p []byte) (int, error) {
	n, err := r.bytesAt.Read(p)
	r.c.add(r.pos, r.pos+int64(n))
	r.pos += int64(n)
	return n, err
}

func (r *meteredAt) ReadAt(p []byte, off int64) (int, error) {
	n, err := r.bytesAt.ReadAt(p, off)
	r.c.add(off, off+int64(n))
	return n, err
}

// meteredReader reports what is read from a reader.
type meteredReader struct {
	r io.Reader
	m *meter
}

func (r *meteredReader) Read(p []byte) (int, error) {
	n, err := r.r.Read(p)
	r.m.add(int64(n))
	return n, err
}

// meteredWriterAt reports what is written.
type meteredWriterAt struct {
	w io.WriterAt
	c *coverage
}

func (w *meteredWriterAt) WriteAt(p []byte, off int64) (int, error) {
	n, err := w.w.WriteAt(p, off)
	w.c.add(off, off+int64(n))
	return n, err
}
