package s3driver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// List returns one page, with one request, or two for a page of one key that is
// the prefix. The order is the server's, which is that of the keys' bytes on all
// but directory buckets.
func (b *bucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	from := splitToken(opts.Token)
	in := &s3.ListObjectsV2Input{
		Bucket:            &b.name,
		Prefix:            optional(opts.Prefix),
		Delimiter:         optional(opts.Delimiter),
		StartAfter:        optional(opts.StartAfter),
		ContinuationToken: optional(from.server),
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
		page, err := listPage(opts, from, out)
		if err != nil || opts.PageSize != 1 || page.NextToken != "" || len(page.Objects) != 1 || page.Objects[0].Key != opts.Prefix {
			return page, err
		}
		// MinIO calls a page of one key the last when that key is the prefix.
		// A page of two tells.
		two := *in
		two.MaxKeys = aws.Int32(2)
		if out, err = b.client.ListObjectsV2(ctx, &two); err != nil {
			return nil, err
		}
		return listPage(opts, from, out)
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

// token is what List gives as NextToken: the server's, and the entry before it.
// MinIO begins a page again with the common prefix that the page before it
// ended in, when the delimiter is not a slash.
type token struct{ server, last string }

func (t token) String() string { return strconv.Itoa(len(t.last)) + ":" + t.last + t.server }

func splitToken(s string) token {
	digits, rest, ok := strings.Cut(s, ":")
	n, err := strconv.Atoi(digits)
	if !ok || err != nil || n < 0 || n > len(rest) {
		return token{server: s} // not of our making: the server will tell
	}
	return token{server: rest[n:], last: rest[:n]}
}

func listPage(opts *driver.ListOptions, from token, out *s3.ListObjectsV2Output) (*driver.ListPage, error) {
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
		if opts.StartAfter != "" && key <= opts.StartAfter || key == from.last {
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
		if opts.StartAfter != "" && prefix <= opts.StartAfter || prefix == from.last {
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
	next := token{server: aws.ToString(out.NextContinuationToken), last: from.last}
	if next.server == "" || next.server == from.server {
		return nil, fmt.Errorf("listing does not advance: %w", malformed("continuation token %q after %q", clean(next.server), clean(from.server)))
	}
	if n := len(page.Objects); n > 0 {
		next.last = page.Objects[n-1].Key
	}
	if n := len(page.Prefixes); n > 0 {
		next.last = max(next.last, page.Prefixes[n-1])
	}
	page.NextToken = next.String()
	return page, nil
}
