package faults

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"sync"
	"testing"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// TestCopyFaults hits every request of a copy, at once and in parts: the
// destination is what it was or the whole copy, with all that describes it.
func TestCopyFaults(t *testing.T) {
	const size = 11 * mib
	calls, injected, orphans := 0, 0, 0
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		content := noise(size)
		if _, err := direct.Put(t.Context(), "source", content, store.ContentType("a/b"), store.Metadata(map[string]string{"m": "v"}),
			store.Tags(map[string]string{"k": "v"}), store.CacheControl("max-age=1")); err != nil {
			t.Fatal(err)
		}
		broken := newProxy(t, server, toxic{Type: "limit_data", Stream: "upstream", Attributes: map[string]any{"bytes": 150}})
		var mu sync.Mutex
		var now scenario
		var hits int
		var stop context.CancelFunc
		relay := newRelay(t, server.Endpoint, broken.endpoint(), func(r *http.Request) fault {
			mu.Lock()
			defer mu.Unlock()
			if operation(r) != now.op || hits > 0 && !now.always {
				return pass
			}
			hits++
			if now.cancel {
				stop()
			}
			return now.kind
		})
		for _, threshold := range []int64{5 * mib, 0} {
			s := storeAt(t, relay.URL, server, s3driver.Config{PartSize: 5 * mib, Concurrency: 2, MaxRetries: 1, CopyPartThreshold: threshold})
			bucket := s.Bucket(direct.Name())
			ops := []string{"HEAD", "GET", "create", "part 1", "part 3", "complete"}
			if threshold == 0 {
				ops = []string{"HEAD", "PUT"}
			}
			for _, op := range ops {
				for _, kind := range []fault{cutBefore, lostAnswer, internalError, slowDown, reset} {
					for _, how := range []string{"once", "always", "cancel"} {
						what := fmt.Sprintf("%s, threshold %d, %s, %s, %s", server.Name, threshold, op, kind, how)
						mustPut(t, direct, "copy", "old")
						ctx, cancel := context.WithCancel(t.Context())
						mu.Lock()
						now, hits, stop = scenario{op, kind, how == "always", how == "cancel"}, 0, cancel
						mu.Unlock()
						_, err := bucket.Copy(ctx, "source", "copy")
						cancel()
						mu.Lock()
						now.op = ""
						injected += hits
						if hits == 0 {
							t.Errorf("%s: the fault did not occur", what)
						}
						mu.Unlock()
						relay.settle()
						calls++

						made := op == "PUT" || op == "complete" // by the request hit
						success := how == "once" || how == "always" && kind == lostAnswer && made
						open := how == "cancel" && made && kind == lostAnswer
						if (err == nil) != success || how == "cancel" && !errors.Is(err, context.Canceled) {
							t.Errorf("%s: error %v", what, err)
						}
						got, getErr := direct.GetBytes(t.Context(), "copy")
						isOld, isNew := string(got) == "old", bytes.Equal(got, content)
						if getErr != nil || !isOld && !isNew || !open && isNew != success {
							t.Errorf("%s: error %v; the object has %d bytes, %v", what, err, len(got), getErr)
						}
						if !isNew {
							continue
						}
						info, err := direct.Head(t.Context(), "copy", store.WithTags())
						if err != nil || info.ContentType != "a/b" || info.CacheControl != "max-age=1" ||
							!maps.Equal(info.Metadata, map[string]string{"m": "v"}) || !maps.Equal(info.Tags, map[string]string{"k": "v"}) {
							t.Errorf("%s: %+v, %v", what, info, err)
						}
					}
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
		}
		left := len(uploads(t, server, direct.Name()))
		if orphans += left; left != 0 {
			t.Errorf("%s: %d uploads left behind", server.Name, left)
		}
	}
	t.Logf("%d copies with %d faults injected: %d orphans, no copy in between", calls, injected, orphans)
}
