package localsign_test

import (
	"context"
	"encoding/xml"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/localsign"
	"github.com/s3mio/s3mio/memdriver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// env is a service over an in-memory bucket named "bucket".
type env struct {
	*testing.T
	svc    *localsign.Service
	bucket driver.Bucket
}

func newEnv(t *testing.T) *env {
	t.Helper()
	d := memdriver.New(nil)
	if err := d.CreateBucket(t.Context(), "bucket"); err != nil {
		t.Fatal(err)
	}
	b, err := d.OpenBucket("bucket")
	if err != nil {
		t.Fatal(err)
	}
	svc, err := localsign.New(d.OpenBucket, "http://host.example/objects")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := svc.Close(); err != nil {
			t.Error(err)
		}
	})
	return &env{t, svc, b}
}

func (e *env) store(key, content string, opts driver.PutOptions) driver.ObjectInfo {
	e.Helper()
	opts.Size = int64(len(content))
	if opts.ContentType == "" {
		opts.ContentType = "text/plain"
	}
	if _, err := e.bucket.Put(context.Background(), key, strings.NewReader(content), &opts); err != nil {
		e.Fatal(err)
	}
	info, err := e.bucket.Head(context.Background(), key, &driver.HeadOptions{})
	if err != nil {
		e.Fatal(err)
	}
	return info
}

// content gives what is stored, "(none)" for no object.
func (e *env) content(key string) string {
	e.Helper()
	o, err := e.bucket.Get(context.Background(), key, &driver.GetOptions{})
	if err != nil {
		return "(none)"
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		e.Fatal(err)
	}
	return string(data)
}

func (e *env) presign(key string, opts driver.PresignOptions) string {
	e.Helper()
	if opts.TTL == 0 {
		opts.TTL = time.Minute
	}
	u, err := e.svc.Presign(context.Background(), "bucket", key, &opts)
	if err != nil {
		e.Fatal(err)
	}
	return u
}

func (e *env) getURL(key string) string {
	return e.presign(key, driver.PresignOptions{Method: "GET"})
}

func (e *env) putURL(key string) string {
	return e.presign(key, driver.PresignOptions{Method: "PUT"})
}

// do sends a request to the handler. Headers are "Name: value" lines.
func (e *env) do(method, u, body string, headers ...string) answer {
	e.Helper()
	r := httptest.NewRequest(method, u, strings.NewReader(body))
	for _, line := range headers {
		name, value, _ := strings.Cut(line, ": ")
		r.Header.Add(name, value)
	}
	return e.send(r)
}

func (e *env) send(r *http.Request) answer {
	e.Helper()
	w := httptest.NewRecorder()
	e.svc.Handler().ServeHTTP(w, r)
	return e.read(w.Result())
}

// answer is a response, read.
type answer struct {
	*http.Response
	body, code string // code is the XML error's
}

func (e *env) read(res *http.Response) answer {
	e.Helper()
	defer res.Body.Close()
	body, err := io.ReadAll(res.Body)
	if err != nil {
		e.Fatal(err)
	}
	a := answer{Response: res, body: string(body)}
	if res.StatusCode < 400 {
		return a
	}
	var doc struct {
		XMLName xml.Name `xml:"Error"`
		Code    string
		Message string
	}
	if err := xml.Unmarshal(body, &doc); err != nil || doc.Code == "" || doc.Message == "" {
		e.Errorf("error body %q: %v", body, err)
	}
	if ct := res.Header.Get("Content-Type"); ct != "application/xml" {
		e.Errorf("error with Content-Type %q", ct)
	}
	a.code = doc.Code
	return a
}

// is checks status and error code.
func (e *env) is(a answer, status int, code string) {
	e.Helper()
	if a.StatusCode != status || a.code != code {
		e.Errorf("got %d %s %q, want %d %s", a.StatusCode, a.code, a.body, status, code)
	}
}

// edit gives u with its query changed.
func edit(u string, change func(q url.Values)) string {
	base, query, _ := strings.Cut(u, "?")
	q, err := url.ParseQuery(query)
	if err != nil {
		panic(err)
	}
	change(q)
	return base + "?" + q.Encode()
}
