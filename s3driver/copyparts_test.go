package s3driver

import (
	"bytes"
	"errors"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// TestCopyOfPartsOfTwoVersions replaces the source while its parts are copied,
// and puts the first version back before the last part: a look at the source
// before and after shows nothing, so that each part must be pinned.
func TestCopyOfPartsOfTwoVersions(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		first := put(t, b, "source", strings.Repeat("y", 13*mib))
		parts := 0
		far := behindProxy(t, b, server, Config{CopyPartThreshold: 5 * mib, PartSize: 5 * mib, Concurrency: 1}, func(r *http.Request) fault {
			if r.Header.Get("X-Amz-Copy-Source") == "" {
				return pass
			}
			if got := strings.Trim(r.Header.Get("X-Amz-Copy-Source-If-Match"), `"`); got != first.ETag {
				t.Errorf("%s: a part of the version %q, want %q", server.Name, got, first.ETag)
			}
			switch parts++; parts {
			case 2:
				put(t, b, "source", strings.Repeat("z", 13*mib))
			case 3:
				put(t, b, "source", strings.Repeat("y", 13*mib))
			}
			return pass
		})
		_, err := far.Copy(t.Context(), "copy", far, "source")
		wantError(t, server.Name, err, driver.ErrObjectChanged)
		if parts < 2 {
			t.Errorf("%s: the source was not replaced", server.Name)
		}
		if _, err := b.Head(t.Context(), "copy", &driver.HeadOptions{}); !errors.Is(err, driver.ErrObjectNotFound) {
			t.Errorf("%s: a copy is there: %v", server.Name, err)
		}
	}
}

// TestCopyPartsInParallel has a server that answers to no part of a copy before
// all that may be in flight have got there.
func TestCopyPartsInParallel(t *testing.T) {
	const workers = 3
	all := make(chan struct{})
	var mu sync.Mutex
	arrived := 0
	s := script(t, Config{PartSize: 5 * mib, Concurrency: workers}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if operation(r) == "part" {
			mu.Lock()
			arrived++
			n := arrived
			mu.Unlock()
			if n == workers {
				close(all)
			}
			select {
			case <-all:
			case <-r.Context().Done():
			case <-time.After(20 * time.Second):
				t.Errorf("only %d parts have arrived, want %d at once", n, workers)
			}
		}
		honest(w, r)
	})
	if err := copyParts(t, s.bucket); err != nil { // 12 MiB, which are 3 parts
		t.Error(err)
	}
}

// TestCopyKeepsStorageClass: no server applies the source's class to a copy of its
// own accord, so it is sent, unless it is the default.
func TestCopyKeepsStorageClass(t *testing.T) {
	for _, threshold := range []int64{5 * mib, 0} { // in parts, and at once
		for source, want := range map[string]string{"STANDARD_IA": "STANDARD_IA", "STANDARD": "", "": ""} {
			var made []string // the request that makes the object, with its class
			s := script(t, Config{PartSize: 5 * mib, CopyPartThreshold: threshold}, func(_ int, w http.ResponseWriter, r *http.Request) {
				if op := operation(r); op == "create" || op == "PUT" {
					made = append(made, fmt.Sprintf("%s %q", op, r.Header.Values("X-Amz-Storage-Class")))
				} else if class := r.Header.Get("X-Amz-Storage-Class"); class != "" {
					t.Errorf("the class %s with %s", class, op)
				}
				if r.Method == http.MethodHead && source != "" {
					w.Header().Set("X-Amz-Storage-Class", source)
				}
				honest(w, r)
			})
			if _, err := s.Copy(t.Context(), "k", s.bucket, "src"); err != nil {
				t.Error(err)
			}
			op := "create"
			if threshold == 0 {
				op = "PUT"
			}
			classes := []string{}
			if want != "" {
				classes = append(classes, want)
			}
			if got := strings.Join(made, ", "); got != fmt.Sprintf("%s %q", op, classes) {
				t.Errorf("a source of class %q: %s", source, got)
			}
		}
	}
	onServers(t, Config{PartSize: 5 * mib}, func(t *testing.T, b *bucket, server string) {
		opts := putOptions(6 * mib)
		opts.StorageClass = "REDUCED_REDUNDANCY"
		if _, err := b.Put(t.Context(), "source", bytes.NewReader(noise(6*mib)), opts); err != nil {
			t.Fatal(err)
		}
		source, err := b.Head(t.Context(), "source", &driver.HeadOptions{})
		if err != nil || server == s3test.NameMinIO && source.StorageClass != opts.StorageClass { // the others need not know it
			t.Fatalf("a source of class %q, %v", source.StorageClass, err)
		}
		for _, b.copyPartThreshold = range []int64{5 * mib, DefaultCopyPartThreshold} {
			if _, err := b.Copy(t.Context(), "copy", b, "source"); err != nil {
				t.Fatal(err)
			}
			info, err := b.Head(t.Context(), "copy", &driver.HeadOptions{})
			if err != nil || info.StorageClass != source.StorageClass {
				t.Errorf("a copy of class %q, %v", info.StorageClass, err)
			}
		}
	})
}

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
