package filedriver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

func newTestDriver(t *testing.T) *Driver {
	t.Helper()
	d, err := New(filepath.Join(t.TempDir(), "root"), &Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { d.Close() })
	return d
}

// newBucketOf makes a bucket in a directory of buckets.
func newBucketOf(t *testing.T, d *Driver) *bucket {
	t.Helper()
	if err := d.CreateBucket(t.Context(), "bucket"); err != nil {
		t.Fatal(err)
	}
	b, err := d.OpenBucket("bucket")
	if err != nil {
		t.Fatal(err)
	}
	return b.(*bucket)
}

func TestBuckets(t *testing.T) {
	ctx := t.Context()
	d := newTestDriver(t)
	for _, name := range []string{"bbb", "aaa", "aaa"} {
		if err := driver.CreateBucket(ctx, d, name); err != nil {
			t.Fatal(err)
		}
	}
	outside := t.TempDir()
	for name, make := range map[string]func(string) error{
		"Invalid": func(p string) error { return os.Mkdir(p, 0o777) },
		"file":    func(p string) error { return os.WriteFile(p, nil, 0o666) },
		"link":    func(p string) error { return os.Symlink(outside, p) },
	} {
		if err := make(filepath.Join(d.root, name)); err != nil {
			t.Fatal(err)
		}
	}
	page, err := driver.ListBuckets(ctx, d, "")
	if err != nil || len(page.Buckets) != 2 || page.Buckets[0].Name != "aaa" || page.Buckets[1].Name != "bbb" || page.Buckets[0].Created.IsZero() {
		t.Errorf("got %+v, %v", page, err)
	}
	for _, name := range []string{"file", "link", "none"} {
		b, err := d.OpenBucket(name)
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.List(ctx, &driver.ListOptions{})
		wantErr(t, err, driver.ErrBucketNotFound)
		wantErr(t, driver.DeleteBucket(ctx, d, name), driver.ErrBucketNotFound)
	}
	_, err = driver.ListBuckets(ctx, d, "token")
	wantErr(t, err, driver.ErrValidation)
}

// TestLinkedRoot works in a directory of buckets that is named by a link.
func TestLinkedRoot(t *testing.T) {
	ctx := t.Context()
	link := filepath.Join(t.TempDir(), "link")
	if err := os.Symlink(t.TempDir(), link); err != nil {
		t.Skipf("this test needs the right to make links: %v", err)
	}
	d, err := New(link, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	if err := d.CreateBucket(ctx, "bucket"); err != nil {
		t.Fatal(err)
	}
	b, err := d.OpenBucket("bucket")
	if err != nil {
		t.Fatal(err)
	}
	put(t, b, "k", "x")
	if got, _ := get(t, b, "k"); got != "x" {
		t.Errorf("got %q", got)
	}
	if err := b.Delete(ctx, "k"); err != nil {
		t.Error(err)
	}
	if err := d.DeleteBucket(ctx, "bucket"); err != nil {
		t.Error(err)
	}
}

// TestNoRoot names directories of buckets that are not there, or cannot be.
func TestNoRoot(t *testing.T) {
	ctx := t.Context()
	outer := t.TempDir()
	link := filepath.Join(outer, "loop")
	if err := os.Symlink("loop", link); err != nil {
		t.Skipf("this test needs the right to make links: %v", err)
	}
	long := filepath.Join(outer, strings.Repeat("x", 300))
	for _, root := range []string{link, long} {
		_, err := New(root, nil)
		wantErr(t, err, driver.ErrValidation)
		_, b, err := openString(t, "file://"+filepath.ToSlash(root))
		if err != nil {
			t.Fatal(err)
		}
		_, err = b.Head(ctx, "k", &driver.HeadOptions{})
		wantErr(t, err, driver.ErrBucketNotFound)
		_, _, err = openString(t, "file://"+filepath.ToSlash(root)+"?create=true")
		wantErr(t, err, driver.ErrValidation)
	}
	root := filepath.Join(outer, "later")
	d, err := New(root, nil)
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	b, err := d.OpenBucket("bucket")
	if err != nil {
		t.Fatal(err)
	}
	check := func(createErr error) {
		t.Helper()
		_, err := d.ListBuckets(ctx, "")
		wantErr(t, err, driver.ErrBucketNotFound)
		_, err = b.Head(ctx, "k", &driver.HeadOptions{})
		wantErr(t, err, driver.ErrBucketNotFound)
		wantErr(t, d.DeleteBucket(ctx, "bucket"), driver.ErrBucketNotFound)
		wantErr(t, d.CreateBucket(ctx, "bucket"), createErr)
	}
	if err := os.Symlink(link, root); err != nil {
		t.Fatal(err)
	}
	check(driver.ErrValidation)
	if err := os.Remove(root); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(root, nil, 0o666); err != nil {
		t.Fatal(err)
	}
	check(driver.ErrValidation)
	if err := os.Remove(root); err != nil {
		t.Fatal(err)
	}
	check(nil)
	if page, err := d.ListBuckets(ctx, ""); err != nil || len(page.Buckets) != 1 {
		t.Errorf("got %+v, %v", page, err)
	}
}

func TestDeleteBucket(t *testing.T) {
	ctx := t.Context()
	d := newTestDriver(t)
	for _, key := range []string{"k", "dir/k", "esc//aped"} {
		if err := d.CreateBucket(ctx, "bucket"); err != nil {
			t.Fatal(err)
		}
		b, err := d.OpenBucket("bucket")
		if err != nil {
			t.Fatal(err)
		}
		put(t, b, key, "x")
		wantErr(t, d.DeleteBucket(ctx, "bucket"), driver.ErrBucketNotEmpty)
		if got, _ := get(t, b, key); got != "x" {
			t.Errorf("%q is %q", key, got)
		}
		if err := b.Delete(ctx, key); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(d.root, "bucket", "empty", "dirs"), 0o777); err != nil {
			t.Fatal(err)
		}
		if err := d.DeleteBucket(ctx, "bucket"); err != nil {
			t.Fatal(err)
		}
		if _, err := os.Stat(filepath.Join(d.root, "bucket")); !errors.Is(err, os.ErrNotExist) {
			t.Error(err)
		}
		wantErr(t, d.DeleteBucket(ctx, "bucket"), driver.ErrBucketNotFound)
	}
	// What is no object is not ours to remove.
	if err := d.CreateBucket(ctx, "bucket"); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink("x", filepath.Join(d.root, "bucket", "link")); err != nil {
		t.Fatal(err)
	}
	wantErr(t, d.DeleteBucket(ctx, "bucket"), driver.ErrBucketNotEmpty)
}

// TestDeleteBucketBesideWriters checks that a bucket goes only without the
// objects whose writers were told that they are there.
func TestDeleteBucketBesideWriters(t *testing.T) {
	ctx := t.Context()
	d := newTestDriver(t)
	for round := range 50 {
		if err := d.CreateBucket(ctx, "bucket"); err != nil {
			t.Fatal(err)
		}
		b, err := d.OpenBucket("bucket")
		if err != nil {
			t.Fatal(err)
		}
		key := []string{"k", "dir/k", "esc//aped"}[round%3]
		done := make(chan error)
		go func() {
			_, err := b.Put(ctx, key, strings.NewReader("x"), putOptions("x"))
			done <- err
		}()
		deleteErr := d.DeleteBucket(ctx, "bucket")
		switch putErr := <-done; {
		case deleteErr == nil:
			wantErr(t, putErr, driver.ErrBucketNotFound)
		case putErr != nil || !errors.Is(deleteErr, driver.ErrBucketNotEmpty):
			t.Errorf("delete: %v, put: %v", deleteErr, putErr)
		default:
			if err := errors.Join(b.Delete(ctx, key), d.DeleteBucket(ctx, "bucket")); err != nil {
				t.Error(err)
			}
		}
	}
}

// TestManyBuckets uses more buckets than a driver keeps open.
func TestManyBuckets(t *testing.T) {
	d := newTestDriver(t)
	for round := range 2 {
		for i := range 3 * maxOpen {
			name := fmt.Sprintf("bucket-%d", i)
			if round == 0 {
				if err := d.CreateBucket(t.Context(), name); err != nil {
					t.Fatal(err)
				}
			}
			b, err := d.OpenBucket(name)
			if err != nil {
				t.Fatal(err)
			}
			if round == 0 {
				put(t, b, "k", name)
			} else if got, _ := get(t, b, "k"); got != name {
				t.Errorf("got %q", got)
			}
		}
	}
	open := 0
	for _, dir := range d.dirs {
		if dir.isOpen() {
			open++
		}
	}
	if open > maxOpen {
		t.Errorf("%d directories are open", open)
	}
}
