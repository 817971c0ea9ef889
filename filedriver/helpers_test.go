package filedriver

import (
	"context"
	"errors"
	"io"
	"iter"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// newTestBucket makes a bucket of an unsynced driver.
func newTestBucket(t testing.TB) *bucket {
	t.Helper()
	return newTestBucketIn(t, t.TempDir())
}

// newTestBucketIn opens a directory as a bucket, with a driver of its own.
func newTestBucketIn(t testing.TB, dir string) *bucket {
	t.Helper()
	d, err := newDriver(&Driver{single: dir}, &Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bucket{drv: d, name: "test", dir: d.directory(dir)}
}

func putOptions(body string) *driver.PutOptions {
	return &driver.PutOptions{Size: int64(len(body)), ContentType: "text/x-test"}
}

func put(t testing.TB, b driver.Bucket, key, body string) driver.ObjectInfo {
	t.Helper()
	info, err := b.Put(t.Context(), key, strings.NewReader(body), putOptions(body))
	if err != nil {
		t.Fatalf("put %q: %v", key, err)
	}
	return info
}

func head(t testing.TB, b driver.Bucket, key string) driver.ObjectInfo {
	t.Helper()
	info, err := b.Head(t.Context(), key, &driver.HeadOptions{Tags: true})
	if err != nil {
		t.Fatalf("head %q: %v", key, err)
	}
	return info
}

func get(t testing.TB, b driver.Bucket, key string) (string, driver.ObjectInfo) {
	t.Helper()
	o, err := b.Get(t.Context(), key, &driver.GetOptions{})
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		t.Fatalf("get %q: %v", key, err)
	}
	return string(data), o.Info
}

func wantErr(t testing.TB, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("got the error %v, want %v", err, want)
	}
}

// pages yields the pages of a listing.
func pages(ctx context.Context, t testing.TB, b driver.Bucket, opts *driver.ListOptions) iter.Seq[*driver.ListPage] {
	return func(yield func(*driver.ListPage) bool) {
		t.Helper()
		o := *opts
		for {
			page, err := b.List(ctx, &o)
			if err != nil {
				t.Fatalf("list: %v", err)
			}
			if !yield(page) || page.NextToken == "" {
				return
			}
			o.Token = page.NextToken
		}
	}
}

// keys lists all keys.
func keys(t testing.TB, b driver.Bucket) []string {
	t.Helper()
	var keys []string
	for page := range pages(t.Context(), t, b, &driver.ListOptions{}) {
		for _, o := range page.Objects {
			keys = append(keys, o.Key)
		}
	}
	return keys
}
