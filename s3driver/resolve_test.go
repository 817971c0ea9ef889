package s3driver

import (
	"bytes"
	"fmt"
	"maps"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// always gives the fault to every request that matches.
func always(f fault, match func(*http.Request) bool) func(*http.Request) fault {
	return func(r *http.Request) fault {
		if match(r) {
			return f
		}
		return pass
	}
}

// lossy are writes whose last request loses all its answers.
var lossy = map[string]struct {
	op    string
	write func(t *testing.T, b *bucket, opts *driver.PutOptions) (driver.ObjectInfo, error)
}{
	"Put": {"PUT", func(t *testing.T, b *bucket, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		opts.Size = 100
		return b.Put(t.Context(), "key", bytes.NewReader(noise(100)), opts)
	}},
	"Complete": {"complete", func(t *testing.T, b *bucket, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		opts.Size = 6 * mib
		return b.Put(t.Context(), "key", bytes.NewReader(noise(6*mib)), opts)
	}},
	"stream": {"complete", func(t *testing.T, b *bucket, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		opts.Size = -1
		return b.Put(t.Context(), "key", plainReader(noise(6*mib)), opts)
	}},
	"Copy": {"PUT", func(t *testing.T, b *bucket, _ *driver.PutOptions) (driver.ObjectInfo, error) {
		return b.Copy(t.Context(), "key", b, "source")
	}},
	"copy in parts": {"complete", func(t *testing.T, b *bucket, _ *driver.PutOptions) (driver.ObjectInfo, error) {
		b.copyPartThreshold = 5 * mib
		return b.Copy(t.Context(), "key", b, "source")
	}},
}

func fullOptions() *driver.PutOptions {
	return &driver.PutOptions{
		ContentType: "text/x-own", CacheControl: "max-age=1", ContentDisposition: "inline", ContentEncoding: "x-own", ContentLanguage: "eo",
		Metadata: map[string]string{"a": "b"}, Tags: map[string]string{"k": "v"},
	}
}

// withSource makes a bucket with the source of the copies among the writes.
func withSource(t *testing.T, server *s3test.Server) (*bucket, *driver.PutOptions) {
	t.Helper()
	b := newBucket(t, server, Config{})
	opts := fullOptions()
	opts.Size = 6 * mib
	if _, err := b.Put(t.Context(), "source", bytes.NewReader(noise(6*mib)), opts); err != nil {
		t.Fatal(err)
	}
	return b, opts
}

// TestAllAnswersLost loses every answer to the request that makes the object, by
// a cut or behind a gateway's 503, which is not the server's word for a refusal:
// the write is a success, for the object is there.
func TestAllAnswersLost(t *testing.T) {
	resolved := 0
	for _, server := range s3test.All(t) {
		b, source := withSource(t, server)
		for name, w := range lossy {
			for _, lose := range []fault{cutAfter, gateway} {
				for _, retries := range []int{-1, 2} {
					for _, absent := range []bool{false, true} {
						what := fmt.Sprintf("%s, %s, fault %d, %d retries, IfAbsent %v", server.Name, name, lose, retries, absent)
						if err := b.Delete(t.Context(), "key"); err != nil {
							t.Fatal(err)
						}
						far := behindProxy(t, b, server, Config{PartSize: 5 * mib, MaxRetries: retries}, always(lose, isOperation(w.op)))
						opts := fullOptions()
						opts.IfAbsent = absent
						info, err := w.write(t, far, opts)
						if err != nil {
							t.Errorf("%s: %v", what, err)
							continue
						}
						checkResolved(t, what, b, info, source)
						resolved++
					}
				}
			}
		}
	}
	t.Logf("%d writes without an answer, all resolved", resolved)
}

// checkResolved checks the object of a write, which has the content and what
// describes it of a source.
func checkResolved(t *testing.T, what string, b *bucket, info driver.ObjectInfo, source *driver.PutOptions) {
	t.Helper()
	head, err := b.Head(t.Context(), "key", &driver.HeadOptions{Tags: true})
	if err != nil || head.ETag != info.ETag || head.Size != info.Size || head.ContentType != "text/x-own" ||
		head.CacheControl != "max-age=1" || !maps.Equal(head.Tags, source.Tags) || !maps.Equal(head.Metadata, source.Metadata) {
		t.Errorf("%s: %+v, %v", what, head, err)
	}
	if !bytes.Equal(read(t, b, "key"), noise(int(info.Size))) {
		t.Errorf("%s: other content", what)
	}
}

// TestNoneArrived cuts every attempt before the server sees it: that is a
// failure, and the old object stays, even one that is like the new one but for
// what describes it.
func TestNoneArrived(t *testing.T) {
	for _, server := range s3test.All(t) {
		b, _ := withSource(t, server)
		for what, change := range map[string]func(o *driver.PutOptions){
			"other metadata":      func(o *driver.PutOptions) { o.Metadata = map[string]string{"a": "c"} },
			"other tags":          func(o *driver.PutOptions) { o.Tags = map[string]string{"k": "w"} },
			"other content type":  func(o *driver.PutOptions) { o.ContentType = "a/b" },
			"other cache control": func(o *driver.PutOptions) { o.CacheControl = "" },
		} {
			for name, w := range lossy {
				old := fullOptions()
				change(old)
				old.Size = 6 * mib
				if name == "Put" {
					old.Size = 100
				}
				was, err := b.Put(t.Context(), "key", bytes.NewReader(noise(int(old.Size))), old)
				if err != nil {
					t.Fatal(err)
				}
				// An upload with other tags than the object there is no
				// failure: its tags are put right.
				far := behindProxy(t, b, server, Config{PartSize: 5 * mib, MaxRetries: 1}, always(cutBefore, isOperation(w.op)))
				if _, err := w.write(t, far, fullOptions()); err == nil && (what != "other tags" || w.op == "PUT") {
					t.Errorf("%s, %s, %s: success", server.Name, name, what)
				}
				head, err := b.Head(t.Context(), "key", &driver.HeadOptions{})
				if err != nil || head.ETag != was.ETag || head.ContentType != old.ContentType || !maps.Equal(head.Metadata, old.Metadata) {
					t.Errorf("%s, %s, %s: %+v, %v", server.Name, name, what, head, err)
				}
			}
		}
	}
}

// TestIfAbsentBesideEqualObject: an object that was there before the write
// began is not the write's own, however alike.
func TestIfAbsentBesideEqualObject(t *testing.T) {
	const md5OfX = "9dd4e461268c8034f5c8564e155c67a6"
	for age, want := range map[time.Duration]error{time.Hour: driver.ErrPreconditionFailed, 4 * time.Second: driver.ErrPreconditionFailed, 0: nil} {
		puts, made := 0, time.Now().Add(-age).UTC()
		s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
			drain(r)
			if r.Method == "HEAD" {
				w.Header().Set("ETag", `"`+md5OfX+`"`)
				w.Header().Set("Content-Type", driver.DefaultContentType)
				w.Header().Set("Content-Length", "1")
				w.Header().Set("Last-Modified", made.Format(http.TimeFormat))
				return
			}
			if r.Method == "GET" {
				fmt.Fprint(w, "<Tagging><TagSet/></Tagging>")
				return
			}
			if puts++; puts == 1 {
				hangUp()
			}
			fail(w, http.StatusPreconditionFailed, "PreconditionFailed")
		})
		opts := putOptions(1)
		opts.IfAbsent = true
		_, err := s.Put(t.Context(), "k", strings.NewReader("x"), opts)
		wantError(t, age.String(), err, want)
		opts.IfAbsent = false
		if puts = 0; age > 0 {
			continue
		}
		if _, err := s.Put(t.Context(), "k", strings.NewReader("x"), opts); err != nil {
			t.Errorf("without a condition: %v", err)
		}
	}
}

// TestRefusalIsFinal: who has been refused need not look.
func TestRefusalIsFinal(t *testing.T) {
	for status, code := range map[int]string{403: "AccessDenied", 404: "NoSuchBucket", 503: "SlowDown", 400: "InvalidArgument"} {
		s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			drain(r)
			fail(w, status, code)
		})
		if _, err := s.Put(t.Context(), "k", strings.NewReader("x"), putOptions(1)); err == nil {
			t.Errorf("%s: success", code)
		}
		if n := len(s.seen()); n != 1 {
			t.Errorf("%s: %d requests: %q", code, n, s.seen())
		}
	}
}

// TestLookThatFails: when it cannot be seen whether the object was stored, the
// error says so, and no more than that.
func TestLookThatFails(t *testing.T) {
	s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) { hangUp() })
	_, err := s.Put(t.Context(), "k", strings.NewReader("x"), putOptions(1))
	if err == nil || !strings.Contains(err.Error(), "2 attempts") || !strings.Contains(err.Error(), "cannot be seen") {
		t.Errorf("%v", err)
	}
}
