package blobdriver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"

	blobdriver "gocloud.dev/blob/driver"

	"github.com/s3mio/s3mio/driver"
)

// NewTypedWriter starts a write, which Close publishes. Buffer size and
// concurrency are the driver's own.
func (p *portable) NewTypedWriter(ctx context.Context, key, contentType string, opts *blobdriver.WriterOptions) (blobdriver.Writer, error) {
	if err := driver.ValidNewKey(key); err != nil {
		return nil, err
	}
	put := &driver.PutOptions{
		Size:               -1,
		ContentType:        cmp.Or(contentType, driver.DefaultContentType),
		CacheControl:       opts.CacheControl,
		ContentDisposition: opts.ContentDisposition,
		ContentEncoding:    opts.ContentEncoding,
		ContentLanguage:    opts.ContentLanguage,
		Metadata:           opts.Metadata,
		IfAbsent:           opts.IfNotExist,
	}
	if opts.BeforeWrite != nil {
		if err := opts.BeforeWrite(as(put)); err != nil {
			return nil, err
		}
	}
	if err := validPut(put); err != nil {
		return nil, err
	}
	return newWriter(ctx, p.b, key, put), nil
}

// validPut checks what a driver may rely on.
func validPut(put *driver.PutOptions) error {
	err := errors.Join(
		driver.ValidHeaderValue("the content type", put.ContentType),
		driver.ValidHeaderValue("Cache-Control", put.CacheControl),
		driver.ValidHeaderValue("Content-Disposition", put.ContentDisposition),
		driver.ValidHeaderValue("Content-Encoding", put.ContentEncoding),
		driver.ValidHeaderValue("Content-Language", put.ContentLanguage),
		driver.ValidMetadata(put.Metadata),
		driver.ValidTags(put.Tags),
	)
	if put.Size >= 0 {
		err = errors.Join(err, fmt.Errorf("%w: the size of a streamed write is not known", driver.ErrValidation))
	}
	if put.StorageClass != "" {
		err = errors.Join(err, driver.ValidStorageClass(put.StorageClass))
	}
	if put.IfMatch != "" {
		err = errors.Join(err, driver.ValidETag(put.IfMatch))
		if put.IfAbsent {
			err = errors.Join(err, fmt.Errorf("%w: IfNotExist and IfMatch exclude each other", driver.ErrValidation))
		}
	}
	return err
}

// writer feeds a Put that runs beside it.
type writer struct {
	ctx  context.Context
	pipe *io.PipeWriter
	done chan struct{} // closed when the Put is over
	err  error         // the Put's, once done
}

var _ blobdriver.Uploader = (*writer)(nil)

func newWriter(ctx context.Context, b driver.Bucket, key string, put *driver.PutOptions) *writer {
	r, pipe := io.Pipe()
	w := &writer{ctx: ctx, pipe: pipe, done: make(chan struct{})}
	// A Put that waits for bytes need not notice that its context has ended.
	stop := context.AfterFunc(ctx, func() { pipe.CloseWithError(ctx.Err()) })
	go func() {
		defer close(w.done)
		defer stop()
		_, w.err = driver.Put(ctx, b, key, r, put)
		r.CloseWithError(w.err) // to a Write that waits
	}()
	return w
}

func (w *writer) Write(p []byte) (int, error) {
	n, err := w.pipe.Write(p)
	if err != nil && w.ctx.Err() != nil {
		err = w.ctx.Err()
	}
	return n, err
}

// Upload writes all of r. When r fails, Close publishes nothing.
func (w *writer) Upload(r io.Reader) error {
	// Neither end's shortcuts: with the buffer, errors are r's or Write's.
	_, err := io.CopyBuffer(struct{ io.Writer }{w}, struct{ io.Reader }{r}, make([]byte, bufferSize))
	if err != nil {
		w.pipe.CloseWithError(err)
	}
	return err
}

// Close publishes what was written, unless the context has ended or Upload has
// failed, and waits for the Put to end either way.
func (w *writer) Close() error {
	if err := w.ctx.Err(); err != nil {
		w.pipe.CloseWithError(err)
	}
	w.pipe.Close() // does nothing to a pipe that is closed
	<-w.done
	if err := w.ctx.Err(); w.err != nil && err != nil && !errors.Is(w.err, err) {
		return fmt.Errorf("%w: %w", err, w.err)
	}
	return w.err
}
