package localsign_test

import (
	"context"
	"errors"
	"io"
	"net/http"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/localsign"
)

func TestGetHeaders(t *testing.T) {
	e := newEnv(t)
	info := e.store("key", "0123456789", driver.PutOptions{
		ContentType: "TEXT/html; Charset=UTF-8", CacheControl: "max-age=60", ContentDisposition: `attachment; filename="a"`,
		ContentEncoding: "gzip", ContentLanguage: "de", Metadata: map[string]string{"owner": "me"},
	})
	a := e.do("GET", e.getURL("key"), "")
	e.is(a, 200, "")
	for name, want := range map[string]string{
		"Content-Type":                "TEXT/html; Charset=UTF-8",
		"Cache-Control":               "max-age=60",
		"Content-Disposition":         `attachment; filename="a"`,
		"Content-Encoding":            "gzip",
		"Content-Language":            "de",
		"X-Amz-Meta-Owner":            "me",
		"ETag":                        `"` + info.ETag + `"`,
		"Last-Modified":               info.LastModified.Format(http.TimeFormat),
		"Accept-Ranges":               "bytes",
		"Content-Length":              "10",
		"X-Content-Type-Options":      "nosniff",
		"Access-Control-Allow-Origin": "*",
		"Referrer-Policy":             "no-referrer",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
}

// TestFileName: the URL's path does not name the object, so the answer does, as
// long as the object has no disposition of its own.
func TestFileName(t *testing.T) {
	for key, want := range map[string]string{
		"report.txt":          "inline; filename=report.txt",
		"a/b/report 1.txt":    `inline; filename="report 1.txt"`,
		"dir/résumé.pdf":      "inline; filename*=utf-8''r%C3%A9sum%C3%A9.pdf",
		"日本":                  "inline; filename*=utf-8''%E6%97%A5%E6%9C%AC",
		`quote".txt`:          `inline; filename="quote\".txt"`,
		`back\slash`:          `inline; filename="back\\slash"`,
		"a;b=c":               `inline; filename="a;b=c"`,
		"cr\r\nX-Injected: 1": "inline; filename*=utf-8''cr%0D%0AX-Injected%3A%201",
		"dir/":                "",
		"/":                   "",
		"a/.":                 "",
		"..":                  "",
		"dir/..":              "",
		"...":                 "inline; filename=...",
	} {
		t.Run(key, func(t *testing.T) {
			e := newEnv(t)
			e.T = t
			e.store(key, "0123456789", driver.PutOptions{})
			for _, header := range []string{"X-None: 1", "Range: bytes=1-2"} {
				a := e.do("GET", e.getURL(key), "", header)
				if got := a.Header.Values("Content-Disposition"); a.StatusCode/100 != 2 || strings.Join(got, "|") != want {
					t.Errorf("%s: %d with %q, want %q", header, a.StatusCode, got, want)
				}
				if a.Header.Get("X-Injected") != "" {
					t.Error("a header was injected")
				}
			}
			if want == "" {
				return
			}
			for header, status := range map[string]int{"If-None-Match: *": 304, "Range: bytes=99-": 416, `If-Match: "x"`: 412} {
				if a := e.do("GET", e.getURL(key), "", header); a.StatusCode != status || a.Header.Get("Content-Disposition") != "" {
					t.Errorf("%s: %d with %q", header, a.StatusCode, a.Header.Get("Content-Disposition"))
				}
			}
			e.store(key, "0123456789", driver.PutOptions{ContentDisposition: "attachment"})
			if a := e.do("GET", e.getURL(key), ""); a.Header.Get("Content-Disposition") != "attachment" {
				t.Errorf("the object's own is %q", a.Header.Get("Content-Disposition"))
			}
		})
	}
}

func TestRange(t *testing.T) {
	e := newEnv(t)
	e.store("key", "0123456789", driver.PutOptions{})
	e.store("empty", "", driver.PutOptions{})
	for _, test := range []struct {
		key, header, body, contentRange string
		status                          int
	}{
		{"key", "bytes=0-3", "0123", "bytes 0-3/10", 206},
		{"key", "bytes=4-4", "4", "bytes 4-4/10", 206},
		{"key", "bytes=7-", "789", "bytes 7-9/10", 206},
		{"key", "bytes=7-99", "789", "bytes 7-9/10", 206},
		{"key", "BYTES=7-9", "789", "bytes 7-9/10", 206},
		{"key", "bytes=-3", "789", "bytes 7-9/10", 206},
		{"key", "bytes=-99", "0123456789", "bytes 0-9/10", 206},
		{"key", "bytes=0-9223372036854775807", "0123456789", "bytes 0-9/10", 206},
		{"key", "bytes=1-99999999999999999999", "123456789", "bytes 1-9/10", 206},
		{"key", "bytes=10-", "", "bytes */10", 416},
		{"key", "bytes=99999999999999999999-", "", "bytes */10", 416},
		{"key", "bytes=-0", "", "bytes */10", 416},
		{"empty", "bytes=0-", "", "bytes */0", 416},
		{"empty", "bytes=-1", "", "bytes */0", 416},
		// Malformed, of another unit, or several: the whole object.
		{"key", "bytes=3-1", "0123456789", "", 200},
		{"key", "bytes=-", "0123456789", "", 200},
		{"key", "bytes=+1-2", "0123456789", "", 200},
		{"key", "bytes=--2", "0123456789", "", 200},
		{"key", "bytes= 1-2", "0123456789", "", 200},
		{"key", "bytes=1-2,4-5", "0123456789", "", 200},
		{"key", "bytes=x", "0123456789", "", 200},
		{"key", "lines=1-2", "0123456789", "", 200},
		{"key", "1-2", "0123456789", "", 200},
	} {
		t.Run(test.key+" "+test.header, func(t *testing.T) {
			e := &env{t, e.svc, e.bucket}
			a := e.do("GET", e.getURL(test.key), "", "Range: "+test.header)
			if test.status == 416 {
				e.is(a, 416, "InvalidRange")
			} else {
				e.is(a, test.status, "")
				if a.body != test.body || a.ContentLength != int64(len(test.body)) {
					t.Errorf("body %q, Content-Length %d", a.body, a.ContentLength)
				}
			}
			if got := a.Header.Get("Content-Range"); got != test.contentRange {
				t.Errorf("Content-Range %q, want %q", got, test.contentRange)
			}
		})
	}
	t.Run("two headers", func(t *testing.T) {
		e := &env{t, e.svc, e.bucket}
		e.is(e.do("GET", e.getURL("key"), "", "Range: bytes=1-2", "Range: bytes=3-4"), 200, "")
	})
	t.Run("missing", func(t *testing.T) {
		e := &env{t, e.svc, e.bucket}
		e.is(e.do("GET", e.getURL("missing"), "", "Range: bytes=1-2"), 404, "NoSuchKey")
	})
}

func TestReadConditions(t *testing.T) {
	e := newEnv(t)
	info := e.store("key", "0123456789", driver.PutOptions{})
	etag := `"` + info.ETag + `"`
	same := info.LastModified.Format(http.TimeFormat)
	before := info.LastModified.Add(-time.Second).Format(http.TimeFormat)
	after := info.LastModified.Add(time.Second).Format(http.TimeFormat)
	for _, test := range []struct {
		headers []string
		status  int
	}{
		{[]string{"If-Match: " + etag}, 200},
		{[]string{"If-Match: " + info.ETag}, 200},
		{[]string{"If-Match: *"}, 200},
		{[]string{`If-Match: "x,y", ` + etag}, 200},
		{[]string{`If-Match: "x"`, "If-Match: " + etag}, 200},
		{[]string{`If-Match: "x"`}, 412},
		{[]string{`If-Match: ,`}, 412},
		{[]string{"If-Match: W/" + etag}, 412},
		{[]string{"If-Match: " + etag, "If-Unmodified-Since: " + before}, 200},
		{[]string{"If-Unmodified-Since: " + before}, 412},
		{[]string{"If-Unmodified-Since: " + same}, 200},
		{[]string{"If-Unmodified-Since: yesterday"}, 200},
		{[]string{"If-None-Match: " + etag}, 304},
		{[]string{"If-None-Match: W/" + etag}, 304},
		{[]string{"If-None-Match: *"}, 304},
		{[]string{`If-None-Match: "x"`}, 200},
		{[]string{`If-None-Match: "x"`, "If-Modified-Since: " + after}, 200},
		{[]string{"If-Modified-Since: " + same}, 304},
		{[]string{"If-Modified-Since: " + before}, 200},
		{[]string{"If-Modified-Since: yesterday"}, 200},
		{[]string{`If-Match: "x"`, "If-None-Match: " + etag}, 412},
		{[]string{"Range: bytes=1-2", "If-Range: " + etag}, 206},
		{[]string{"Range: bytes=1-2", `If-Range: "x"`}, 200},
		{[]string{"Range: bytes=1-2", "If-Range: W/" + etag}, 200},
		{[]string{"Range: bytes=1-2", "If-Range: " + same}, 200},
		{[]string{"Range: bytes=99-", `If-Range: "x"`}, 200},
		{[]string{"Range: bytes=99-", "If-Range: " + etag}, 416},
		{[]string{"Range: bytes=99-", `If-Match: "x"`}, 412},
		{[]string{"Range: bytes=99-", "If-None-Match: " + etag}, 304},
		{[]string{"Range: bytes=1-2", "If-None-Match: " + etag}, 304},
	} {
		t.Run(strings.Join(test.headers, " "), func(t *testing.T) {
			e := &env{t, e.svc, e.bucket}
			a := e.do("GET", e.getURL("key"), "", test.headers...)
			if a.StatusCode != test.status {
				t.Errorf("got %d, want %d", a.StatusCode, test.status)
			}
			switch test.status {
			case 200:
				if a.body != "0123456789" {
					t.Errorf("body %q", a.body)
				}
			case 206:
				if a.body != "12" {
					t.Errorf("body %q", a.body)
				}
			case 304:
				if a.body != "" || a.Header.Get("ETag") != etag || a.Header.Get("Content-Type") != "" {
					t.Errorf("304 with body %q and headers %v", a.body, a.Header)
				}
			case 412:
				e.is(a, 412, "PreconditionFailed")
			}
		})
	}
}

func TestNotFound(t *testing.T) {
	e := newEnv(t)
	e.is(e.do("GET", e.getURL("missing"), ""), 404, "NoSuchKey")
	for _, method := range []string{"GET", "PUT"} {
		u, err := e.svc.Presign(t.Context(), "no-bucket", "key", &driver.PresignOptions{Method: method, TTL: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		e.is(e.do(method, u, "data"), 404, "NoSuchBucket")
	}
}

// brokenBucket fails in a way that the core does not classify, or midway.
type brokenBucket struct {
	driver.Bucket
	err error
}

func (b brokenBucket) Get(context.Context, string, *driver.GetOptions) (*driver.Object, error) {
	if b.err != nil {
		return nil, b.err
	}
	body := io.MultiReader(strings.NewReader(strings.Repeat("half", 1<<18)), iotest.ErrReader(errors.New("disk on fire")))
	return &driver.Object{Info: driver.ObjectInfo{Size: 2 << 20, ETag: "x"}, Length: 2 << 20, Body: io.NopCloser(body)}, nil
}

func serveBroken(t *testing.T, err error) (url string) {
	svc, e := localsign.New(func(string) (driver.Bucket, error) { return brokenBucket{err: err}, nil }, "")
	if e != nil {
		t.Fatal(e)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	url, e = svc.Presign(t.Context(), "bucket", "key", &driver.PresignOptions{Method: "GET", TTL: time.Minute})
	if e != nil {
		t.Fatal(e)
	}
	return url
}

// client keeps no connection, so that none is mistaken for a leak.
var client = &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}

func TestBodyThatFailsMidway(t *testing.T) {
	res, err := client.Get(serveBroken(t, nil))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if n, err := io.Copy(io.Discard, res.Body); !errors.Is(err, io.ErrUnexpectedEOF) {
		t.Errorf("read %d bytes, %v, want an unexpected EOF", n, err)
	}
}

func TestUnknownErrorIsLoggedNotShown(t *testing.T) {
	logged := captureLog(t)
	u := serveBroken(t, errors.New("open /var/secret/path: disk on fire"))
	res, err := client.Get(u)
	if err != nil {
		t.Fatal(err)
	}
	e := &env{T: t}
	a := e.read(res)
	e.is(a, 500, "InternalError")
	if strings.Contains(a.body, "secret") {
		t.Errorf("the answer shows the error: %q", a.body)
	}
	_, signature, _ := strings.Cut(u, "signature=")
	if log := logged(); !strings.Contains(log, "disk on fire") || strings.Contains(log, signature[:64]) {
		t.Errorf("log %q", log)
	}
}
