package filedriver

import (
	"errors"
	"os"
	"path/filepath"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"
)

// swapInside calls f until two names of a bucket have been exchanged so many times.
func swapInside(t *testing.T, b *bucket, one, other string, swaps int64, f func() error) {
	t.Helper()
	one, other = filepath.Join(b.dir.path, one), filepath.Join(b.dir.path, other)
	var done atomic.Int64
	swapped := make(chan error, 1)
	go func() {
		var err error
		for done.Load() < swaps && err == nil {
			err = unix.Renameat2(unix.AT_FDCWD, one, unix.AT_FDCWD, other, unix.RENAME_EXCHANGE)
			done.Add(1)
		}
		done.Store(swaps)
		swapped <- err
	}()
	var err error
	calls := 0
	for ; done.Load() < swaps && err == nil; calls++ {
		err = f()
	}
	done.Store(swaps)
	if err := errors.Join(err, <-swapped); err != nil {
		t.Error(err)
	}
	t.Logf("%s: %d calls beside %d swaps", filepath.Base(one), calls, swaps)
}

// TestLinksInside swaps a directory, a file and a sidecar for links to others in the
// bucket, which a Root follows: what was opened is what was looked at.
func TestLinksInside(t *testing.T) {
	const swaps = 40_000
	b := newTestBucket(t)
	for path, content := range map[string]string{
		"dir/k": "", "elsewhere/k": "", "file": "real", "elsewhere/file": "not it",
		"side": "x", "side.attrs": `{"user.content_type":"text/real"}`, "elsewhere/side.attrs": `{"user.content_type":"text/not-it"}`,
	} {
		drop(t, b, path, content)
	}
	for link, target := range map[string]string{"dirlink": "elsewhere", "filelink": "elsewhere/file", "sidelink.attrs": "elsewhere/side.attrs"} {
		if err := os.Symlink(target, filepath.Join(b.dir.path, link)); err != nil {
			t.Fatal(err)
		}
	}
	s := spaceOf(t, b)
	elsewhere, err := os.Stat(filepath.Join(b.dir.path, "elsewhere"))
	if err != nil {
		t.Fatal(err)
	}
	swapInside(t, b, "dir", "dirlink", swaps, func() error {
		d, err := s.openChild(s.root, "dir")
		if errors.Is(err, errSymlink) {
			return nil
		}
		if err != nil {
			return err
		}
		defer d.release()
		fi, err := d.Stat(".")
		if err == nil && os.SameFile(fi, elsewhere) {
			err = errors.New("a link to a directory was followed")
		}
		return err
	})
	swapInside(t, b, "side.attrs", "sidelink.attrs", swaps, func() error {
		sc, _, err := readSidecar(s.root, "side")
		if err == nil && sc != nil && sc.ContentType != "text/real" {
			err = errors.New("a link to a sidecar was followed")
		}
		return err
	})
	swapInside(t, b, "file", "filelink", swaps, func() error {
		file, f, err := s.open(t.Context(), "file", idOf("file"), wantPlace)
		if errors.Is(err, errLink) {
			return nil
		}
		if err != nil {
			return err
		}
		defer file.Close()
		if f.info.Size != int64(len("real")) {
			err = errors.New("a link to a file was followed")
		}
		return err
	})
}
