package s3driver

import (
	"bytes"
	"errors"
	"io"
	"maps"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

func clientWith(opts s3.Options) *s3.Client { return s3.New(opts) }

var oddKeys = []string{
	"plain", "a b", "a+b", "a%20b", "a%2Fb", "é", "日本", "a&b=c?d#e", "foo__0x2f__bar", "a/b/c", "a//b", "/lead", "trail/", "./a", "a/..", "..",
	"back\\slash", "quote\"'", "<xml>&amp;", "*?", "~-_.!()", "con", ":", ";,@$", "\u2028", "\x7f", strings.Repeat("x", 1024),
}

// TestKeysOnTheWire looks at raw requests: the key is in the path byte for
// byte, however it is encoded.
func TestKeysOnTheWire(t *testing.T) {
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		switch {
		case r.Method == "HEAD":
			w.Header().Set("Content-Length", "0")
		case r.Header.Get("X-Amz-Copy-Source") != "":
			_, _ = io.WriteString(w, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")
		case r.URL.Query().Has("tagging") && r.Method == "GET":
			_, _ = io.WriteString(w, "<Tagging><TagSet/></Tagging>")
		}
	})
	for _, key := range append(oddKeys, "control\x01\n") {
		n := len(s.seen())
		put(t, s, key, "x")
		if _, err := s.Head(t.Context(), key, &driver.HeadOptions{Tags: true}); err != nil {
			t.Error(err)
		}
		read(t, s, key)
		if err := s.SetTags(t.Context(), key, map[string]string{"a": "b"}); err != nil {
			t.Error(err)
		}
		if _, err := s.Copy(t.Context(), key, s.bucket, "source"); err != nil {
			t.Error(err)
		}
		if err := s.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
		presigned, err := s.Presign(t.Context(), key, &driver.PresignOptions{Method: "GET", TTL: time.Minute})
		if err != nil {
			t.Error(err)
		}
		u, err := url.Parse(presigned)
		if err != nil {
			t.Fatal(err)
		}
		seen := s.seen()[n:]
		for _, request := range append(seen, "GET "+u.RequestURI()) {
			_, target, _ := strings.Cut(request, " ")
			path, _, _ := strings.Cut(target, "?")
			raw, err := url.PathUnescape(path)
			if err != nil || raw != "/bucket/"+key && raw != "/bucket/source" {
				t.Errorf("%q is %q on the wire", key, path)
			}
		}
		if len(seen) != 8 {
			t.Errorf("%d requests, want 8: %q", len(seen), seen)
		}
	}
}

func TestCopySourceHeader(t *testing.T) {
	for _, key := range oddKeys {
		got := copySource("bucket", key)
		if raw, err := url.PathUnescape(got); err != nil || raw != "bucket/"+key || strings.Contains(got, "+") || strings.Contains(got, " ") {
			t.Errorf("%q: %q", key, got)
		}
	}
	const arn = "arn:aws:s3:us-west-2:123456789012:accesspoint/ap"
	if got := copySource(arn, "k"); got != "arn%3Aaws%3As3%3Aus-west-2%3A123456789012%3Aaccesspoint/ap/object/k" {
		t.Error(got)
	}
}

func TestTagsHeader(t *testing.T) {
	if got := *encodeTags(map[string]string{"a b": "c+d", "é": "/="}); got != "%C3%A9=%2F%3D&a%20b=c%2Bd" && got != "a%20b=c%2Bd&%C3%A9=%2F%3D" {
		t.Error(got)
	}
	if encodeTags(nil) != nil {
		t.Error("a header without tags")
	}
}

// TestForeignObjects meets objects that another client made.
func TestForeignObjects(t *testing.T) {
	// Each server has keys that it cannot hold.
	cannot := map[string][]string{
		s3test.NameMinIO:     {"a//b", "./a", "a/..", "..", "/lead", "back\\slash", strings.Repeat("x", 1024)},
		s3test.NameVersityGW: {"a//b", "./a", "a/..", "..", "/lead", strings.Repeat("x", 1024)},
	}
	onServers(t, Config{}, func(t *testing.T, b *bucket, server string) {
		raw := b.client
		want := map[string]bool{}
		for _, key := range oddKeys {
			if slices.Contains(cannot[server], key) || key == "a/b/c" && want["a/b"] {
				continue
			}
			metadata := map[string]string{"pct": "100%20", "plain": "a+b"}
			content := key
			if strings.HasSuffix(key, "/") {
				content = "" // versitygw's folders have no content
			}
			if _, err := raw.PutObject(t.Context(), &s3.PutObjectInput{
				Bucket: &b.name, Key: &key, Body: strings.NewReader(content), Metadata: metadata,
			}); err != nil {
				t.Errorf("%q: %v", key, err)
				continue
			}
			want[key] = true
			info, err := b.Head(t.Context(), key, &driver.HeadOptions{})
			if err != nil || !maps.Equal(info.Metadata, metadata) {
				t.Errorf("%q: %+v, %v", key, info, err)
			}
			if got := read(t, b, key); string(got) != content {
				t.Errorf("%q holds %q", key, got)
			}
			if server == s3test.NameVersityGW && strings.HasSuffix(key, "/") {
				// It cannot copy a folder.
			} else if _, err := b.Copy(t.Context(), "copy of "+strings.Trim(key[:min(len(key), 99)], "/"), b, key); err != nil {
				t.Errorf("copy of %q: %v", key, err)
			} else {
				want["copy of "+strings.Trim(key[:min(len(key), 99)], "/")] = true
			}
			if err := b.SetTags(t.Context(), key, map[string]string{"a": "b c"}); err != nil {
				t.Errorf("tags of %q: %v", key, err)
			}
			if tags, err := b.GetTags(t.Context(), key); err != nil || tags["a"] != "b c" {
				t.Errorf("tags of %q: %v, %v", key, tags, err)
			}
		}
		keys := listAll(t, b, &driver.ListOptions{PageSize: 7})
		if !slices.Equal(keys, slices.Sorted(maps.Keys(want))) {
			t.Errorf("listed %q, want %q", keys, slices.Sorted(maps.Keys(want)))
		}
		for i, err := range driver.DeleteBatch(t.Context(), b, keys) {
			if err != nil {
				t.Errorf("%q: %v", keys[i], err)
			}
		}
		if keys := listAll(t, b, &driver.ListOptions{}); len(keys) != 0 {
			t.Errorf("still there: %q", keys)
		}
	})
}

// TestForeignControlKeys has objects whose keys this package does not create.
func TestForeignControlKeys(t *testing.T) {
	onServers(t, Config{PartSize: 5 * mib, CopyPartThreshold: 5 * mib}, func(t *testing.T, b *bucket, server string) {
		keys := []string{"a\x01b", "tab\there", "new\nline", "return\rhere", "foo__0x2f__bar", "100%25"}
		for i, key := range keys {
			content := []byte(key)
			if i == 0 {
				content = noise(6 * mib)
			}
			if _, err := b.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: bytes.NewReader(content)}); err != nil {
				t.Fatalf("%q: %v", key, err)
			}
			if got := read(t, b, key); !bytes.Equal(got, content) {
				t.Errorf("%q holds %d bytes", key, len(got))
			}
			if err := b.SetTags(t.Context(), key, map[string]string{"a": "b"}); err != nil {
				t.Errorf("tags of %q: %v", key, err)
			}
			if tags, err := b.GetTags(t.Context(), key); err != nil || tags["a"] != "b" {
				t.Errorf("tags of %q: %v, %v", key, tags, err)
			}
			if _, err := b.Copy(t.Context(), "copy", b, key); err != nil {
				t.Errorf("copy of %q: %v", key, err)
			} else if got := read(t, b, "copy"); !bytes.Equal(got, content) {
				t.Errorf("the copy of %q holds %d bytes", key, len(got))
			}
		}
		results, err := b.DeleteBatch(t.Context(), keys)
		if err != nil || len(results) != len(keys) {
			t.Fatal(results, err)
		}
		for i, key := range keys {
			if results[i] != nil {
				t.Errorf("%q: %v", key, results[i])
			}
			if _, err := b.Head(t.Context(), key, &driver.HeadOptions{}); !errors.Is(err, driver.ErrObjectNotFound) {
				t.Errorf("%q is still there: %v", key, err)
			}
		}
	})
}

func listAll(t *testing.T, b *bucket, opts *driver.ListOptions) []string {
	t.Helper()
	var keys []string
	for {
		page, err := b.List(t.Context(), opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			keys = append(keys, o.Key)
		}
		if opts.Token = page.NextToken; opts.Token == "" {
			return keys
		}
	}
}

func TestPresignedURLs(t *testing.T) {
	client := &http.Client{Transport: &http.Transport{}}
	defer client.CloseIdleConnections()
	do := func(t *testing.T, method, url, contentType, body string) (int, string) {
		t.Helper()
		req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
		if err != nil {
			t.Fatal(err)
		}
		if contentType != "" {
			req.Header.Set("Content-Type", contentType)
		}
		resp, err := client.Do(req)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		got, err := io.ReadAll(resp.Body)
		if err != nil {
			t.Fatal(err)
		}
		return resp.StatusCode, string(got)
	}
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		for _, key := range []string{"a/b c+d%20é", "plain"} {
			for _, bound := range []string{"", "text/x-own"} {
				u, err := b.Presign(t.Context(), key, &driver.PresignOptions{Method: "PUT", TTL: time.Minute, ContentType: bound})
				if err != nil {
					t.Fatal(err)
				}
				if strings.Contains(strings.ToLower(u), "checksum") {
					t.Errorf("a checksum in %s", u)
				}
				if bound != "" {
					if status, _ := do(t, "PUT", u, "text/other", "x"); status != 403 {
						t.Errorf("another content type: status %d", status)
					}
				}
				if status, body := do(t, "PUT", u, bound, "content of "+key); status != 200 {
					t.Errorf("PUT: status %d, %s", status, body)
				}
				if status, _ := do(t, "GET", u, bound, ""); status != 403 {
					t.Errorf("another method: status %d", status)
				}
			}
			u, err := b.Presign(t.Context(), key, &driver.PresignOptions{Method: "GET", TTL: time.Minute})
			if err != nil {
				t.Fatal(err)
			}
			if status, body := do(t, "GET", u, "", ""); status != 200 || body != "content of "+key {
				t.Errorf("GET: status %d, %q", status, body)
			}
		}
		_, err := b.Presign(t.Context(), "k", &driver.PresignOptions{Method: "GET", TTL: 8 * 24 * time.Hour})
		wantError(t, "8 days", err, driver.ErrValidation)
	})
}
