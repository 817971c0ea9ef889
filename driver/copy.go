package driver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"reflect"
	"time"
)

// Copier is implemented by a bucket that can take over an object from another
// bucket of the same backend without its bytes passing through this process. A
// bucket that keeps storage classes must be one: the fallback loses them.
type Copier interface {
	// Copy stores under dstKey what src holds under srcKey: content, content
	// type, headers, metadata, tags and storage class, all from one version of
	// the source. It returns Key, Size and ETag, and [ErrUnsupported] when src
	// is not a bucket it can copy from. Copying an object onto itself is
	// [ErrValidation]. A failure that is the source's is a [*SourceError].
	Copy(ctx context.Context, dstKey string, src Bucket, srcKey string) (ObjectInfo, error)
}

// Copy copies an object, within the backend where dst can do it. Otherwise the
// object is streamed through this process, which costs its size in traffic both
// ways and one more request for what describes it; it keeps everything but the
// storage class, a name that another backend need not have.
func Copy(ctx context.Context, dst Bucket, dstKey string, src Bucket, srcKey string) (ObjectInfo, error) {
	if dstKey == srcKey && sameBucket(dst, src) {
		return ObjectInfo{}, errSelfCopy
	}
	if c, ok := dst.(Copier); ok {
		if info, err := c.Copy(ctx, dstKey, src, srcKey); !errors.Is(err, ErrUnsupported) {
			return info, err
		}
	}
	return streamCopy(ctx, dst, dstKey, src, srcKey)
}

// sameBucket reports whether both are one handle; drivers know of other ways to
// be the same bucket.
func sameBucket(a, b Bucket) bool {
	return reflect.ValueOf(a).Comparable() && reflect.ValueOf(b).Comparable() && a == b
}

func streamCopy(ctx context.Context, dst Bucket, dstKey string, src Bucket, srcKey string) (ObjectInfo, error) {
	info, err := Head(ctx, src, srcKey, &HeadOptions{Tags: true})
	if errors.Is(err, ErrUnsupported) {
		info, err = Head(ctx, src, srcKey, &HeadOptions{})
	}
	if err != nil {
		return ObjectInfo{}, &SourceError{err}
	}
	// The condition ties the body to the version of the tags read above, as far
	// as an ETag tells versions apart.
	o, err := src.Get(ctx, srcKey, &GetOptions{IfMatch: info.ETag})
	if err != nil {
		if errors.Is(err, ErrPreconditionFailed) {
			err = fmt.Errorf("%w: %v", ErrObjectChanged, err)
		}
		return ObjectInfo{}, &SourceError{err}
	}
	defer o.Body.Close()
	if !maps.Equal(o.Info.Metadata, info.Metadata) || !o.Info.LastModified.Truncate(time.Second).Equal(info.LastModified.Truncate(time.Second)) {
		return ObjectInfo{}, &SourceError{ErrObjectChanged} // by one with the same content
	}
	return Put(ctx, dst, dstKey, sourceBody{o}, &PutOptions{
		Size:               o.Info.Size,
		ContentType:        cmp.Or(o.Info.ContentType, DefaultContentType),
		CacheControl:       o.Info.CacheControl,
		ContentDisposition: o.Info.ContentDisposition,
		ContentEncoding:    o.Info.ContentEncoding,
		ContentLanguage:    o.Info.ContentLanguage,
		Metadata:           o.Info.Metadata,
		Tags:               info.Tags,
	})
}

// sourceBody marks the errors of the source's body as the source's.
type sourceBody struct{ o *Object }

func (b sourceBody) Read(p []byte) (int, error) {
	n, err := b.o.Body.Read(p)
	if err != nil && err != io.EOF {
		err = &SourceError{err}
	}
	return n, err
}

var errSelfCopy = fmt.Errorf("%w: source and destination of the copy are the same object", ErrValidation)
