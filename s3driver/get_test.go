package s3driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

func TestGetRanges(t *testing.T) {
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		for _, content := range []string{"", "0123456789"} {
			put(t, b, "key", content)
			size := int64(len(content))
			var ranges []*driver.Range
			for _, off := range []int64{0, 1, 9, 10, 11, 1 << 62} {
				for _, n := range []int64{-1, 0, 1, 3, 10, 100, 1<<63 - 1} {
					ranges = append(ranges, &driver.Range{Offset: off, Length: n})
				}
			}
			for _, n := range []int64{0, 1, 10, 100} {
				ranges = append(ranges, &driver.Range{Length: n, Tail: true})
			}
			for _, r := range ranges {
				o, err := b.Get(t.Context(), "key", &driver.GetOptions{Range: r})
				off, n, wantErr := r.Resolve(size)
				if wantErr != nil {
					wantError(t, fmt.Sprintf("%+v of %d", *r, size), err, driver.ErrInvalidRange)
					continue
				}
				if err != nil {
					t.Errorf("%+v of %d: %v", *r, size, err)
					continue
				}
				got := readAll(t, o)
				if o.Offset != off || o.Length != n || o.Info.Size != size || string(got) != content[off:off+n] {
					t.Errorf("%+v of %d: %+v, %q", *r, size, o, got)
				}
			}
		}
		_, err := b.Get(t.Context(), "key", &driver.GetOptions{Range: &driver.Range{Offset: -1}})
		wantError(t, "negative offset", err, driver.ErrValidation)
	})
}

func TestGetConditions(t *testing.T) {
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		info := put(t, b, "key", "content")
		get := func(opts driver.GetOptions) error {
			o, err := b.Get(t.Context(), "key", &opts)
			if err == nil {
				err = o.Body.Close()
			}
			return err
		}
		wantError(t, "same If-Match", get(driver.GetOptions{IfMatch: info.ETag}), nil)
		wantError(t, "other If-None-Match", get(driver.GetOptions{IfNoneMatch: "x"}), nil)
		for _, r := range []*driver.Range{nil, {Length: 2}, {Tail: true}} {
			wantError(t, "other If-Match", get(driver.GetOptions{IfMatch: "x", Range: r}), driver.ErrPreconditionFailed)
			wantError(t, "same If-None-Match", get(driver.GetOptions{IfNoneMatch: info.ETag, Range: r}), driver.ErrNotModified)
		}
	})
}

// TestGetResumes cuts the connection at many places of a stream.
func TestGetResumes(t *testing.T) {
	content := noise(1 * mib)
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		put(t, b, "key", string(content))
		cuts := 0
		far := behindProxy(t, b, server, Config{}, func(r *http.Request) fault {
			if r.Method == "GET" {
				if cuts++; cuts < 12 { // each halves what is left
					return cutBody
				}
			}
			return pass
		})
		if !bytes.Equal(read(t, far, "key"), content) || cuts != 12 {
			t.Errorf("%s: other content after %d requests", server.Name, cuts)
		}
	}
}

func TestGetOfChangedObject(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		for _, next := range []string{"", "short", strings.Repeat("z", 100000), strings.Repeat("z", 200000)} {
			put(t, b, "key", strings.Repeat("y", 100000))
			far := behindProxy(t, b, server, Config{}, once(cutBody, func(r *http.Request) bool { return r.Method == "GET" }))
			o, err := far.Get(t.Context(), "key", &driver.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if next == "" {
				if err := b.Delete(t.Context(), "key"); err != nil {
					t.Fatal(err)
				}
			} else {
				put(t, b, "key", next)
			}
			got, err := io.ReadAll(o.Body)
			wantError(t, server.Name, err, driver.ErrObjectChanged)
			if strings.Trim(string(got), "y") != "" {
				t.Errorf("%s: two versions in one read", server.Name)
			}
			if err := o.Body.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestServerIgnoresIfMatch: the ETag of each answer is what counts.
func TestServerIgnoresIfMatch(t *testing.T) {
	content := strings.Repeat("0123456789", 20000)
	s := script(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", fmt.Sprintf(`"version %d"`, n))
		http.ServeContent(w, withoutConditions(r), "", time.Time{}, &cutReader{strings.NewReader(content), 100000})
	})
	o, err := s.Get(t.Context(), "key", &driver.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	_, err = io.ReadAll(o.Body)
	wantError(t, "read", err, driver.ErrObjectChanged)
}

func withoutConditions(r *http.Request) *http.Request {
	r.Header.Del("If-Match")
	return r
}

// cutReader fails after so many bytes.
type cutReader struct {
	*strings.Reader
	left int
}

func (c *cutReader) Read(p []byte) (int, error) {
	if c.left == 0 {
		hangUp()
	}
	n, err := c.Reader.Read(p[:min(len(p), c.left)])
	c.left -= n
	return n, err
}

func (c *cutReader) WriteTo(w io.Writer) (int64, error) { return io.Copy(w, struct{ io.Reader }{c}) }

// TestGetCorrupted: a checksum that the server has stored is verified.
func TestGetCorrupted(t *testing.T) {
	content := noise(1000)
	crc := encodeCRC(newMemory(content).crc)
	flip := false
	s := script(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
		if r.Header.Get("X-Amz-Checksum-Mode") != "ENABLED" {
			t.Error("the checksum is not asked for")
		}
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("X-Amz-Checksum-Crc32c", crc)
		sent := bytes.Clone(content)
		if flip {
			sent[500] ^= 1
		}
		_, _ = w.Write(sent)
	})
	if !bytes.Equal(read(t, s, "key"), content) {
		t.Error("other content")
	}
	flip = true
	o, err := s.Get(t.Context(), "key", &driver.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	var damage *checksumError
	if _, err := io.ReadAll(o.Body); !errors.As(err, &damage) {
		t.Errorf("%v", err)
	}
	f := tempFile(t)
	if _, err := s.Download(t.Context(), "key", f, &driver.GetOptions{}); !errors.As(err, &damage) {
		t.Errorf("%v", err)
	}
}

func TestGetStalls(t *testing.T) {
	gate := make(chan struct{})
	s := script(t, Config{MaxRetries: 1, StallTimeout: 20 * time.Millisecond}, func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", "10")
		if n == 1 {
			fmt.Fprint(w, "0123")
		} else {
			<-gate
			return
		}
		w.(http.Flusher).Flush()
		<-gate
	})
	defer close(gate)
	o, err := s.Get(t.Context(), "key", &driver.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	got, err := io.ReadAll(o.Body)
	var stalled *stallError
	if string(got) != "0123" || !errors.As(err, &stalled) {
		t.Errorf("%q, %v", got, err)
	}
	if errors.Is(err, context.Canceled) {
		t.Errorf("a stall looks like a cancellation: %v", err)
	}
}

func TestGetCanceled(t *testing.T) {
	gate := make(chan struct{})
	s := script(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "0123")
		w.(http.Flusher).Flush()
		<-gate
	})
	defer close(gate)
	ctx, cancel := context.WithCancel(t.Context())
	o, err := s.Get(ctx, "key", &driver.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	if _, err := io.ReadFull(o.Body, make([]byte, 4)); err != nil {
		t.Fatal(err)
	}
	cancel()
	_, err = io.ReadAll(o.Body)
	wantError(t, "read", err, context.Canceled)
}

func tempFile(t *testing.T) *os.File {
	t.Helper()
	f, err := os.Create(filepath.Join(t.TempDir(), "file"))
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Close(); err != nil {
			t.Error(err)
		}
	})
	return f
}

func TestDownload(t *testing.T) {
	content := noise(21 * mib)
	onServers(t, Config{PartSize: 5 * mib, Concurrency: 3}, func(t *testing.T, b *bucket, _ string) {
		for _, size := range []int{0, 1, 5 * mib, 5*mib + 1, 21 * mib} {
			want := content[:size]
			put(t, b, "key", string(want))
			for _, r := range []*driver.Range{nil, {Offset: 0, Length: 6 * mib}, {Offset: int64(size / 2), Length: -1}, {Length: 7 * mib, Tail: true}} {
				f := tempFile(t)
				info, err := b.Download(t.Context(), "key", f, &driver.GetOptions{Range: r})
				off, n, _ := r.Resolve(int64(size)) // these ranges are all good
				if err != nil || info.Size != int64(size) {
					t.Errorf("%+v of %d: %+v, %v", r, size, info, err)
					continue
				}
				got, err := os.ReadFile(f.Name())
				if err != nil || !bytes.Equal(got, want[off:off+n]) {
					t.Errorf("%+v of %d: other content, %v", r, size, err)
				}
			}
		}
		_, err := b.Download(t.Context(), "missing", tempFile(t), &driver.GetOptions{})
		wantError(t, "missing key", err, driver.ErrObjectNotFound)
	})
}

func TestDownloadFaults(t *testing.T) {
	content := noise(21 * mib)
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		put(t, b, "key", string(content))
		n := 0
		far := behindProxy(t, b, server, Config{PartSize: 5 * mib, Concurrency: 3}, func(r *http.Request) fault {
			n++
			return []fault{cutBody, pass, cutBefore, throttle}[n%4]
		})
		f := tempFile(t)
		if _, err := far.Download(t.Context(), "key", f, &driver.GetOptions{}); err != nil {
			t.Errorf("%s: %v", server.Name, err)
		}
		if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, content) {
			t.Errorf("%s: other content, %v", server.Name, err)
		}
		// Replaced after the first request.
		n = 0
		far = behindProxy(t, b, server, Config{PartSize: 5 * mib, Concurrency: 3}, func(r *http.Request) fault {
			if n++; n == 2 {
				put(t, b, "key", strings.Repeat("z", 21*mib))
			}
			return pass
		})
		_, err := far.Download(t.Context(), "key", tempFile(t), &driver.GetOptions{})
		wantError(t, server.Name+", replaced", err, driver.ErrObjectChanged)
	}
}

func TestContentRange(t *testing.T) {
	for _, s := range []string{
		"", "bytes", "bytes 0-4", "bytes=0-4/5", "bytes 0-4/*", "bytes */5", "bytes -1-4/5", "bytes 3-2/5", "bytes 0-5/5",
		"bytes 0-99999999999999999999/5", "bytes a-b/c", "bytes /", "bytes -/", "items 0-4/5",
	} {
		if first, end, size, err := parseContentRange(s); err == nil {
			t.Errorf("%q: %d, %d, %d", s, first, end, size)
		}
	}
	if first, end, size, err := parseContentRange("bytes 1-4/6"); err != nil || first != 1 || end != 5 || size != 6 {
		t.Errorf("%d, %d, %d, %v", first, end, size, err)
	}
}

func TestCombineCRC(t *testing.T) {
	b := noise(100_000)
	want := newMemory(b).crc
	for _, at := range []int{0, 1, 7, 4096, 99_999, 100_000} {
		if got := combineCRC(newMemory(b[:at]).crc, newMemory(b[at:]).crc, int64(len(b)-at)); got != want {
			t.Errorf("cut at %s: %x, want %x", strconv.Itoa(at), got, want)
		}
	}
}
