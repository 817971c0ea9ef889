package blobdriver

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"hash"
	"io"
	"mime"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/s3mio/s3mio/driver"
)

// Put stores an object, and asks for its ETag afterwards.
func (b *bucket) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	if err := b.begin(ctx); err != nil {
		return driver.ObjectInfo{}, err
	}
	if err := refuse(opts); err != nil {
		return driver.ObjectInfo{}, err
	}
	u := upload{b: b, opts: opts, sum: md5.New()}
	if err := u.run(ctx, key, body); err != nil {
		return driver.ObjectInfo{}, err
	}
	b.d.exists.Store(true)
	info := driver.ObjectInfo{Key: key, Size: u.size, ETag: hex.EncodeToString(u.sum.Sum(nil))}
	// The write has succeeded; what this request finds cannot undo that. The
	// MD5 is the ETag if the backend records any, even that of another write.
	a, err := b.d.blob.Attributes(ctx, key)
	switch {
	case err != nil, len(a.MD5) == 0 && a.Size != u.size:
		info.ETag = ""
	case len(a.MD5) == 0:
		info.ETag = etagOf(a)
	}
	return info, nil
}

// refuse reports the options that the Go CDK cannot honour.
func refuse(opts *driver.PutOptions) error {
	switch {
	case len(opts.Tags) > 0:
		return errNoTags
	case opts.IfMatch != "":
		return fmt.Errorf("%w: writing on condition of an ETag", driver.ErrUnsupported)
	case opts.StorageClass != "":
		return fmt.Errorf("%w: storage classes", driver.ErrUnsupported)
	}
	t, params, err := mime.ParseMediaType(opts.ContentType)
	if err != nil {
		return fmt.Errorf("%w: a content type that is no media type: %w", driver.ErrUnsupported, err)
	}
	if kept := mime.FormatMediaType(t, params); kept != opts.ContentType {
		return fmt.Errorf("%w: content type %q, which would be stored as %q", driver.ErrUnsupported, opts.ContentType, kept)
	}
	return nil
}

// upload is one write.
type upload struct {
	b    *bucket
	opts *driver.PutOptions
	sum  hash.Hash
	size int64 // how many bytes the body has had
}

func (u *upload) run(ctx context.Context, key string, body io.Reader) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	w, err := u.b.d.blob.NewWriter(ctx, key, &blob.WriterOptions{
		ContentType:        u.opts.ContentType,
		CacheControl:       u.opts.CacheControl,
		ContentDisposition: u.opts.ContentDisposition,
		ContentEncoding:    u.opts.ContentEncoding,
		ContentLanguage:    u.opts.ContentLanguage,
		Metadata:           u.opts.Metadata,
		IfNotExist:         u.opts.IfAbsent,
	})
	if err != nil {
		return u.writeError(ctx, err)
	}
	if err := u.transfer(ctx, w, body); err != nil {
		// Nothing but a cancelled context keeps Close from publishing what
		// has been written; its error is then of our own making.
		cancel()
		_ = w.Close()
		return err
	}
	return u.writeError(ctx, w.Close())
}

const (
	bufferSize = 256 << 10
	maxEmpty   = 100 // reads in a row that give nothing
)

// transfer writes all of body, which must be as long as announced.
func (u *upload) transfer(ctx context.Context, w io.Writer, body io.Reader) error {
	buf := make([]byte, bufferFor(u.opts.Size))
	for empty := 0; ; {
		if err := ctx.Err(); err != nil {
			return err
		}
		n, err := body.Read(buf)
		u.size += int64(n)
		if u.opts.Size >= 0 && u.size > u.opts.Size {
			return fmt.Errorf("%w: more than %d bytes", driver.ErrSizeMismatch, u.opts.Size)
		}
		if n > 0 {
			empty = 0
			u.sum.Write(buf[:n])
			if _, err := w.Write(buf[:n]); err != nil {
				return u.writeError(ctx, err)
			}
		} else if empty++; empty == maxEmpty && err == nil {
			err = io.ErrNoProgress
		}
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("reading the body: %w", err)
		}
	}
	if u.opts.Size >= 0 && u.size != u.opts.Size {
		return fmt.Errorf("%w: %d of %d bytes", driver.ErrSizeMismatch, u.size, u.opts.Size)
	}
	return nil
}

// bufferFor gives room for the body and for the byte too many.
func bufferFor(size int64) int64 {
	if size < 0 {
		return bufferSize
	}
	return min(size+1, bufferSize)
}

// writeError classifies an error of the writer.
func (u *upload) writeError(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	if u.opts.IfAbsent && gcerrors.Code(err) == gcerrors.FailedPrecondition && !errors.Is(err, driver.ErrPreconditionFailed) {
		return fmt.Errorf("%w: %w", driver.ErrPreconditionFailed, redact(err))
	}
	return bucketError(ctx, err)
}
