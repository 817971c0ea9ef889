package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/s3mio/s3mio/driver"
)

// Copy copies an object, within this Bucket or Prefix or with [To] to another,
// of any backend. Content, content type, headers, metadata and tags are kept, at
// any size, all from one version of the source. Within a backend the bytes do
// not pass through this process and the storage class is kept as well. A
// missing source is [ErrObjectNotFound], naming the source; a copy onto itself
// is [ErrValidation]. The result has Key, Size and ETag of the destination.
func (c *core) Copy(ctx context.Context, src, dst string, opts ...CopyOption) (ObjectInfo, error) {
	to, _, err := c.copyTarget("Copy", optTo, opts)
	if err != nil {
		return ObjectInfo{}, c.fail(ctx, "copy", c.full(src), err)
	}
	return c.copyTo(ctx, to, CopyPair{src, dst})
}

// copyTarget gives the core that options name as the destination.
func (c *core) copyTarget(call string, allowed optionSet, opts []CopyOption) (*core, *config, error) {
	cfg, err := newConfig(call, allowed, opts, CopyOption.copyOption)
	if err != nil {
		return nil, nil, err
	}
	if cfg.given&optWorkers == 0 {
		cfg.workers = 1
	}
	if cfg.copyTarget == nil {
		return c, cfg, nil
	}
	return cfg.copyTarget, cfg, nil
}

func (c *core) copyTo(ctx context.Context, to *core, pair CopyPair) (ObjectInfo, error) {
	const op = "copy"
	src, err := c.key(pair.Src, driver.ValidKey)
	if pair.Src == "" && c.err == nil {
		err = fmt.Errorf("%w (the source of %q)", err, pair.Dst)
	}
	if err = c.store.ready(ctx, err); err != nil {
		return ObjectInfo{}, c.fail(ctx, op, src, err)
	}
	dst, err := to.key(pair.Dst, driver.ValidNewKey)
	if pair.Dst == "" && to.err == nil {
		err = fmt.Errorf("%w (the destination of %q)", err, pair.Src)
	}
	if err == nil && src == dst && c.sameBucket(to) {
		err = invalid("source and destination are the same object")
	}
	if err = to.store.ready(ctx, err); err != nil {
		return ObjectInfo{}, to.fail(ctx, op, dst, err)
	}
	info, err := driver.Copy(ctx, to.bucket, dst, c.bucket, src)
	if err != nil {
		if source, ok := errors.AsType[*driver.SourceError](err); ok {
			return ObjectInfo{}, c.fail(ctx, op, src, source.Err)
		}
		return ObjectInfo{}, to.fail(ctx, op, dst, err)
	}
	info.Key = dst
	return to.info(info), nil
}
