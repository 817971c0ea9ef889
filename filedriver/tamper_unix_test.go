//go:build unix

package filedriver

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/s3mio/s3mio/driver"
)

// TestAttributesReplaced puts something else in the place of a key's attributes: it
// is neither followed, nor waited for, nor written to.
func TestAttributesReplaced(t *testing.T) {
	outside := filepath.Join(t.TempDir(), "outside")
	for name, c := range map[string]struct {
		make    func(at string) error
		refused bool
	}{
		"hard link": {func(at string) error { return os.Link(outside, at) }, false},
		"link":      {func(at string) error { return os.Symlink(outside, at) }, true},
		"directory": {func(at string) error { return os.Mkdir(at, 0o777) }, true},
		"pipe":      {func(at string) error { return unix.Mkfifo(at, 0o666) }, true},
	} {
		b := newTestBucket(t)
		put(t, b, "k", "one")
		if err := os.WriteFile(outside, []byte("mine"), 0o666); err != nil {
			t.Fatal(err)
		}
		at := filepath.Join(b.dir.path, attrsPath, attrsFile(idOf("k")))
		if err := errors.Join(os.Remove(at), c.make(at)); err != nil {
			t.Fatal(err)
		}
		if name == "pipe" { // somebody reads it
			f, err := os.OpenFile(at, os.O_RDWR|unix.O_NONBLOCK, 0)
			if err != nil {
				t.Fatal(err)
			}
			defer f.Close()
		}
		_, err := b.Put(t.Context(), "k", strings.NewReader("two"), putOptions("two"))
		if (err != nil) != c.refused {
			t.Errorf("%s: put: %v", name, err)
		}
		if err == nil && head(t, b, "k").ContentType != putOptions("").ContentType {
			t.Errorf("%s: the attributes are lost", name)
		}
		if text, err := os.ReadFile(outside); err != nil || string(text) != "mine" {
			t.Errorf("%s: the file outside is %q, %v", name, text, err)
		}
	}
}

// TestDirectoryMovedWhilePut moves a directory out of the bucket, or to another name
// in it, while an object is on its way into it or below.
func TestDirectoryMovedWhilePut(t *testing.T) {
	for _, below := range []string{"", "b/", strings.Repeat("b/", maxCachedDepth+1)} {
		for _, within := range []bool{false, true} {
			for _, link := range []bool{false, true} {
				testDirectoryMoved(t, "a/"+below, within, link)
			}
		}
	}
}

func testDirectoryMoved(t *testing.T, dir string, within, link bool) {
	b := newTestBucket(t)
	put(t, b, dir+"seed", "")
	inside, outside := filepath.Join(b.dir.path, "a"), filepath.Join(t.TempDir(), "outside")
	if within {
		outside = filepath.Join(b.dir.path, "other")
	}
	b.drv.step = func(step string) error {
		if step != "attrs-append" {
			return nil
		}
		if err := os.Rename(inside, outside); err != nil {
			return err
		}
		if link {
			return os.Symlink(outside, inside)
		}
		return os.Mkdir(inside, 0o777)
	}
	_, err := b.Put(t.Context(), dir+"k", strings.NewReader("x"), putOptions("x"))
	b.drv.step = nil
	if link {
		wantErr(t, err, driver.ErrAccessDenied)
	} else if body, _ := get(t, b, dir+"k"); err != nil || body != "x" {
		t.Errorf("%s, within %v: got %q, %v", dir, within, body, err)
	}
	moved := filepath.Join(outside, strings.TrimPrefix(dir, "a/"), "k")
	if _, err := os.Lstat(moved); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("%s, within %v, link %v: the object is in the directory that was moved: %v", dir, within, link, err)
	}
}

// TestLockRemoved removes the lock's file by hand, or all locks, while a writer waits
// for it: it has no part in what is guarded by the next file.
func TestLockRemoved(t *testing.T) {
	for way, remove := range map[string]func(locks string) error{
		"directory": func(locks string) error { return errors.Join(os.RemoveAll(locks), os.Mkdir(locks, 0o777)) },
		"file":      func(locks string) error { return os.Remove(filepath.Join(locks, fmt.Sprintf("%02x", idOf("k").lock))) },
	} {
		t.Run(way, func(t *testing.T) { testLockRemoved(t, remove) })
	}
}

func testLockRemoved(t *testing.T, remove func(locks string) error) {
	dir := t.TempDir()
	holder, waiter, third := newTestBucketIn(t, dir), newTestBucketIn(t, dir), newTestBucketIn(t, dir)
	put(t, holder, "seed", "")
	keys(t, third) // it has swept
	unlock, err := spaceOf(t, holder).lockKey(t.Context(), idOf("k"))
	if err != nil {
		t.Fatal(err)
	}
	absent := func(b *bucket) error {
		_, err := b.Put(context.Background(), "k", strings.NewReader(""), &driver.PutOptions{IfAbsent: true, ContentType: "a/b"})
		return err
	}
	waits := make(chan struct{}, 1)
	won := 0
	waiter.drv.step = func(step string) error {
		switch step {
		case "lock-busy":
			select {
			case waits <- struct{}{}:
			default:
			}
		case "commit":
			if absent(third) == nil {
				won++
			}
		}
		return nil
	}
	done := make(chan error)
	go func() { done <- absent(waiter) }()
	<-waits
	if err := remove(filepath.Join(dir, locksPath)); err != nil {
		t.Fatal(err)
	}
	unlock()
	if err := <-done; err == nil {
		won++
	}
	if won > 1 {
		t.Error("two writers have won")
	}
	put(t, newTestBucketIn(t, dir), "k", "x")
}

// TestNoDescriptorsForAMoment has no descriptor left at one moment or another.
func TestNoDescriptorsForAMoment(t *testing.T) {
	for left := range 20 {
		dir := t.TempDir()
		sc := &scope{TB: t}
		put(t, newTestBucketIn(sc, dir), "d/k", "")
		b := newTestBucketIn(sc, dir)
		if got := keys(t, b); len(got) != 1 {
			t.Fatal(got)
		}
		var err error
		starve(t, left, func() {
			_, err = b.Put(t.Context(), "d/k", strings.NewReader("x"), putOptions("x"))
		})
		if err != nil && !errors.Is(err, unix.EMFILE) {
			t.Errorf("with %d descriptors: %v", left, err)
		}
		put(t, b, "d/k", "y")
		sc.end()
	}
}

// starve leaves the process so many descriptors while f runs.
func starve(t *testing.T, left int, f func()) {
	t.Helper()
	var limit unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
	low := limit
	low.Cur = min(limit.Cur, 1000)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &low); err != nil {
		t.Fatal(err)
	}
	var taken []int
	for {
		fd, err := unix.Open(os.DevNull, unix.O_RDONLY|unix.O_CLOEXEC, 0)
		if err != nil {
			break
		}
		taken = append(taken, fd)
	}
	free := func(fds []int) {
		for _, fd := range fds {
			if err := unix.Close(fd); err != nil {
				t.Error(err)
			}
		}
	}
	free(taken[:left])
	f()
	free(taken[left:])
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limit); err != nil {
		t.Fatal(err)
	}
}

// TestUnsyncableParent has a bucket in a directory that has no fsync, as a mount
// point in a read-only image has.
func TestUnsyncableParent(t *testing.T) {
	if _, err := os.Stat("/proc/self"); err != nil {
		t.Skip("there is no /proc, which is such a directory")
	}
	if err := syncDir("/proc"); err == nil {
		t.Fatal("/proc can be synced")
	}
	s := &space{dir: &directory{path: "/proc/bucket"}, drv: &Driver{}}
	if err := s.settleRoot(); err != nil {
		t.Error(err)
	}
}
