package blobdriver_test

import (
	"context"
	"errors"
	"io"
	"maps"
	"testing"

	"gocloud.dev/blob/memblob"

	"github.com/s3mio/s3mio/blobdriver"
	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

// lacking is what no *blob.Bucket can do, or tell of itself.
var lacking = []conformance.Capability{conformance.Tags, conformance.Buckets, conformance.StorageClass}

const (
	noIfMatch = "the Go CDK has no writes on condition of an ETag: ErrUnsupported"
	rewritten = "the Go CDK would rewrite this content type: ErrUnsupported"
)

// deviations are the laws that the bridge breaks on every backend.
var deviations = map[string]string{
	"W5/IfMatch":        noIfMatch,
	"W5/IfMatchEqual":   noIfMatch,
	"W5/IfMatchCounter": noIfMatch,
	`W1/GivenTypeVerbatim/TEXT/HTML; Charset=UTF-8`:       rewritten,
	`W1/GivenTypeVerbatim/application/json;profile="a b"`: rewritten,
	`W1/GivenTypeVerbatim/a/b;c=d;e=f`:                    rewritten,
}

// otherBuckets are the deviations of a driver that signs URLs.
var otherBuckets = withOtherBuckets(deviations, "S1/Validation", "S1/NoRequest", "B1/Missing")

func withOtherBuckets(known map[string]string, laws ...string) map[string]string {
	known = maps.Clone(known)
	for _, law := range laws {
		known[law] = "a driver of one bucket cannot sign URLs of another, which the suite calls missing"
	}
	return known
}

func TestConformance(t *testing.T) {
	conformance.Run(t, func(testing.TB) driver.Driver {
		return typist{blobdriver.New(memblob.OpenBucket(nil), nil)}
	}, conformance.Options{
		Bucket:      blobdriver.DefaultName,
		Unsupported: append([]conformance.Capability{conformance.Presign}, lacking...),
		Deviations:  deviations,
	})
}

// TestConformanceOfBoth sends every call over both bridges: from a driver to a
// *blob.Bucket and back.
func TestConformanceOfBoth(t *testing.T) {
	conformance.Run(t, func(t testing.TB) driver.Driver {
		d := memdriver.New(nil)
		b, err := driver.OpenBucket(d, blobdriver.DefaultName)
		if err = errors.Join(err, driver.CreateBucket(t.Context(), d, blobdriver.DefaultName)); err != nil {
			t.Fatal(err)
		}
		return typist{both{blobdriver.New(blobdriver.OpenBucket(b), nil), d}}
	}, conformance.Options{
		Bucket:      blobdriver.DefaultName,
		Unsupported: lacking,
		Deviations:  otherBuckets,
	})
}

// both closes both ends.
type both struct {
	driver.Driver
	inner driver.Driver
}

func (b both) Close() error { return errors.Join(b.Driver.Close(), b.inner.Close()) }

// The content type with which the suite writes wherever it needs a rich
// object, and one that the Go CDK leaves as it is.
const (
	suiteType = "Text/Markdown; Variant=GFM"
	plainType = "text/x-suite-markdown; variant=GFM"
)

// typist has objects of the suite's content type stored under another.
type typist struct{ driver.Driver }

func (t typist) OpenBucket(name string) (driver.Bucket, error) {
	b, err := driver.OpenBucket(t.Driver, name)
	return typistBucket{b}, err
}

type typistBucket struct{ driver.Bucket }

func (b typistBucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
	info, err := driver.Head(ctx, b.Bucket, key, opts)
	if info.ContentType == plainType {
		info.ContentType = suiteType
	}
	return info, err
}

func (b typistBucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	o, err := b.Bucket.Get(ctx, key, opts)
	if err == nil && o.Info.ContentType == plainType {
		o.Info.ContentType = suiteType
	}
	return o, err
}

func (b typistBucket) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	if opts.ContentType == suiteType {
		put := *opts
		put.ContentType = plainType
		opts = &put
	}
	return driver.Put(ctx, b.Bucket, key, body, opts)
}

func (b typistBucket) Presign(ctx context.Context, key string, opts *driver.PresignOptions) (string, error) {
	return driver.Presign(ctx, b.Bucket, key, opts)
}

func (b typistBucket) Copy(ctx context.Context, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	s, ok := src.(typistBucket)
	if !ok {
		return driver.ObjectInfo{}, driver.ErrUnsupported
	}
	return driver.Copy(ctx, b.Bucket, dstKey, s.Bucket, srcKey)
}
