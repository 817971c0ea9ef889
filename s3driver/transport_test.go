package s3driver

import (
	"errors"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"strings"
	"testing"
	"testing/synctest"
	"time"
)

// deadClient takes a request's body on and never answers.
type deadClient struct{ conn net.Conn }

func (c deadClient) Do(req *http.Request) (*http.Response, error) {
	ctx := req.Context()
	if trace := httptrace.ContextClientTrace(ctx); trace != nil && trace.GotConn != nil {
		trace.GotConn(httptrace.GotConnInfo{Conn: c.conn})
	}
	if req.Body != nil {
		if _, err := io.Copy(io.Discard, req.Body); err != nil {
			return nil, err
		}
	}
	<-ctx.Done()
	return nil, ctx.Err()
}

// slowSource takes a minute for each byte.
type slowSource struct{ r io.Reader }

func (s slowSource) Read(p []byte) (int, error) {
	<-time.After(time.Minute)
	return s.r.Read(p[:1])
}

// TestStallTimes: a dead peer is noticed after StallTimeout, and at most a
// quarter later when it has a body to take. The time of the source is its own.
func TestStallTimes(t *testing.T) {
	const stall = 8 * time.Second
	for name, c := range map[string]struct {
		method   string
		body     io.Reader
		min, max time.Duration
	}{
		"no body":     {http.MethodGet, nil, stall, stall},
		"body":        {http.MethodPut, strings.NewReader("abc"), stall, stall * 5 / 4},
		"slow source": {http.MethodPut, slowSource{strings.NewReader("abc")}, 4*time.Minute + stall, 4*time.Minute + stall*5/4},
		"assembly":    {http.MethodPost, strings.NewReader("abc"), 10 * stall, 10 * stall * 5 / 4},
	} {
		synctest.Test(t, func(t *testing.T) {
			conn, peer := net.Pipe()
			defer peer.Close()
			defer conn.Close()
			req, err := http.NewRequestWithContext(t.Context(), c.method, "http://h/b/k?uploadId=u", c.body)
			if err != nil {
				t.Fatal(err)
			}
			start := time.Now()
			resp, err := (&watchedClient{client: deadClient{conn}, stall: stall}).Do(req)
			if resp != nil {
				resp.Body.Close()
			}
			var stalled *stallError
			if took := time.Since(start); !errors.As(err, &stalled) || took < c.min || took > c.max {
				t.Errorf("%s: %v after %v, want %v to %v", name, err, took, c.min, c.max)
			}
		})
	}
}
