//go:build unix

package filedriver

import (
	"errors"
	"net"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/s3mio/s3mio/driver"
)

// TestIrregularFiles checks that links, pipes, sockets and devices are refused by
// every call, without blocking.
func TestIrregularFiles(t *testing.T) {
	b := newTestBucket(t)
	outside := t.TempDir()
	put(t, b, "dir/object", "x")
	path := func(name string) string { return filepath.Join(b.dir.path, name) }
	if err := os.WriteFile(filepath.Join(outside, "object"), []byte("secret"), 0o666); err != nil {
		t.Fatal(err)
	}
	for name, target := range map[string]string{
		"link": "dir/object", "out": filepath.Join(outside, "object"), "dangling": "nothing", "absolute": path("dir/object"),
		"linked": "dir", "linkedout": outside, "up": "..",
	} {
		if err := os.Symlink(target, path(name)); err != nil {
			t.Fatal(err)
		}
	}
	if err := syscall.Mkfifo(path("pipe"), 0o666); err != nil {
		t.Fatal(err)
	}
	refused := []string{"link", "out", "dangling", "absolute", "linked/object", "linkedout/object", "linkedout/new", "up/x/y", "pipe", "linked", "up", "socket"}
	t.Chdir(b.dir.path) // a socket's path is short
	listener, err := net.Listen("unix", "socket")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	if err := makeDevice(path("device")); err == nil {
		refused = append(refused, "device")
	} else {
		t.Logf("no device is tried, which only root may make: %v", err)
	}
	ctx := t.Context()
	for _, key := range refused {
		_, err := b.Head(ctx, key, &driver.HeadOptions{})
		wantErr(t, err, driver.ErrAccessDenied)
		_, err = b.Get(ctx, key, &driver.GetOptions{})
		wantErr(t, err, driver.ErrAccessDenied)
		_, err = b.Put(ctx, key, strings.NewReader("x"), putOptions("x"))
		wantErr(t, err, driver.ErrAccessDenied)
		_, err = b.Copy(ctx, key, b, "dir/object")
		wantErr(t, err, driver.ErrAccessDenied)
		_, err = b.Copy(ctx, "copy", b, key)
		wantErr(t, err, driver.ErrAccessDenied)
		wantErr(t, b.SetTags(ctx, key, nil), driver.ErrAccessDenied)
		_, err = b.GetTags(ctx, key)
		wantErr(t, err, driver.ErrAccessDenied)
		wantErr(t, b.Delete(ctx, key), driver.ErrAccessDenied)
		if name, _, _ := strings.Cut(key, "/"); t.Failed() {
			t.Fatalf("that was %q", key)
		} else if _, err := os.Lstat(path(name)); err != nil {
			t.Error(err)
		}
	}
	// What is below a pipe or socket just does not exist.
	for _, key := range []string{"pipe/x", "socket/x", "device/x"} {
		_, err := b.Head(ctx, key, &driver.HeadOptions{})
		wantErr(t, err, driver.ErrObjectNotFound)
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside there is %v, %v", entries, err)
	}
	if got := keys(t, b); !slices.Equal(got, []string{"dir/object"}) {
		t.Errorf("listed %q", got)
	}
}

// makeDevice makes a device that gives what /dev/null gives.
func makeDevice(path string) error {
	null, err := os.Stat(os.DevNull)
	if err != nil {
		return err
	}
	st, ok := null.Sys().(*syscall.Stat_t)
	if !ok {
		return errors.ErrUnsupported
	}
	return unix.Mknod(path, unix.S_IFCHR|0o666, int(st.Rdev))
}

// TestPipesDoNotBlock has a pipe without a writer, which an open waits for unless it
// is told not to, where one of our own files was, and where a data file is when it
// is looked at and no longer when it is opened.
func TestPipesDoNotBlock(t *testing.T) {
	for name, c := range map[string]struct {
		path string
		call func(b *bucket, seen looks) error
		want error
	}{
		"format": {formatPath, func(b *bucket, _ looks) error {
			_, err := b.Head(t.Context(), "k", &driver.HeadOptions{})
			return err
		}, driver.ErrAccessDenied},
		"attributes": {filepath.Join(attrsPath, attrsFile(idOf("k"))), func(b *bucket, _ looks) error {
			_, err := b.Head(t.Context(), "k", &driver.HeadOptions{})
			return err
		}, driver.ErrAccessDenied},
		"attributes of a put": {filepath.Join(attrsPath, attrsFile(idOf("k"))), func(b *bucket, _ looks) error {
			_, err := b.Put(t.Context(), "k", strings.NewReader("y"), putOptions("y"))
			return err
		}, unix.ENXIO},
		"data": {"k", func(b *bucket, seen looks) error {
			s := spaceOf(t, b)
			p, _ := s.natural("k")
			_, _, err := s.openIn(s.root, seen, p, "k", idOf("k"), wantHead)
			return err
		}, errChanged},
	} {
		b := newTestBucket(t)
		put(t, b, "k", "x")
		seen, err := spaceOf(t, b).root.look("k")
		if err != nil {
			t.Fatal(err)
		}
		b = newTestBucketIn(t, b.dir.path)
		pipe := filepath.Join(b.dir.path, c.path)
		if err := errors.Join(os.Remove(pipe), unix.Mkfifo(pipe, 0o666)); err != nil {
			t.Fatal(err)
		}
		done := make(chan error, 1)
		go func() { done <- c.call(b, seen) }()
		select {
		case err := <-done:
			if !errors.Is(err, c.want) {
				t.Errorf("%s: got the error %v, want %v", name, err, c.want)
			}
		case <-time.After(10 * time.Second):
			t.Errorf("%s: a pipe is waited for", name)
			freePipe(t, pipe, done)
		}
	}
}

// freePipe ends the opens that wait for a pipe, one after the other, until done.
func freePipe(t *testing.T, pipe string, done <-chan error) {
	t.Helper()
	for {
		f, err := os.OpenFile(pipe, os.O_RDWR|unix.O_NONBLOCK, 0)
		if err := errors.Join(err, f.Close()); err != nil {
			t.Fatal(err)
		}
		select {
		case <-done:
			return
		case <-time.After(time.Millisecond):
		}
	}
}
