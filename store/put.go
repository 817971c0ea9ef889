package store

import (
	"context"
	"io"

	"github.com/s3mio/s3mio/driver"
)

// Put stores data under key, replacing an object there as a whole, with its
// metadata and tags. What data may be, and the content type it gets unless
// [ContentType] says otherwise:
//
//   - []byte: application/octet-stream
//   - string: text/plain; charset=utf-8
//   - [io.Reader]: streamed, application/octet-stream
//   - anything else: its encoding/json form, application/json
//
// Named byte slices and strings count as such, json.RawMessage as JSON. nil, a nil
// pointer, a reader passed by value, and what JSON cannot encode, is
// [ErrValidation].
//
// A reader that fails, a length that [Size] contradicts, or a cancelled context
// leaves the object as it was. The result has Key, Size and ETag.
func (c *core) Put(ctx context.Context, key string, data any, opts ...WriteOption) (ObjectInfo, error) {
	const op = "put"
	full, err := c.key(key, driver.ValidNewKey)
	var cfg *config
	if err == nil {
		cfg, err = writeConfig("Put", optsWrite, opts)
	}
	var b *body
	if err == nil {
		b, err = newBody(data)
	}
	if err == nil {
		err = b.announce(cfg)
	}
	if err := c.store.ready(ctx, err); err != nil {
		return ObjectInfo{}, c.fail(ctx, op, full, err)
	}
	info, err := c.put(ctx, full, b, cfg)
	return info, c.fail(ctx, op, full, err)
}

// put sends a body whose options are settled.
func (c *core) put(ctx context.Context, full string, b *body, cfg *config) (ObjectInfo, error) {
	// Whatever the driver left running must not outlive the call.
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	r, done, err := b.open(ctx, cfg)
	if err != nil {
		return ObjectInfo{}, err
	}
	defer done()
	if cfg.put.ContentType == "" {
		cfg.put.ContentType = b.contentType
	}
	info, err := driver.Put(ctx, c.bucket, full, r, &cfg.put)
	if err != nil {
		return ObjectInfo{}, err
	}
	if b.shared == nil {
		b.meter.finish()
	}
	info.Key = full
	return c.info(info), nil
}

// body is what a write stores.
type body struct {
	at          bytesAt   // bytes that are there already, or nil
	reader      io.Reader // otherwise: the caller's reader
	size        int64     // negative when not known
	contentType string
	shared      *meter // counts for many bodies, or nil
	meter       *meter // counts for this one
}

// announce reconciles the size of the data with the Size option.
func (b *body) announce(cfg *config) error {
	if b.size >= 0 && cfg.put.Size >= 0 && b.size != cfg.put.Size {
		return sizeMismatch(cfg.put.Size, b.size)
	}
	if b.size >= 0 {
		cfg.put.Size = b.size
	}
	return nil
}

// open gives the reader for the driver, and what to call when the driver is
// done with it.
func (b *body) open(ctx context.Context, cfg *config) (io.Reader, func(), error) {
	b.meter = b.shared
	if b.meter == nil {
		b.meter = newMeter(cfg.progress, cfg.put.Size)
	}
	if b.at != nil {
		if b.meter == nil {
			return b.at, func() {}, nil
		}
		return &meteredAt{bytesAt: b.at, c: &coverage{m: b.meter}}, func() {}, nil
	}
	p := newPump(ctx, b.reader)
	var r io.Reader = p
	if cfg.put.Size >= 0 {
		s := &sizedReader{r: p, want: cfg.put.Size}
		if cfg.put.Size == 0 {
			// A driver need not read a body that is said to be empty.
			if _, err := s.Read(nil); err != io.EOF {
				p.stop()
				return nil, nil, err
			}
		}
		r = s
	}
	if b.meter != nil {
		r = &meteredReader{r: r, m: b.meter}
	}
	return r, p.stop, nil
}
