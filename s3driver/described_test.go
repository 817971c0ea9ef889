package s3driver

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestCopyLosesNothingUnseen: what describes the source and cannot be read is
// not left out of a copy in parts.
func TestCopyLosesNothingUnseen(t *testing.T) {
	tagging := func(r *http.Request) bool { return r.Method == http.MethodGet && r.URL.Query().Has("tagging") }
	for name, c := range map[string]struct {
		header, value string
		tags          func(w http.ResponseWriter)
		want          error // nil: any
		ok            bool
	}{
		"tags, empty answer":    {"X-Amz-Tagging-Count", "2", func(http.ResponseWriter) {}, nil, false},
		"tags, blank answer":    {"X-Amz-Tagging-Count", "2", func(w http.ResponseWriter) { fmt.Fprint(w, " \n") }, nil, false},
		"tags, no set":          {"X-Amz-Tagging-Count", "2", func(w http.ResponseWriter) { fmt.Fprint(w, "<Tagging/>") }, nil, false},
		"tags, removed since":   {"X-Amz-Tagging-Count", "2", func(w http.ResponseWriter) { fmt.Fprint(w, "<Tagging><TagSet/></Tagging>") }, nil, true},
		"no tags, empty answer": {"X-Amz-Tagging-Count", "0", func(http.ResponseWriter) {}, nil, true}, // Ceph's
		"unreadable metadata":   {"X-Amz-Missing-Meta", "2", func(w http.ResponseWriter) { fmt.Fprint(w, "<Tagging><TagSet/></Tagging>") }, driver.ErrUnsupported, false},
	} {
		s := script(t, Config{MaxRetries: -1, CopyPartThreshold: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
			if tagging(r) {
				c.tags(w)
				return
			}
			if r.Method == http.MethodHead {
				w.Header().Set(c.header, c.value)
			}
			honest(w, r)
		})
		_, err := s.Copy(t.Context(), "k", s.bucket, "src")
		if (err == nil) != c.ok {
			t.Errorf("%s: %v", name, err)
		}
		if c.want != nil {
			wantError(t, name, err, c.want)
		}
	}
}
