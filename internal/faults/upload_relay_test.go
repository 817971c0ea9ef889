package faults

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
)

// A fault is what happens to a request on its way through a relay.
type fault string

const (
	pass          fault = "pass"
	cutBefore     fault = "cut before the server sees it"
	lostAnswer    fault = "answer lost"
	internalError fault = "500"
	slowDown      fault = "503"
	reset         fault = "cut in the middle of the request"
	holdRequest   fault = "held back"
	flip          fault = "a bit is flipped"
)

// relay passes requests on to a server, after asking what to do with each.
type relay struct {
	*httptest.Server
	decide func(*http.Request) fault
	busy   sync.RWMutex // held for reading by requests that make objects

	mu   sync.Mutex
	held []chan struct{}
}

// release cuts the requests that are held back, which the client may wait for
// longer than a test can.
func (r *relay) release() {
	r.mu.Lock()
	defer r.mu.Unlock()
	for _, c := range r.held {
		close(c)
	}
	r.held = nil
}

// hold waits until the client gives up or the request is to be cut.
func (r *relay) hold(ctx context.Context) {
	c := make(chan struct{})
	r.mu.Lock()
	r.held = append(r.held, c)
	r.mu.Unlock()
	select {
	case <-ctx.Done():
	case <-c:
	}
}

// settle waits until the server is done with the requests that make objects.
func (r *relay) settle() {
	r.busy.Lock()
	defer r.busy.Unlock()
}

// newRelay puts a relay in front of a server until the test ends. Requests to
// be cut in the middle go by way of broken, a proxy that breaks connections.
func newRelay(t *testing.T, server, broken string, decide func(*http.Request) fault) *relay {
	t.Helper()
	r := &relay{decide: decide}
	transport := &http.Transport{DisableCompression: true, MaxIdleConnsPerHost: 16}
	cutting := &http.Transport{DisableCompression: true, DisableKeepAlives: true}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		if op := operation(req); op == "complete" || op == "PUT" {
			r.busy.RLock()
			defer r.busy.RUnlock()
		}
		f := r.decide(req)
		switch f {
		case cutBefore:
			panic(http.ErrAbortHandler)
		case internalError, slowDown:
			_, _ = io.Copy(io.Discard, req.Body) // a client that is gone is none of ours
			status, code := http.StatusInternalServerError, "InternalError"
			if f == slowDown {
				status, code = http.StatusServiceUnavailable, "SlowDown"
			}
			w.WriteHeader(status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>injected</Message></Error>", code)
			return
		case holdRequest:
			_, _ = io.Copy(io.Discard, req.Body)
			if operation(req) == "create" {
				r.hold(req.Context())
			} else {
				<-req.Context().Done()
			}
			panic(http.ErrAbortHandler)
		case flip:
			req.Body = &flipped{ReadCloser: req.Body, at: req.ContentLength / 2}
		case reset:
			if resp, err := r.send(req, cutting, broken); err == nil {
				_ = resp.Body.Close() // the server answered to half a request
			}
			panic(http.ErrAbortHandler)
		}
		resp, err := r.send(req, transport, server)
		if err != nil {
			panic(http.ErrAbortHandler)
		}
		defer resp.Body.Close()
		if f == lostAnswer {
			_, _ = io.Copy(io.Discard, resp.Body)
			panic(http.ErrAbortHandler)
		}
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		_, _ = io.Copy(w, resp.Body)
	}))
	t.Cleanup(func() {
		r.CloseClientConnections()
		r.Close()
		transport.CloseIdleConnections()
	})
	return r
}

// send passes a request on as it is: the Host header is signed. What the
// client has sent arrives, though the client may be gone by then.
func (r *relay) send(req *http.Request, via *http.Transport, endpoint string) (*http.Response, error) {
	target, err := url.Parse(endpoint)
	if err != nil {
		return nil, err
	}
	out := req.Clone(context.WithoutCancel(req.Context()))
	out.URL.Scheme, out.URL.Host, out.RequestURI = target.Scheme, target.Host, ""
	return via.RoundTrip(out)
}

// flipped is a body with one bit that is not as it was.
type flipped struct {
	io.ReadCloser
	at int64 // from here
}

func (f *flipped) Read(p []byte) (int, error) {
	n, err := f.ReadCloser.Read(p)
	if 0 <= f.at && f.at < int64(n) {
		p[f.at] ^= 1
	}
	f.at -= int64(n)
	return n, err
}

// operation tells the requests of writes apart.
func operation(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == "POST" && q.Has("uploads"):
		return "create"
	case r.Method == "PUT" && q.Has("partNumber"):
		return "part " + q.Get("partNumber")
	case r.Method == "POST" && q.Has("uploadId"):
		return "complete"
	case r.Method == "DELETE" && q.Has("uploadId"):
		return "abort"
	case r.Method == "POST" && q.Has("delete"):
		return "batch"
	}
	return r.Method
}
