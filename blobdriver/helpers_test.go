package blobdriver

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"

	"gocloud.dev/blob"
	blobdriver "gocloud.dev/blob/driver"
	"gocloud.dev/blob/memblob"
	"gocloud.dev/gcerrors"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

// newBucket makes a driver of b, closed at the end of the test.
func newBucket(t *testing.T, b *blob.Bucket, opts *Options) *bucket {
	t.Helper()
	d := New(b, opts)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return &bucket{d, d.name}
}

func newMem(t *testing.T) *bucket {
	t.Helper()
	return newBucket(t, memblob.OpenBucket(nil), nil)
}

// newDriverBucket makes a bucket of this module's own.
func newDriverBucket(t *testing.T) driver.Bucket {
	t.Helper()
	d := memdriver.New(nil)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := driver.CreateBucket(t.Context(), d, "bucket"); err != nil {
		t.Fatal(err)
	}
	b, err := driver.OpenBucket(d, "bucket")
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func put(t *testing.T, b driver.Bucket, key, content string) driver.ObjectInfo {
	t.Helper()
	info, err := driver.Put(t.Context(), b, key, strings.NewReader(content),
		&driver.PutOptions{Size: int64(len(content)), ContentType: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// content gives what the object holds, "(none)" when there is none.
func content(t *testing.T, b driver.Bucket, key string) string {
	t.Helper()
	o, err := b.Get(t.Context(), key, &driver.GetOptions{})
	if errors.Is(err, driver.ErrObjectNotFound) {
		return "(none)"
	}
	if err != nil {
		t.Fatal(err)
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

// remote is a Go CDK bucket that fails as scripted. A call without a script is
// one on the bucket inside.
type remote struct {
	*portable
	attributes func(key string) (*blobdriver.Attributes, error)
	read       func(key string) (blobdriver.Reader, error)
	list       func() (*blobdriver.ListPage, error)
	delete     func() error
}

func newRemote(t *testing.T) *remote {
	t.Helper()
	return &remote{portable: &portable{newDriverBucket(t)}}
}

// errCoded is an error without a cause that we know.
type errCoded gcerrors.ErrorCode

func (e errCoded) Error() string { return "coded" }

func (r *remote) ErrorCode(err error) gcerrors.ErrorCode {
	var coded errCoded
	if errors.As(err, &coded) {
		return gcerrors.ErrorCode(coded)
	}
	return r.portable.ErrorCode(err)
}

func (r *remote) Attributes(ctx context.Context, key string) (*blobdriver.Attributes, error) {
	if r.attributes != nil {
		if a, err := r.attributes(key); a != nil || err != nil {
			return a, err
		}
	}
	return r.portable.Attributes(ctx, key)
}

func (r *remote) NewRangeReader(ctx context.Context, key string, offset, length int64, opts *blobdriver.ReaderOptions) (blobdriver.Reader, error) {
	if r.read != nil {
		if reader, err := r.read(key); reader != nil || err != nil {
			return reader, err
		}
	}
	return r.portable.NewRangeReader(ctx, key, offset, length, opts)
}

func (r *remote) ListPaged(ctx context.Context, opts *blobdriver.ListOptions) (*blobdriver.ListPage, error) {
	if r.list != nil {
		return r.list()
	}
	return r.portable.ListPaged(ctx, opts)
}

func (r *remote) Delete(ctx context.Context, key string, opts *blobdriver.DeleteOptions) error {
	if r.delete != nil {
		return r.delete()
	}
	return r.portable.Delete(ctx, key, opts)
}
