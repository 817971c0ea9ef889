package blobdriver

import (
	"context"
	"fmt"
	"io/fs"
	"sync/atomic"

	"gocloud.dev/blob"

	"github.com/s3mio/s3mio/driver"
)

// DefaultName is the bucket's name unless [Options.Name] says otherwise.
const DefaultName = "bucket"

// Options modify [New].
type Options struct {
	// Name is the name under which the driver opens the bucket, DefaultName
	// when empty. It may be any name that the backend has, such as
	// "My_Container"; under another name there is no bucket.
	Name string

	// ListETag finds the ETag in a list entry, by way of its As function, or
	// returns "". It must be the one that Attributes gives. On Azure:
	//
	//	func(o *blob.ListObject) string {
	//		var item container.BlobItem
	//		if !o.As(&item) || item.Properties.ETag == nil {
	//			return ""
	//		}
	//		return string(*item.Properties.ETag)
	//	}
	//
	// Without it, each entry that has no MD5 costs a request. It is not called
	// for others.
	ListETag func(o *blob.ListObject) string
}

// Driver is a [driver.Driver] with one bucket. It makes no others.
type Driver struct {
	blob     *blob.Bucket
	name     string
	listETag func(*blob.ListObject) string
	closed   atomic.Bool
	exists   atomic.Bool // the bucket has been seen
}

var (
	_ driver.Driver      = (*Driver)(nil)
	_ driver.BucketNamer = (*Driver)(nil)
)

// New makes a driver of a Go CDK bucket, which belongs to the driver from then
// on: Close closes it. It makes no request. Nil options are the zero value.
func New(b *blob.Bucket, opts *Options) *Driver {
	d := &Driver{blob: b, name: DefaultName}
	if opts != nil {
		d.listETag = opts.ListETag
		if opts.Name != "" {
			d.name = opts.Name
		}
	}
	return d
}

// OpenBucket returns a handle on the driver's bucket. Under another name, every
// call that makes a request is [driver.ErrBucketNotFound].
func (d *Driver) OpenBucket(name string) (driver.Bucket, error) {
	return &bucket{d, name}, nil
}

// ValidBucketName accepts the driver's own name, whatever its form, and names
// that follow S3's rules.
func (d *Driver) ValidBucketName(name string) error {
	if name == d.name {
		return nil
	}
	return driver.ValidBucketName(name)
}

// Close closes the *blob.Bucket. Further calls do nothing; calls on the bucket
// match fs.ErrClosed.
func (d *Driver) Close() error {
	if d.closed.Swap(true) {
		return nil
	}
	return classify(context.Background(), d.blob.Close())
}

var errClosed = fmt.Errorf("the driver is closed: %w", fs.ErrClosed)
