package filedriver

import (
	"fmt"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
)

// treeOf describes everything below a directory but what is in a bucket:
// names, kinds, permissions, sizes, times and contents. A name that came and
// went shows in its directory's time.
func treeOf(t testing.TB, dir, bucket string) map[string]string {
	t.Helper()
	all := map[string]string{}
	err := filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if path == bucket {
			all[path] = "the bucket"
			return filepath.SkipDir
		}
		fi, err := e.Info()
		if err != nil {
			return err
		}
		text := fmt.Sprint(fi.Mode(), fi.ModTime().UnixNano())
		if fi.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			text = fmt.Sprintf("%s %q", text, data)
		}
		all[path] = text
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return all
}

// wantTree checks that a tree is what it was.
func wantTree(t testing.TB, got, want map[string]string) {
	t.Helper()
	paths := slices.Sorted(maps.Keys(got))
	for path := range want {
		if _, ok := got[path]; !ok {
			paths = append(paths, path)
		}
	}
	for _, path := range paths {
		if got[path] != want[path] {
			t.Errorf("outside of the bucket %s is %s, was %s", path, got[path], want[path])
		}
	}
}

// TestEscapes checks that what a Root says of a link that leads out, and nothing
// else that it says, counts as such.
func TestEscapes(t *testing.T) {
	outer := t.TempDir()
	if err := os.Symlink(filepath.Dir(outer), filepath.Join(outer, "out")); err != nil {
		t.Skipf("this test needs the right to make links: %v", err)
	}
	if err := os.WriteFile(filepath.Join(outer, "file"), nil, 0o666); err != nil {
		t.Fatal(err)
	}
	root, err := os.OpenRoot(outer)
	if err != nil {
		t.Fatal(err)
	}
	for name, want := range map[string]bool{"out": true, "out/.": true, "missing": false, "file/.": false, "a\x00b": false, "file": false} {
		f, err := root.Open(name)
		if err == nil {
			err = f.Close()
		}
		if got := escapes(err); got != want {
			t.Errorf("%q: escapes(%v) = %v", name, err, got)
		}
	}
	if err := root.Close(); err != nil {
		t.Fatal(err)
	}
	if _, err := root.Open("file"); escapes(err) {
		t.Errorf("escapes(%v)", err)
	}
}
