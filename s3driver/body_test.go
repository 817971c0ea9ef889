package s3driver

import (
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// TestResumeAsksForTheVersion: a request for the rest names the version, so that
// the server can refuse before it sends what would be thrown away.
func TestResumeAsksForTheVersion(t *testing.T) {
	const cut = 300_000
	content := noise(mib)
	for what, call := range map[string]func(b *bucket) error{
		"Get": func(b *bucket) error { return readBody(b.Get(t.Context(), "k", &driver.GetOptions{})) },
		"Get of a range": func(b *bucket) error {
			return readBody(b.Get(t.Context(), "k", &driver.GetOptions{Range: &driver.Range{Offset: 7, Length: -1}}))
		},
		"Download": func(b *bucket) error { return errorOf(b.Download(t.Context(), "k", tempFile(t), &driver.GetOptions{})) },
	} {
		s := script(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
			if got := strings.Trim(r.Header.Get("If-Match"), `"`); n > 1 && got != "version" {
				t.Errorf("%s, request %d: If-Match %q, want the ETag", what, n, got)
			}
			w.Header().Set("ETag", `"version"`)
			http.ServeContent(w, withoutConditions(r), "", time.Time{}, &cutReader{strings.NewReader(string(content)), cut})
		})
		if err := call(s.bucket); err != nil {
			t.Errorf("%s: %v", what, err)
		}
		if n := len(s.seen()); n != 4 {
			t.Errorf("%s: %d requests, want 4", what, n)
		}
	}
}

// TestResumeMeetsAnother has a server that ignores conditions and has another
// object when it is asked for the rest.
func TestResumeMeetsAnother(t *testing.T) {
	const size = 100_000 // the half of which is read away where all of it comes
	old := strings.Repeat("y", size)
	for what, next := range map[string]struct {
		etag  string
		size  int
		whole bool // answers with all of it
	}{
		"of the same size":           {`"new"`, size, false},
		"shorter":                    {`"new"`, size - 1, false},
		"longer":                     {`"new"`, size + 1, false},
		"whole, of the same size":    {`"new"`, size, true},
		"shorter, of the same ETag":  {`"old"`, size - 1, false},
		"longer, of the same ETag":   {`"old"`, size + 1, false},
		"whole, longer, of its ETag": {`"old"`, size + 1, true},
	} {
		var mu sync.Mutex
		requests := map[string]int{} // a range that comes for the first time is cut
		s := script(t, Config{PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			requests[r.Header.Get("Range")]++
			resumed := r.Header.Get("If-Match") != "" || len(requests) > 1
			mu.Unlock()
			r = withoutConditions(r)
			if !resumed {
				w.Header().Set("ETag", `"old"`)
				http.ServeContent(w, r, "", time.Time{}, &cutReader{strings.NewReader(old), size / 2})
				return
			}
			if next.whole {
				r.Header.Del("Range")
			}
			w.Header().Set("ETag", next.etag)
			http.ServeContent(w, r, "", time.Time{}, strings.NewReader(strings.Repeat("z", next.size)))
		})
		wantError(t, what+", Get", readBody(s.Get(t.Context(), "k", &driver.GetOptions{})), driver.ErrObjectChanged)
		mu.Lock()
		clear(requests)
		mu.Unlock()
		wantError(t, what+", Download", errorOf(s.Download(t.Context(), "k", tempFile(t), &driver.GetOptions{})), driver.ErrObjectChanged)
	}
}

// TestConditionsIgnored has a server that answers with the object whatever the
// conditions: its ETag is held against them here.
func TestConditionsIgnored(t *testing.T) {
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		r.Header.Del("If-None-Match")
		w.Header().Set("ETag", `"e"`)
		http.ServeContent(w, withoutConditions(r), "", time.Time{}, strings.NewReader("content"))
	})
	for _, r := range []*driver.Range{nil, {Length: 2}, {Offset: 1, Length: -1}, {Tail: true, Length: 3}} {
		for _, c := range []struct {
			match, noneMatch string
			want             error
		}{
			{"e", "", nil},
			{"x", "", driver.ErrPreconditionFailed},
			{"", "x", nil},
			{"", "e", driver.ErrNotModified},
			{"x", "e", driver.ErrPreconditionFailed},
		} {
			opts := &driver.GetOptions{Range: r, IfMatch: c.match, IfNoneMatch: c.noneMatch}
			what := fmt.Sprintf("range %+v, If-Match %q, If-None-Match %q", r, c.match, c.noneMatch)
			wantError(t, "Get, "+what, readBody(s.Get(t.Context(), "k", opts)), c.want)
			wantError(t, "Download, "+what, errorOf(s.Download(t.Context(), "k", tempFile(t), opts)), c.want)
		}
	}
}
