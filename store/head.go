package store

import (
	"context"
	"errors"

	"github.com/s3mio/s3mio/driver"
)

// Head describes an object without reading it. A missing object is
// [ErrObjectNotFound]. On S3 it is one request, two with [WithTags].
func (c *core) Head(ctx context.Context, key string, opts ...HeadOption) (ObjectInfo, error) {
	full, err := c.key(key, driver.ValidKey)
	cfg := &config{}
	if err == nil {
		cfg, err = newConfig("Head", optWithTags, opts, HeadOption.headOption)
	}
	if err = c.store.ready(ctx, err); err != nil {
		return ObjectInfo{}, c.fail(ctx, "head", full, err)
	}
	info, err := driver.Head(ctx, c.bucket, full, &driver.HeadOptions{Tags: cfg.withTags})
	if err != nil {
		return ObjectInfo{}, c.fail(ctx, "head", full, err)
	}
	info.Key = full
	return c.info(info), nil
}

// Exists tells whether there is an object. Anything but a plain yes or no,
// such as a missing bucket, is an error.
func (c *core) Exists(ctx context.Context, key string) (bool, error) {
	_, err := c.Head(ctx, key)
	if errors.Is(err, ErrObjectNotFound) && ctx.Err() == nil {
		return false, nil
	}
	return err == nil, err
}
