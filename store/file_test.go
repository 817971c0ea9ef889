package store

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

// What is wrong with a local file is told by the path that the caller gave, not
// by its name below a directory that is open inside.
func TestErrorsNameTheCallersPath(t *testing.T) {
	ctx := t.Context()
	dir := t.TempDir()
	t.Chdir(dir)
	if err := os.MkdirAll("tree/d", 0o777); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile("tree/f", []byte("f"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, target := range []string{"d", "f"} {
		if err := os.Symlink(target, "tree/l"+target); err != nil {
			t.Fatal(err)
		}
	}
	s := New(memdriver.New(nil))
	defer s.Close()
	if err := s.CreateBucket(ctx, "bucket"); err != nil {
		t.Fatal(err)
	}
	b := s.Bucket("bucket")
	long := strings.Repeat("x", 300) // no filesystem takes it
	for _, key := range []string{"k", "down/d", "down/f/below", "down/" + long + "/below", "slash/f/"} {
		if _, err := b.Put(ctx, key, ""); err != nil {
			t.Fatal(err)
		}
	}

	check := func(call string, err error, want string) {
		t.Helper()
		if err == nil || !strings.Contains(err.Error(), " "+want) {
			t.Errorf("%s:\ngot  %v\nwant %s", call, err, want)
		}
	}
	abs := func(name string) string { return filepath.Join(dir, name) }
	for path, want := range map[string]string{
		abs("tree/d"):             abs("tree/d") + " is a directory, not a regular file",
		"tree/d":                  "tree/d is a directory, not a regular file",
		"tree/ld":                 "tree/ld is a directory, not a regular file",
		abs("tree/f/below"):       abs("tree/f") + " is a file, not a directory",
		"tree/f/below":            "tree/f is a file, not a directory",
		abs(long):                 abs(long) + ": ",
		"new/" + long:             "new/" + long + ": ",
		abs("new/" + long + "/f"): abs("new/"+long) + ": ",
	} {
		check("Download to "+path, b.Download(ctx, "k", path), want)
	}

	result, err := b.DownloadDir(ctx, "down", "tree")
	if len(result.Failed) != 3 {
		t.Fatalf("DownloadDir: %+v, %v", result, err)
	}
	check("DownloadDir", result.Failed[0], "tree/d is a directory, not a regular file")
	check("DownloadDir", result.Failed[1], "tree/f is a file, not a directory")
	check("DownloadDir", result.Failed[2], "tree/"+long+"/below: ")
	_, err = b.DownloadDir(ctx, "slash", "tree")
	check("DownloadDir of a marker", err, "tree/f is a file, not a directory")

	result, err = b.UploadDir(ctx, "tree", "up")
	if len(result.Failed) != 2 {
		t.Fatalf("UploadDir: %+v, %v", result, err)
	}
	check("UploadDir", result.Failed[0], "tree/ld is a symbolic link, not a regular file")
	check("UploadDir", result.Failed[1], "tree/lf is a symbolic link, not a regular file")
}

func TestFileBodyNoticesAnotherSize(t *testing.T) {
	for name, newSize := range map[string]int64{"shrunk": 3, "grown": 20} {
		path := filepath.Join(t.TempDir(), "f")
		if err := os.WriteFile(path, []byte("0123456789"), 0o600); err != nil {
			t.Fatal(err)
		}
		f, err := os.Open(path)
		if err != nil {
			t.Fatal(err)
		}
		b := newFileBody(f, 10)
		if err := os.Truncate(path, newSize); err != nil {
			t.Fatal(err)
		}
		if _, err := io.ReadAll(b); !errors.Is(err, driver.ErrSizeMismatch) {
			t.Errorf("%s: Read: %v, want ErrSizeMismatch", name, err)
		}
		if _, err := b.ReadAt(make([]byte, 10), 0); !errors.Is(err, driver.ErrSizeMismatch) {
			t.Errorf("%s: ReadAt: %v, want ErrSizeMismatch", name, err)
		}
		if err := f.Close(); err != nil {
			t.Fatal(err)
		}
	}
}

func TestAtomicFile(t *testing.T) {
	dir := t.TempDir()
	root, err := os.OpenRoot(dir)
	if err != nil {
		t.Fatal(err)
	}
	defer root.Close()
	write := func(name, content string, fail error) error {
		dirs := &madeDirs{root: root}
		f, err := newAtomicFile(dirs, name, name)
		if err == nil {
			if _, err := f.WriteString(content); err != nil {
				t.Fatal(err)
			}
			err = f.end(fail)
		}
		if err != nil {
			dirs.removeEmpty()
		}
		return err
	}
	entries := func() int {
		n := 0
		if err := filepath.WalkDir(dir, func(string, os.DirEntry, error) error { n++; return nil }); err != nil {
			t.Fatal(err)
		}
		return n - 1
	}

	boom := errors.New("boom")
	if err := write("a/b/c.txt", "new", boom); err != boom || entries() != 0 {
		t.Errorf("failed write: error %v, %d entries left", err, entries())
	}
	if err := write("a/b/c.txt", "one", nil); err != nil || entries() != 3 {
		t.Errorf("write: error %v, %d entries, want 3", err, entries())
	}
	if err := os.Chmod(filepath.Join(dir, "a/b/c.txt"), 0o640); err != nil {
		t.Fatal(err)
	}
	if err := write("a/b/c.txt", "two", nil); err != nil {
		t.Error(err)
	}
	if err := write("a/b/c.txt", "three", boom); err != boom {
		t.Error(err)
	}
	got, err := os.ReadFile(filepath.Join(dir, "a/b/c.txt"))
	if err != nil || string(got) != "two" || entries() != 3 {
		t.Errorf("content %q, error %v, %d entries", got, err, entries())
	}
	if info, err := os.Stat(filepath.Join(dir, "a/b/c.txt")); err != nil || info.Mode().Perm() != 0o640 {
		t.Errorf("mode %v, error %v; the mode must be kept", info.Mode(), err)
	}
	for _, name := range []string{"a/b", "a/b/c.txt/d", "../x"} {
		if err := write(name, "x", nil); err == nil {
			t.Errorf("write to %q succeeded", name)
		}
	}
	if entries() != 3 {
		t.Errorf("%d entries after refused writes, want 3", entries())
	}
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(dir, "link")); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"link/x", "link/a/b"} {
		if err := write(name, "x", nil); !errors.Is(err, ErrValidation) {
			t.Errorf("write to %q through a link that leads out: %v, want ErrValidation", name, err)
		}
	}
	if left, err := os.ReadDir(outside); err != nil || len(left) > 0 {
		t.Errorf("%d entries outside, error %v", len(left), err)
	}
}
