package s3driver

import (
	"bytes"
	"compress/gzip"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// strongMatch sets aside a condition that holds for the strong ETag abc, as a
// server does behind a proxy that makes the ETags of its answers weak.
func strongMatch(w http.ResponseWriter, r *http.Request) bool {
	if m := r.Header.Get("If-Match"); m != "" && strings.Trim(m, `"`) != "abc" {
		fail(w, 412, "PreconditionFailed")
		return false
	}
	r.Header.Del("If-Match")
	return true
}

// TestWeakETags: a proxy that changes answers makes their ETags weak. What names
// a version stays the same; parts of a body are not joined by it.
func TestWeakETags(t *testing.T) {
	content := noise(11 * mib)
	var gets, weakFrom, cutAfter atomic.Int64
	s := script(t, Config{MaxRetries: 2, PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		if r.Method == http.MethodGet {
			gets.Add(1)
		}
		weak := gets.Load() >= weakFrom.Load()
		w.Header().Set("ETag", map[bool]string{true: `W/"abc"`, false: `"abc"`}[weak])
		switch {
		case r.URL.Query().Has("list-type"):
			fmt.Fprint(w, "<ListBucketResult>", entry("a"), strings.Replace(entry("k"), `"e"`, `W/"abc"`, 1), "</ListBucketResult>")
		case r.Header.Get("X-Amz-Copy-Source") != "":
			if r.Header.Get("X-Amz-Copy-Source-If-Match") != "abc" {
				fail(w, 412, "PreconditionFailed")
				return
			}
			fmt.Fprint(w, `<CopyObjectResult><ETag>"abc"</ETag></CopyObjectResult>`)
		case r.Method == http.MethodPut:
			strongMatch(w, r)
		case strongMatch(w, r):
			body := io.ReadSeeker(bytes.NewReader(content))
			if n := cutAfter.Load(); n > 0 {
				body = &cutReader{strings.NewReader(string(content)), int(n)}
			}
			http.ServeContent(w, r, "", time.Time{}, body)
		}
	})

	info := put(t, s, "k", "x")
	head, err := s.Head(t.Context(), "k", &driver.HeadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	page, err := s.List(t.Context(), &driver.ListOptions{})
	if err != nil {
		t.Fatal(err)
	}
	for what, etag := range map[string]string{"Put": info.ETag, "Head": head.ETag, "List": page.Objects[1].ETag} {
		if etag != "abc" || driver.ValidETag(etag) != nil {
			t.Errorf("%s gives the ETag %q", what, etag)
		}
	}
	if _, err := s.Put(t.Context(), "k", strings.NewReader("x"), &driver.PutOptions{Size: 1, IfMatch: head.ETag}); err != nil {
		t.Errorf("Put with the ETag that Head gave: %v", err)
	}
	if _, err := s.Copy(t.Context(), "copy", s.bucket, "k"); err != nil {
		t.Errorf("Copy: %v", err)
	}

	// In one piece it can be read.
	o, err := s.Get(t.Context(), "k", &driver.GetOptions{IfMatch: head.ETag})
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(readAll(t, o), content) || o.Info.ETag != "abc" {
		t.Errorf("other content, ETag %q", o.Info.ETag)
	}
	gets.Store(0)
	f := tempFile(t)
	if _, err := s.Download(t.Context(), "k", f, &driver.GetOptions{}); err != nil || gets.Load() != 1 {
		t.Errorf("Download: %v after %d requests, want one stream", err, gets.Load())
	}
	if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, content) {
		t.Errorf("Download: other content, %v", err)
	}

	// What broke off is not joined to a rest, be it the first answer that is weak
	// or only that to the request for the rest.
	cutAfter.Store(mib)
	for _, first := range []int64{1, 2} {
		for what, call := range map[string]func() error{
			"Get": func() error { return readBody(s.Get(t.Context(), "k", &driver.GetOptions{})) },
			"GetRange": func() error {
				return readBody(s.Get(t.Context(), "k", &driver.GetOptions{Range: &driver.Range{Offset: 7, Length: 5 * mib}}))
			},
			"Download": func() error { return errorOf(s.Download(t.Context(), "k", tempFile(t), &driver.GetOptions{})) },
		} {
			gets.Store(0)
			weakFrom.Store(first)
			err := call()
			var weak *weakETagError
			if !errors.As(err, &weak) || errors.Is(err, driver.ErrObjectChanged) || !strings.Contains(err.Error(), "weak ETag") {
				t.Errorf("%s, weak from answer %d on: %v", what, first, err)
			}
			if n := gets.Load(); first == 1 && n != 1 || n > 10 {
				t.Errorf("%s, weak from answer %d on: %d requests", what, first, n)
			}
		}
	}
}

// TestGzippedObject: an object stored with Content-Encoding gzip comes back as it
// is, and nothing invites a proxy to encode an answer.
func TestGzippedObject(t *testing.T) {
	var zipped bytes.Buffer
	z := gzip.NewWriter(&zipped)
	if _, err := z.Write([]byte("content")); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if got := r.Header.Values("Accept-Encoding"); len(got) != 1 || got[0] != "identity" {
			t.Errorf("%s %s: Accept-Encoding %q", r.Method, r.RequestURI, got)
		}
		if r.URL.Query().Has("list-type") {
			fmt.Fprint(w, "<ListBucketResult/>")
			return
		}
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Encoding", "gzip")
		if r.Method == http.MethodHead { // ServeContent leaves the length out
			w.Header().Set("Content-Length", fmt.Sprint(zipped.Len()))
			return
		}
		http.ServeContent(w, r, "", time.Time{}, bytes.NewReader(zipped.Bytes()))
	})
	own := withClient(t, s, Config{}, func(o *s3.Options) { o.HTTPClient = &http.Client{Transport: http.DefaultTransport} })
	for what, b := range map[string]*bucket{"the driver's client": s.bucket, "an http.Client": own} {
		o, err := b.Get(t.Context(), "k", &driver.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		if got := readAll(t, o); !bytes.Equal(got, zipped.Bytes()) || o.Info.ContentEncoding != "gzip" || o.Info.Size != int64(zipped.Len()) {
			t.Errorf("%s: %q, %+v", what, got, o.Info)
		}
		f := tempFile(t)
		if _, err := b.Download(t.Context(), "k", f, &driver.GetOptions{Range: &driver.Range{Offset: 3, Length: -1}}); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, zipped.Bytes()[3:]) {
			t.Errorf("%s: %q, %v", what, got, err)
		}
		info, err := b.Head(t.Context(), "k", &driver.HeadOptions{})
		if err != nil || info.ContentEncoding != "gzip" || info.Size != int64(zipped.Len()) {
			t.Errorf("%s: %+v, %v", what, info, err)
		}
		if _, err := b.List(t.Context(), &driver.ListOptions{}); err != nil {
			t.Error(err)
		}
	}
}

// TestEncodedOnTheWay: a proxy that encodes an answer although it was not asked
// to, and so cannot tell its length, does not pass for the object.
func TestEncodedOnTheWay(t *testing.T) {
	s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `W/"e"`)
		w.Header().Set("Content-Encoding", "gzip")
		z := gzip.NewWriter(w)
		_, _ = z.Write(noise(100))
		w.(http.Flusher).Flush()
		_ = z.Close()
	})
	err := readBody(s.Get(t.Context(), "k", &driver.GetOptions{}))
	wantFailure(t, err)
	if err != nil && !strings.Contains(err.Error(), "without Content-Length") {
		t.Errorf("%v", err)
	}
}
