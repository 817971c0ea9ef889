package localsign_test

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net"
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/localsign"
)

func TestBaseURL(t *testing.T) {
	e := newEnv(t)
	for base, want := range map[string]string{
		"http://host":                "http://host/?",
		"https://host:8443":          "https://host:8443/?",
		"http://host/":               "http://host/?",
		"http://host/a/b":            "http://host/a/b?",
		"http://host/a%20b/":         "http://host/a%20b/?",
		"http://[::1]:80/x":          "http://[::1]:80/x?",
		"HTTP://127.0.0.1:1/objects": "http://127.0.0.1:1/objects?",
	} {
		if err := e.svc.SetBaseURL(base); err != nil {
			t.Errorf("%q: %v", base, err)
		} else if u := e.getURL("key"); !strings.HasPrefix(u, want) {
			t.Errorf("%q gives %q", base, u)
		}
	}
	if err := e.svc.SetBaseURL("http://good"); err != nil {
		t.Fatal(err)
	}
	for _, base := range []string{
		"host", "/path", "//host/path", "ftp://host", "http:", "http://", "http://:80", "http:///path", "mailto:a@b",
		"http://user:hunter2@host", "http://user@host", "http://host?", "http://host/?a=b", "http://host/#", "http://host/#f",
		"http://user:hunter2@host:port", "http://ho st", "http://host/%zz", "\x00",
	} {
		err := e.svc.SetBaseURL(base)
		if !errors.Is(err, driver.ErrValidation) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%q: %v", base, err)
		}
		if _, err := localsign.New(nil, base); !errors.Is(err, driver.ErrValidation) {
			t.Errorf("New with %q: %v", base, err)
		}
	}
	if u := e.getURL("key"); !strings.HasPrefix(u, "http://good/?") {
		t.Errorf("a refused base URL was taken: %q", u)
	}
}

func TestListener(t *testing.T) {
	e := newEnv(t)
	if err := e.svc.SetBaseURL(""); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := e.svc.Presign(ctx, "bucket", "key", &driver.PresignOptions{Method: "GET", TTL: time.Minute}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}

	// However many are first, there is one listener, which outlives their contexts.
	const n = 16
	hosts := make([]string, n)
	var wg sync.WaitGroup
	for i := range n {
		wg.Go(func() {
			ctx, cancel := context.WithCancel(t.Context())
			defer cancel()
			raw, err := e.svc.Presign(ctx, "bucket", "key", &driver.PresignOptions{Method: "PUT", TTL: time.Minute})
			if err != nil {
				t.Error(err)
				return
			}
			u, err := url.Parse(raw)
			if err != nil {
				t.Error(err)
				return
			}
			hosts[i] = u.Host
		})
	}
	wg.Wait()
	for _, host := range hosts {
		if host != hosts[0] || !strings.HasPrefix(host, "127.0.0.1:") {
			t.Fatalf("listeners at %q", hosts)
		}
	}

	u := e.putURL("key")
	put := func() (*http.Response, error) {
		req, err := http.NewRequestWithContext(t.Context(), "PUT", u, strings.NewReader("data"))
		if err != nil {
			t.Fatal(err)
		}
		return client.Do(req)
	}
	res, err := put()
	if err != nil {
		t.Fatal(err)
	}
	e.is(e.read(res), 200, "")
	if c := e.content("key"); c != "data" {
		t.Errorf("stored %q", c)
	}

	get := e.getURL("key")
	for range 2 {
		if err := e.svc.Close(); err != nil {
			t.Error(err)
		}
	}
	if res, err := put(); err == nil {
		t.Errorf("after Close: %d", e.read(res).StatusCode)
	}
	if _, err := e.svc.Presign(t.Context(), "bucket", "key", &driver.PresignOptions{Method: "GET", TTL: time.Minute}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Presign after Close: %v", err)
	}
	e.is(e.do("GET", get, ""), 503, "ServiceUnavailable")
}

// Close must not hang on clients that stall, and must have ended their
// requests when it returns.
func TestCloseCutsRequests(t *testing.T) {
	e := newEnv(t)
	reading := make(chan struct{})
	svc, err := localsign.New(func(string) (driver.Bucket, error) {
		close(reading)
		return e.bucket, nil
	}, "")
	if err != nil {
		t.Fatal(err)
	}
	raw, err := svc.Presign(t.Context(), "bucket", "stalled", &driver.PresignOptions{Method: "PUT", TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	idle, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer idle.Close()
	conn, err := net.Dial("tcp", u.Host)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	if _, err := io.WriteString(conn, "PUT "+u.RequestURI()+" HTTP/1.1\r\nHost: h\r\nContent-Length: 10\r\n\r\nabc"); err != nil {
		t.Fatal(err)
	}
	<-reading
	if err := svc.Close(); err != nil {
		t.Error(err)
	}
	if c := e.content("stalled"); c != "(none)" {
		t.Errorf("stored %q", c)
	}
}
