package s3driver

import (
	"context"
	"fmt"
	"io"
	"net/url"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// maxObjectSize is S3's limit: 5 TiB.
const maxObjectSize = 5 << 40

func tooLarge(size int64) error {
	return fmt.Errorf("%w: an object has at most 5 TiB, not %d bytes", driver.ErrValidation, size)
}

// Put stores a body: see the package's documentation.
func (b *bucket) Put(ctx context.Context, key string, r io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	w := &write{b: b, key: key, opts: opts, began: time.Now()}
	if opts.Size > maxObjectSize {
		return driver.ObjectInfo{}, tooLarge(opts.Size)
	}
	if err := ctx.Err(); err != nil {
		return driver.ObjectInfo{}, err
	}
	if at, ok := r.(io.ReaderAt); ok && opts.Size >= 0 {
		return w.fromReaderAt(ctx, guarded{at})
	}
	return w.fromStream(ctx, &stream{ctx: ctx, r: r, size: opts.Size})
}

// write is one Put.
type write struct {
	b     *bucket
	key   string
	opts  *driver.PutOptions
	began time.Time
	fresh bool // an equal object that was there before is not the write's
}

func (w *write) fromReaderAt(ctx context.Context, r guarded) (driver.ObjectInfo, error) {
	size := w.opts.Size
	if err := r.atEnd(size); err != nil {
		return driver.ObjectInfo{}, err
	}
	if size > w.b.partSize {
		return w.multipart(ctx, func(ctx context.Context, u *upload) error {
			if err := u.sendAll(ctx, r, size); err != nil {
				return err
			}
			return r.atEnd(size) // it may have grown meanwhile
		})
	}
	p, err := newPiece(ctx, r, 0, size)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	return w.single(ctx, p)
}

func (w *write) fromStream(ctx context.Context, s *stream) (driver.ObjectInfo, error) {
	first, more, err := s.first(partSizeFor(w.b.partSize, w.opts.Size))
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	if !more {
		return w.single(ctx, newMemory(first))
	}
	return w.multipart(ctx, func(ctx context.Context, u *upload) error { return u.sendStream(ctx, first, s) })
}

// single stores the piece with one request.
func (w *write) single(ctx context.Context, p *piece) (driver.ObjectInfo, error) {
	b, o := w.b, w.opts
	in := &s3.PutObjectInput{
		Bucket:             &b.name,
		Key:                &w.key,
		ContentLength:      &p.size,
		ChecksumCRC32C:     aws.String(encodeCRC(p.crc)),
		ContentType:        optional(o.ContentType),
		CacheControl:       optional(o.CacheControl),
		ContentDisposition: optional(o.ContentDisposition),
		ContentEncoding:    optional(o.ContentEncoding),
		ContentLanguage:    optional(o.ContentLanguage),
		StorageClass:       types.StorageClass(o.StorageClass),
		Metadata:           o.Metadata,
		Tagging:            encodeTags(o.Tags),
		IfNoneMatch:        ifAbsent(o),
		IfMatch:            optional(o.IfMatch),
	}
	ours := &written{size: p.size, crc: p.crc, md5: func() (string, error) { return p.md5(ctx) }}
	var lost lostAnswers
	out, attempts, err := call(ctx, b.Driver, func(ctx context.Context) (*s3.PutObjectOutput, error) {
		in := *in // the SDK's middleware writes into what it gets
		body := p.reader()
		in.Body = body
		out, err := b.client.PutObject(ctx, &in, unsignedPayload)
		if err != nil && !body.exhausted() {
			return nil, err // no server can have stored what was not sent
		}
		if err == nil && unquote(out.ETag) == "" {
			// Not what S3 answers: the object tells whether it was stored.
			err = malformed("PUT without an ETag")
		}
		return out, lost.note(err)
	})
	if err != nil {
		return w.resolve(ctx, err, lost > 0, attempts, ours)
	}
	b.sawObject()
	return driver.ObjectInfo{Key: w.key, Size: p.size, ETag: unquote(out.ETag)}, nil
}

func ifAbsent(o *driver.PutOptions) *string {
	if o.IfAbsent {
		return aws.String("*")
	}
	return nil
}

// encodeTags gives the tags as the x-amz-tagging header has them. A space is
// %20: some servers take a plus for a plus.
func encodeTags(tags map[string]string) *string {
	if len(tags) == 0 {
		return nil
	}
	values := make(url.Values, len(tags))
	for k, v := range tags {
		values.Set(k, v)
	}
	return aws.String(strings.ReplaceAll(values.Encode(), "+", "%20"))
}

// partSizeFor gives the size of the parts of an object, of which there can be
// 10,000. Of an object of unknown size it is that of the first parts.
func partSizeFor(configured, size int64) int64 {
	const unit = 1 << 20
	if least := ceil(size, maxParts); least > configured {
		return ceil(least, unit) * unit
	}
	return configured
}

// ceil is n/d, rounded up. Unlike n+d-1 it is in range for all n.
func ceil(n, d int64) int64 {
	if n%d > 0 {
		return n/d + 1
	}
	return n / d
}
