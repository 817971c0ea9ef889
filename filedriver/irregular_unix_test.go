//go:build unix

package filedriver

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestIrregularFiles checks that links, pipes and devices are refused by every
// call, without blocking.
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
	ctx := t.Context()
	for _, key := range []string{"link", "out", "dangling", "absolute", "linked/object", "linkedout/object", "linkedout/new", "up/x/y", "pipe", "linked", "up"} {
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
		wantErr(t, b.Delete(ctx, key), driver.ErrAccessDenied)
	}
	// What is below a pipe just does not exist.
	_, err := b.Head(ctx, "pipe/x", &driver.HeadOptions{})
	wantErr(t, err, driver.ErrObjectNotFound)
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
		t.Errorf("outside there is %v, %v", entries, err)
	}
	if got := keys(t, b); !slices.Equal(got, []string{"dir/object"}) {
		t.Errorf("listed %q", got)
	}
}
