package driver

import (
	"context"
	"io"
)

// Driver opens the buckets of one backend: one connection, many buckets.
type Driver interface {
	// OpenBucket returns a handle on the named bucket without any I/O: a
	// bucket that does not exist shows as [ErrBucketNotFound] at the first
	// call on the handle.
	OpenBucket(name string) (Bucket, error)

	// Close releases what the driver holds (connections, listeners). It is
	// called once. No call on a bucket begins after it; those still under way
	// may fail with an error that matches fs.ErrClosed.
	Close() error
}

// Bucket is the least a backend must do. Every method returns
// [ErrBucketNotFound] when the bucket does not exist.
type Bucket interface {
	// URL is the bucket's address for people, such as "s3://my-bucket". It
	// holds no secret and no query.
	URL() string

	// Head describes the object, or returns [ErrObjectNotFound].
	Head(ctx context.Context, key string, opts *HeadOptions) (ObjectInfo, error)

	// Get opens the object for reading, or returns [ErrObjectNotFound],
	// [ErrPreconditionFailed] (IfMatch), [ErrNotModified] (IfNoneMatch) or
	// [ErrInvalidRange]. All bytes of the body come from the one version that
	// Info describes; a body that ends early ends in an error other than
	// io.EOF, and so does one whose checksum is found not to match after the
	// last byte. The caller closes the body; ctx governs reading it, too.
	Get(ctx context.Context, key string, opts *GetOptions) (*Object, error)

	// Put stores all of body under key, replacing an object there together
	// with its metadata and tags, and returns Key, Size and ETag. When body
	// returns an error, when ctx ends, or when anything else fails, the
	// object is what it was before and nothing else is left behind.
	//
	// A body that also implements io.ReaderAt, with PutOptions.Size not
	// negative, may be read concurrently, out of order and repeatedly, byte 0
	// being its first; otherwise it is read once, in order.
	Put(ctx context.Context, key string, body io.Reader, opts *PutOptions) (ObjectInfo, error)

	// Delete removes the object. A missing object is success.
	Delete(ctx context.Context, key string) error

	// List returns one page of keys in UTF-8 byte order; see [ListOptions].
	// Every object that exists from the first page's request to the last
	// page's appears exactly once.
	List(ctx context.Context, opts *ListOptions) (*ListPage, error)
}
