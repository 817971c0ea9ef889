package s3driver

import (
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestOneBudget: failures of several kinds in a row have one MaxRetries.
func TestOneBudget(t *testing.T) {
	s := script(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		if n%2 != 0 {
			fail(w, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		_, _ = io.WriteString(w, `<DeleteResult><Error><Key>k</Key><Code>SlowDown</Code></Error></DeleteResult>`)
	})
	results, err := s.DeleteBatch(t.Context(), []string{"k"})
	if err != nil || results[0] == nil || !strings.Contains(results[0].Error(), "4 attempts") || len(s.seen()) != 4 {
		t.Errorf("batch: %d requests, %v, %v", len(s.seen()), results, err)
	}

	// Of a body that never comes and requests that fail.
	s = script(t, Config{}, func(n int, w http.ResponseWriter, _ *http.Request) {
		if n%2 != 0 {
			fail(w, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", "10")
		w.(http.Flusher).Flush()
		hangUp()
	})
	if err := readBody(s.Get(t.Context(), "k", &driver.GetOptions{})); err == nil || len(s.seen()) != 4 {
		t.Errorf("get: %d requests, %v", len(s.seen()), err)
	}

	// A byte that came begins anew.
	s = script(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
		if n%3 != 0 {
			fail(w, http.StatusServiceUnavailable, "SlowDown")
			return
		}
		if rng := r.Header.Get("Range"); rng != "" {
			w.Header().Set("Content-Range", "bytes "+strings.TrimPrefix(rng, "bytes=")+"/10")
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Length", strconv.Itoa(10-n/3+1))
			w.WriteHeader(http.StatusPartialContent)
		} else {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Length", "10")
		}
		_, _ = io.WriteString(w, "x")
		w.(http.Flusher).Flush()
		hangUp()
	})
	if err := readBody(s.Get(t.Context(), "k", &driver.GetOptions{})); err != nil || len(s.seen()) != 30 {
		t.Errorf("a byte at a time: %d requests, %v", len(s.seen()), err)
	}
}
