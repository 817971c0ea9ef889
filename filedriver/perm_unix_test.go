//go:build unix

package filedriver

import (
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestUmaskChanges changes the umask of the process between two writes: an old file
// keeps its permissions, and a new one gets what is left now.
func TestUmaskChanges(t *testing.T) {
	defer syscall.Umask(syscall.Umask(0o022))
	b := newTestBucket(t)
	want := func(key string, perm fs.FileMode) {
		t.Helper()
		fi, err := os.Stat(filepath.Join(b.dir.path, key))
		if err != nil {
			t.Fatal(err)
		}
		if fi.Mode() != perm {
			t.Errorf("%s has mode %v, want %v", key, fi.Mode(), perm)
		}
	}
	put(t, b, "old", "1")
	put(t, b, "old", "2")
	syscall.Umask(0o077)
	put(t, b, "old", "3")
	put(t, b, "new", "1")
	want("old", 0o644)
	want("new", 0o600)
	syscall.Umask(0o022)
	put(t, b, "new", "2")
	want("new", 0o600)
}
