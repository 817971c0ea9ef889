package faults

import (
	"bytes"
	"fmt"
	"slices"
	"strconv"
	"sync"
	"testing"

	"github.com/Shopify/toxiproxy/v2/stream"
	"github.com/Shopify/toxiproxy/v2/toxics"

	"github.com/s3mio/s3mio/internal/s3test"
)

// The ways a connection ends in the middle of an answer.
const (
	byReset = "reset" // RST
	byClose = "close" // FIN
	byStall = "stall" // nothing more comes
)

var cutModes = []string{byReset, byClose, byStall}

// cutter breaks one answer at an exact place of its body. It is meant for
// traffic of GETs only: an answer to HEAD announces a body that does not come.
type cutter struct {
	how string

	mu    sync.Mutex
	armed bool
	at    int64
	skip  int // answers to let pass first
	fired int

	onCut func() // called between the last byte that passes and the end; may be nil
}

// arm makes the answer after skip others break off after its body's first at
// bytes.
func (c *cutter) arm(at int64, skip int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.armed, c.at, c.skip = true, at, skip
}

// disarm gives how often the cutter has cut since the last time it was asked.
func (c *cutter) disarm() (fired int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	fired, c.fired, c.armed = c.fired, 0, false
	return fired
}

// begins is told of each answer; cut says that this is the one.
func (c *cutter) begins() (at int64, cut bool) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if !c.armed {
		return 0, false
	}
	if c.skip > 0 {
		c.skip--
		return 0, false
	}
	c.armed = false
	c.fired++
	return c.at, true
}

// cutters has the cutters of all proxies by name: the proxy makes its toxics
// from text.
var cutters sync.Map

// newCutter puts a proxy with a cutter in front of a server.
func newCutter(t *testing.T, server *s3test.Server, how string) (*cutter, *proxy) {
	t.Helper()
	c := &cutter{how: how}
	id := fmt.Sprintf("%s %p", t.Name(), c)
	cutters.Store(id, c)
	t.Cleanup(func() { cutters.Delete(id) })
	cuts := []toxic{{Type: "cut_answer", Stream: "downstream", Attributes: map[string]any{"id": id}}}
	if how == byReset {
		// All this one does is to make closed connections end in a reset.
		never := float32(0)
		cuts = append([]toxic{{Type: "reset_peer", Stream: "downstream", Toxicity: &never, Attributes: map[string]any{}}}, cuts...)
	}
	return c, newProxy(t, server, cuts...)
}

func init() { toxics.Register("cut_answer", new(cutToxic)) }

// cutToxic is the cutter's end in the proxy.
type cutToxic struct {
	ID string `json:"id"`
}

// cutState is how far an answer has come on a connection.
type cutState struct {
	head []byte // of the answer, until it is complete
	left int64  // of the body
	cut  bool
	at   int64 // how much of the body still passes
}

func (*cutToxic) NewState() any { return &cutState{} }

// Pipe passes bytes until the place to cut.
func (x *cutToxic) Pipe(stub *toxics.ToxicStub) {
	found, _ := cutters.Load(x.ID)
	c := found.(*cutter)
	state := stub.State.(*cutState)
	for {
		select {
		case <-stub.Interrupt:
			return
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
			n, cut := state.pass(c, chunk.Data)
			if n > 0 {
				stub.Output <- &stream.StreamChunk{Data: chunk.Data[:n], Timestamp: chunk.Timestamp}
			}
			if !cut {
				continue
			}
			c.end(stub)
			return
		}
	}
}

// end ends the answer. It takes on what the server still sends, until the client
// is gone: some servers lock an object while they send it.
func (c *cutter) end(stub *toxics.ToxicStub) {
	done := make(chan struct{})
	go func() {
		defer close(done)
		if c.onCut != nil {
			c.onCut()
		}
	}()
	for {
		select {
		case <-done:
			done = nil
			if c.how != byStall {
				stub.Close()
			}
		case chunk := <-stub.Input:
			if chunk == nil {
				stub.Close()
				return
			}
		}
	}
}

// pass says how much of data may pass, and whether that is all.
func (s *cutState) pass(c *cutter, data []byte) (n int, cut bool) {
	for n < len(data) {
		if s.left == 0 && !s.cut {
			before := len(s.head)
			s.head = append(s.head, data[n:]...)
			end := bytes.Index(s.head, []byte("\r\n\r\n"))
			if end < 0 {
				return len(data), false
			}
			n += end + 4 - before
			s.left = contentLength(s.head[:end])
			s.head = nil
			s.at, s.cut = c.begins()
			continue
		}
		if s.cut && s.at <= int64(len(data)-n) {
			return n + int(s.at), true
		}
		step := len(data) - n
		if !s.cut {
			step = int(min(int64(step), s.left))
		}
		n += step
		s.left -= int64(step)
		s.at -= int64(step)
	}
	return n, s.cut && s.at == 0
}

func contentLength(head []byte) int64 {
	for line := range bytes.SplitSeq(head, []byte("\r\n")) {
		name, value, _ := bytes.Cut(line, []byte(":"))
		if bytes.EqualFold(name, []byte("Content-Length")) {
			n, _ := strconv.ParseInt(string(bytes.TrimSpace(value)), 10, 64) // 0 for nonsense
			return n
		}
	}
	return 0
}

// TestCutter: the toxic finds the place whatever the chunks.
func TestCutter(t *testing.T) {
	const head = "HTTP/1.1 200 OK\r\nContent-Length: 10\r\n\r\n"
	text := []byte(head + "0123456789" + head + "abcdefghij")
	for size := 1; size <= len(text); size++ {
		c := &cutter{}
		c.arm(4, 1)
		s := &cutState{}
		var got []byte
		for chunk := range slices.Chunk(text, size) {
			n, cut := s.pass(c, chunk)
			got = append(got, chunk[:n]...)
			if cut {
				break
			}
		}
		if want := head + "0123456789" + head + "abcd"; string(got) != want || c.disarm() != 1 {
			t.Fatalf("chunks of %d: %q", size, got)
		}
	}
}
