package faults

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// TestBatchChunks deletes 4,500 keys in chunks of 1,000, one of which fails, for
// the moment or for good: the others' results stand.
func TestBatchChunks(t *testing.T) {
	const total, chunk = 4500, 1000
	var keys []string
	for n := range total {
		keys = append(keys, fmt.Sprintf("key-%04d", n))
	}
	failing := []byte("<Key>key-2000</Key>") // in the third chunk only
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		for _, kind := range []fault{cutBefore, lostAnswer, internalError, slowDown} {
			for _, hits := range []int{2, 1 << 30} { // of 3 attempts
				what := fmt.Sprintf("%s, %s, %d times", server.Name, kind, hits)
				var there []string
				for n := 0; n < total; n += 100 {
					mustPut(t, direct, keys[n], "x")
					there = append(there, keys[n])
				}
				var mu sync.Mutex
				left := hits
				inFlight, most := 0, 0
				two := make(chan struct{})
				r := newRelay(t, server.Endpoint, "", func(r *http.Request) fault {
					if operation(r) != "batch" {
						return pass
					}
					body, err := io.ReadAll(r.Body)
					if err != nil {
						return cutBefore
					}
					r.Body = io.NopCloser(bytes.NewReader(body))
					mu.Lock()
					if inFlight++; inFlight == 2 && most < 2 {
						close(two)
					}
					most = max(most, inFlight)
					mu.Unlock()
					// The first waits for a second: only chunks at once get by.
					select {
					case <-two:
					case <-time.After(10 * time.Second):
					}
					mu.Lock()
					defer mu.Unlock()
					inFlight--
					if !bytes.Contains(body, failing) || left == 0 {
						return pass
					}
					left--
					return kind
				})
				s := storeAt(t, r.URL, server, s3driver.Config{MaxRetries: 2})
				result, err := s.Bucket(direct.Name()).DeleteMany(t.Context(), keys)
				mu.Lock()
				if most < 2 {
					t.Errorf("%s: one chunk after the other", what)
				}
				mu.Unlock()
				if hits == 2 {
					if err != nil || !slices.Equal(result.Deleted, keys) {
						t.Errorf("%s: %d deleted, %v", what, len(result.Deleted), err)
					}
					there = nil
				} else {
					var batch *store.BatchError
					if !errors.As(err, &batch) || len(result.Failed) != chunk || len(result.Deleted) != total-chunk {
						t.Errorf("%s: %d deleted, %d failed, %v", what, len(result.Deleted), len(result.Failed), err)
					}
					for i, f := range result.Failed {
						if f.Key != keys[2*chunk+i] || f.Err == nil {
							t.Errorf("%s: %s failed, not %s", what, f.Key, keys[2*chunk+i])
							break
						}
					}
					there = slices.DeleteFunc(there, func(key string) bool {
						return kind == lostAnswer || !slices.Contains(keys[2*chunk:3*chunk], key)
					})
				}
				var listed []string
				for o, err := range direct.All(t.Context()) {
					if err != nil {
						t.Fatal(err)
					}
					listed = append(listed, o.Key)
				}
				if !slices.Equal(listed, there) {
					t.Errorf("%s: still there: %q, want %q", what, listed, there)
				}
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
		}
	}
}
