package s3driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

const mib = 1 << 20

// bodies gives the ways in which content can come.
var bodies = map[string]func(b []byte) (io.Reader, int64){
	"ReaderAt":      func(b []byte) (io.Reader, int64) { return bytes.NewReader(b), int64(len(b)) },
	"stream":        func(b []byte) (io.Reader, int64) { return plainReader(b), int64(len(b)) },
	"unknown size":  func(b []byte) (io.Reader, int64) { return plainReader(b), -1 },
	"EOF with data": func(b []byte) (io.Reader, int64) { return iotest.DataErrReader(bytes.NewReader(b)), -1 },
}

func TestPutSizes(t *testing.T) {
	onServers(t, Config{PartSize: 5 * mib, Concurrency: 2}, func(t *testing.T, b *bucket, _ string) {
		for _, size := range []int{0, 1, 64 << 10, 5*mib - 1, 5 * mib, 5*mib + 1, 17 * mib} {
			content := noise(size)
			for name, body := range bodies {
				r, n := body(content)
				opts := putOptions(n)
				opts.ContentEncoding, opts.ContentType = "x-own", "Text/X-Own; a=B"
				opts.Metadata = map[string]string{"a": "1 %20+"}
				opts.Tags = map[string]string{"k +/": "v =@"}
				info, err := b.Put(t.Context(), "key", r, opts)
				if err != nil {
					t.Fatalf("%s, %d bytes: %v", name, size, err)
				}
				head, err := b.Head(t.Context(), "key", &driver.HeadOptions{Tags: true})
				if err != nil {
					t.Fatal(err)
				}
				if info.ETag != head.ETag || info.Size != int64(size) || head.Size != int64(size) {
					t.Errorf("%s, %d bytes: put %+v, head %+v", name, size, info, head)
				}
				if head.ContentEncoding != "x-own" || head.ContentType != "Text/X-Own; a=B" ||
					head.Metadata["a"] != "1 %20+" || head.Tags["k +/"] != "v =@" {
					t.Errorf("%s, %d bytes: head %+v", name, size, head)
				}
				if !bytes.Equal(read(t, b, "key"), content) {
					t.Errorf("%s, %d bytes: other content", name, size)
				}
			}
		}
	})
}

// TestPutCanceled cancels an upload at each of its requests.
func TestPutCanceled(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		for _, op := range []string{"create", "part", "complete", "PUT"} {
			for _, f := range []fault{pass, hold} {
				what := fmt.Sprintf("%s, %s, fault %d", server.Name, op, f)
				key := fmt.Sprintf("%s-%d", op, f) // a server may still be at the canceled request
				put(t, b, key, "old")
				ctx, cancel := context.WithCancel(t.Context())
				far := behindProxy(t, b, server, Config{PartSize: 5 * mib}, once(f, func(r *http.Request) bool {
					if operation(r) != op {
						return false
					}
					cancel()
					return true
				}))
				if op == "create" && f == hold {
					far.abortTimeout = 2 * time.Second // so that its answer is not waited for
				}
				size := 17 * mib
				if op == "PUT" {
					size = 4 * mib
				}
				_, err := far.Put(ctx, key, bytes.NewReader(noise(size)), putOptions(int64(size)))
				if err == nil && f == hold {
					t.Errorf("%s: success", what)
				} else if err != nil {
					wantError(t, what, err, context.Canceled)
				}
				far.background.Wait()
				if n := pendingUploads(t, b); n != 0 {
					t.Errorf("%s: %d uploads left behind", what, n)
				}
				if n := len(read(t, b, key)); n != 3 && (n != size || f == hold) {
					t.Errorf("%s: an object of %d bytes", what, n)
				}
				cancel()
			}
		}
	}
}

// TestCompleteCanceled cancels many uploads at some time while the server
// completes them: it lists none of them thereafter, and each object is the old one
// or the new one, whole.
func TestCompleteCanceled(t *testing.T) {
	const uploads = 80
	content := noise(5*mib + 1)
	versions := map[string]*driver.PutOptions{} // by content
	for version, content := range map[string]string{"old": "old", "new": string(content)} {
		versions[content] = &driver.PutOptions{
			Size: int64(len(content)), ContentType: "text/" + version,
			Metadata: map[string]string{"version": version}, Tags: map[string]string{"version": version},
		}
	}
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		var cancels sync.Map // by path
		far := behindProxy(t, b, server, Config{PartSize: 5 * mib}, func(r *http.Request) fault {
			if cancel, ok := cancels.Load(r.URL.Path); ok && operation(r) == "complete" {
				time.AfterFunc(rand.N(10*time.Millisecond), cancel.(context.CancelFunc))
			}
			return pass
		})
		var results [uploads]error
		var g errgroup.Group
		g.SetLimit(4)
		for i := range uploads {
			g.Go(func() error {
				ctx, cancel := context.WithCancel(t.Context())
				defer cancel()
				key := fmt.Sprint("key", i)
				if _, err := b.Put(t.Context(), key, strings.NewReader("old"), versions["old"]); err != nil {
					return err
				}
				cancels.Store("/"+b.name+"/"+key, cancel)
				_, results[i] = far.Put(ctx, key, bytes.NewReader(content), versions[string(content)])
				return nil
			})
		}
		if err := g.Wait(); err != nil {
			t.Errorf("%s: %v", server.Name, err)
		}
		far.background.Wait()
		canceled, replaced := 0, 0
		for i, putErr := range results {
			key := fmt.Sprint("key", i)
			o, err := b.Get(t.Context(), key, &driver.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got := string(readAll(t, o))
			is := versions[got]
			if is == nil || o.Info.ContentType != is.ContentType || !maps.Equal(o.Info.Metadata, is.Metadata) {
				t.Errorf("%s: %d bytes with %+v after %v", server.Name, len(got), o.Info, putErr)
				continue
			}
			tags, err := b.GetTags(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			now, err := b.Head(t.Context(), key, &driver.HeadOptions{})
			if err != nil || now.ETag == o.Info.ETag && !maps.Equal(tags, is.Tags) {
				t.Errorf("%s: %d bytes with the tags %v after %v; %v", server.Name, len(got), tags, putErr, err)
			}
			if got != "old" {
				replaced++
			}
			if errors.Is(putErr, context.Canceled) {
				canceled++
			} else if putErr != nil || got == "old" {
				t.Errorf("%s: %d bytes are there after %v", server.Name, len(got), putErr)
			}
		}
		if n := pendingUploads(t, b); n != 0 || canceled == 0 {
			t.Errorf("%s: %d uploads left behind by %d that were cancelled", server.Name, n, canceled)
		}
		t.Logf("%s: %d of %d uploads cancelled, %d objects replaced", server.Name, canceled, uploads, replaced)
	}
}

// TestPutFaults has a fault that ends within the budget at each request.
func TestPutFaults(t *testing.T) {
	content := noise(11 * mib)
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		for _, op := range []string{"create", "part", "complete", "PUT"} {
			for _, f := range []fault{cutBefore, cutAfter, throttle} {
				for _, conditional := range []bool{false, true} {
					if err := b.Delete(t.Context(), "key"); err != nil {
						t.Fatal(err)
					}
					far := behindProxy(t, b, server, Config{PartSize: 5 * mib}, once(f, isOperation(op)))
					data := content
					if op == "PUT" {
						data = content[:100]
					}
					opts := putOptions(int64(len(data)))
					opts.IfAbsent = conditional
					opts.Metadata = map[string]string{"a": "b"}
					info, err := far.Put(t.Context(), "key", bytes.NewReader(data), opts)
					if err != nil {
						t.Errorf("%s, %s, fault %d, IfAbsent %v: %v", server.Name, op, f, conditional, err)
						continue
					}
					head, err := b.Head(t.Context(), "key", &driver.HeadOptions{})
					if err != nil || head.ETag != info.ETag || !bytes.Equal(read(t, b, "key"), data) {
						t.Errorf("%s, %s, fault %d: %+v, %v", server.Name, op, f, head, err)
					}
				}
			}
		}
	}
}

// TestPutLostToAnother loses the answer to an IfAbsent put, after which
// another writer replaces the object: that is no success.
func TestPutLostToAnother(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		for name, change := range map[string]*driver.PutOptions{
			"content":  {Size: 5, ContentType: "a/b"},
			"metadata": {Size: 4, ContentType: "a/b", Metadata: map[string]string{"x": "y"}},
		} {
			n := 0
			far := behindProxy(t, b, server, Config{}, func(r *http.Request) fault {
				if r.Method != "PUT" {
					return pass
				}
				if n++; n == 1 {
					return cutAfter
				}
				if _, err := b.Put(t.Context(), name, strings.NewReader("other"[:change.Size]), change); err != nil {
					t.Error(err)
				}
				return pass
			})
			_, err := far.Put(t.Context(), name, strings.NewReader("othe"), &driver.PutOptions{Size: 4, ContentType: "a/b", IfAbsent: true})
			wantError(t, server.Name+", "+name, err, driver.ErrPreconditionFailed)
		}
	}
}

// TestAbortFails: an upload that cannot be aborted at first is aborted in the
// end.
func TestAbortFails(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		aborts := 0
		far := behindProxy(t, b, server, Config{PartSize: 5 * mib, MaxRetries: -1}, func(r *http.Request) fault {
			switch operation(r) {
			case "part":
				return throttle
			case "abort":
				if aborts++; aborts < 4 {
					return cutBefore
				}
			}
			return pass
		})
		_, err := far.Put(t.Context(), "key", bytes.NewReader(noise(6*mib)), putOptions(6*mib))
		if code := code(err); code != "SlowDown" {
			t.Errorf("%v", err)
		}
		if n := pendingUploads(t, b); n != 0 || aborts < 4 {
			t.Errorf("%d uploads left behind after %d aborts", n, aborts)
		}
	}
}

// TestAbortHeld: an abort that is never answered is made again.
func TestAbortHeld(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		held := once(hold, isOperation("abort"))
		far := behindProxy(t, b, server, Config{PartSize: 5 * mib, MaxRetries: -1}, func(r *http.Request) fault {
			if operation(r) == "part" {
				return throttle
			}
			return held(r)
		})
		far.abortTimeout = 3 * time.Second
		_, err := far.Put(t.Context(), "key", bytes.NewReader(noise(6*mib)), putOptions(6*mib))
		if code := code(err); code != "SlowDown" || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%v", err)
		}
		if n := pendingUploads(t, b); n != 0 {
			t.Errorf("%s: %d uploads left behind", server.Name, n)
		}
	}
}

func TestAbortStaleUploads(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		key := "key"
		if _, err := b.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.name, Key: &key}); err != nil {
			t.Fatal(err)
		}
		if n := pendingUploads(t, b); n != 1 {
			t.Fatalf("%d uploads are pending", n)
		}
		if n, err := b.AbortStaleUploads(t.Context(), b.name, 60e9); n != 0 || err != nil {
			t.Errorf("young uploads: %d, %v", n, err)
		}
		if n, err := b.AbortStaleUploads(t.Context(), b.name, 0); n != 1 || err != nil {
			t.Errorf("%d, %v", n, err)
		}
	}
}

func TestPartSizes(t *testing.T) {
	for size, want := range map[int64]int64{
		-1: 5 * mib, 0: 5 * mib, 50_000 * mib: 5 * mib, 50_000*mib + 1: 6 * mib, maxObjectSize: 525 * mib,
		1<<63 - 1: 879_609_303 * mib,
	} {
		if got := partSizeFor(5*mib, size); got != want {
			t.Errorf("%d bytes: parts of %d, want %d", size, got, want)
		}
		if n := partSizeFor(5*mib, size); size > 0 && ceil(size, n) > maxParts {
			t.Errorf("%d bytes take too many parts", size)
		}
	}
	for _, first := range []int64{5 * mib, 8 * mib, 1 << 30, maxPartSize} {
		u := &upload{part: first}
		total := int64(0)
		for n := range int32(maxParts) {
			size := u.partSizeAt(n+1, -1)
			if size > maxPartSize {
				t.Fatalf("part %d has %d bytes", n+1, size)
			}
			total += size
		}
		if total < maxObjectSize {
			t.Errorf("parts from %d bytes on make %d bytes", first, total)
		}
	}
	b := &bucket{Driver: &Driver{}}
	_, err := b.Put(t.Context(), "k", strings.NewReader(""), putOptions(maxObjectSize+1))
	wantError(t, "more than 5 TiB", err, driver.ErrValidation)
}
