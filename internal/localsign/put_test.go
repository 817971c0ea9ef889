package localsign_test

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"log/slog"
	"net"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

func TestPutDescribes(t *testing.T) {
	e := newEnv(t)
	e.store("key", "old", driver.PutOptions{Metadata: map[string]string{"old": "yes"}})
	a := e.do("PUT", e.putURL("key"), "data", "Content-Type: Text/CSV", "Cache-Control: no-cache", "Cache-Control: private",
		"Content-Disposition: inline", "Content-Encoding: br", "Content-Language: en")
	e.is(a, 200, "")
	info, err := e.bucket.Head(t.Context(), "key", &driver.HeadOptions{})
	if err != nil {
		t.Fatal(err)
	}
	if a.Header.Get("ETag") != `"`+info.ETag+`"` {
		t.Errorf("answered ETag %s, stored %s", a.Header.Get("ETag"), info.ETag)
	}
	got := []string{info.ContentType, info.CacheControl, info.ContentDisposition, info.ContentEncoding, info.ContentLanguage}
	want := []string{"Text/CSV", "no-cache, private", "inline", "br", "en"}
	if fmt.Sprint(got) != fmt.Sprint(want) || info.Metadata != nil || e.content("key") != "data" {
		t.Errorf("stored %v, metadata %v", got, info.Metadata)
	}
	e.is(e.do("PUT", e.putURL("plain"), ""), 200, "")
	if info, err = e.bucket.Head(t.Context(), "plain", &driver.HeadOptions{}); err != nil || info.ContentType != "binary/octet-stream" {
		t.Errorf("without a type: %q, %v", info.ContentType, err)
	}
}

func TestPutRefused(t *testing.T) {
	e := newEnv(t)
	etag := e.store("key", "old", driver.PutOptions{}).ETag
	e.svc.MaxPut = 8
	free := e.putURL("key")
	bound := e.presign("key", driver.PresignOptions{Method: "PUT", ContentType: "image/png"})
	for _, test := range []struct {
		name, url, body string
		headers         []string
		status          int
		code            string
	}{
		{"bound type missing", bound, "data", nil, 403, "SignatureDoesNotMatch"},
		{"bound type differs", bound, "data", []string{"Content-Type: image/PNG"}, 403, "SignatureDoesNotMatch"},
		{"bound type extended", bound, "data", []string{"Content-Type: image/png; q=1"}, 403, "SignatureDoesNotMatch"},
		{"bound type twice", bound, "data", []string{"Content-Type: image/png", "Content-Type: text/html"}, 403, "SignatureDoesNotMatch"},
		{"two types", free, "data", []string{"Content-Type: image/png", "Content-Type: text/html"}, 400, "InvalidArgument"},
		{"type not ASCII", free, "data", []string{"Content-Type: t\u00e4xt"}, 400, "InvalidArgument"},
		{"cache control not ASCII", free, "data", []string{"Cache-Control: \u00e4"}, 400, "InvalidArgument"},
		{"metadata", free, "data", []string{"X-Amz-Meta-Owner: evil"}, 403, "AccessDenied"},
		{"tags", free, "data", []string{"x-amz-tagging: a=b"}, 403, "AccessDenied"},
		{"acl", free, "data", []string{"x-amz-acl: public-read"}, 403, "AccessDenied"},
		{"copy", free, "data", []string{"x-amz-copy-source: /bucket/other"}, 403, "AccessDenied"},
		{"content range", free, "data", []string{"Content-Range: bytes 0-3/8"}, 501, "NotImplemented"},
		{"unmodified since", free, "data", []string{"If-Unmodified-Since: Mon, 02 Jan 2006 15:04:05 GMT"}, 501, "NotImplemented"},
		{"too large", free, "123456789", nil, 413, "EntityTooLarge"},
		{"digest malformed", free, "data", []string{"Content-MD5: abc"}, 400, "InvalidDigest"},
		{"digest differs", free, "data", []string{"Content-MD5: " + digest("date")}, 400, "BadDigest"},
		{"absent", free, "data", []string{"If-None-Match: *"}, 412, "PreconditionFailed"},
		{"other ETag", free, "data", []string{`If-Match: "x"`}, 412, "PreconditionFailed"},
		{"no object", e.putURL("missing"), "data", []string{`If-Match: "x"`}, 404, "NoSuchKey"},
		{"any ETag", free, "data", []string{"If-Match: *"}, 501, "NotImplemented"},
		{"several ETags", free, "data", []string{`If-Match: "x", "` + etag + `"`}, 501, "NotImplemented"},
		{"weak ETag", free, "data", []string{`If-Match: W/"` + etag + `"`}, 501, "NotImplemented"},
		{"bad ETag", free, "data", []string{`If-Match: "a b"`}, 400, "InvalidArgument"},
		{"not ETag", free, "data", []string{`If-None-Match: "` + etag + `"`}, 501, "NotImplemented"},
		{"both", free, "data", []string{`If-Match: "` + etag + `"`, "If-None-Match: *"}, 501, "NotImplemented"},
		{"bad key", e.putURL("a\x01"), "data", nil, 400, "InvalidArgument"},
	} {
		t.Run(test.name, func(t *testing.T) {
			e := &env{t, e.svc, e.bucket}
			e.is(e.do("PUT", test.url, test.body, test.headers...), test.status, test.code)
			if c := e.content("key") + e.content("missing"); c != "old(none)" {
				t.Errorf("stored %q", c)
			}
		})
	}
}

func digest(s string) string {
	sum := md5.Sum([]byte(s))
	return base64.StdEncoding.EncodeToString(sum[:])
}

func TestPutConditions(t *testing.T) {
	e := newEnv(t)
	u := e.putURL("key")
	a := e.do("PUT", u, "1", "If-None-Match: *")
	e.is(a, 200, "")
	a = e.do("PUT", u, "2", "If-Match: "+a.Header.Get("ETag"))
	e.is(a, 200, "")
	e.is(e.do("PUT", u, "3", "If-Match: "+strings.Trim(a.Header.Get("ETag"), `"`), "Content-MD5: "+digest("3")), 200, "")
	if c := e.content("key"); c != "3" {
		t.Errorf("stored %q", c)
	}
}

func TestPutChunked(t *testing.T) {
	e := newEnv(t)
	r := httptest.NewRequest("PUT", e.putURL("key"), io.LimitReader(strings.NewReader("data"), 1<<20))
	if r.ContentLength != -1 {
		t.Fatal("the length is known")
	}
	e.is(e.send(r), 411, "MissingContentLength")
	r.TransferEncoding = []string{"chunked"}
	e.is(e.send(r), 501, "NotImplemented")
	if c := e.content("key"); c != "(none)" {
		t.Errorf("stored %.20q", c)
	}
}

// A client that goes away in the middle of its body.
func TestPutBroken(t *testing.T) {
	logged := captureLog(t)
	e := newEnv(t)
	e.store("key", "old", driver.PutOptions{})
	if err := e.svc.SetBaseURL(""); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(e.putURL("key"))
	if err != nil {
		t.Fatal(err)
	}
	for _, head := range []string{"Content-Length: 10\r\n\r\nabc", "Content-Length: 1\r\n\r\n"} {
		conn, err := net.DialTimeout("tcp", u.Host, time.Minute)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Fprintf(conn, "PUT %s HTTP/1.1\r\nHost: %s\r\n%s", u.RequestURI(), u.Host, head); err != nil {
			t.Fatal(err)
		}
		if err := conn.(*net.TCPConn).CloseWrite(); err != nil {
			t.Fatal(err)
		}
		reply, err := io.ReadAll(conn)
		if err != nil || !bytes.HasPrefix(reply, []byte("HTTP/1.1 400 ")) || !bytes.Contains(reply, []byte("IncompleteBody")) {
			t.Errorf("answer %q, %v", reply, err)
		}
		if err := conn.Close(); err != nil {
			t.Error(err)
		}
		if c := e.content("key"); c != "old" {
			t.Errorf("stored %q", c)
		}
	}
	if log := logged(); log != "" {
		t.Errorf("a client's fault was logged: %q", log)
	}
}

// captureLog collects what is logged until the test ends.
func captureLog(t *testing.T) (logged func() string) {
	var w logBuffer
	old := slog.Default()
	slog.SetDefault(slog.New(slog.NewTextHandler(&w, nil)))
	t.Cleanup(func() { slog.SetDefault(old) })
	return func() string {
		w.mu.Lock()
		defer w.mu.Unlock()
		return w.buf.String()
	}
}

type logBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (w *logBuffer) Write(p []byte) (int, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.buf.Write(p)
}
