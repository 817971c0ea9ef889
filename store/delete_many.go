package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/s3mio/s3mio/driver"
)

// batchesAtOnce is how many delete requests are in flight.
const batchesAtOnce = 4

// DeleteMany deletes many objects, up to 1,000 with one request on S3, a few
// requests at once. Keys that do not exist count as deleted; a key given twice
// is deleted once. One bad key is [ErrValidation] for the whole call, before
// anything is deleted; the error gives the key and its index. When some keys
// fail, the others are deleted all the same, and the error is a [*BatchError].
func (c *core) DeleteMany(ctx context.Context, keys []string) (DeleteResult, error) {
	const op = "delete many"
	unique := make([]string, 0, len(keys))
	seen := make(map[string]bool, len(keys))
	for i, key := range keys {
		full, err := c.key(key, driver.ValidKey)
		if err != nil {
			if c.err == nil {
				err = fmt.Errorf("%w (keys[%d])", err, i) // an empty one shows no other way
			}
			return DeleteResult{}, c.fail(ctx, op, full, err)
		}
		if !seen[full] {
			seen[full] = true
			unique = append(unique, full)
		}
	}
	if err := c.store.ready(ctx, c.err); err != nil {
		return DeleteResult{}, c.fail(ctx, op, c.prefix, err)
	}
	errs := make([]error, len(unique))
	parallel(batchesAtOnce, indexes(len(unique), driver.MaxBatch), func(at int) {
		end := min(at+driver.MaxBatch, len(unique))
		copy(errs[at:end], c.deleteBatch(ctx, unique[at:end]))
	})
	var r DeleteResult
	var failures []error
	for i, full := range unique {
		key := full[len(c.prefix):]
		if errs[i] == nil {
			r.Deleted = append(r.Deleted, key)
			continue
		}
		err := c.fail(ctx, "delete", full, errs[i])
		r.Failed = append(r.Failed, KeyError{key, err})
		failures = append(failures, err)
	}
	r.count = len(r.Deleted)
	return r, c.batchError(op, len(unique), failures)
}

// deleteBatch deletes up to driver.MaxBatch full keys, unless ctx is done.
func (c *core) deleteBatch(ctx context.Context, keys []string) []error {
	if err := ctx.Err(); err != nil {
		return slices.Repeat([]error{err}, len(keys))
	}
	return driver.DeleteBatch(ctx, c.bucket, keys)
}
