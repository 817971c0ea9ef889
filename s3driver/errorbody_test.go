package s3driver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestPageInPlaceOfNotFound: a proxy that answers 404 with a page of its own knows
// nothing of what there is, and nothing is said to be missing or gone for it.
func TestPageInPlaceOfNotFound(t *testing.T) {
	s := script(t, Config{MaxRetries: 1, PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		w.WriteHeader(http.StatusNotFound)
		fmt.Fprint(w, "404 page not found\n") // of a HEAD's answer, nothing is sent
	})
	want := "404 page not found (host " + strings.TrimPrefix(s.location.endpoint, "http://")
	other := openBucket(t, s.Driver, "other")
	calls := objectCalls(t.Context(), s.bucket, other)
	calls["ListBuckets"] = func() error { return errorOf(s.ListBuckets(t.Context(), "")) }
	calls["CreateBucket"] = func() error { return s.CreateBucket(t.Context(), "new") }
	calls["DeleteBucket"] = func() error { return s.DeleteBucket(t.Context(), "bucket") }
	calls["AbortStaleUploads"] = func() error { return errorOf(s.AbortStaleUploads(t.Context(), "bucket", 0)) }
	for name, call := range calls {
		err := call()
		if err == nil || !strings.Contains(err.Error(), "HTTP status 404: "+want) || !strings.Contains(err.Error(), "2 attempts") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		for _, sentinel := range []error{driver.ErrObjectNotFound, driver.ErrBucketNotFound} {
			if errors.Is(err, sentinel) {
				t.Errorf("%s: %v matches %v", name, err, sentinel)
			}
		}
	}
}

// TestPageOnce: one page in place of an answer costs a retry and no more.
func TestPageOnce(t *testing.T) {
	var mu sync.Mutex
	var faulty string
	s := script(t, Config{PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		mu.Lock()
		page := r.Method == faulty || operation(r) == faulty
		if page {
			faulty = ""
		}
		mu.Unlock()
		switch {
		case page:
			w.WriteHeader(http.StatusNotFound)
			fmt.Fprint(w, "<html><head><title>404 Not Found</title></head></html>")
		case r.Method == http.MethodGet && r.URL.RawQuery == "x-id=GetObject":
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Length", "4")
			if r.Header.Get("Range") != "" {
				w.Header().Set("Content-Range", "bytes 2-3/4")
				w.Header().Set("Content-Length", "2")
				w.WriteHeader(http.StatusPartialContent)
				fmt.Fprint(w, "23")
				return
			}
			fmt.Fprint(w, "01")
			w.(http.Flusher).Flush()
			mu.Lock()
			faulty = http.MethodGet // for what goes on here
			mu.Unlock()
			hangUp()
		default:
			honest(w, r)
		}
	})
	calls := objectCalls(t.Context(), s.bucket, openBucket(t, s.Driver, "other"))
	for call, method := range map[string]string{
		"Put": "PUT", "Delete": "DELETE", "DeleteBatch": "POST", "GetTags": "GET", "SetTags": "PUT", "Put of parts": "part", "Get": "GET",
	} {
		mu.Lock()
		faulty = method
		mu.Unlock()
		if err := calls[call](); err != nil {
			t.Errorf("%s: %v", call, err)
		}
	}
	if err := readBody(s.Get(t.Context(), "k", &driver.GetOptions{})); err != nil {
		t.Errorf("a read that is resumed: %v", err)
	}
}

// TestFailuresCutOff: a failure whose body breaks off is final by its status only if
// what came shows that it is not an S3 error, which may say that it passes, as
// RequestTimeout does with status 400, or what is missing. What came may end within
// something secret: half a line is not shown.
func TestFailuresCutOff(t *testing.T) {
	for _, c := range []struct {
		status   int
		body     string
		tries    int
		want     string // with the host in place of %s, "" for the connection's error
		sentinel error
	}{
		{400, "", 2, "", nil},
		{400, "Bad li", 2, "", nil},
		{400, "Bad line\nand ha", 1, "BadRequest: Bad line (HTTP status 400, host %s)", nil},
		{400, "<?xml version='1.0'?>\n", 2, "", nil},
		{400, "<?xml version='1.0'?>\n<Error><Code>RequestTimeout</Code>", 2, "", nil},
		{403, "Not from there\n", 1, "access denied: Forbidden: Not from there (HTTP status 403, host %s)", driver.ErrAccessDenied},
		{404, "404 page not found\n", 2, "HTTP status 404: 404 page not found (host %s, 2 attempts)", nil},
		{404, "", 2, "", nil},
		{404, "<Error>\n<Code>NoSuchKey</Code>\n", 2, "", nil},
		{412, "<Error>\n<Code>PreconditionFailed</Code>\n", 2, "", driver.ErrPreconditionFailed},
		{429, "Slowly\n", 2, "TooManyRequests: Slowly (HTTP status 429, host %s, 2 attempts)", nil},
		{503, "Later\n", 2, "ServiceUnavailable: Later (HTTP status 503, host %s, 2 attempts)", nil},
	} {
		s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Length", "1000")
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
			w.(http.Flusher).Flush()
			hangUp()
		})
		_, err := s.List(t.Context(), &driver.ListOptions{})
		want := strings.ReplaceAll(c.want, "%s", strings.TrimPrefix(s.location.endpoint, "http://"))
		if err == nil || want != "" && err.Error() != want || want == "" && !errors.Is(err, io.ErrUnexpectedEOF) || len(s.seen()) != c.tries {
			t.Errorf("%d %q: %v after %d requests, want %s after %d", c.status, c.body, err, len(s.seen()), want, c.tries)
		}
		for _, sentinel := range []error{driver.ErrObjectNotFound, driver.ErrBucketNotFound, driver.ErrAccessDenied, driver.ErrPreconditionFailed} {
			if errors.Is(err, sentinel) != (sentinel == c.sentinel) {
				t.Errorf("%d %q: %v matches %v: %v", c.status, c.body, err, sentinel, errors.Is(err, sentinel))
			}
		}
	}
}
