package s3driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// TestLostCreates loses the answers to the request that makes an upload, one or
// all, of calls that succeed, fail and are cancelled: nothing stays behind.
func TestLostCreates(t *testing.T) {
	lost := 0
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		for _, key := range []string{"key", "key of a b+c é", "folder/key"} {
			for _, kind := range []string{"one", "all", "cancelled", "gateway"} {
				ctx, cancel := context.WithCancel(t.Context())
				n := 0
				far := behindProxy(t, b, server, Config{PartSize: 5 * mib, MaxRetries: 2}, func(r *http.Request) fault {
					if operation(r) != "create" || kind == "one" && n > 0 {
						return pass
					}
					switch n++; kind {
					case "cancelled":
						cancel()
					case "gateway":
						return gateway
					}
					return cutAfter
				})
				put(t, b, key+"x", "neighbour")
				_, err := far.Put(ctx, key, bytes.NewReader(noise(6*mib)), putOptions(6*mib))
				if (err == nil) != (kind == "one") || kind == "cancelled" && !errors.Is(err, context.Canceled) {
					t.Errorf("%s, %s: %v", server.Name, kind, err)
				}
				if err := far.Close(); err != nil {
					t.Error(err)
				}
				if left := pendingUploads(t, b); left != 0 {
					t.Errorf("%s, %s, %q: %d uploads left behind", server.Name, kind, key, left)
				}
				lost += n
				cancel()
			}
		}
	}
	t.Logf("%d lost answers, no upload left behind", lost)
}

// TestLostCreateSparesOthers has uploads of the same key that are not the lost
// one: with a part, of this process, or one that cannot be told from it.
func TestLostCreateSparesOthers(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		stranger := func(key string, parts int) { // made at the same moment as the lost one
			// What checksum it has is nothing that tells it from ours.
			out, err := b.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{
				Bucket: &b.name, Key: &key, ChecksumAlgorithm: types.ChecksumAlgorithmCrc32c, ChecksumType: types.ChecksumTypeFullObject,
			})
			if err != nil {
				t.Error(err)
				return
			}
			for n := range int32(parts) {
				if _, err := b.client.UploadPart(t.Context(), &s3.UploadPartInput{
					Bucket: &b.name, Key: &key, UploadId: out.UploadId, PartNumber: aws.Int32(n + 1), Body: bytes.NewReader(noise(5)),
					ChecksumCRC32C: aws.String(encodeCRC(newMemory(noise(5)).crc)),
				}, unsignedPayload); err != nil {
					t.Error(err)
				}
			}
		}
		lose := func(key string, meanwhile func()) error {
			far := behindProxy(t, b, server, Config{PartSize: 5 * mib}, once(cutAfter, func(r *http.Request) bool {
				if operation(r) != "create" {
					return false
				}
				meanwhile()
				return true
			}))
			_, err := far.Put(t.Context(), key, bytes.NewReader(noise(6*mib)), putOptions(6*mib))
			return errors.Join(err, far.Close())
		}
		for _, c := range []struct {
			name        string
			parts, left int
		}{
			{"at work", 1, 1},
			{"alike", 0, 2}, // one of the two is the lost one, but which?
		} {
			if err := lose(c.name, func() { stranger(c.name, c.parts) }); err != nil {
				t.Error(err)
			}
			if n := pendingUploads(t, b); n != c.left {
				t.Errorf("%s, %s: %d uploads, want %d", server.Name, c.name, n, c.left)
			}
			if _, err := b.AbortStaleUploads(t.Context(), b.name, 0); err != nil {
				t.Error(err)
			}
		}

		// Another writer in this process, with another driver, has its upload
		// and waits with its first part until the lost one is gone.
		created, reclaimed := make(chan struct{}), make(chan struct{})
		body := readerAtFunc(func(p []byte, off int64) (int, error) {
			if off >= 6*mib {
				return 0, io.EOF
			}
			<-reclaimed
			return len(p), nil
		})
		var made sync.Once
		other := behindProxy(t, b, server, Config{PartSize: 5 * mib}, func(*http.Request) fault { return pass })
		done := make(chan error, 1)
		go func() {
			_, err := other.Put(t.Context(), "here", announce{body, func() { made.Do(func() { close(created) }) }}, putOptions(6*mib))
			done <- err
		}()
		<-created
		if err := lose("here", func() {}); err != nil {
			t.Error(err)
		}
		if n := pendingUploads(t, b); n != 1 {
			t.Errorf("%s: %d uploads, want the one that goes on", server.Name, n)
		}
		close(reclaimed)
		if err := <-done; err != nil {
			t.Errorf("%s: the other writer: %v", server.Name, err)
		}
	}
}

// announce calls begun when the content is read, which is after the upload is
// made.
type announce struct {
	readerAtFunc
	begun func()
}

func (a announce) ReadAt(p []byte, off int64) (int, error) {
	if off < 6*mib {
		a.begun()
	}
	return a.readerAtFunc(p, off)
}

// TestLostCreateWindow gives a lost create uploads that were made before and
// after it, and one of another kind, on a server whose clock is an hour ahead.
// When they were made is told from the create on, however late they are listed.
func TestLostCreateWindow(t *testing.T) {
	const hour = time.Hour
	var aborted []string
	var made time.Time
	var mu sync.Mutex
	s := script(t, Config{MaxRetries: -1, PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		now := time.Now().Add(hour).UTC()
		w.Header().Set("Date", now.Format(http.TimeFormat))
		q := r.URL.Query()
		mu.Lock()
		defer mu.Unlock()
		switch {
		case operation(r) == "create":
			made = now
			_, _ = io.WriteString(w, "<InitiateMultipartUploadResult></InitiateMultipartUploadResult>")
		case q.Has("uploads"):
			entry := func(key, id, algorithm string, at time.Duration) string {
				return fmt.Sprintf("<Upload><Key>%s</Key><UploadId>%s</UploadId><Initiated>%s</Initiated><ChecksumAlgorithm>%s</ChecksumAlgorithm></Upload>",
					key, id, made.Add(at).Format("2006-01-02T15:04:05.000Z"), algorithm)
			}
			_, _ = io.WriteString(w, "<ListMultipartUploadsResult>"+entry("k", "before", "CRC32C", -10*time.Second)+entry("k", "here", "CRC32C", -hour)+
				entry("k", "other", "CRC64NVME", 0)+entry("k", "ours", "CRC32C", 0)+entry("k", "after", "", 10*time.Second)+
				entry("k2", "key", "CRC32C", 0)+"</ListMultipartUploadsResult>")
		case operation(r) == "abort":
			aborted = append(aborted, q.Get("uploadId"))
			w.WriteHeader(http.StatusNoContent)
		case q.Has("uploadId") && !slices.Contains(aborted, q.Get("uploadId")):
			_, _ = io.WriteString(w, "<ListPartsResult></ListPartsResult>")
		default:
			fail(w, 404, "NoSuchUpload")
		}
	})
	if _, err := s.Put(t.Context(), "k", strings.NewReader(strings.Repeat("x", 6*mib)), putOptions(6*mib)); err == nil {
		t.Error("success")
	}
	s.background.Wait()
	if !slices.Equal(aborted, []string{"ours"}) {
		t.Errorf("aborted %q, want just our own", aborted)
	}
}

// TestLostCreateIsFoundLate: a lost create is seen to in the end although others for
// its key are under way for longer than it is looked for, and although the answer
// that lists it is long on its way.
func TestLostCreateIsFoundLate(t *testing.T) {
	for name, late := range map[string]struct{ create, list time.Duration }{
		"another create":  {create: 10 * time.Second},
		"a slow listing":  {list: 4 * time.Second},
		"one after other": {create: 10 * time.Second, list: 4 * time.Second},
	} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			creates := 0
			made := map[string]time.Time{} // of the uploads that are there
			client := direct(func(w http.ResponseWriter, r *http.Request) {
				drain(r)
				w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
				q := r.URL.Query()
				id := q.Get("uploadId")
				mu.Lock()
				defer mu.Unlock()
				switch _, there := made[id]; {
				case operation(r) == "create":
					creates++
					id = fmt.Sprint(creates)
					made[id] = time.Now().UTC()
					if id == "1" {
						hangUp()
					}
					mu.Unlock()
					<-time.After(late.create)
					mu.Lock()
					fmt.Fprintf(w, "<InitiateMultipartUploadResult><UploadId>%s</UploadId></InitiateMultipartUploadResult>", id)
				case q.Has("uploads"):
					fmt.Fprint(w, "<ListMultipartUploadsResult>")
					for id, at := range made {
						fmt.Fprintf(w, "<Upload><Key>k</Key><UploadId>%s</UploadId><Initiated>%s</Initiated></Upload>", id, at.Format(time.RFC3339))
					}
					fmt.Fprint(w, "</ListMultipartUploadsResult>")
					mu.Unlock()
					<-time.After(late.list)
					mu.Lock()
				case r.Method == http.MethodGet && there:
					fmt.Fprint(w, "<ListPartsResult></ListPartsResult>")
				case operation(r) == "complete", operation(r) == "abort":
					delete(made, id)
					honest(w, r)
				default:
					honest(w, r)
				}
			})
			b := client.bucket(t)
			if _, err := b.Put(t.Context(), "k", sixMiB(), putOptions(6*mib)); err == nil {
				t.Error("success")
			}
			if _, err := b.Put(t.Context(), "k", sixMiB(), putOptions(6*mib)); err != nil {
				t.Error(err)
			}
			b.background.Wait()
			if len(made) != 0 {
				t.Errorf("%s: left behind: %v", name, made)
			}
		})
	}
}

// TestLostCreateWithoutRights: who may not list uploads leaves them alone.
func TestLostCreateWithoutRights(t *testing.T) {
	var lists atomic.Int32
	s := script(t, Config{MaxRetries: -1, PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		if operation(r) == "create" {
			hangUp()
		}
		lists.Add(1)
		fail(w, http.StatusForbidden, "AccessDenied")
	})
	_, err := s.Put(t.Context(), "k", strings.NewReader(strings.Repeat("x", 6*mib)), putOptions(6*mib))
	if err == nil || errors.Is(err, driver.ErrAccessDenied) {
		t.Errorf("%v", err)
	}
	s.background.Wait()
	if n := lists.Load(); n != 1 {
		t.Errorf("asked %d times", n)
	}
}
