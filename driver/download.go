package driver

import (
	"context"
	"errors"
	"fmt"
	"io"
)

// Downloader is implemented by a bucket that can fetch the parts of an object
// in parallel.
type Downloader interface {
	// Download writes the object, or the range of it that opts name, to w,
	// its first byte at offset 0. Parts may be written in any order. All
	// bytes come from one version of the object, or the call fails with
	// [ErrObjectChanged]; on failure w is left with some of them. ObjectInfo
	// is as from Get.
	Download(ctx context.Context, key string, w io.WriterAt, opts *GetOptions) (ObjectInfo, error)
}

// Download writes an object to w. Without the capability it is one Get.
func Download(ctx context.Context, b Bucket, key string, w io.WriterAt, opts *GetOptions) (ObjectInfo, error) {
	if d, ok := b.(Downloader); ok {
		if info, err := d.Download(ctx, key, w, opts); !errors.Is(err, ErrUnsupported) {
			return info, err
		}
	}
	o, err := b.Get(ctx, key, opts)
	if err != nil {
		return ObjectInfo{}, err
	}
	defer o.Body.Close()
	n, err := io.CopyBuffer(struct{ io.Writer }{io.NewOffsetWriter(w, 0)}, struct{ io.Reader }{o.Body}, make([]byte, 256<<10))
	if err == nil && n != o.Length {
		err = fmt.Errorf("got %d of %d bytes: %w", n, o.Length, io.ErrUnexpectedEOF)
	}
	return o.Info, err
}
