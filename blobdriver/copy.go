package blobdriver

import (
	"context"
	"errors"
	"fmt"

	"github.com/s3mio/s3mio/driver"
)

// Copy copies within one *blob.Bucket, with the backend's own copy and one
// request to describe the result. What the backend carries over, and from how
// many versions of the source, is up to it. An error after the copy was made
// says so; the destination is then the new object.
func (b *bucket) Copy(ctx context.Context, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	s, ok := src.(*bucket)
	if !ok || s.d.blob != b.d.blob {
		return driver.ObjectInfo{}, fmt.Errorf("%w: copying from another kind of bucket", driver.ErrUnsupported)
	}
	if err := b.begin(ctx); err != nil {
		return driver.ObjectInfo{}, err
	}
	if err := s.begin(ctx); err != nil {
		return driver.ObjectInfo{}, &driver.SourceError{Err: err}
	}
	if dstKey == srcKey {
		return driver.ObjectInfo{}, fmt.Errorf("%w: source and destination of the copy are the same object", driver.ErrValidation)
	}
	if err := b.d.blob.Copy(ctx, dstKey, srcKey, nil); err != nil {
		if err = b.objectError(ctx, err); errors.Is(err, driver.ErrObjectNotFound) {
			err = &driver.SourceError{Err: err}
		}
		return driver.ObjectInfo{}, err
	}
	b.d.exists.Store(true)
	a, err := b.attributes(ctx, dstKey)
	if err != nil {
		return driver.ObjectInfo{}, fmt.Errorf("looking at the copy that was made: %w", err)
	}
	return driver.ObjectInfo{Key: dstKey, Size: a.Size, ETag: etagOf(a)}, nil
}
