package s3driver

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// Copy copies on the server, from a bucket that the same credentials reach on
// the same server. It asks for the source first, to pin its version and to keep
// its storage class, and then copies with one request, or above
// Config.CopyPartThreshold by ranges in parallel. Either way the copy has the
// source's content, content type, headers (Expires included), metadata, tags
// and storage class. As with CopyObject, what belongs to the object rather than
// to its content stays behind: ACL, object lock, encryption (the destination
// bucket's default applies) and website redirect. A source above 5 TiB,
// S3's limit, is [driver.ErrValidation].
func (b *bucket) Copy(ctx context.Context, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	from, ok := src.(*bucket)
	if !ok || from.Driver != b.Driver && from.location != b.location {
		return driver.ObjectInfo{}, fmt.Errorf("%w: copying from another server or account", driver.ErrUnsupported)
	}
	if from.name == b.name && srcKey == dstKey {
		return driver.ObjectInfo{}, fmt.Errorf("%w: source and destination of the copy are the same object", driver.ErrValidation)
	}
	head, err := from.head(ctx, srcKey, "", askChecksum)
	if err != nil {
		return driver.ObjectInfo{}, sourceFailed(ctx, err)
	}
	c := &copying{
		write:  write{b: b, key: dstKey, began: time.Now()},
		from:   from,
		srcKey: srcKey,
		source: copySource(from.name, srcKey),
		head:   head,
		info:   headInfo(srcKey, head),
	}
	if c.info.Size > b.copyPartThreshold {
		return c.inParts(ctx)
	}
	return c.atOnce(ctx)
}

// copying is one copy.
type copying struct {
	write
	from   *bucket
	srcKey string
	source string // for the x-amz-copy-source header
	head   *s3.HeadObjectOutput
	info   driver.ObjectInfo // what head says
}

// describe completes what is known of the source, which the copy is to have,
// too. It costs a request. The error is that of looking for the tags.
func (c *copying) describe(ctx context.Context) error {
	tags, err := c.from.GetTags(ctx, c.srcKey)
	if errors.Is(err, driver.ErrUnsupported) {
		err = nil // there are none
	}
	c.opts = &driver.PutOptions{
		Size:               c.info.Size,
		ContentType:        c.info.ContentType,
		CacheControl:       c.info.CacheControl,
		ContentDisposition: c.info.ContentDisposition,
		ContentEncoding:    c.info.ContentEncoding,
		ContentLanguage:    c.info.ContentLanguage,
		Metadata:           c.info.Metadata,
		Tags:               tags,
	}
	return err
}

// sourceFailed is a failure of the source, unless it is the end of ctx.
func sourceFailed(ctx context.Context, err error) error {
	if ctxErr := ctx.Err(); ctxErr != nil && errors.Is(err, ctxErr) {
		return err
	}
	return &driver.SourceError{Err: err}
}

// copySource gives bucket and key as the x-amz-copy-source header has them,
// every byte but the plainest percent-encoded.
func copySource(bucket, key string) string {
	if strings.HasPrefix(bucket, "arn:") {
		return escapePath(bucket) + "/object/" + escapePath(key)
	}
	return bucket + "/" + escapePath(key)
}

// escapePath percent-encodes all but the unreserved characters of RFC 3986 and
// the slash.
func escapePath(s string) string {
	const hex = "0123456789ABCDEF"
	var b strings.Builder
	for i := range len(s) {
		c := s[i]
		if 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9' || strings.IndexByte("-._~/", c) >= 0 {
			b.WriteByte(c)
			continue
		}
		b.Write([]byte{'%', hex[c>>4], hex[c&15]})
	}
	return b.String()
}

// atOnce copies with one request: the server keeps what describes the object,
// except the storage class.
func (c *copying) atOnce(ctx context.Context) (driver.ObjectInfo, error) {
	in := &s3.CopyObjectInput{
		Bucket:            &c.b.name,
		Key:               &c.key,
		CopySource:        &c.source,
		CopySourceIfMatch: &c.info.ETag,
	}
	if c.info.StorageClass != driver.DefaultStorageClass {
		in.StorageClass = types.StorageClass(c.info.StorageClass)
	}
	var lost lostAnswers
	out, _, err := call(ctx, c.b.Driver, func(ctx context.Context) (*s3.CopyObjectOutput, error) {
		out, err := c.b.client.CopyObject(ctx, in)
		if err == nil && (out.CopyObjectResult == nil || unquote(out.CopyObjectResult.ETag) == "") {
			err = malformed("a copy without an ETag")
		}
		return out, lost.note(err)
	})
	if err != nil {
		if lost > 0 {
			if info, ok := c.confirmCopy(ctx); ok {
				return info, nil
			}
			if ctx.Err() != nil {
				return driver.ObjectInfo{}, canceled(ctx.Err(), err)
			}
		}
		return driver.ObjectInfo{}, c.failed(ctx, err)
	}
	c.b.sawObject()
	info := driver.ObjectInfo{Key: c.key, Size: c.info.Size, ETag: unquote(out.CopyObjectResult.ETag)}
	if info.ETag != c.info.ETag {
		// Encryption and parts make ETags differ, and so does a server that
		// ignores the condition on the source.
		if err := c.unchanged(ctx); err != nil {
			return driver.ObjectInfo{}, err
		}
	}
	return info, nil
}

// confirmCopy looks whether the destination is what was to be copied, when an
// answer was lost. Where the server keeps no checksums, an ETag that is not the
// source's leaves it open.
func (c *copying) confirmCopy(ctx context.Context) (driver.ObjectInfo, bool) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	tagsErr := c.describe(ctx)
	if tagsErr != nil && !errors.Is(tagsErr, driver.ErrAccessDenied) {
		return driver.ObjectInfo{}, false // the error of the copy stands
	}
	crc, known := decodeCRC(c.head.ChecksumCRC32C)
	info, ok, err := c.confirm(ctx, &written{size: c.info.Size, crc: crc, crcUnknown: !known, etag: c.info.ETag, fresh: true, tagsUnknown: tagsErr != nil})
	return info, ok && err == nil
}

// failed says what a failed request to copy means, and whose failure it is.
func (c *copying) failed(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, driver.ErrPreconditionFailed):
		return sourceFailed(ctx, as(driver.ErrObjectChanged, err))
	case errors.Is(err, driver.ErrObjectNotFound):
		return sourceFailed(ctx, err)
	case errors.Is(err, driver.ErrBucketNotFound), noSuchAnything(err):
		// The source was there a moment ago, but it may be gone by now.
		if _, headErr := c.from.head(ctx, c.srcKey, ""); errors.Is(headErr, driver.ErrObjectNotFound) || errors.Is(headErr, driver.ErrBucketNotFound) {
			return sourceFailed(ctx, headErr)
		}
		c.b.known.Delete(c.b.name)
		return as(driver.ErrBucketNotFound, err)
	}
	return err
}

// unchanged checks that the source is still the version asked for first.
func (c *copying) unchanged(ctx context.Context) error {
	out, err := c.from.head(ctx, c.srcKey, "")
	switch {
	case errors.Is(err, driver.ErrObjectNotFound):
		return sourceFailed(ctx, as(driver.ErrObjectChanged, err))
	case err != nil:
		return sourceFailed(ctx, err)
	case unquote(out.ETag) != c.info.ETag:
		return sourceFailed(ctx, driver.ErrObjectChanged)
	}
	return nil
}
