package driver

import (
	"context"
	"fmt"
)

// BucketManager is implemented by a driver that can make and remove buckets.
type BucketManager interface {
	// CreateBucket makes a bucket. One that exists and is the caller's own is
	// success; somebody else's is [ErrAccessDenied].
	CreateBucket(ctx context.Context, name string) error

	// DeleteBucket removes an empty bucket, or returns [ErrBucketNotFound] or
	// [ErrBucketNotEmpty].
	DeleteBucket(ctx context.Context, name string) error

	// ListBuckets gives one page of the caller's buckets in byte order of
	// their names. token is NextToken of the page before.
	ListBuckets(ctx context.Context, token string) (*BucketPage, error)
}

// CreateBucket makes a bucket, after [ValidNewBucketName].
func CreateBucket(ctx context.Context, d Driver, name string) error {
	if err := ValidNewBucketName(name); err != nil {
		return err
	}
	m, ok := d.(BucketManager)
	if !ok {
		return fmt.Errorf("%w: creating a bucket", ErrUnsupported)
	}
	return m.CreateBucket(ctx, name)
}

// DeleteBucket removes an empty bucket.
func DeleteBucket(ctx context.Context, d Driver, name string) error {
	if err := ValidBucketName(name); err != nil {
		return err
	}
	m, ok := d.(BucketManager)
	if !ok {
		return fmt.Errorf("%w: deleting a bucket", ErrUnsupported)
	}
	return m.DeleteBucket(ctx, name)
}

// ListBuckets gives one page of buckets.
func ListBuckets(ctx context.Context, d Driver, token string) (*BucketPage, error) {
	m, ok := d.(BucketManager)
	if !ok {
		return nil, fmt.Errorf("%w: listing buckets", ErrUnsupported)
	}
	return m.ListBuckets(ctx, token)
}
