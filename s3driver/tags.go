package s3driver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// SetTags replaces all tags of an object, with one request.
func (b *bucket) SetTags(ctx context.Context, key string, tags map[string]string) error {
	set := make([]types.Tag, 0, len(tags))
	for _, k := range slices.Sorted(maps.Keys(tags)) {
		set = append(set, types.Tag{Key: aws.String(k), Value: aws.String(tags[k])})
	}
	_, err := do(ctx, b.Driver, func(ctx context.Context) error {
		_, err := b.client.PutObjectTagging(ctx, &s3.PutObjectTaggingInput{
			Bucket: &b.name, Key: &key, Tagging: &types.Tagging{TagSet: set},
		}, contentMD5)
		return err
	})
	return b.objectError(ctx, err)
}

// GetTags gives the object's tags, with one request, or two where the answer
// leaves open whether there are any.
func (b *bucket) GetTags(ctx context.Context, key string) (map[string]string, error) {
	tags, _, err := call(ctx, b.Driver, func(ctx context.Context) (map[string]string, error) {
		out, err := b.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &b.name, Key: &key})
		if err != nil {
			return nil, err
		}
		if out.TagSet == nil { // an empty answer: Ceph's when there are none
			head, err := b.client.HeadObject(ctx, &s3.HeadObjectInput{Bucket: &b.name, Key: &key})
			if err != nil {
				return nil, err
			}
			if n := aws.ToInt32(head.TagCount); n > 0 {
				return nil, malformed("no tag set of an object with %d tags", n)
			}
		}
		return tagMap(out.TagSet)
	})
	if code(err) == "NoSuchTagSet" {
		return map[string]string{}, nil
	}
	return tags, b.objectError(ctx, err)
}

func tagMap(set []types.Tag) (map[string]string, error) {
	tags := make(map[string]string, len(set))
	for _, t := range set {
		key := aws.ToString(t.Key)
		if _, twice := tags[key]; twice || key == "" {
			return nil, malformed("a tag set with the key %q, empty or twice", clean(key))
		}
		tags[key] = aws.ToString(t.Value)
	}
	return tags, nil
}

// ensureTags gives an uploaded object the tags that some servers drop when
// they come with a multipart upload. It costs a request, with tags only, until
// the server has shown that it is not one of those.
func (w *write) ensureTags(ctx context.Context, etag string) error {
	if len(w.opts.Tags) == 0 || w.b.keepsTags.Load() {
		return nil
	}
	have, err := w.b.GetTags(ctx, w.key)
	switch {
	case errors.Is(err, driver.ErrAccessDenied), errors.Is(err, driver.ErrUnsupported), errors.Is(err, driver.ErrObjectNotFound):
		return nil // not for us to see, or replaced since
	case err != nil:
		return fmt.Errorf("looking for the object's tags: %w", err)
	case maps.Equal(have, w.opts.Tags):
		w.b.keepsTags.Store(true)
		return nil
	case len(have) > 0:
		return nil // somebody has changed them since
	}
	if out, err := w.b.head(ctx, w.key, ""); err != nil || unquote(out.ETag) != etag {
		return err // somebody else's object by now
	}
	return w.b.SetTags(ctx, w.key, w.opts.Tags)
}
