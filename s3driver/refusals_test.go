package s3driver

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// sixMiB is a body that goes in two parts of five.
func sixMiB() io.Reader { return strings.NewReader(strings.Repeat("x", 6*mib)) }

// showObject answers a HEAD with an object that was just made.
func showObject(w http.ResponseWriter, etag string, size int) {
	w.Header().Set("ETag", `"`+etag+`"`)
	w.Header().Set("Content-Type", driver.DefaultContentType)
	w.Header().Set("Content-Length", fmt.Sprint(size))
	w.Header().Set("Last-Modified", time.Now().UTC().Format(http.TimeFormat))
}

func md5Hex(text string) string {
	sum := md5.Sum([]byte(text))
	return hex.EncodeToString(sum[:])
}

// TestRefusedThenLost has a conditional write refused for a while, and then lost to
// another with the same bytes: no answer was lost, so the object is not ours.
func TestRefusedThenLost(t *testing.T) {
	for code, status := range map[string]int{"SlowDown": 503, "ConditionalRequestConflict": 409, "TooManyRequests": 429} {
		puts := 0
		s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
			drain(r)
			if r.Method == http.MethodHead {
				showObject(w, md5Hex("x"), 1)
				return
			}
			if puts++; puts == 1 {
				fail(w, status, code)
				return
			}
			fail(w, 412, "PreconditionFailed")
		})
		opts := putOptions(1)
		opts.IfAbsent = true
		_, err := s.Put(t.Context(), "k", strings.NewReader("x"), opts)
		wantError(t, code, err, driver.ErrPreconditionFailed)
	}
}

// TestCutShortIsNotStored has a conditional put cut off before all of it is sent,
// beside an object with the same bytes that was just made: that one is another's.
func TestCutShortIsNotStored(t *testing.T) {
	content := strings.Repeat("x", mib)
	puts := 0
	b := direct(func(w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodHead {
			showObject(w, md5Hex(content), mib)
			return
		}
		puts++
		_, _ = io.CopyN(io.Discard, r.Body, mib-1)
		hangUp()
	}).bucket(t)
	opts := putOptions(mib)
	opts.IfAbsent = true
	if _, err := b.Put(t.Context(), "k", strings.NewReader(content), opts); err == nil || puts != 1 {
		t.Errorf("error %v after %d requests", err, puts)
	}
}

// TestRefusedBeforeParts: of a condition that cannot hold an upload of parts is told
// before it sends them.
func TestRefusedBeforeParts(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		put(t, b, "key", "old")
		creates := 0
		far := behindProxy(t, b, server, Config{PartSize: 5 * mib}, func(r *http.Request) fault {
			if operation(r) == "create" {
				creates++
			}
			return pass
		})
		for key, refusal := range map[string]error{"key": driver.ErrPreconditionFailed, "missing": driver.ErrObjectNotFound} {
			opts := putOptions(6 * mib)
			opts.IfMatch = "0123456789abcdef0123456789abcdef"
			_, err := far.Put(t.Context(), key, sixMiB(), opts)
			wantError(t, server.Name+", IfMatch, "+key, err, refusal)
		}
		opts := putOptions(6 * mib)
		opts.IfAbsent = true
		_, err := far.Put(t.Context(), "key", sixMiB(), opts)
		wantError(t, server.Name+", IfAbsent", err, driver.ErrPreconditionFailed)
		if creates != 0 {
			t.Errorf("%s: %d uploads were begun", server.Name, creates)
		}
		if _, err := far.Put(t.Context(), "missing", sixMiB(), opts); err != nil || creates != 1 {
			t.Errorf("%s: %v after %d uploads", server.Name, err, creates)
		}
	}
}

// TestRefusedAfterStatus has Complete refused in the body of a 200.
func TestRefusedAfterStatus(t *testing.T) {
	part := md5Hex("part")
	completes := 0
	s := script(t, Config{PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		switch {
		case operation(r) == "create":
			fmt.Fprint(w, "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>")
		case operation(r) == "part":
			w.Header().Set("ETag", `"`+part+`"`)
		case operation(r) == "complete":
			completes++
			fmt.Fprint(w, "<Error><Code>PreconditionFailed</Code><Message>m</Message></Error>")
		case r.Method == http.MethodHead && completes == 0 && r.URL.Path == "/bucket/k":
			w.WriteHeader(http.StatusNotFound)
		case r.Method == http.MethodHead:
			showObject(w, multipartETag([]string{part, part}), 6*mib)
		case operation(r) == "abort":
			w.WriteHeader(http.StatusNoContent)
		default:
			fail(w, 404, "NoSuchUpload")
		}
	})
	opts := putOptions(6 * mib)
	opts.IfAbsent = true
	_, err := s.Put(t.Context(), "k", sixMiB(), opts)
	wantError(t, "Put", err, driver.ErrPreconditionFailed)
	if completes != 1 {
		t.Errorf("the refused request was made %d times", completes)
	}
}

// TestCreateHangs has no answer to a create: the time that ran out is not the
// caller's.
func TestCreateHangs(t *testing.T) {
	s := script(t, Config{MaxRetries: -1, PartSize: 5 * mib}, func(_ int, _ http.ResponseWriter, r *http.Request) {
		drain(r)
		<-r.Context().Done()
	})
	s.abortTimeout = 50 * time.Millisecond
	_, err := s.Put(context.Background(), "k", sixMiB(), putOptions(6*mib))
	var stall *stallError
	if !errors.As(err, &stall) || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		t.Errorf("got the error %v", err)
	}
}

// TestLostCreateSparesSlowOnes looks for the upload of a lost create while the answer
// to another, for the same key, is on its way: its upload is not taken.
func TestLostCreateSparesSlowOnes(t *testing.T) {
	began := time.Now()
	waiting, release := make(chan struct{}), make(chan struct{})
	s := script(t, Config{PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
		switch q := r.URL.Query(); {
		case operation(r) == "create":
			close(waiting)
			<-release
			fmt.Fprint(w, "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>")
		case q.Has("uploads"):
			fmt.Fprintf(w, "<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>U</UploadId><Initiated>%s</Initiated></Upload></ListMultipartUploadsResult>",
				time.Now().UTC().Format(time.RFC3339))
		case operation(r) == "abort":
			t.Error("it was aborted")
			fail(w, 404, "NoSuchUpload")
		case operation(r) == "part":
			w.Header().Set("ETag", `"e"`)
		case operation(r) == "complete":
			fmt.Fprint(w, `<CompleteMultipartUploadResult><ETag>"e-2"</ETag></CompleteMultipartUploadResult>`)
		default:
			fmt.Fprint(w, "<ListPartsResult></ListPartsResult>")
		}
	})
	done := make(chan error, 1)
	go func() {
		_, err := s.Put(t.Context(), "k", sixMiB(), putOptions(6*mib))
		done <- err
	}()
	<-waiting
	lost := &lostCreates{n: 1, from: began, to: time.Now(), like: &s3.CreateMultipartUploadInput{}}
	if done, busy := s.reclaim(t.Context(), "k", lost); done || !busy {
		t.Error("it was not looked for again")
	}
	close(release)
	if err := <-done; err != nil {
		t.Error(err)
	}
}

// TestCopyWithoutTagging copies on a server that has no tags, with the answer lost,
// and in parts.
func TestCopyWithoutTagging(t *testing.T) {
	etag := md5Hex("x")
	s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		q := r.URL.Query()
		switch {
		case r.Method == http.MethodHead:
			showObject(w, etag, 1)
		case q.Has("tagging"):
			fail(w, 501, "NotImplemented")
		case operation(r) == "create":
			fmt.Fprint(w, "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>")
		case operation(r) == "part":
			fmt.Fprint(w, `<CopyPartResult><ETag>"p"</ETag></CopyPartResult>`)
		case operation(r) == "complete":
			fmt.Fprint(w, `<CompleteMultipartUploadResult><ETag>"e-1"</ETag></CompleteMultipartUploadResult>`)
		case r.Method == http.MethodPut:
			hangUp() // the copy is made
		}
	})
	if _, err := s.Copy(t.Context(), "k", s.bucket, "src"); err != nil {
		t.Error(err)
	}
	s.copyPartThreshold = 0
	if _, err := s.Copy(t.Context(), "k", s.bucket, "src"); err != nil {
		t.Errorf("in parts: %v", err)
	}
}

// TestCopyCanceledWhileLooking cancels when the answer to a copy is lost, and what
// became of it is being looked at.
func TestCopyCanceledWhileLooking(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		switch {
		case r.Method == http.MethodHead:
			showObject(w, "e", 1)
		case r.URL.Query().Has("tagging"):
			cancel()
			<-r.Context().Done()
		case r.Method == http.MethodPut:
			hangUp()
		}
	})
	_, err := s.Copy(ctx, "k", s.bucket, "src")
	wantError(t, "Copy", err, context.Canceled)
}

// TestCertificateIsFinal has a server whose certificate nobody vouches for.
func TestCertificateIsFinal(t *testing.T) {
	server := httptest.NewTLSServer(http.NotFoundHandler())
	defer server.Close()
	d := newDriver(t, Config{Endpoint: server.URL, AccessKeyID: "a", SecretAccessKey: "b", RetryDelay: time.Microsecond})
	_, err := openBucket(t, d, "bucket").Head(t.Context(), "k", &driver.HeadOptions{})
	var api *apiError
	if !errors.As(err, &api) || api.attempts != 1 {
		t.Errorf("got the error %v, want one attempt", err)
	}
}

// TestStaleUploadsOfAnyKey sweeps an upload whose key XML cannot carry.
func TestStaleUploadsOfAnyKey(t *testing.T) {
	var aborted []string
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		switch q := r.URL.Query(); {
		case q.Get("encoding-type") == "url":
			fmt.Fprint(w, "<ListMultipartUploadsResult><EncodingType>url</EncodingType><Upload><Key>a%01b</Key><UploadId>U</UploadId>"+
				"<Initiated>2024-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>")
		case operation(r) == "abort":
			aborted = append(aborted, r.URL.Path)
			w.WriteHeader(http.StatusNoContent)
		default:
			fail(w, 404, "NoSuchUpload")
		}
	})
	n, err := s.AbortStaleUploads(t.Context(), "bucket", time.Hour)
	if n != 1 || err != nil || !slices.Equal(aborted, []string{"/bucket/a\x01b"}) {
		t.Errorf("aborted %d, %q, %v", n, aborted, err)
	}
}

// TestListOfObjectWithoutETag lists what versitygw gives for a file that somebody
// dropped into its directory: the other objects are not lost for it.
func TestListOfObjectWithoutETag(t *testing.T) {
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, _ *http.Request) {
		fmt.Fprint(w, "<ListBucketResult><Contents><Key>a</Key><ETag></ETag><Size>1</Size><LastModified>2024-01-01T00:00:00Z</LastModified></Contents></ListBucketResult>")
	})
	page, err := s.List(t.Context(), &driver.ListOptions{})
	if err != nil || len(page.Objects) != 1 || page.Objects[0].Key != "a" {
		t.Errorf("got %+v, %v", page, err)
	}
}

// TestDeleteBucketAfterRefusal: only an attempt whose answer was lost can have
// removed the bucket.
func TestDeleteBucketAfterRefusal(t *testing.T) {
	for name, first := range map[string]func(w http.ResponseWriter){
		"refused": func(w http.ResponseWriter) { fail(w, http.StatusServiceUnavailable, "SlowDown") },
		"lost":    func(http.ResponseWriter) { hangUp() },
		"gateway": func(w http.ResponseWriter) { http.Error(w, "no upstream", http.StatusServiceUnavailable) },
	} {
		s := script(t, Config{}, func(n int, w http.ResponseWriter, _ *http.Request) {
			if n == 1 {
				first(w)
				return
			}
			fail(w, http.StatusNotFound, "NoSuchBucket")
		})
		err := s.DeleteBucket(t.Context(), "bucket")
		if name == "refused" {
			wantError(t, name, err, driver.ErrBucketNotFound)
		} else if err != nil {
			t.Errorf("%s: %v", name, err)
		}
	}
}
