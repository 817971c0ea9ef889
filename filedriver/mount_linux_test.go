package filedriver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/s3mio/s3mio/driver"
)

// mount mounts something for a test, or skips it where that is not allowed.
func mount(t *testing.T, source, target, fstype string, flags uintptr, data string) {
	t.Helper()
	if err := unix.Mount(source, target, fstype, flags, data); err != nil {
		t.Skipf("this test needs the right to mount: %v", err)
	}
	t.Cleanup(func() {
		if err := unix.Unmount(target, unix.MNT_DETACH); err != nil {
			t.Error(err)
		}
	})
}

// TestFullDisk fills a small filesystem, its blocks and its inodes: a write that
// does not fit changes nothing and leaves nothing, and deleting goes on.
func TestFullDisk(t *testing.T) {
	for _, size := range []string{"size=400k", "size=10m,nr_inodes=60", "size=10m,nr_inodes=61"} {
		t.Run(size, func(t *testing.T) {
			dir := t.TempDir()
			mount(t, "tmpfs", dir, "tmpfs", 0, size)
			b := newTestBucketIn(t, dir)
			failed := 0
			for i := range 60 {
				before := contents(t, b)
				body := strings.Repeat("x", 20_000)
				_, err := b.Put(t.Context(), fmt.Sprintf("dir%d/k", i%20), strings.NewReader(body), putOptions(body))
				if err == nil {
					continue
				}
				failed++
				wantErr(t, err, errNoSpace)
				if got := contents(t, b); !reflect.DeepEqual(got, before) {
					t.Errorf("got %q, want %q", got, before)
				}
				if left := leftovers(t, b); left != nil {
					t.Errorf("left %q", left)
				}
			}
			if failed == 0 {
				t.Error("the disk was never full")
			}
			fill(t, dir)
			for _, key := range keys(t, b) {
				if err := b.Delete(t.Context(), key); err != nil {
					t.Error(err)
				}
			}
		})
	}
}

// TestFullOfDropped fills a disk with files by hand, with and without a reserved
// directory: all can be deleted, side by side, too.
func TestFullOfDropped(t *testing.T) {
	for _, size := range []string{"size=400k", "size=8m,nr_inodes=400"} {
		for _, seeded := range []bool{false, true} {
			t.Run(fmt.Sprint(size, seeded), func(t *testing.T) {
				dir := t.TempDir()
				mount(t, "tmpfs", dir, "tmpfs", 0, size)
				b := newTestBucketIn(t, dir)
				if seeded {
					put(t, b, "seed", "x")
				}
				var names []string
				for {
					name := fmt.Sprint("f", len(names))
					// The last one may be empty for want of room.
					err := os.WriteFile(filepath.Join(dir, name), make([]byte, 5000), 0o666)
					if _, serr := os.Stat(filepath.Join(dir, name)); serr == nil {
						names = append(names, name)
					}
					if err != nil {
						wantErr(t, err, errNoSpace)
						break
					}
				}
				if err := b.Delete(t.Context(), names[0]); err != nil {
					t.Fatal(err)
				}
				drop(t, b, names[0], "") // full again
				errs, err := b.DeleteBatch(t.Context(), names)
				if err := errors.Join(append(errs, err)...); err != nil {
					t.Error(err)
				}
				if got := keys(t, b); len(got) > 1 || len(got) == 1 && got[0] != "seed" {
					t.Errorf("left %q", got)
				}
				put(t, b, "k", "there is room again")
			})
		}
	}
}

// fill takes all inodes.
func fill(t *testing.T, dir string) {
	t.Helper()
	for i := range 200 {
		f, err := os.Create(fmt.Sprintf("%s/%s/fill%d", dir, reserved, i))
		if err != nil {
			wantErr(t, err, errNoSpace)
			return
		}
		f.Close()
	}
}

// TestReadOnly reads a directory that cannot be written, with and without the
// reserved directory, and with what a dead writer left.
func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	b := newTestBucketIn(t, dir)
	drop(t, b, "dropped", "by hand")
	check := func(t *testing.T) {
		want := contents(t, b)
		at := t.TempDir()
		mount(t, dir, at, "", unix.MS_BIND, "")
		if err := unix.Mount("", at, "", unix.MS_BIND|unix.MS_REMOUNT|unix.MS_RDONLY, ""); err != nil {
			t.Fatal(err)
		}
		ro := newTestBucketIn(t, at)
		if got := contents(t, ro); !reflect.DeepEqual(got, want) {
			t.Errorf("got %q, want %q", got, want)
		}
		_, err := ro.Put(t.Context(), "k", strings.NewReader("x"), putOptions("x"))
		wantErr(t, err, driver.ErrAccessDenied)
		wantErr(t, ro.Delete(t.Context(), "dropped"), driver.ErrAccessDenied)
		wantErr(t, ro.SetTags(t.Context(), "dropped", nil), driver.ErrAccessDenied)
		if err := ro.Delete(t.Context(), "missing"); err != nil {
			t.Error(err)
		}
	}
	t.Run("plain", check)
	putOld("a/k")(t, b)
	drop(t, b, tmpPath+"/"+tempName(idOf("a/k"), dataTemp), "dead")
	t.Run("written", check)
}
