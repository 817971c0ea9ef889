package s3driver

import (
	"context"
	"fmt"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
)

// copyPartSize is the least size of the parts of a copy: each costs a request
// and no traffic here.
const copyPartSize = 128 << 20

// inParts copies by ranges, in parallel, each pinned to the source's version.
// What describes the object is read and written along with it.
func (c *copying) inParts(ctx context.Context) (driver.ObjectInfo, error) {
	if c.info.Size > maxObjectSize {
		return driver.ObjectInfo{}, sourceFailed(ctx, tooLarge(c.info.Size))
	}
	if n := aws.ToInt32(c.head.MissingMeta); n > 0 {
		return driver.ObjectInfo{}, sourceFailed(ctx, fmt.Errorf("%w: copying in parts, for the server does not tell %d entries of the metadata", driver.ErrUnsupported, n))
	}
	if err := c.describe(ctx); err != nil {
		return driver.ObjectInfo{}, sourceFailed(ctx, err)
	}
	c.fresh = true
	create := &s3.CreateMultipartUploadInput{
		ContentType:        optional(c.opts.ContentType),
		CacheControl:       optional(c.opts.CacheControl),
		ContentDisposition: optional(c.opts.ContentDisposition),
		ContentEncoding:    optional(c.opts.ContentEncoding),
		ContentLanguage:    optional(c.opts.ContentLanguage),
		Metadata:           c.opts.Metadata,
		Tagging:            encodeTags(c.opts.Tags),
	}
	if c.info.StorageClass != driver.DefaultStorageClass {
		create.StorageClass = types.StorageClass(c.info.StorageClass)
	}
	send := func(ctx context.Context, u *upload) error {
		if err := c.copyRanges(ctx, u); err != nil {
			return err
		}
		// Ranges of two versions must not end up in one object on a server
		// that ignores the condition.
		return c.unchanged(ctx)
	}
	if expires := aws.ToString(c.head.ExpiresString); expires != "" {
		return c.uploadParts(ctx, create, send, withHeader("Expires", expires)) // as it is, be it a date or not
	}
	return c.uploadParts(ctx, create, send)
}

// partSize gives the size of the parts.
func (c *copying) partSize() int64 {
	size := min(max(copyPartSize, c.b.partSize), c.b.copyPartThreshold)
	return partSizeFor(max(size, minPartSize), c.info.Size)
}

func (c *copying) copyRanges(ctx context.Context, u *upload) error {
	size := c.partSize()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(c.b.concurrency)
	for off, number := int64(0), int32(1); off < c.info.Size && ctx.Err() == nil; number++ {
		from, n := off, min(size, c.info.Size-off)
		g.Go(func() error { return c.copyRange(ctx, u, number, from, n) })
		off += n
	}
	return waitParts(ctx, g)
}

func (c *copying) copyRange(ctx context.Context, u *upload, number int32, off, n int64) error {
	in := &s3.UploadPartCopyInput{
		Bucket:            &c.b.name,
		Key:               &c.key,
		UploadId:          &u.id,
		PartNumber:        &number,
		CopySource:        &c.source,
		CopySourceIfMatch: &c.info.ETag,
		CopySourceRange:   aws.String(fmt.Sprintf("bytes=%d-%d", off, off+n-1)),
	}
	out, _, err := call(ctx, c.b.Driver, func(ctx context.Context) (*s3.UploadPartCopyOutput, error) {
		out, err := c.b.client.UploadPartCopy(ctx, in)
		if err == nil && (out.CopyPartResult == nil || unquote(out.CopyPartResult.ETag) == "") {
			return nil, malformed("a copied part without an ETag")
		}
		return out, err
	})
	if err != nil {
		return c.failed(ctx, err)
	}
	u.add(part{number: number, etag: unquote(out.CopyPartResult.ETag), size: n})
	return nil
}
