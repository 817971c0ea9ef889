package s3driver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// List returns one page, with one request. The order is the server's, which is
// that of the keys' bytes on all but directory buckets.
func (b *bucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	in := &s3.ListObjectsV2Input{
		Bucket:            &b.name,
		Prefix:            optional(opts.Prefix),
		Delimiter:         optional(opts.Delimiter),
		StartAfter:        optional(opts.StartAfter),
		ContinuationToken: optional(opts.Token),
		EncodingType:      types.EncodingTypeUrl, // XML cannot carry every key
	}
	if opts.PageSize > 0 {
		in.MaxKeys = aws.Int32(int32(min(opts.PageSize, driver.MaxPageSize)))
	}
	page, _, err := call(ctx, b.Driver, func(ctx context.Context) (*driver.ListPage, error) {
		out, err := b.client.ListObjectsV2(ctx, in)
		if err != nil {
			return nil, err
		}
		return listPage(opts, out)
	})
	if err != nil {
		return nil, b.listError(err)
	}
	b.sawObject()
	return page, nil
}

// listError is for requests where nothing but the bucket can be missing.
func (b *bucket) listError(err error) error {
	if noSuchAnything(err) {
		err = as(driver.ErrBucketNotFound, err)
	}
	if errors.Is(err, driver.ErrBucketNotFound) {
		b.known.Delete(b.name)
	}
	return err
}

func listPage(opts *driver.ListOptions, out *s3.ListObjectsV2Output) (*driver.ListPage, error) {
	decode := func(s *string) (string, error) { return aws.ToString(s), nil }
	if out.EncodingType == types.EncodingTypeUrl { // only if the server says so
		decode = func(s *string) (string, error) {
			text, err := url.QueryUnescape(aws.ToString(s))
			if err != nil {
				err = malformed("the list entry %q is not encoded", clean(aws.ToString(s)))
			}
			return text, err
		}
	}
	page := &driver.ListPage{}
	for i := range out.Contents {
		o := &out.Contents[i]
		key, err := decode(o.Key)
		if err != nil {
			return nil, err
		}
		if key == "" || !strings.HasPrefix(key, opts.Prefix) {
			return nil, malformed("a list of %q with the key %q", opts.Prefix, clean(key))
		}
		if opts.StartAfter != "" && key <= opts.StartAfter {
			continue
		}
		page.Objects = append(page.Objects, driver.ObjectInfo{
			Key:          key,
			Size:         aws.ToInt64(o.Size),
			LastModified: wholeSeconds(o.LastModified),
			ETag:         unquote(o.ETag),
			StorageClass: storageClass(o.StorageClass),
		})
	}
	for _, p := range out.CommonPrefixes {
		prefix, err := decode(p.Prefix)
		if err != nil {
			return nil, err
		}
		// This covers one that StartAfter starts with.
		if opts.StartAfter != "" && prefix <= opts.StartAfter {
			continue
		}
		page.Prefixes = append(page.Prefixes, prefix)
	}
	// Sorted already, but on servers that deviate.
	slices.SortFunc(page.Objects, func(a, b driver.ObjectInfo) int { return cmp.Compare(a.Key, b.Key) })
	slices.Sort(page.Prefixes)
	if !aws.ToBool(out.IsTruncated) {
		return page, nil
	}
	page.NextToken = aws.ToString(out.NextContinuationToken)
	if page.NextToken == "" || page.NextToken == opts.Token {
		return nil, fmt.Errorf("listing does not advance: %w", malformed("continuation token %q after %q", clean(page.NextToken), clean(opts.Token)))
	}
	return page, nil
}
