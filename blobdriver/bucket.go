package blobdriver

import (
	"context"
	"errors"

	"gocloud.dev/blob"

	"github.com/s3mio/s3mio/driver"
)

// bucket is a handle on a driver's bucket, or on none under a wrong name.
type bucket struct {
	d    *Driver
	name string
}

var (
	_ driver.Bucket    = (*bucket)(nil)
	_ driver.Copier    = (*bucket)(nil)
	_ driver.Presigner = (*bucket)(nil)
)

// URL names the bucket; what backend it is on, the Go CDK does not tell.
func (b *bucket) URL() string { return "blob://" + b.name }

// begin is how a call starts: not every backend looks at the context.
func (b *bucket) begin(ctx context.Context) error {
	switch err := ctx.Err(); {
	case err != nil:
		return err
	case b.d.closed.Load():
		return errClosed
	case b.name != b.d.name:
		return driver.ErrBucketNotFound
	}
	return nil
}

// Head describes an object with one request. Tags are refused.
func (b *bucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
	if err := b.begin(ctx); err != nil {
		return driver.ObjectInfo{}, err
	}
	if opts.Tags {
		return driver.ObjectInfo{}, errNoTags
	}
	a, err := b.attributes(ctx, key)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	return describe(key, a), nil
}

func (b *bucket) attributes(ctx context.Context, key string) (*blob.Attributes, error) {
	a, err := b.d.blob.Attributes(ctx, key)
	if err != nil {
		return nil, b.objectError(ctx, err)
	}
	b.d.exists.Store(true)
	return a, nil
}

// Delete removes an object.
func (b *bucket) Delete(ctx context.Context, key string) error {
	if err := b.begin(ctx); err != nil {
		return err
	}
	err := b.d.blob.Delete(ctx, key)
	if err == nil {
		b.d.exists.Store(true)
		return nil
	}
	if err = b.objectError(ctx, err); errors.Is(err, driver.ErrObjectNotFound) {
		return nil
	}
	return err
}
