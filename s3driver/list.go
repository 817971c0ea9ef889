package s3driver

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// List returns one page, with one request, or two for the last page if pages are
// to have one entry. A page is put in byte order; that the pages are, is checked, and is
// an error where it does not hold, but for directory buckets, which have no order.
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
		page, err := listPage(opts, from, !Express(b.name), out)
		if err != nil || opts.PageSize != 1 || page.NextToken != "" {
			return page, err
		}
		// MinIO calls a page of one key the last when that key is the prefix, and
		// finds nothing after a common prefix that is a key as well. A page of
		// two tells.
		two := *in
		two.MaxKeys = aws.Int32(2)
		if out, err = b.client.ListObjectsV2(ctx, &two); err != nil {
			return nil, err
		}
		return listPage(opts, from, !Express(b.name), out)
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

// token is what List gives as NextToken: the server's, the entry before it, and
// how many pages without an entry came before it. MinIO begins a page again with
// the common prefix that the page before it ended in, when the delimiter is not
// a slash.
type token struct {
	server, last string
	empty        int
}

// maxEmptyPages is how many pages without an entry may follow each other. An
// honest server gives one now and then.
const maxEmptyPages = 1000

func (t token) String() string {
	return strconv.Itoa(len(t.last)) + "." + strconv.Itoa(t.empty) + ":" + t.last + t.server
}

func splitToken(s string) token {
	numbers, rest, ok := strings.Cut(s, ":")
	digits, empty, ok2 := strings.Cut(numbers, ".")
	n, err := strconv.Atoi(digits)
	e, err2 := strconv.Atoi(empty)
	if !ok || !ok2 || err != nil || err2 != nil || n < 0 || n > len(rest) || e < 0 {
		return token{server: s} // not of our making: the server will tell
	}
	return token{server: rest[n:], last: rest[:n], empty: e}
}

// behind reports whether an entry has no place in the page after the token, and
// whether that is no harm. Entries ascend from page to page: one that does not
// would be given twice, or be the start of a circle.
func (t token) behind(entry, startAfter string, sorted bool) (skip bool, err error) {
	switch {
	case startAfter != "" && entry <= startAfter, entry == t.last:
		return true, nil // of a common prefix, this covers one that startAfter starts with
	case sorted && entry < t.last:
		return false, malformed("listing does not advance in byte order: %q comes after %q", clean(entry), clean(t.last))
	}
	return false, nil
}

// decodeKey decodes a key of a listing, if the server says that it encoded them.
func decodeKey(encoding types.EncodingType, key *string) (string, error) {
	text := aws.ToString(key)
	if encoding != types.EncodingTypeUrl {
		return text, nil
	}
	decoded, err := url.QueryUnescape(text)
	if err != nil {
		return "", malformed("the list entry %q is not encoded", clean(text))
	}
	return decoded, nil
}

func listPage(opts *driver.ListOptions, from token, sorted bool, out *s3.ListObjectsV2Output) (*driver.ListPage, error) {
	page := &driver.ListPage{}
	for i := range out.Contents {
		o := &out.Contents[i]
		key, err := decodeKey(out.EncodingType, o.Key)
		if err != nil {
			return nil, err
		}
		if key == "" || !strings.HasPrefix(key, opts.Prefix) {
			return nil, malformed("a list of %q with the key %q", clean(opts.Prefix), clean(key))
		}
		// An ETag may be empty: versitygw has none for a file dropped into its directory.
		switch {
		case o.Size == nil || *o.Size < 0:
			return nil, malformed("the list entry %q without Size", clean(key))
		case o.ETag == nil:
			return nil, malformed("the list entry %q without ETag", clean(key))
		case o.LastModified == nil:
			return nil, malformed("the list entry %q without LastModified", clean(key))
		}
		if skip, err := from.behind(key, opts.StartAfter, sorted); err != nil {
			return nil, err
		} else if skip {
			continue
		}
		page.Objects = append(page.Objects, driver.ObjectInfo{
			Key:          key,
			Size:         *o.Size,
			LastModified: wholeSeconds(o.LastModified),
			ETag:         unquote(o.ETag),
			StorageClass: storageClass(o.StorageClass),
		})
	}
	for _, p := range out.CommonPrefixes {
		prefix, err := decodeKey(out.EncodingType, p.Prefix)
		if err != nil {
			return nil, err
		}
		if part, ok := strings.CutPrefix(prefix, opts.Prefix); !ok || opts.Delimiter == "" || !strings.HasSuffix(part, opts.Delimiter) {
			return nil, malformed("a list of %q with the common prefix %q", clean(opts.Prefix), clean(prefix))
		}
		if skip, err := from.behind(prefix, opts.StartAfter, sorted); err != nil {
			return nil, err
		} else if skip {
			continue
		}
		page.Prefixes = append(page.Prefixes, prefix)
	}
	// Sorted already, but on servers that deviate.
	slices.SortFunc(page.Objects, func(a, b driver.ObjectInfo) int { return cmp.Compare(a.Key, b.Key) })
	slices.Sort(page.Prefixes)
	if err := checkTwice(page); err != nil {
		return nil, err
	}
	next := aws.ToString(out.NextContinuationToken)
	if aws.ToBool(out.IsTruncated) || out.IsTruncated == nil && next != "" {
		return page, nextToken(page, from, next)
	}
	return page, nil
}

// checkTwice refuses a sorted page with an entry that is there twice.
func checkTwice(page *driver.ListPage) error {
	for i := 1; i < len(page.Objects); i++ {
		if key := page.Objects[i].Key; key == page.Objects[i-1].Key {
			return malformed("a list with the key %q twice", clean(key))
		}
	}
	for i := 1; i < len(page.Prefixes); i++ {
		if prefix := page.Prefixes[i]; prefix == page.Prefixes[i-1] {
			return malformed("a list with the common prefix %q twice", clean(prefix))
		}
	}
	return nil
}

// nextToken sets the page's token for the next one, if that gets any further.
func nextToken(page *driver.ListPage, from token, server string) error {
	next := token{server: server, last: from.last}
	if server == "" || server == from.server {
		return malformed("listing does not advance: continuation token %q after %q", clean(server), clean(from.server))
	}
	if n := len(page.Objects); n > 0 {
		next.last = max(next.last, page.Objects[n-1].Key)
	}
	if n := len(page.Prefixes); n > 0 {
		next.last = max(next.last, page.Prefixes[n-1])
	}
	if len(page.Objects)+len(page.Prefixes) == 0 {
		if next.empty = from.empty + 1; next.empty > maxEmptyPages {
			return malformed("listing does not advance: %d pages without an entry", from.empty)
		}
	}
	page.NextToken = next.String()
	return nil
}
