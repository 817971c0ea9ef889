package store

import (
	"context"
	"maps"

	"github.com/s3mio/s3mio/driver"
)

// SetTags replaces all tags of an object; an empty map removes them. ETag and
// LastModified stay as they are. A missing object is [ErrObjectNotFound].
func (c *core) SetTags(ctx context.Context, key string, tags map[string]string) error {
	full, err := c.key(key, driver.ValidKey)
	if err == nil {
		err = driver.ValidTags(tags)
	}
	if err = c.store.ready(ctx, err); err == nil {
		err = driver.SetTags(ctx, c.bucket, full, maps.Clone(tags))
	}
	return c.fail(ctx, "set tags", full, err)
}

// GetTags gives the tags of an object, an empty map when it has none. A missing
// object is [ErrObjectNotFound].
func (c *core) GetTags(ctx context.Context, key string) (map[string]string, error) {
	full, err := c.key(key, driver.ValidKey)
	var tags map[string]string
	if err = c.store.ready(ctx, err); err == nil {
		tags, err = driver.GetTags(ctx, c.bucket, full)
	}
	if err != nil {
		return nil, c.fail(ctx, "get tags", full, err)
	}
	if tags == nil {
		tags = map[string]string{}
	}
	return tags, nil
}
