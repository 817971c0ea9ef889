package s3driver

import (
	"context"
	"maps"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
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

// GetTags gives the object's tags, with one request.
func (b *bucket) GetTags(ctx context.Context, key string) (map[string]string, error) {
	out, _, err := call(ctx, b.Driver, func(ctx context.Context) (*s3.GetObjectTaggingOutput, error) {
		return b.client.GetObjectTagging(ctx, &s3.GetObjectTaggingInput{Bucket: &b.name, Key: &key})
	})
	if code(err) == "NoSuchTagSet" {
		return map[string]string{}, nil
	}
	if err != nil {
		return nil, b.objectError(ctx, err)
	}
	tags := make(map[string]string, len(out.TagSet))
	for _, t := range out.TagSet {
		tags[aws.ToString(t.Key)] = aws.ToString(t.Value)
	}
	return tags, nil
}
