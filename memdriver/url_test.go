package memdriver

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// openURL does what store.OpenBucket does.
func openURL(t *testing.T, raw string) (driver.Driver, driver.Bucket, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	opener, err := driver.OpenerFor(u.Scheme)
	if err != nil {
		t.Fatal(err)
	}
	d, name, err := opener(t.Context(), u)
	if err != nil {
		return nil, nil, err
	}
	b, err := driver.OpenBucket(d, name)
	if err != nil {
		t.Fatal(err)
	}
	return d, b, nil
}

func mustOpen(t *testing.T, raw string) (driver.Driver, driver.Bucket) {
	t.Helper()
	d, b, err := openURL(t, raw)
	if err != nil {
		t.Fatal(err)
	}
	return d, b
}

func mustClose(t *testing.T, d driver.Driver) {
	t.Helper()
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

func TestPrivateURL(t *testing.T) {
	d1, b1 := mustOpen(t, "mem://")
	d2, b2 := mustOpen(t, "mem://")
	put(t, b1, "key", "data")
	if c := content(t, b2, "key"); c != "(none)" {
		t.Errorf("the other open sees %q", c)
	}
	if b1.URL() != "mem://" {
		t.Errorf("URL %q", b1.URL())
	}
	mustClose(t, d1)
	mustClose(t, d2)
}

func TestSharedURL(t *testing.T) {
	d1, b1 := mustOpen(t, "mem://shared-url")
	d2, b2 := mustOpen(t, "mem://shared-url")
	d3, b3 := mustOpen(t, "mem://shared-url-other")
	if b1.URL() != "mem://shared-url" {
		t.Errorf("URL %q", b1.URL())
	}
	put(t, b1, "key", "data")
	if c := content(t, b2, "key") + content(t, b3, "key"); c != "data(none)" {
		t.Errorf("the other opens see %q", c)
	}
	if _, err := b3.(driver.Copier).Copy(t.Context(), "copy", b1, "key"); err != nil {
		t.Errorf("copy between shared buckets: %v", err)
	}

	u := presign(t, b1, "key")
	mustClose(t, d1)
	mustClose(t, d1) // counts once
	mustClose(t, d3)
	if got := fetch(t, u); got != "data" {
		t.Errorf("with a handle still open the URL gives %q", got)
	}
	mustClose(t, d2)
	if got := fetch(t, u); got != "(refused)" {
		t.Errorf("after the last Close the URL gives %q", got)
	}
	if _, err := driver.Presign(t.Context(), b1, "key", &driver.PresignOptions{Method: "GET", TTL: time.Minute}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("presign by a closed handle: %v", err)
	}

	d4, b4 := mustOpen(t, "mem://shared-url")
	if c := content(t, b4, "key"); c != "data" {
		t.Errorf("reopened, the bucket holds %q", c)
	}
	if got := fetch(t, presign(t, b4, "key")); got != "data" {
		t.Errorf("reopened, the URL gives %q", got)
	}
	for _, b := range []driver.Bucket{b3, b4} {
		for _, key := range []string{"key", "copy"} {
			if err := b.Delete(t.Context(), key); err != nil {
				t.Error(err)
			}
		}
	}
	for _, name := range []string{"shared-url", "shared-url-other"} {
		if err := driver.DeleteBucket(t.Context(), d4, name); err != nil {
			t.Error(err)
		}
	}
	mustClose(t, d4)
}

func presign(t *testing.T, b driver.Bucket, key string) string {
	t.Helper()
	u, err := driver.Presign(t.Context(), b, key, &driver.PresignOptions{Method: "GET", TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	return u
}

// fetch gives what a URL serves, "(refused)" when nobody listens.
func fetch(t *testing.T, u string) string {
	t.Helper()
	client := &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}
	res, err := client.Get(u)
	if err != nil {
		return "(refused)"
	}
	defer res.Body.Close()
	data, err := io.ReadAll(res.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func TestBadURL(t *testing.T) {
	for _, raw := range []string{
		"mem:uploads", "mem:///", "mem://uploads/", "mem://uploads/path", "mem://uploads:80", "mem://:80", "mem://[::1]",
		"mem://ab", "mem://Uploads", "mem://xn--abc", "mem://127.0.0.1", "mem://?create=true", "mem://uploads?region=x", "mem://?%zz",
	} {
		if _, _, err := openURL(t, raw); !errors.Is(err, driver.ErrValidation) {
			t.Errorf("%q: %v", raw, err)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, _, err := open(ctx, &url.URL{Scheme: "mem"}); !errors.Is(err, context.Canceled) {
		t.Errorf("cancelled: %v", err)
	}
	if shared.handles != 0 {
		t.Errorf("%d handles open", shared.handles)
	}
}

func TestBaseURL(t *testing.T) {
	opts := &driver.PresignOptions{Method: "GET", TTL: time.Minute}
	d := New(&Options{BaseURL: "http://user:hunter2@host/"})
	b := &bucket{d, "bucket"}
	if _, err := b.Presign(t.Context(), "key", opts); !errors.Is(err, driver.ErrValidation) {
		t.Errorf("a bad base URL: %v", err)
	}
	if err := d.SetBaseURL("ftp://host"); !errors.Is(err, driver.ErrValidation) {
		t.Errorf("a bad base URL set: %v", err)
	}
	if err := d.SetBaseURL("http://host/objects"); err != nil {
		t.Fatal(err)
	}
	if u, err := b.Presign(t.Context(), "key", opts); err != nil || u[:20] != "http://host/objects?" {
		t.Errorf("signed %q, %v", u, err)
	}
	mustClose(t, d)
	if d.Handler() == nil {
		t.Error("no handler")
	}
}
