package s3driver

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"errors"
	"io"
	"net/http"
	"net/http/httputil"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// picky gives b's bucket on a server that refuses requests by their headers,
// and passes the others on to a real one.
func picky(t *testing.T, b *bucket, server *s3test.Server, cfg Config, refuse func(r *http.Request, body []byte) string) (*bucket, func() []string) {
	t.Helper()
	target, err := url.Parse(server.Endpoint)
	if err != nil {
		t.Fatal(err)
	}
	var mu sync.Mutex
	var refused []string
	forward := &httputil.ReverseProxy{
		Rewrite: func(r *httputil.ProxyRequest) {
			r.Out.URL.Scheme, r.Out.URL.Host = target.Scheme, target.Host
			r.Out.Host = r.In.Host
		},
		Transport: &http.Transport{DisableCompression: true, DisableKeepAlives: true},
	}
	s := script(t, cfg, func(_ int, w http.ResponseWriter, r *http.Request) {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return
		}
		if why := refuse(r, body); why != "" {
			mu.Lock()
			refused = append(refused, r.Method+" "+r.RequestURI+": "+why)
			mu.Unlock()
			fail(w, http.StatusBadRequest, "InvalidRequest")
			return
		}
		r.Body = io.NopCloser(bytes.NewReader(body))
		forward.ServeHTTP(w, r)
	})
	cfg.Endpoint, cfg.Region = s.location.endpoint, server.Region
	cfg.AccessKeyID, cfg.SecretAccessKey, cfg.RetryDelay = server.AccessKey, server.SecretKey, time.Millisecond
	return openBucket(t, newDriver(t, cfg), b.name), func() []string {
		mu.Lock()
		defer mu.Unlock()
		return refused
	}
}

// withoutMD5 refuses a body that lacks its Content-MD5.
func withoutMD5(r *http.Request, body []byte) string {
	sum := md5.Sum(body)
	if len(body) > 0 && r.Header.Get("Content-Md5") != base64.StdEncoding.EncodeToString(sum[:]) {
		return "no Content-MD5, or another"
	}
	return ""
}

// modern refuses what S3 servers did not know before 2022.
func modern(r *http.Request, body []byte) string {
	for name := range r.Header {
		lower := strings.ToLower(name)
		if strings.HasPrefix(lower, "x-amz-checksum-") || strings.HasPrefix(lower, "x-amz-sdk-checksum") || lower == "x-amz-trailer" || lower == "x-amz-mp-object-size" {
			return "the header " + name
		}
	}
	if signed := r.Header.Get("X-Amz-Content-Sha256"); strings.HasPrefix(signed, "STREAMING-") {
		return "the payload hash " + signed
	}
	if operation(r) == "complete" && bytes.Contains(body, []byte("Checksum")) {
		return "a checksum in the list of parts"
	}
	return ""
}

// every exercises the calls that send a body or ask for checksums.
func every(t *testing.T, b *bucket) error {
	t.Helper()
	opts := func(size int64) *driver.PutOptions {
		o := fullOptions()
		o.Size = size
		return o
	}
	content := noise(11 * mib)
	_, err1 := b.Put(t.Context(), "empty", strings.NewReader(""), opts(0))
	_, err2 := b.Put(t.Context(), "small", strings.NewReader("x"), opts(1))
	_, err3 := b.Put(t.Context(), "large", bytes.NewReader(content), opts(11*mib))
	_, err4 := b.Put(t.Context(), "stream", plainReader(content), opts(-1))
	if err := errors.Join(err1, err2, err3, err4); err != nil {
		return err
	}
	if !bytes.Equal(read(t, b, "large"), content) || !bytes.Equal(read(t, b, "stream"), content) {
		return errors.New("other content")
	}
	_, err1 = b.Copy(t.Context(), "copy", b, "small")
	b.copyPartThreshold = 5 * mib
	_, err2 = b.Copy(t.Context(), "copy in parts", b, "large")
	_, err3 = b.Head(t.Context(), "copy in parts", &driver.HeadOptions{Tags: true})
	err4 = b.SetTags(t.Context(), "small", map[string]string{"k": "v"})
	keys := []string{"empty", "small", "large", "stream", "copy", "copy in parts"}
	results, err := b.DeleteBatch(t.Context(), keys)
	return errors.Join(append(results, err1, err2, err3, err4, err)...)
}

// TestCompatibility meets servers that demand Content-MD5 and servers that
// refuse all newer checksums.
func TestCompatibility(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		batchMD5 := func(r *http.Request, body []byte) string {
			if r.Method == "POST" && r.URL.Query().Has("delete") || r.Method == "PUT" && r.URL.Query().Has("tagging") {
				return withoutMD5(r, body)
			}
			return ""
		}
		old := func(r *http.Request, body []byte) string { return modern(r, body) + withoutMD5(r, body) }
		for _, c := range []struct {
			name   string
			mode   Compatibility
			refuse func(*http.Request, []byte) string
			works  bool
		}{
			{"demands MD5 of batches", CompatibilityDefault, batchMD5, true},
			{"demands MD5 of batches", CompatibilityMD5, batchMD5, true},
			{"rejects checksums", CompatibilityDefault, modern, false},
			{"rejects checksums, demands MD5 of all", CompatibilityMD5, old, true},
		} {
			far, refused := picky(t, b, server, Config{PartSize: 5 * mib, Compatibility: c.mode}, c.refuse)
			err := every(t, far)
			if (err == nil) != c.works {
				t.Errorf("%s, a server that %s, Compatibility %q: %v; refused: %q", server.Name, c.name, c.mode, err, refused())
			}
		}
	}
}

// TestPresignMD5: a presigned PUT binds no checksum in either mode.
func TestPresignMD5(t *testing.T) {
	for _, mode := range []Compatibility{CompatibilityDefault, CompatibilityMD5} {
		b := openBucket(t, newDriver(t, Config{Endpoint: "http://127.0.0.1:1", AccessKeyID: "a", SecretAccessKey: "b", Compatibility: mode}), "bucket")
		u, err := b.Presign(t.Context(), "k", &driver.PresignOptions{Method: "PUT", TTL: time.Minute})
		if err != nil {
			t.Fatal(err)
		}
		if lower := strings.ToLower(u); strings.Contains(lower, "md5") || strings.Contains(lower, "checksum") {
			t.Errorf("%q: a checksum in %s", mode, u)
		}
	}
}
