package filedriver

import (
	"context"
	"errors"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

func openString(t *testing.T, raw string) (driver.Driver, driver.Bucket, error) {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	d, name, err := openURL(t.Context(), u)
	if err != nil {
		return nil, nil, err
	}
	t.Cleanup(func() { d.Close() })
	b, err := driver.OpenBucket(d, name)
	return d, b, err
}

func TestURLs(t *testing.T) {
	dir := t.TempDir()
	t.Chdir(dir)
	for raw, want := range map[string]string{
		"file://" + dir + "/My Bucket?create=true":        dir + "/My Bucket",
		"file://./rel/path?create=true&no_sync=true":      dir + "/rel/path",
		"file://" + dir + "/x/../y%20z?create=1":          dir + "/y z",
		"file://" + dir + "/trailing/?create=true":        dir + "/trailing",
		"file://" + dir + "/x/con?create=t&no_sync=false": dir + "/x/con",
	} {
		_, b, err := openString(t, raw)
		if err != nil {
			t.Errorf("%s: %v", raw, err)
			continue
		}
		u := (&url.URL{Scheme: "file", Path: want}).String()
		if b.URL() != u {
			t.Errorf("%s has the URL %s, want %s", raw, b.URL(), u)
		}
		put(t, b, "k", "x")
		if _, err := os.Stat(filepath.Join(want, "k")); err != nil {
			t.Error(err)
		}
	}
	for _, raw := range []string{
		"file://", "file:", "file:rel", "file:///", "file://host/x", "file://localhost/x", "file:///x?creat=true",
		"file:///x?create=perhaps", "file:///x?create=true&create=true", "file:///a%00b",
	} {
		_, _, err := openString(t, raw)
		wantErr(t, err, driver.ErrValidation)
	}
	_, b, err := openString(t, "file://"+dir+"/missing")
	if err != nil {
		t.Fatal(err)
	}
	_, err = b.List(t.Context(), &driver.ListOptions{})
	wantErr(t, err, driver.ErrBucketNotFound)
}

func TestURLDriverHasOneBucket(t *testing.T) {
	d, b, err := openString(t, "file://"+t.TempDir()+"/Any Name?create=true")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := driver.OpenBucket(d, "other"); !errors.Is(err, driver.ErrValidation) {
		t.Error(err)
	}
	wantErr(t, driver.CreateBucket(t.Context(), d, "other"), driver.ErrUnsupported)
	_, err = driver.ListBuckets(t.Context(), d, "")
	wantErr(t, err, driver.ErrUnsupported)
	put(t, b, "k", "signed")
	u, err := driver.Presign(t.Context(), b, "k", &driver.PresignOptions{Method: "GET", TTL: time.Minute})
	if err != nil {
		t.Fatal(err)
	}
	resp, err := http.Get(u)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if body, err := io.ReadAll(resp.Body); err != nil || string(body) != "signed" {
		t.Errorf("got %q, %v", body, err)
	}
	http.DefaultClient.CloseIdleConnections()
}

// TestDescriptors checks that nothing stays open, whatever was done.
func TestDescriptors(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("counts the descriptors in /proc")
	}
	count := func() int {
		entries, err := os.ReadDir("/proc/self/fd")
		if err != nil {
			t.Fatal(err)
		}
		return len(entries)
	}
	before := count()
	d, err := newDriver(&Driver{single: t.TempDir()}, &Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	b := &bucket{drv: d, name: "test", dir: d.directory(d.single)}
	for _, key := range hostileKeys {
		put(t, b, key, "x")
		get(t, b, key)
		if _, err := b.List(t.Context(), &driver.ListOptions{PageSize: 2, Delimiter: "/"}); err != nil {
			t.Fatal(err)
		}
		_, err := b.Put(t.Context(), key, errReader{io.ErrClosedPipe}, putOptions("xx"))
		wantErr(t, err, io.ErrClosedPipe)
		if err := b.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
	if after := count(); after > before {
		t.Errorf("%d descriptors are open, there were %d", after, before)
	}
	_, err = b.Head(t.Context(), "k", &driver.HeadOptions{})
	wantErr(t, err, os.ErrClosed)
}

func TestCancelled(t *testing.T) {
	b := newTestBucket(t)
	putOld("k")(t, b)
	ctx, cancel := context.WithCancel(t.Context())
	o, err := b.Get(ctx, "k", &driver.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	cancel()
	_, err = io.ReadAll(o.Body)
	wantErr(t, err, context.Canceled)
	_, err = io.Copy(io.Discard, o.Body)
	wantErr(t, err, context.Canceled)
	// A writer waits for a lock no longer than its context.
	s := spaceOf(t, b)
	for _, inside := range []bool{true, false} {
		locker := s
		if !inside {
			locker = spaceOf(t, newTestBucketIn(t, b.dir.path))
		}
		unlock, err := locker.lockKey(t.Context(), idOf("k"))
		if err != nil {
			t.Fatal(err)
		}
		waiting, stop := context.WithCancel(t.Context())
		b.drv.step = func(step string) error {
			if step == "lock" {
				stop()
			}
			return nil
		}
		_, err = b.Put(waiting, "k", strings.NewReader("x"), putOptions("x"))
		wantErr(t, err, context.Canceled)
		b.drv.step = nil
		unlock()
		stop()
	}
	if got, _ := get(t, b, "k"); got != "old" {
		t.Errorf("got %q", got)
	}
}

// TestFormat checks that the first line of the format file alone counts, and
// that the rest says whoever finds it what the directory is.
func TestFormat(t *testing.T) {
	b := newTestBucket(t)
	put(t, b, "k", "x")
	path := filepath.Join(b.dir.path, formatPath)
	text, err := os.ReadFile(path)
	line, rest, _ := strings.Cut(string(text), "\n")
	if err != nil || line != "s3mio directory 1" || !strings.Contains(rest, "remove") {
		t.Errorf("got %q, %v", text, err)
	}
	for _, known := range []string{"", "s3mio directory 1\n", "s3mio directory 1\nanother explanation\n"} {
		drop(t, b, formatPath, known)
		head(t, newTestBucketIn(t, b.dir.path), "k")
	}
	for _, unknown := range []string{"s3mio directory 2\n", "s3mio directory 10\n", "s3mio directory 2\ns3mio directory 1\n", "\n", "x"} {
		drop(t, b, formatPath, unknown)
		other := newTestBucketIn(t, b.dir.path)
		_, err := other.Head(t.Context(), "k", &driver.HeadOptions{})
		first, _, _ := strings.Cut(unknown, "\n")
		if err == nil || !strings.Contains(err.Error(), strconv.Quote(first)) {
			t.Errorf("%q: got the error %v", unknown, err)
		}
	}
	// A writer that finds a part missing makes it again.
	drop(t, b, formatPath, "s3mio directory 1\n")
	if err := os.RemoveAll(filepath.Join(b.dir.path, locksPath)); err != nil {
		t.Fatal(err)
	}
	put(t, newTestBucketIn(t, b.dir.path), "k", "y")
	if again, err := os.ReadFile(path); err != nil || string(again) != string(text) {
		t.Errorf("got %q, %v", again, err)
	}
}
