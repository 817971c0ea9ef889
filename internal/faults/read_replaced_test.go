package faults

import (
	"bytes"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// replacements are the sizes of the version that takes an object's place.
var replacements = map[string]func(size int) int{
	"same":    func(size int) int { return size },
	"longer":  func(size int) int { return 2 * size },
	"shorter": func(size int) int { return size / 3 },
}

// version gives the n-th version of an object: lines that all name it.
func version(n, size int) []byte {
	line := fmt.Appendf(nil, "version %055d\n", n) // 64 bytes
	return bytes.Repeat(line, size/len(line))
}

// outcomes counts how reads of a replaced object ended.
type outcomes struct {
	reads, changed, whole, spliced int
}

func (o *outcomes) count(t *testing.T, what string, got []byte, err error, versions ...[]byte) {
	t.Helper()
	o.reads++
	switch {
	case errors.Is(err, store.ErrObjectChanged):
		o.changed++
		// What came before the error is of one version, too.
		for _, v := range versions {
			if bytes.HasPrefix(v, got) {
				return
			}
		}
	case err != nil:
		t.Errorf("%s: %v, want ErrObjectChanged", what, err)
		return
	default:
		for _, v := range versions {
			if bytes.Equal(v, got) {
				o.whole++
				return
			}
		}
	}
	o.spliced++
	t.Errorf("%s: %d bytes of two versions, %v", what, len(got), err)
}

func (o *outcomes) report(t *testing.T, atLeast int) {
	t.Helper()
	t.Logf("%d reads of an object replaced midway: %d ErrObjectChanged, %d one whole version, %d spliced", o.reads, o.changed, o.whole, o.spliced)
	if o.reads < atLeast || o.changed < o.reads*9/10 || o.spliced != 0 {
		t.Errorf("%+v", *o)
	}
}

// TestReplacedMidway: reads broken off anywhere, with the object replaced before
// they can go on.
func TestReplacedMidway(t *testing.T) {
	var all outcomes
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		c, p := newCutter(t, server, byClose)
		cfg := s3driver.Config{PartSize: 5 * mib, Concurrency: 3}
		b := storeAt(t, p.endpoint(), server, cfg).Bucket(direct.Name())
		n := 0
		// once says whether there was a cut: how many requests a parallel download
		// makes depends on which of its streams is faster.
		once := func(name, kind string, size, skip int) bool {
			n += 2
			before, after := version(n, size), version(n+1, replacements[kind](size))
			mustPut(t, direct, "key", before)
			c.onCut = func() {
				if _, err := direct.Put(t.Context(), "key", after); err != nil {
					t.Error(err)
				}
			}
			// A download's first answer is cut as it comes to an end elsewhere,
			// and its parts have 5 MiB.
			c.arm(rand.Int64N(int64(min(size, 4*mib))), skip)
			got, err := readers[name](t.Context(), b, "key", t.TempDir())
			if c.disarm() != 1 {
				if err != nil || !bytes.Equal(got, before) {
					t.Errorf("%s, %s, without a cut: %d bytes, %v", server.Name, name, len(got), err)
				}
				return false
			}
			all.count(t, fmt.Sprintf("%s, %s, %s", server.Name, name, kind), got, err, before, after)
			return true
		}
		for kind := range replacements {
			for name := range readers {
				for range 35 {
					if !once(name, kind, 96*kib, 0) {
						t.Errorf("%s, %s: no cut", server.Name, name)
					}
				}
			}
			for i := range 12 { // parallel: three parts
				tries := 1
				for ; !once("Download", kind, 15*mib, i%3) && tries < 100; tries++ {
				}
				if tries == 100 {
					t.Errorf("%s: in %d downloads answer %d was never cut", server.Name, tries, i%3)
				}
			}
		}
	}
	all.report(t, 1000)
}

// TestReplacedMidwayWithoutIfMatch: the same on a server that ignores If-Match,
// and on one that ignores Range as well.
func TestReplacedMidwayWithoutIfMatch(t *testing.T) {
	var all outcomes
	for _, ranges := range []bool{true, false} {
		v := &replacedVersions{ranges: ranges}
		srv := httptest.NewServer(v)
		t.Cleanup(srv.Close)
		b := storeAt(t, srv.URL, &s3test.Server{AccessKey: "a", SecretKey: "b", Region: "us-east-1"}, s3driver.Config{
			PartSize: 5 * mib, Concurrency: 3, MaxRetries: 2,
		}).Bucket("bucket")
		n := 0
		once := func(name, kind string, size int) {
			n += 2
			before, after := version(n, size), version(n+1, replacements[kind](size))
			v.reset(before, after, rand.IntN(min(size, 60*kib)))
			got, err := readers[name](t.Context(), b, "key", t.TempDir())
			all.count(t, fmt.Sprintf("ranges %v, %s, %s", ranges, name, kind), got, err, before, after)
		}
		for kind := range replacements {
			for name := range readers {
				for range 20 {
					once(name, kind, 96*kib)
				}
			}
			if ranges {
				for range 10 {
					once("Download", kind, 15*mib)
				}
			}
		}
	}
	all.report(t, 600)
}

// replacedVersions serves one version until it has sent so many bytes, and then
// another, whatever the conditions.
type replacedVersions struct {
	ranges bool

	mu            sync.Mutex
	before, after []byte
	at            int
	replaced      bool
}

func (v *replacedVersions) reset(before, after []byte, at int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.before, v.after, v.at, v.replaced = before, after, at, false
}

func (v *replacedVersions) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	v.mu.Lock()
	content, at, cut := v.before, v.at, !v.replaced
	if v.replaced {
		content = v.after
	}
	v.replaced = true
	v.mu.Unlock()
	r.Header.Del("If-Match")
	if !v.ranges {
		r.Header.Del("Range")
	}
	w.Header().Set("ETag", fmt.Sprintf("%q", bytes.TrimSpace(content[:64])[40:]))
	if cut {
		w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
		w.Header().Set("Content-Length", fmt.Sprint(len(content)))
		_, _ = w.Write(content[:at])
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	}
	http.ServeContent(w, r, "", time.Now(), strings.NewReader(string(content)))
}
