package memdriver

import (
	"context"
	"fmt"

	"github.com/s3mio/s3mio/driver"
)

// Copy copies within one driver, between its buckets, too. It takes no memory
// for the content, which both objects share.
func (b *bucket) Copy(ctx context.Context, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	if err := ctx.Err(); err != nil {
		return driver.ObjectInfo{}, err
	}
	from, ok := src.(*bucket)
	if !ok || from.d.data != b.d.data {
		return driver.ObjectInfo{}, fmt.Errorf("%w: copying from another backend", driver.ErrUnsupported)
	}
	if from.name == b.name && srcKey == dstKey {
		return driver.ObjectInfo{}, fmt.Errorf("%w: source and destination are the same object", driver.ErrValidation)
	}
	// The source first, as where a copy is streamed: if both buckets are
	// missing, the error is the source's.
	o, err := from.version(srcKey)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	ix, err := b.d.data.find(b.name)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	o.info.Key = dstKey
	if err := ix.store(ctx, &o, &driver.PutOptions{}); err != nil {
		return driver.ObjectInfo{}, err
	}
	return o.written(), nil
}

// version gives a shallow copy of the object that is there now, or
// a [driver.SourceError].
func (b *bucket) version(key string) (object, error) {
	ix, err := b.d.data.find(b.name)
	if err != nil {
		return object{}, &driver.SourceError{Err: err}
	}
	o, err := ix.get(key)
	if err != nil {
		return object{}, &driver.SourceError{Err: err}
	}
	return *o, nil
}
