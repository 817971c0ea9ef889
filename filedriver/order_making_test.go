//go:build linux && (amd64 || arm64)

package filedriver

import (
	"context"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// makings are ways to make directories below a directory, and their traces.
var makings = map[string]struct {
	do   func(ctx context.Context, outer string) error
	want string
}{
	"bucket": {
		func(ctx context.Context, outer string) error {
			d, err := New(filepath.Join(outer, "a/b/root"), nil)
			if err != nil {
				return err
			}
			return errors.Join(d.CreateBucket(ctx, "bucket"), d.Close())
		},
		"mkdir:a mkdir:a/b mkdir:a/b/root fsync:a/b fsync:a fsync:. mkdir:a/b/root/bucket fsync:a/b/root",
	},
	"url": {
		func(ctx context.Context, outer string) error {
			d, _, err := openURL(ctx, &url.URL{Scheme: "file", Path: outer + "/a/bucket", RawQuery: "create=true"})
			if err != nil {
				return err
			}
			return d.Close()
		},
		"mkdir:a mkdir:a/bucket fsync:a fsync:.",
	},
}

// TestOrderOfMakingDirectories traces how directories are made outside of a bucket:
// each is synced in the one above it.
func TestOrderOfMakingDirectories(t *testing.T) {
	if name, dir, ok := strings.Cut(os.Getenv(orderEnv), ":"); ok {
		t.Chdir(dir)
		if err := errors.Join(makings[name].do(context.Background(), dir), os.Chdir(os.TempDir())); err != nil {
			t.Fatal(err)
		}
		return
	}
	for name, m := range makings {
		dir := t.TempDir()
		wantTrace(t, traceSelf(t, dir, nil, orderEnv+"="+name+":"+dir, "-test.run=^TestOrderOfMakingDirectories$"), m.want)
	}
}

// TestOrderOfBucketByHand traces the first write to a bucket whose directory
// somebody else has made: it is synced in the one above it before the object is
// there, also if the bucket's path is a link.
func TestOrderOfBucketByHand(t *testing.T) {
	if name, dir, ok := strings.Cut(os.Getenv(orderEnv), ":"); ok {
		doTraced(t, filepath.Join(dir, name), operations["new"], false)
		return
	}
	for name, above := range map[string]string{"bucket": ".", "link": "in"} {
		outer := t.TempDir()
		for _, dir := range []string{"bucket", "in/bucket"} {
			if err := os.MkdirAll(filepath.Join(outer, dir), 0o777); err != nil {
				t.Fatal(err)
			}
		}
		if err := os.Symlink("in/bucket", filepath.Join(outer, "link")); err != nil {
			t.Fatal(err)
		}
		got := traceSelf(t, outer, nil, orderEnv+"="+name+":"+outer, "-test.run=^TestOrderOfBucketByHand$")
		synced := slices.Index(got, "fsync:"+above)
		there := slices.IndexFunc(got, func(call string) bool {
			return strings.HasPrefix(call, "rename:") && strings.HasSuffix(call, "bucket/k")
		})
		if synced < 0 || there < synced {
			t.Errorf("%s: got\n%s", name, strings.Join(got, "\n"))
		}
	}
}
