package blobdriver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"strings"

	blobdriver "gocloud.dev/blob/driver"

	"github.com/s3mio/s3mio/driver"
)

// NewRangeReader opens an object. A range past the end is empty, as io.Seeker
// wants it.
//
// A blob.Reader calls it again after each Seek, with the options of the first
// time. They are used to carry the ETag over, so that a reader never continues
// in another version.
func (p *portable) NewRangeReader(ctx context.Context, key string, offset, length int64, opts *blobdriver.ReaderOptions) (blobdriver.Reader, error) {
	if err := driver.ValidKey(key); err != nil {
		return nil, err
	}
	var o opening
	if offset > 0 || length >= 0 {
		o.get.Range = &driver.Range{Offset: offset, Length: length}
	}
	if opts.BeforeRead != nil {
		if err := opts.BeforeRead(o.as); err != nil {
			return nil, err
		}
	}
	r, err := p.read(ctx, key, &o.get)
	if err != nil {
		if o.pinned && errors.Is(err, driver.ErrPreconditionFailed) {
			err = fmt.Errorf("%w: %w", driver.ErrObjectChanged, err)
		}
		return nil, err
	}
	if !o.pinned {
		opts.BeforeRead = pin(opts.BeforeRead, r.info.ETag)
	}
	return r, nil
}

// opening is what BeforeRead is called with.
type opening struct {
	get    driver.GetOptions
	pinned bool // by us, not by the program
}

// as gives the program the options, and our own BeforeRead all.
func (o *opening) as(i any) bool {
	switch i := i.(type) {
	case **driver.GetOptions:
		*i = &o.get
	case **opening:
		*i = o
	default:
		return false
	}
	return true
}

// pin makes a BeforeRead that holds on to a version. What the program's own
// demands goes first.
func pin(before func(func(any) bool) error, etag string) func(func(any) bool) error {
	return func(as func(any) bool) error {
		if before != nil {
			if err := before(as); err != nil {
				return err
			}
		}
		var o *opening
		if as(&o) {
			o.pinned = true
			if o.get.IfMatch == "" {
				o.get.IfMatch = etag
			}
		}
		return nil
	}
}

func (p *portable) read(ctx context.Context, key string, get *driver.GetOptions) (*reader, error) {
	o, err := p.b.Get(ctx, key, get)
	if err == nil {
		return &reader{o.Body, o.Info}, nil
	}
	if !errors.Is(err, driver.ErrInvalidRange) {
		return nil, err
	}
	info, err := driver.Head(ctx, p.b, key, &driver.HeadOptions{})
	if err == nil {
		err = driver.CheckRead(get, info.ETag)
	}
	if err != nil {
		return nil, err
	}
	return &reader{io.NopCloser(strings.NewReader("")), info}, nil
}

// reader reads one range of one version.
type reader struct {
	io.ReadCloser
	info driver.ObjectInfo
}

func (r *reader) Attributes() *blobdriver.ReaderAttributes {
	return &blobdriver.ReaderAttributes{
		ContentType: cmp.Or(r.info.ContentType, driver.DefaultContentType),
		ModTime:     r.info.LastModified,
		Size:        r.info.Size,
	}
}

func (r *reader) As(i any) bool { return as(r.info)(i) }
