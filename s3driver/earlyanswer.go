package s3driver

import (
	"context"
	"net"
	"sync"
	"time"
)

// earlyAnswerConn is a connection whose answer is read even if writing to it
// fails. A server may refuse a write before it has read its body, and close:
// net/http would drop the refusal for the failure to send the rest.
type earlyAnswerConn struct {
	net.Conn
	once  sync.Once
	ended chan struct{}
}

// earlyAnswerWait is how long a failure to write waits for the answer.
const earlyAnswerWait = time.Second

// dialer dials connections.
type dialer func(ctx context.Context, network, addr string) (net.Conn, error)

// hearEarlyAnswers makes the connections of dial such ones.
func hearEarlyAnswers(dial dialer) dialer {
	return func(ctx context.Context, network, addr string) (net.Conn, error) {
		conn, err := dial(ctx, network, addr)
		if err != nil {
			return nil, err
		}
		return &earlyAnswerConn{Conn: conn, ended: make(chan struct{})}, nil
	}
}

// Write holds back a failure until net/http closes the connection, which it does
// once it has read the answer, or that there is none.
func (c *earlyAnswerConn) Write(p []byte) (n int, err error) {
	if n, err = c.Conn.Write(p); err == nil {
		return n, nil
	}
	wait := time.NewTimer(earlyAnswerWait)
	defer wait.Stop()
	select {
	case <-c.ended:
	case <-wait.C:
	}
	return n, err
}

// Close ends all waiting.
func (c *earlyAnswerConn) Close() error {
	c.end()
	return c.Conn.Close()
}

// SetWriteDeadline ends all waiting: crypto/tls sets one when it is about to close.
func (c *earlyAnswerConn) SetWriteDeadline(t time.Time) error {
	c.end()
	return c.Conn.SetWriteDeadline(t)
}

func (c *earlyAnswerConn) end() { c.once.Do(func() { close(c.ended) }) }

// NetConn is the connection underneath, as of a tls.Conn.
func (c *earlyAnswerConn) NetConn() net.Conn { return c.Conn }
