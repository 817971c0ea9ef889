package s3driver

import (
	"io"
	"net"
	"net/http/httptrace"
	"os"
	"syscall"
	"testing"
	"time"
)

// line is a watched upload whose every step the test decides on: the hand-over
// of packets to the system, their arrival, and the watchdog's looks.
type line struct {
	t          *testing.T
	w          *watchdog
	body       io.Reader
	conn, peer net.Conn
}

const packet = 1000

func newLine(t *testing.T) *line {
	t.Helper()
	fds, err := syscall.Socketpair(syscall.AF_UNIX, syscall.SOCK_STREAM, 0)
	if err != nil {
		t.Fatal(err)
	}
	var conns [2]net.Conn
	for i, fd := range fds {
		f := os.NewFile(uintptr(fd), "line")
		if conns[i], err = net.FileConn(f); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { conns[i].Close() })
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
	w := newWatchdog(t.Context(), time.Hour)
	t.Cleanup(w.end)
	w.gotConn(httptrace.GotConnInfo{Conn: conns[0]})
	return &line{t, w, &watchedRequest{io.NopCloser(zeros{}), w}, conns[0], conns[1]}
}

// hand passes n packets of the body on to the system.
func (l *line) hand(n int) {
	l.t.Helper()
	for range n {
		if _, err := io.CopyN(l.conn, l.body, packet); err != nil {
			l.t.Fatal(err)
		}
	}
}

// take makes n packets arrive.
func (l *line) take(n int) {
	l.t.Helper()
	if _, err := io.ReadFull(l.peer, make([]byte, n*packet)); err != nil {
		l.t.Fatal(err)
	}
}

// look lets so many quarters of the stall timeout pass.
func (l *line) look(quarters int, stalled bool) {
	l.t.Helper()
	for range quarters {
		l.w.expire()
	}
	if l.w.fired != stalled {
		l.t.Fatalf("stalled: %v, want %v", l.w.fired, stalled)
	}
}

// TestStallOfSlowLine: a line on which at least something arrives within every
// timeout does not stall, even when the system takes on more meanwhile.
func TestStallOfSlowLine(t *testing.T) {
	l := newLine(t)
	for range 5 {
		l.hand(20)
		l.look(1, false)
		for range 18 {
			l.take(1)
			l.look(looks, false)
		}
	}
	l.look(1, true)
}

// TestStallAfterLastByte: from the arrival of its last byte on, an upload has
// the full timeout for the answer.
func TestStallAfterLastByte(t *testing.T) {
	l := newLine(t)
	l.hand(3)
	l.look(looks-1, false)
	l.take(3)
	l.look(looks, false)
	l.look(1, true)
}

// TestStallOfDeadPeer: what only the system has taken on does not count.
func TestStallOfDeadPeer(t *testing.T) {
	l := newLine(t)
	l.hand(3)
	l.look(looks-1, false)
	l.look(1, true)
}

// TestStallWhileSourceIsRead: a look that comes late, into a read of the source,
// does not count.
func TestStallWhileSourceIsRead(t *testing.T) {
	l := newLine(t)
	l.w.stop(false)
	l.look(2*looks, false)
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error) { clear(p); return len(p), nil }
