package s3driver

import (
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
)

// fault is what happens to a request on its way.
type fault int

const (
	pass      fault = iota
	cutBefore       // the server never sees it
	cutAfter        // the server does it, the answer is lost
	cutBody         // the answer's body breaks off in the middle
	throttle        // 503 in place of the server
	hold            // no answer until the client gives up
	gateway         // the server does it, a gateway answers 503 with a page of its own
)

// behindProxy gives b's bucket through a proxy that asks faults what to do
// with each request.
func behindProxy(t *testing.T, b *bucket, server *s3test.Server, cfg Config, faults func(r *http.Request) fault) *bucket {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	transport := &http.Transport{DisableCompression: true}
	var mu sync.Mutex
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		f := faults(r)
		mu.Unlock()
		switch f {
		case cutBefore:
			hangUp()
		case throttle:
			drain(r)
			fail(w, http.StatusServiceUnavailable, "SlowDown")
			return
		case hold:
			drain(r)
			<-r.Context().Done()
			return
		}
		out := r.Clone(r.Context())
		out.URL.Scheme, out.URL.Host, out.RequestURI = target.Scheme, target.Host, ""
		resp, err := transport.RoundTrip(out) // the Host header stays, for it is signed
		if err != nil {
			hangUp()
		}
		defer resp.Body.Close()
		if f == cutAfter {
			drain(&http.Request{Body: resp.Body})
			hangUp()
		}
		if f == gateway {
			drain(&http.Request{Body: resp.Body})
			w.WriteHeader(http.StatusServiceUnavailable)
			_, _ = io.WriteString(w, "upstream connect error or disconnect/reset before headers")
			return
		}
		for k, v := range resp.Header {
			w.Header()[k] = v
		}
		w.WriteHeader(resp.StatusCode)
		if f == cutBody {
			_, _ = io.CopyN(w, resp.Body, resp.ContentLength/2)
			hangUp()
		}
		_, _ = io.Copy(w, resp.Body) // a client that is gone is no failure
	}))
	t.Cleanup(func() {
		proxy.CloseClientConnections()
		proxy.Close()
		transport.CloseIdleConnections()
	})
	cfg.Endpoint, cfg.Region = proxy.URL, server.Region
	cfg.AccessKeyID, cfg.SecretAccessKey = server.AccessKey, server.SecretKey
	if cfg.RetryDelay == 0 {
		cfg.RetryDelay = time.Millisecond
	}
	return openBucket(t, newDriver(t, cfg), b.name)
}

// once gives the fault to the first request that matches.
func once(f fault, match func(*http.Request) bool) func(*http.Request) fault {
	done := false
	return func(r *http.Request) fault {
		if done || !match(r) {
			return pass
		}
		done = true
		return f
	}
}

// operation tells the requests of an upload apart.
func operation(r *http.Request) string {
	q := r.URL.Query()
	switch {
	case r.Method == "POST" && q.Has("uploads"):
		return "create"
	case r.Method == "PUT" && q.Has("partNumber"):
		return "part"
	case r.Method == "POST" && q.Has("uploadId"):
		return "complete"
	case r.Method == "DELETE" && q.Has("uploadId"):
		return "abort"
	}
	return r.Method
}

func isOperation(name string) func(*http.Request) bool {
	return func(r *http.Request) bool { return operation(r) == name }
}
