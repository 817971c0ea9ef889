package store

import (
	"context"
	"io/fs"
	"iter"
	"sync"
	"sync/atomic"

	"github.com/s3mio/s3mio/driver"
)

// Store is one connection to a backend: the way to its buckets.
type Store struct {
	drv    driver.Driver
	closed atomic.Bool
	close  func() error
}

// New makes a Store of a driver, such as memdriver.New(nil). The Store owns
// the driver from now on.
func New(drv driver.Driver) *Store {
	s := &Store{drv: drv}
	s.close = sync.OnceValue(func() error {
		s.closed.Store(true)
		return newError(context.Background(), "close", "", "", "", drv.Close())
	})
	return s
}

// Bucket gives a handle on the named bucket. It makes no request: a bucket
// that does not exist shows as [ErrBucketNotFound] at the first call, a name
// that cannot be a bucket's as [ErrValidation] at every call.
func (s *Store) Bucket(name string) *Bucket {
	b, err := driver.OpenBucket(s.drv, name)
	return newBucket(s, name, b, err)
}

// CreateBucket makes a bucket. One's own bucket again is success; a name that
// somebody else has is [ErrAccessDenied].
func (s *Store) CreateBucket(ctx context.Context, name string) error {
	err := s.ready(ctx, driver.ValidNewBucketName(name))
	if err == nil {
		err = driver.CreateBucket(ctx, s.drv, name)
	}
	return newError(ctx, "create bucket", "", name, "", err)
}

// DeleteBucket removes an empty bucket. It fails with [ErrBucketNotEmpty] or
// [ErrBucketNotFound].
func (s *Store) DeleteBucket(ctx context.Context, name string) error {
	err := s.ready(ctx, driver.ValidBucketName(name))
	if err == nil {
		err = driver.DeleteBucket(ctx, s.drv, name)
	}
	return newError(ctx, "delete bucket", "", name, "", err)
}

// Buckets ranges over the caller's buckets in byte order of their names. An
// error is yielded once, as the last.
func (s *Store) Buckets(ctx context.Context) iter.Seq2[BucketInfo, error] {
	return func(yield func(BucketInfo, error) bool) {
		fail := func(err error) { yield(BucketInfo{}, newError(ctx, "list buckets", "", "", "", err)) }
		for token := ""; ; {
			if err := s.ready(ctx, nil); err != nil {
				fail(err)
				return
			}
			page, err := driver.ListBuckets(ctx, s.drv, token)
			if err != nil {
				fail(err)
				return
			}
			for _, b := range page.Buckets {
				if !yield(BucketInfo(b), nil) {
					return
				}
			}
			if page.NextToken == "" {
				return
			}
			if page.NextToken == token {
				fail(errSameToken)
				return
			}
			token = page.NextToken
		}
	}
}

// Close releases the connection. Calls on its buckets fail from then on with
// an error that matches fs.ErrClosed. Closing twice is harmless.
func (s *Store) Close() error { return s.close() }

// ready is what stands before every call: an open store, good input, and a
// live context, in this order.
func (s *Store) ready(ctx context.Context, inputErr error) error {
	if s.closed.Load() {
		return errClosed
	}
	if inputErr != nil {
		return inputErr
	}
	return ctx.Err()
}

// closedErr is for calls after Close.
type closedErr struct{ text string }

func (e *closedErr) Error() string { return e.text }
func (e *closedErr) Unwrap() error { return fs.ErrClosed }

var errClosed error = &closedErr{"the store is closed"}
