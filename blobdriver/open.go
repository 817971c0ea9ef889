package blobdriver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"reflect"
	"time"

	"gocloud.dev/blob"
	blobdriver "gocloud.dev/blob/driver"
	"gocloud.dev/gcerrors"

	"github.com/s3mio/s3mio/driver"
)

// OpenBucket gives a bucket of this module as a *blob.Bucket. It makes no
// request: a missing bucket is gcerrors.NotFound from each call.
//
// Closing the *blob.Bucket ends its use and releases nothing: the driver that b
// came from stays open, and is to be closed after it.
func OpenBucket(b driver.Bucket) *blob.Bucket { return blob.NewBucket(&portable{b}) }

// portable is the Go CDK's view of a bucket. What the core checks before it
// calls a driver is checked here.
type portable struct{ b driver.Bucket }

var _ blobdriver.Bucket = (*portable)(nil)

func (p *portable) ErrorCode(err error) gcerrors.ErrorCode { return codeOf(err) }

func (p *portable) As(i any) bool { return as(p.b)(i) }

// ErrorAs does what errors.As does, but for targets that make it panic.
func (p *portable) ErrorAs(err error, i any) bool {
	t := reflect.TypeOf(i).Elem()
	if t.Kind() != reflect.Interface && !t.Implements(reflect.TypeFor[error]()) {
		return false
	}
	return errors.As(err, i)
}

// as makes an As function that gives v.
func as[T any](v T) func(any) bool {
	return func(i any) bool {
		p, ok := i.(*T)
		if ok {
			*p = v
		}
		return ok
	}
}

// Close leaves the driver open: it may have other buckets.
func (p *portable) Close() error { return nil }

func (p *portable) Attributes(ctx context.Context, key string) (*blobdriver.Attributes, error) {
	if err := driver.ValidKey(key); err != nil {
		return nil, err
	}
	info, err := driver.Head(ctx, p.b, key, &driver.HeadOptions{})
	if err != nil {
		return nil, err
	}
	return &blobdriver.Attributes{
		CacheControl:       info.CacheControl,
		ContentDisposition: info.ContentDisposition,
		ContentEncoding:    info.ContentEncoding,
		ContentLanguage:    info.ContentLanguage,
		ContentType:        cmp.Or(info.ContentType, driver.DefaultContentType),
		Metadata:           info.Metadata,
		ModTime:            info.LastModified,
		Size:               info.Size,
		ETag:               `"` + info.ETag + `"`,
		AsFunc:             as(info),
	}, nil
}

func (p *portable) Copy(ctx context.Context, dstKey, srcKey string, opts *blobdriver.CopyOptions) error {
	if err := errors.Join(driver.ValidKey(srcKey), driver.ValidNewKey(dstKey)); err != nil {
		return err
	}
	if opts.BeforeCopy != nil {
		if err := opts.BeforeCopy(asNothing); err != nil {
			return err
		}
	}
	_, err := driver.Copy(ctx, p.b, dstKey, p.b, srcKey)
	return err
}

// Delete asks for the object first: a missing one is an error in the Go CDK.
func (p *portable) Delete(ctx context.Context, key string, opts *blobdriver.DeleteOptions) error {
	if err := driver.ValidKey(key); err != nil {
		return err
	}
	if opts.BeforeDelete != nil {
		if err := opts.BeforeDelete(asNothing); err != nil {
			return err
		}
	}
	if _, err := driver.Head(ctx, p.b, key, &driver.HeadOptions{}); err != nil {
		return err
	}
	return p.b.Delete(ctx, key)
}

func (p *portable) SignedURL(ctx context.Context, key string, opts *blobdriver.SignedURLOptions) (string, error) {
	valid := driver.ValidKey
	switch {
	case opts.Method == http.MethodDelete:
		return "", fmt.Errorf("%w: signed URLs for DELETE", driver.ErrUnsupported)
	case opts.EnforceAbsentContentType:
		return "", fmt.Errorf("%w: signed URLs that forbid a content type", driver.ErrUnsupported)
	case opts.Method == http.MethodPut:
		valid = driver.ValidNewKey
	}
	if err := valid(key); err != nil {
		return "", err
	}
	// Seconds are cut off rather than rounded: a URL lives no longer than asked.
	sign := &driver.PresignOptions{Method: opts.Method, TTL: opts.Expiry.Truncate(time.Second), ContentType: opts.ContentType}
	if opts.BeforeSign != nil {
		if err := opts.BeforeSign(as(sign)); err != nil {
			return "", err
		}
	}
	return driver.Presign(ctx, p.b, key, sign)
}

// asNothing is the As function of calls that have nothing to give.
func asNothing(any) bool { return false }
