package store

import (
	"context"

	"github.com/s3mio/s3mio/driver"
)

// Delete removes an object. A missing object is success.
func (c *core) Delete(ctx context.Context, key string) error {
	full, err := c.key(key, driver.ValidKey)
	if err = c.store.ready(ctx, err); err == nil {
		err = c.bucket.Delete(ctx, full)
	}
	return c.fail(ctx, "delete", full, err)
}
