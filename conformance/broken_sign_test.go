package conformance

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

func brokenSigning() []broken {
	return []broken{
		{law: "S1/Get", how: "ignores Range", driver: openServer},
		{law: "S1/Put", how: "ignores Content-Type", driver: openServer},
		{law: "S1/Length", how: "takes a body of any length", driver: openServer},
		{law: "S1/ContentType", how: "does not bind the type", driver: in(breach{
			presign: func(ctx context.Context, b *brokenBucket, key string, opts *driver.PresignOptions) (string, error) {
				o := *opts
				o.ContentType = ""
				return driver.Presign(ctx, b.Bucket, key, &o)
			}})},
		{law: "S1/Validation", how: "shortens a time that is too long", shim: through(shim{
			presignGet: func(ctx context.Context, b bucket, key string, ttl time.Duration, opts []store.PresignOption) (string, error) {
				return b.PresignGet(ctx, key, min(ttl, driver.MaxPresignTTL), opts...)
			}})},
		{law: "S1/NoRequest", how: "looks the object up", driver: in(breach{
			presign: func(ctx context.Context, b *brokenBucket, key string, opts *driver.PresignOptions) (string, error) {
				if _, err := b.Bucket.Head(ctx, key, &driver.HeadOptions{}); err != nil {
					return "", err
				}
				return driver.Presign(ctx, b.Bucket, key, opts)
			}})},
		{law: "S1/Tampered", how: "checks no signature", driver: openServer},
		{law: "B1/Missing", how: "does not see that it is the bucket which is missing", driver: in(breach{
			head: func(ctx context.Context, b *brokenBucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
				info, err := b.Bucket.Head(ctx, key, opts)
				if errors.Is(err, driver.ErrBucketNotFound) {
					err = driver.ErrObjectNotFound
				}
				return info, err
			}})},
		{law: "B1/Names", how: "takes any name", driver: in(breach{bucketName: func(string) error { return nil }})},
		{law: "B1/Create", how: "creates a bucket anew", driver: in(breach{
			createBucket: func(ctx context.Context, d driver.Driver, name string) error {
				b, err := d.OpenBucket(name)
				if err != nil {
					return err
				}
				if err := empty(ctx, b); err != nil {
					return err
				}
				return driver.CreateBucket(ctx, d, name)
			}})},
		{law: "B1/Delete", how: "deletes a bucket with all that is in it", driver: in(breach{
			deleteBucket: func(ctx context.Context, d driver.Driver, name string) error {
				b, err := d.OpenBucket(name)
				if err != nil {
					return err
				}
				if err := empty(ctx, b); err != nil {
					return err
				}
				return driver.DeleteBucket(ctx, d, name)
			}})},
		{law: "B1/List", how: "lists the first three", driver: in(breach{
			listBuckets: func(ctx context.Context, d driver.Driver, token string) (*driver.BucketPage, error) {
				page, err := driver.ListBuckets(ctx, d, token)
				if err == nil {
					page.Buckets = page.Buckets[:min(3, len(page.Buckets))]
				}
				return page, err
			}})},
	}
}

// empty deletes what is in a bucket, if there is one.
func empty(ctx context.Context, b driver.Bucket) error {
	page, err := b.List(ctx, &driver.ListOptions{})
	if errors.Is(err, driver.ErrBucketNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	for _, o := range page.Objects {
		if err := b.Delete(ctx, o.Key); err != nil {
			return err
		}
	}
	return nil
}

// openServer signs nothing: its URLs lead to a server that serves whoever
// asks, whole objects of no type.
func openServer(tb testing.TB) breach {
	var bucket driver.Bucket // the one signed for last; cases have no other
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		key := strings.TrimPrefix(r.URL.Path, "/")
		if r.Method == http.MethodPut {
			opts := &driver.PutOptions{Size: -1, ContentType: driver.DefaultContentType}
			if _, err := bucket.Put(r.Context(), key, r.Body, opts); err != nil {
				http.Error(w, err.Error(), http.StatusNotFound)
			}
			return
		}
		o, err := bucket.Get(r.Context(), key, &driver.GetOptions{})
		if err != nil {
			http.Error(w, err.Error(), http.StatusNotFound)
			return
		}
		defer o.Body.Close()
		if _, err := io.Copy(w, o.Body); err != nil {
			tb.Log(err)
		}
	}))
	tb.Cleanup(server.Close)
	return breach{presign: func(_ context.Context, b *brokenBucket, key string, opts *driver.PresignOptions) (string, error) {
		bucket = b.Bucket
		return fmt.Sprintf("%s/%s?expires=%d", server.URL, url.PathEscape(key), time.Now().Add(opts.TTL).Unix()), nil
	}}
}
