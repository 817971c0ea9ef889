package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// bucketCalls are all calls that make a request to the bucket.
var bucketCalls = map[string]func(ctx context.Context, b *bucket, other driver.Bucket) error{
	"head": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.Head(ctx, "dir/k", &driver.HeadOptions{})
		return err
	},
	"get": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.Get(ctx, "dir/k", &driver.GetOptions{})
		return err
	},
	"put": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.Put(ctx, "dir/k", strings.NewReader("x"), putOptions("x"))
		return err
	},
	"put absent": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.Put(ctx, "new//k", strings.NewReader("x"), &driver.PutOptions{Size: 1, ContentType: "a/b", IfAbsent: true})
		return err
	},
	"put match": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.Put(ctx, "dir/k", strings.NewReader("x"), &driver.PutOptions{Size: 1, ContentType: "a/b", IfMatch: "e"})
		return err
	},
	"delete":  func(ctx context.Context, b *bucket, _ driver.Bucket) error { return b.Delete(ctx, "dir/k") },
	"settags": func(ctx context.Context, b *bucket, _ driver.Bucket) error { return b.SetTags(ctx, "dir/k", nil) },
	"gettags": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.GetTags(ctx, "dir/k")
		return err
	},
	"batch": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		return driver.DeleteBatch(ctx, b, []string{"dir/k", "other"})[1]
	},
	"list": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.List(ctx, &driver.ListOptions{Prefix: "dir/"})
		return err
	},
	"copy within": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		_, err := b.Copy(ctx, "dir/l", b, "dir/k")
		return err
	},
	"copy from": func(ctx context.Context, b *bucket, other driver.Bucket) error {
		_, err := driver.Copy(ctx, other, "copy", b, "dir/k")
		if _, ok := errors.AsType[*driver.SourceError](err); !ok {
			return fmt.Errorf("not the source's: %v", err)
		}
		return err
	},
	"copy to": func(ctx context.Context, b *bucket, other driver.Bucket) error {
		_, err := driver.Copy(ctx, b, "dir/k", other, "source")
		if _, ok := errors.AsType[*driver.SourceError](err); ok {
			return fmt.Errorf("blames the source: %v", err)
		}
		return err
	},
	"delete bucket": func(ctx context.Context, b *bucket, _ driver.Bucket) error {
		return driver.DeleteBucket(ctx, b.drv, b.name)
	},
}

// TestRemovedRootIsAMissingBucket takes a bucket away in several ways, under
// handles that have been used and ones that have not, and in the middle of a
// listing: every call says so.
func TestRemovedRootIsAMissingBucket(t *testing.T) {
	ways := map[string]func(root string) error{
		"bucket removed": func(root string) error { return os.RemoveAll(filepath.Join(root, "bucket")) },
		"root removed":   func(root string) error { return os.RemoveAll(root) },
		"bucket renamed": func(root string) error {
			return os.Rename(filepath.Join(root, "bucket"), filepath.Join(root, "elsewhere"))
		},
		"root renamed": func(root string) error { return os.Rename(root, root+"-elsewhere") },
		"a file instead": func(root string) error {
			return errors.Join(os.RemoveAll(filepath.Join(root, "bucket")), os.WriteFile(filepath.Join(root, "bucket"), nil, 0o666))
		},
		"a link instead": func(root string) error {
			moved := filepath.Join(root, "elsewhere")
			return errors.Join(os.Rename(filepath.Join(root, "bucket"), moved), os.Symlink(moved, filepath.Join(root, "bucket")))
		},
	}
	for way, remove := range ways {
		for call, f := range bucketCalls {
			t.Run(way+"/"+call, func(t *testing.T) {
				root := filepath.Join(t.TempDir(), "root")
				other := newTestBucket(t)
				put(t, other, "source", "x")
				fresh, used := newRootBucket(t, root), newRootBucket(t, root)
				if err := driver.CreateBucket(t.Context(), used.drv, "bucket"); err != nil {
					t.Fatal(err)
				}
				put(t, used, "dir/k", "body")
				put(t, used, "dir/l", "body")
				o, err := used.Get(t.Context(), "dir/k", &driver.GetOptions{})
				if err != nil {
					t.Fatal(err)
				}
				defer o.Body.Close()
				page, err := used.List(t.Context(), &driver.ListOptions{PageSize: 1})
				if err != nil || page.NextToken == "" {
					t.Fatalf("%+v, %v", page, err)
				}
				if err := remove(root); err != nil {
					t.Fatal(err)
				}
				for _, b := range []*bucket{used, fresh} {
					err := f(t.Context(), b, other)
					wantErr(t, err, driver.ErrBucketNotFound)
					if errors.Is(err, driver.ErrObjectNotFound) {
						t.Errorf("the object is said to be missing: %v", err)
					}
					_, err = b.List(t.Context(), &driver.ListOptions{PageSize: 1, Token: page.NextToken})
					wantErr(t, err, driver.ErrBucketNotFound)
				}
				if data, err := io.ReadAll(o.Body); err != nil || string(data) != "body" {
					t.Errorf("the open body is %q, %v", data, err)
				}
				if fi, err := os.Lstat(filepath.Join(root, "bucket")); err == nil && fi.IsDir() {
					t.Error("a call made the bucket again")
				}
			})
		}
	}
}

// newRootBucket opens a bucket with a driver of its own.
func newRootBucket(t *testing.T, root string) *bucket {
	t.Helper()
	d, err := New(root, &Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bucket{drv: d, name: "bucket", dir: d.directory(d.path("bucket"))}
}

// TestEmptyDirectories checks that directories that deletes leave, or that were
// made by hand, neither appear nor are in the way of any key or the bucket's
// deletion.
func TestEmptyDirectories(t *testing.T) {
	root := filepath.Join(t.TempDir(), "root")
	b := newRootBucket(t, root)
	if err := driver.CreateBucket(t.Context(), b.drv, "bucket"); err != nil {
		t.Fatal(err)
	}
	long := strings.Repeat("e", 3*escapedChunk) + "//x"
	for _, key := range []string{"a/b/c/d", "a/b/x", long} {
		put(t, b, key, "x")
	}
	for _, key := range []string{"a/b/c/d", "a/b/x", long} {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Fatal(err)
		}
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
	for _, path := range []string{"empty/of/files", "empty/too", "last", keysPath + "/" + escapedName(dirMark, long[:escapedChunk])} {
		mkdirs(t, b, path)
	}
	for _, delimiter := range []string{"", "/"} {
		page, err := b.List(t.Context(), &driver.ListOptions{Delimiter: delimiter})
		if err != nil || len(page.Objects)+len(page.Prefixes) != 0 || page.NextToken != "" {
			t.Errorf("with the delimiter %q there is %+v, %v", delimiter, page, err)
		}
	}
	for _, key := range []string{"empty", "empty/of", "empty/of/files", "last", "a"} {
		_, err := b.Head(t.Context(), key, &driver.HeadOptions{})
		wantErr(t, err, driver.ErrObjectNotFound)
		put(t, b, key, key)
		if fi, err := os.Lstat(filepath.Join(b.dir.path, key)); key == "empty" && (err != nil || !fi.Mode().IsRegular()) {
			t.Errorf("%q is not at its natural place: %v", key, err)
		}
		if got, _ := get(t, b, key); got != key {
			t.Errorf("%q is %q", key, got)
		}
	}
	if got := keys(t, b); !slices.Equal(got, []string{"a", "empty", "empty/of", "empty/of/files", "last"}) {
		t.Errorf("listed %q", got)
	}
	for _, key := range keys(t, b) {
		if err := b.Delete(t.Context(), key); err != nil {
			t.Error(err)
		}
	}
	mkdirs(t, b, "empty/again")
	if err := driver.DeleteBucket(t.Context(), b.drv, "bucket"); err != nil {
		t.Error(err)
	}
}
