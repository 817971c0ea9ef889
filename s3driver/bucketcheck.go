package s3driver

import (
	"context"
	"errors"
	"net/http"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// objectError says what an error of a call on one object means. An answer that
// leaves open whether key or bucket is missing (HEAD has no body to tell) is
// resolved by asking for the bucket, once: a bucket seen is remembered.
func (b *bucket) objectError(ctx context.Context, err error) error {
	switch {
	case err == nil:
		return nil
	case errors.Is(err, driver.ErrBucketNotFound):
		b.known.Delete(b.name)
		return err
	case noSuchAnything(err):
		return b.missing(ctx, err)
	case bareStatus(err, http.StatusBadRequest):
		// HEAD has no body to say why. Whatever is wrong, as the region may be,
		// is wrong with a list, too.
		var why *apiError
		if _, listErr := b.List(ctx, &driver.ListOptions{PageSize: 2}); errors.As(listErr, &why) && why.status == http.StatusBadRequest && !why.bare() {
			return listErr
		}
	}
	return err
}

// missing tells a missing object from a missing bucket.
func (b *bucket) missing(ctx context.Context, err error) error {
	if _, ok := b.known.Load(b.name); !ok {
		// Somebody who may not ask for the bucket may still miss an object.
		var api *apiError
		if bucketErr := b.headBucket(ctx); bucketErr != nil && !(errors.As(bucketErr, &api) && api.status == http.StatusForbidden) {
			return bucketErr
		}
	}
	return as(driver.ErrObjectNotFound, err)
}

// bareStatus reports an answer with a status and no more.
func bareStatus(err error, status int) bool {
	var api *apiError
	return errors.As(err, &api) && api.status == status && api.bare()
}

// headBucket asks whether the bucket exists and is accessible.
func (b *bucket) headBucket(ctx context.Context) error {
	_, err := do(ctx, b.Driver, func(ctx context.Context) error {
		_, err := b.client.HeadBucket(ctx, &s3.HeadBucketInput{Bucket: &b.name})
		return err
	})
	if noSuchAnything(err) {
		// HEAD has no body to say why. A list takes the same permission.
		_, err = b.List(ctx, &driver.ListOptions{PageSize: 2})
	}
	if err == nil {
		b.known.Store(b.name, struct{}{})
	}
	return err
}

// sawObject notes that the bucket exists, as an answer about an object in it
// shows.
func (b *bucket) sawObject() {
	if _, ok := b.known.Load(b.name); !ok {
		b.known.Store(b.name, struct{}{})
	}
}
