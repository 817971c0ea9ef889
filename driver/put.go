package driver

import (
	"context"
	"io"
)

// Put stores an object. It refuses tags where the bucket is no [Tagger], so
// that a driver without tags need not look at them.
func Put(ctx context.Context, b Bucket, key string, body io.Reader, opts *PutOptions) (ObjectInfo, error) {
	if _, ok := b.(Tagger); !ok && len(opts.Tags) > 0 {
		return ObjectInfo{}, errNoTags
	}
	return b.Put(ctx, key, body, opts)
}

// Head describes an object. It refuses to ask for tags where the bucket is no
// [Tagger].
func Head(ctx context.Context, b Bucket, key string, opts *HeadOptions) (ObjectInfo, error) {
	if _, ok := b.(Tagger); !ok && opts.Tags {
		return ObjectInfo{}, errNoTags
	}
	return b.Head(ctx, key, opts)
}
