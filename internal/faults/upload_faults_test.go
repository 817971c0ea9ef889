package faults

import (
	"bytes"
	"cmp"
	"context"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// scenario is one way for an upload of two parts to go wrong.
type scenario struct {
	op     string // the request that is hit
	kind   fault
	always bool // each attempt at it is hit, else the first
	cancel bool // the call is cancelled when the request is seen
}

// scenarios has every fault at every request.
func scenarios() (all []scenario) {
	for _, op := range []string{"create", "part 1", "part 2", "complete", "abort"} {
		for _, kind := range []fault{cutBefore, lostAnswer, internalError, slowDown, reset} {
			all = append(all, scenario{op, kind, false, false}, scenario{op, kind, true, false})
		}
		for _, kind := range []fault{holdRequest, lostAnswer, pass} {
			all = append(all, scenario{op, kind, false, true})
		}
	}
	return all
}

// outcome says what must come of it: whether the call succeeds, and whether the
// object is the new one. Where that is left open, both are possible.
func (s scenario) outcome() (success, isNew, open bool) {
	switch {
	case s.cancel:
		return false, false, s.op == "complete" && s.kind != holdRequest
	case s.op == "abort":
		return false, false, false // it is asked for after a failure only
	case !s.always, s.op == "complete" && s.kind == lostAnswer:
		return true, true, false
	}
	return false, false, false
}

// uploader writes one object again and again, through faults.
type uploader struct {
	t       *testing.T
	server  *s3test.Server
	bucket  *store.Bucket // by way of the relay
	direct  *store.Bucket
	key     string
	content []byte
	number  uint64 // of the version that is there

	relay *relay
	mu    sync.Mutex
	now   scenario
	hits  int
	stop  context.CancelFunc
	at    time.Time // of the cancellation

	injected *atomic.Int64 // requests hit
}

// decide is the relay's: it knows which fault is due.
func (u *uploader) decide(r *http.Request) fault {
	u.mu.Lock()
	defer u.mu.Unlock()
	op := operation(r)
	if u.now.op == "abort" && op == "part 2" {
		return internalError // so that there is something to abort
	}
	limit := 1
	if u.now.always {
		limit = 1 << 30
		if op == "abort" {
			limit = 4 // an upload that can never be aborted stays
		}
	}
	if op != u.now.op || u.hits >= limit {
		return pass
	}
	u.hits++
	u.injected.Add(1)
	if u.now.cancel {
		u.at = time.Now()
		u.stop()
	}
	return u.now.kind
}

// stamp makes the content that of a version: its number is in both parts.
func (u *uploader) stamp(number uint64) []byte {
	for _, at := range []int{0, 5*mib - 8, 5 * mib, len(u.content) - 8} {
		binary.BigEndian.PutUint64(u.content[at:], number)
	}
	return u.content
}

// run makes one upload and looks at what has become of the object. It returns
// how long the call took to return after its cancellation.
func (u *uploader) run(s scenario) time.Duration {
	ctx, cancel := context.WithCancel(u.t.Context())
	defer cancel()
	u.mu.Lock()
	u.now, u.hits, u.stop = s, 0, cancel
	u.mu.Unlock()
	what := fmt.Sprintf("%s, %+v", u.server.Name, s)
	version := u.number + 1
	_, err := u.bucket.Put(ctx, u.key, u.stamp(version))
	returned := time.Now()

	u.mu.Lock()
	if u.hits == 0 {
		u.t.Errorf("%s: the fault did not occur", what)
	}
	u.now = scenario{}
	u.mu.Unlock()
	u.relay.release()
	u.relay.settle() // a request that the server still works on may yet make the object

	success, isNew, open := s.outcome()
	switch {
	case (err == nil) != success && !open:
		u.t.Errorf("%s: error %v", what, err)
	case s.cancel && s.op != "abort" && !errors.Is(err, context.Canceled):
		u.t.Errorf("%s: error %v, want context.Canceled", what, err)
	}
	got, err := u.direct.GetBytes(u.t.Context(), u.key)
	if err != nil || len(got) != len(u.content) {
		u.t.Errorf("%s: %d bytes, %v", what, len(got), err)
		return 0
	}
	there := binary.BigEndian.Uint64(got)
	if !bytes.Equal(got, u.stamp(there)) {
		u.t.Errorf("%s: the object is a mixture", what)
	}
	if there != version && there != u.number || !open && (there == version) != isNew {
		u.t.Errorf("%s: version %d is there; %d was and %d was written", what, there, u.number, version)
	}
	u.number = there
	if !s.cancel {
		return 0
	}
	return returned.Sub(u.at)
}

// TestUploadFaults hits every request of an upload by every fault: the object
// is the old one or the new one, whole, as the call says, and no upload stays.
func TestUploadFaults(t *testing.T) {
	const workers, rounds = 4, 8
	began := time.Now()
	var injected atomic.Int64
	var mu sync.Mutex
	var waits []time.Duration
	calls, orphans := 0, 0
	for _, server := range s3test.All(t) {
		t.Run(server.Name, func(t *testing.T) {
			broken := newProxy(t, server, toxic{Type: "limit_data", Stream: "upstream", Attributes: map[string]any{"bytes": 150}})
			bucket := newBucket(t, server)
			var work []scenario
			for range rounds {
				work = append(work, scenarios()...)
			}
			var wg sync.WaitGroup
			var stores []*store.Store
			next := make(chan scenario)
			for n := range workers {
				u := &uploader{t: t, server: server, direct: bucket, key: fmt.Sprintf("object %d", n), content: noise(5*mib + 1000), injected: &injected}
				u.relay = newRelay(t, server.Endpoint, broken.endpoint(), u.decide)
				s := storeAt(t, u.relay.URL, server, s3driver.Config{PartSize: 5 * mib, Concurrency: 2, MaxRetries: 1})
				stores = append(stores, s)
				u.bucket = s.Bucket(bucket.Name())
				mustPut(t, bucket, u.key, u.stamp(0))
				wg.Go(func() {
					for s := range next {
						wait := u.run(s)
						mu.Lock()
						if calls++; s.cancel {
							waits = append(waits, wait)
						}
						mu.Unlock()
					}
				})
			}
			for _, s := range work {
				next <- s
			}
			close(next)
			wg.Wait()
			for _, s := range stores {
				if err := s.Close(); err != nil {
					t.Error(err)
				}
			}
			left := uploads(t, server, bucket.Name())
			orphans += len(left)
			if len(left) > 0 {
				t.Errorf("%d uploads left behind, the first of %q", len(left), *left[0].Key)
			}
		})
	}
	slices.SortFunc(waits, cmp.Compare)
	within := 0
	for _, w := range waits {
		if w <= time.Second {
			within++
		}
	}
	t.Logf("%d uploads with %d faults injected in %v: %d orphans; %d cancelled calls returned after %v (median), %v (longest), %d of them within 1 s",
		calls, injected.Load(), time.Since(began).Round(time.Second), orphans,
		len(waits), waits[len(waits)/2].Round(time.Millisecond), waits[len(waits)-1].Round(time.Millisecond), within)
	if injected.Load() < 1000 || calls < 1000 {
		t.Errorf("%d faults in %d uploads are not enough", injected.Load(), calls)
	}
	// The few that a busy machine holds up are no failure.
	if longest := waits[len(waits)-1]; within < len(waits)*9/10 || longest > 5*time.Second {
		t.Errorf("%d of %d cancelled calls returned within 1 s, the last one after %v", within, len(waits), longest)
	}
}

// client gives one that is not ours.
func client(server *s3test.Server) *s3.Client {
	return s3.New(s3.Options{
		BaseEndpoint: &server.Endpoint, Region: server.Region, UsePathStyle: true,
		Credentials: credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey, ""),
	})
}

// uploads lists the unfinished uploads of a bucket.
func uploads(t *testing.T, server *s3test.Server, bucket string) []types.MultipartUpload {
	t.Helper()
	page, err := client(server).ListMultipartUploads(t.Context(), &s3.ListMultipartUploadsInput{Bucket: &bucket})
	if err != nil {
		t.Fatal(err)
	}
	return page.Uploads
}
