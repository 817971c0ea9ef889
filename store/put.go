package store

import (
	"context"

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
