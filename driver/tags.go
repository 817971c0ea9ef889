package driver

import (
	"context"
	"fmt"
)

// Tagger is implemented by a bucket whose objects have tags. Such a bucket also
// honours PutOptions.Tags and HeadOptions.Tags.
type Tagger interface {
	// SetTags replaces all tags of the object, which keeps its ETag and
	// LastModified. A missing object is [ErrObjectNotFound].
	SetTags(ctx context.Context, key string, tags map[string]string) error

	// GetTags gives the object's tags, an empty map when there are none. A
	// missing object is [ErrObjectNotFound].
	GetTags(ctx context.Context, key string) (map[string]string, error)
}

// SetTags replaces all tags of an object.
func SetTags(ctx context.Context, b Bucket, key string, tags map[string]string) error {
	t, ok := b.(Tagger)
	if !ok {
		return errNoTags
	}
	return t.SetTags(ctx, key, tags)
}

// GetTags gives the tags of an object.
func GetTags(ctx context.Context, b Bucket, key string) (map[string]string, error) {
	t, ok := b.(Tagger)
	if !ok {
		return nil, errNoTags
	}
	return t.GetTags(ctx, key)
}

var errNoTags = fmt.Errorf("%w: object tags", ErrUnsupported)
