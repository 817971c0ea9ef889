package s3driver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
)

// maxParts is S3's limit for one upload.
const maxParts = 10_000

// upload is a multipart upload under way.
type upload struct {
	b    *bucket
	key  string
	id   string
	part int64  // size of the parts, of the first ones when the whole is not known
	cut  func() // ends a request to complete it that the caller has left

	mu   sync.Mutex
	sent []part
}

// part is one that the server has.
type part struct {
	number int32
	etag   string
	size   int64
	crc    uint32
}

func (u *upload) add(p part) {
	u.mu.Lock()
	defer u.mu.Unlock()
	u.sent = append(u.sent, p)
}

// multipart stores what send sends as the parts of one upload.
func (w *write) multipart(ctx context.Context, send func(context.Context, *upload) error) (driver.ObjectInfo, error) {
	if err := w.refusedAlready(ctx); err != nil {
		return driver.ObjectInfo{}, err
	}
	o := w.opts
	create := &s3.CreateMultipartUploadInput{
		ContentType:        optional(o.ContentType),
		CacheControl:       optional(o.CacheControl),
		ContentDisposition: optional(o.ContentDisposition),
		ContentEncoding:    optional(o.ContentEncoding),
		ContentLanguage:    optional(o.ContentLanguage),
		StorageClass:       types.StorageClass(o.StorageClass),
		Metadata:           o.Metadata,
		Tagging:            encodeTags(o.Tags),
	}
	if !w.b.md5 {
		create.ChecksumAlgorithm = types.ChecksumAlgorithmCrc32c
		create.ChecksumType = types.ChecksumTypeFullObject
	}
	return w.uploadParts(ctx, create, send)
}

// refusedAlready looks whether the write's condition can hold: of parts a server
// says so only when all have been sent.
func (w *write) refusedAlready(ctx context.Context) error {
	if !w.conditional() {
		return nil
	}
	out, err := w.b.head(ctx, w.key, "")
	switch {
	case errors.Is(err, driver.ErrObjectNotFound):
		return driver.CheckWrite(w.opts, false, "")
	case errors.Is(err, driver.ErrAccessDenied):
		return nil // not for us to see
	case err != nil:
		return err
	}
	return driver.CheckWrite(w.opts, true, unquote(out.ETag))
}

// uploadParts makes an upload, fills it and completes it. Whatever else
// happens, a panic of the caller's body included, the upload is aborted.
func (w *write) uploadParts(
	ctx context.Context, create *s3.CreateMultipartUploadInput, send func(context.Context, *upload) error, createOpts ...func(*s3.Options),
) (info driver.ObjectInfo, err error) {
	create.Bucket, create.Key = &w.b.name, &w.key
	id, err := w.b.createUpload(ctx, create, createOpts...)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	u := &upload{b: w.b, key: w.key, id: id, part: partSizeFor(w.b.partSize, w.opts.Size), cut: func() {}}
	gone := false
	defer liveUploads.Delete(id)
	defer func() {
		if !gone {
			if abortErr := u.abandon(ctx); abortErr != nil && err != nil {
				err = errors.Join(err, fmt.Errorf("the failed upload was not removed: %v", abortErr)) // not to be matched
			}
		}
	}()
	if err := send(ctx, u); err != nil {
		return driver.ObjectInfo{}, w.b.objectError(ctx, err)
	}
	info, gone, err = w.complete(ctx, u, create.ChecksumType != "")
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	return info, w.ensureTags(ctx, info.ETag)
}

// sendAll sends size bytes straight from r, several parts at once.
func (u *upload) sendAll(ctx context.Context, r io.ReaderAt, size int64) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(u.b.concurrency)
	for off, number := int64(0), int32(1); off < size && ctx.Err() == nil; number++ {
		from, n := off, min(u.part, size-off)
		g.Go(func() error {
			p, err := newPiece(ctx, r, from, n)
			if err != nil {
				return err
			}
			return u.send(ctx, number, p)
		})
		off += n
	}
	return waitParts(ctx, g)
}

// sendStream sends first and then the rest of s. It holds at most one part
// more than are in flight.
func (u *upload) sendStream(ctx context.Context, first []byte, s *stream) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(u.b.concurrency)
	read := false
	defer func() {
		if !read { // the body failed or panicked
			cancel()
			_ = g.Wait() // what the parts say is of no interest any more
		}
	}()
	if err := u.sendBuffers(ctx, g, first, s); err != nil {
		return err
	}
	read = true
	return waitParts(ctx, g)
}

func (u *upload) sendBuffers(ctx context.Context, g *errgroup.Group, buf []byte, s *stream) error {
	free := make(chan []byte, u.b.concurrency+1)
	for number := int32(1); ; number++ {
		content := buf
		g.Go(func() error {
			err := u.send(ctx, number, newMemory(content))
			free <- content
			return err
		})
		if ctx.Err() != nil {
			return nil // a part failed, or the caller gave up
		}
		size := u.partSizeAt(number+1, s.size)
		var next []byte
		select {
		case next = <-free:
		default:
		}
		if int64(cap(next)) < size {
			next = make([]byte, size)
		}
		n, err := s.fill(next[:size])
		if err != nil && err != io.EOF {
			return err
		}
		if s.n > maxObjectSize || n > 0 && number == maxParts {
			return &sourceError{fmt.Errorf("%w: an object has at most 5 TiB", driver.ErrValidation)}
		}
		if n == 0 {
			return nil
		}
		if err == io.EOF {
			g.Go(func() error { return u.send(ctx, number+1, newMemory(next[:n])) })
			return nil
		}
		buf = next[:n]
	}
}

// waitParts waits for all parts. A part cancelled because of another's failure
// is not the failure.
func waitParts(ctx context.Context, g *errgroup.Group) error {
	// Asked before Wait, which ends ctx itself.
	canceled := ctx.Err()
	if err := g.Wait(); err != nil {
		return err
	}
	return canceled
}

// partSizeAt gives the size of a part. With a known total they are all alike;
// else they double every 900 parts, so that 5 TiB fit.
func (u *upload) partSizeAt(number int32, total int64) int64 {
	if total >= 0 {
		return u.part
	}
	size := u.part
	for range (number - 1) / 900 {
		size = min(2*size, maxPartSize)
	}
	return size
}

// send uploads one part.
func (u *upload) send(ctx context.Context, number int32, p *piece) error {
	out, _, err := call(ctx, u.b.Driver, func(ctx context.Context) (*s3.UploadPartOutput, error) {
		out, err := u.b.client.UploadPart(ctx, &s3.UploadPartInput{
			Bucket:         &u.b.name,
			Key:            &u.key,
			UploadId:       &u.id,
			PartNumber:     &number,
			ContentLength:  &p.size,
			ChecksumCRC32C: aws.String(encodeCRC(p.crc)),
			Body:           p.reader(),
		}, unsignedPayload, withoutContinue)
		if err == nil && unquote(out.ETag) == "" {
			return nil, malformed("a part without an ETag")
		}
		return out, err
	})
	if err != nil {
		return err
	}
	u.add(part{number, unquote(out.ETag), p.size, p.crc})
	return nil
}

// withoutContinue sends a part at once: the request that made the upload has
// shown that the server takes it.
func withoutContinue(o *s3.Options) { o.ContinueHeaderThresholdBytes = -1 }

// complete makes the object out of the parts. If the answer is lost, the
// object itself tells. gone says that the upload is no more: an equal object
// may also have been there before.
func (w *write) complete(ctx context.Context, u *upload, checksums bool) (info driver.ObjectInfo, gone bool, err error) {
	b := w.b
	slices.SortFunc(u.sent, func(a, b part) int { return cmp.Compare(a.number, b.number) })
	ours := &written{upload: u, fresh: w.fresh}
	parts := make([]types.CompletedPart, len(u.sent))
	etags := make([]string, len(u.sent))
	for i, p := range u.sent {
		parts[i] = types.CompletedPart{PartNumber: aws.Int32(p.number), ETag: aws.String(p.etag)}
		if checksums {
			parts[i].ChecksumCRC32C = aws.String(encodeCRC(p.crc))
		}
		etags[i] = p.etag
		ours.crc = combineCRC(ours.crc, p.crc, p.size)
		ours.size += p.size
	}
	ours.etag = multipartETag(etags)
	in := &s3.CompleteMultipartUploadInput{
		Bucket:          &b.name,
		Key:             &w.key,
		UploadId:        &u.id,
		MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		IfNoneMatch:     ifAbsent(w.opts),
		IfMatch:         optional(w.opts.IfMatch),
		MpuObjectSize:   &ours.size,
	}
	if checksums {
		in.ChecksumCRC32C = aws.String(encodeCRC(ours.crc))
		in.ChecksumType = types.ChecksumTypeFullObject
	} else {
		ours.crcUnknown = true
	}
	var lost lostAnswers
	out, attempts, err := call(ctx, b.Driver, func(ctx context.Context) (*s3.CompleteMultipartUploadOutput, error) {
		out, err := u.requestComplete(ctx, in)
		return out, lost.note(err)
	})
	answered := err == nil
	if answered && unquote(out.ETag) == "" { // Ceph leaves it out
		lost, err = 1, malformed("a completed upload without an ETag")
	}
	if err != nil {
		info, err = w.resolve(ctx, err, lost > 0, attempts, ours)
		return info, answered && err == nil, err
	}
	b.sawObject()
	return driver.ObjectInfo{Key: w.key, Size: ours.size, ETag: unquote(out.ETag)}, true, nil
}

// requestComplete asks for the upload to be completed. When ctx ends, the request
// goes on until abandon cuts it.
func (u *upload) requestComplete(ctx context.Context, in *s3.CompleteMultipartUploadInput) (*s3.CompleteMultipartUploadOutput, error) {
	detached, cut := context.WithCancel(context.WithoutCancel(ctx))
	u.cut = cut
	answer := apart(func() (*s3.CompleteMultipartUploadOutput, error) {
		defer cut()
		return u.b.client.CompleteMultipartUpload(detached, in)
	})
	select {
	case o := <-answer:
		return o.get()
	case <-ctx.Done():
		u.b.background.Go(func() { <-answer })
		return nil, ctx.Err()
	}
}
