package s3driver

import (
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptrace"
	"net/url"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// roundTripper sends requests without following redirects: a signature is good
// for one host only, and a redirect is reported as what it is.
type roundTripper struct{ rt http.RoundTripper }

func (r roundTripper) Do(req *http.Request) (*http.Response, error) { return r.rt.RoundTrip(req) }

// stallError ends a request in which nothing moved for too long.
type stallError struct{ after time.Duration }

func (e *stallError) Error() string   { return fmt.Sprintf("no byte sent or received for %v", e.after) }
func (e *stallError) Timeout() bool   { return true }
func (e *stallError) Temporary() bool { return true }

// watchedClient ends requests that stall. Time that the caller takes between
// two reads of an answer does not count.
type watchedClient struct {
	client s3.HTTPClient
	stall  time.Duration // 0: never
}

func (c *watchedClient) Do(req *http.Request) (*http.Response, error) {
	stall := c.stall
	if stall > 0 && slowAnswer(req) {
		stall *= 10
	}
	w := newWatchdog(req.Context(), stall)
	ctx := w.ctx
	if req.Body != nil && req.Body != http.NoBody {
		req.Body = &watchedRequest{req.Body, w}
		ctx = httptrace.WithClientTrace(ctx, &httptrace.ClientTrace{GotConn: w.gotConn})
	}
	req = req.WithContext(ctx)
	resp, err := c.client.Do(req)
	if err != nil {
		err = w.explain(err)
		w.end()
		return resp, err
	}
	w.answered(c.stall)
	resp.Request = nil // which is signed, and would be within reach of an error
	resp.Body = &watchedBody{resp.Body, w, req.URL}
	return resp, nil
}

// slowAnswer reports whether the server copies or assembles data before it
// answers the request.
func slowAnswer(req *http.Request) bool {
	return req.Header.Get("X-Amz-Copy-Source") != "" ||
		req.Method == http.MethodPost && req.URL.Query().Has("uploadId")
}

// looks is how often within the timeout the watchdog looks whether anything
// moved: one that is noticed late makes a stall last a quarter longer at most.
const looks = 4

// watchdog cancels a request's context when nothing has moved for too long.
type watchdog struct {
	ctx    context.Context
	cancel context.CancelCauseFunc
	parent context.Context
	timer  *time.Timer // nil: no limit

	mu        sync.Mutex
	stall     time.Duration
	running   bool // the time counts
	quiet     int  // looks in a row at which nothing had moved
	receiving bool // the answer has begun; the request's body no longer counts
	fired     bool
	conn      net.Conn // that the request's body goes to; nil: there is none
	read      int64    // bytes of the body that were handed over
	sent      int64    // those of them that the system was done with at the last look
}

func newWatchdog(parent context.Context, stall time.Duration) *watchdog {
	ctx, cancel := context.WithCancelCause(parent)
	w := &watchdog{ctx: ctx, cancel: cancel, parent: parent, stall: stall}
	if stall > 0 {
		w.mu.Lock() // against a look before the timer is there
		defer w.mu.Unlock()
		w.running = true
		w.timer = time.AfterFunc(stall/looks, w.expire)
	}
	return w
}

func (w *watchdog) gotConn(info httptrace.GotConnInfo) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.conn = info.Conn
	w.sent = w.read - int64(unsent(w.conn))
}

// expire looks whether anything moved.
func (w *watchdog) expire() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.running {
		return // stopped too late
	}
	w.quiet++
	if w.conn != nil && !w.receiving {
		// The system takes on megabytes, which a slow line is busy with.
		before := w.sent
		if w.sent = w.read - int64(unsent(w.conn)); w.sent > before {
			w.quiet = 0
		}
	}
	if w.quiet < looks {
		w.timer.Reset(w.stall / looks)
		return
	}
	w.running = false
	w.fired = true
	w.cancel(&stallError{w.stall})
}

// start gives the network the full time until the next byte.
func (w *watchdog) start(receiving bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil && w.receiving == receiving {
		w.running = true
		w.quiet = 0
		w.timer.Reset(w.stall / looks)
	}
}

func (w *watchdog) stop(receiving bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.timer != nil && w.receiving == receiving {
		w.running = false
		w.timer.Stop()
	}
}

// handed says that n more bytes of the request's body are to be sent.
func (w *watchdog) handed(n int) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.read += int64(n)
}

// answered says that the head of the answer is there: from now on the time of
// reads of its body counts.
func (w *watchdog) answered(stall time.Duration) {
	w.stop(false)
	w.mu.Lock()
	defer w.mu.Unlock()
	w.receiving = true
	w.stall = stall
}

func (w *watchdog) end() {
	w.stop(false)
	w.stop(true)
	w.cancel(nil)
}

// explain gives the stall as the reason of err if it is, in place of a
// cancellation that the caller knows nothing of.
func (w *watchdog) explain(err error) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.fired && w.parent.Err() == nil {
		return context.Cause(w.ctx)
	}
	return err
}

// watchedRequest notes that bytes are being sent.
type watchedRequest struct {
	io.ReadCloser
	w *watchdog
}

func (r *watchedRequest) Read(p []byte) (int, error) {
	// Reading the source is not the network's time.
	r.w.stop(false)
	n, err := r.ReadCloser.Read(p)
	r.w.handed(n)
	r.w.start(false)
	return n, err
}

// watchedBody watches the reads of an answer.
type watchedBody struct {
	body io.ReadCloser
	w    *watchdog
	url  *url.URL
}

func (b *watchedBody) Read(p []byte) (int, error) {
	b.w.start(true)
	n, err := b.body.Read(p)
	b.w.stop(true)
	if err != nil && err != io.EOF {
		err = &hostError{hostPort(b.url), false, b.w.explain(err)}
	}
	return n, err
}

// Close ends the request: what the server still had to send is dropped.
func (b *watchedBody) Close() error {
	b.w.end()
	return b.body.Close()
}
