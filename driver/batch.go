package driver

import (
	"context"
	"errors"
	"fmt"
)

// MaxBatch is the most keys one batch holds, as in S3's DeleteObjects.
const MaxBatch = 1000

// BatchDeleter is implemented by a bucket that deletes many keys in one
// request.
type BatchDeleter interface {
	// DeleteBatch deletes up to [MaxBatch] distinct keys. When err is nil,
	// results holds one entry for each key, nil for a key that is gone
	// (a missing one included). err is for a request that failed as a whole.
	DeleteBatch(ctx context.Context, keys []string) (results []error, err error)
}

// DeleteBatch deletes up to [MaxBatch] distinct keys and gives one result for
// each. Without the capability it deletes them one by one: a request a key.
func DeleteBatch(ctx context.Context, b Bucket, keys []string) []error {
	results, err := deleteBatch(ctx, b, keys)
	if err == nil && len(results) != len(keys) {
		err = fmt.Errorf("driver: %d results for a batch of %d keys", len(results), len(keys))
	}
	if err != nil {
		results = make([]error, len(keys))
		for i := range results {
			results[i] = err
		}
	}
	return results
}

func deleteBatch(ctx context.Context, b Bucket, keys []string) ([]error, error) {
	if d, ok := b.(BatchDeleter); ok {
		if results, err := d.DeleteBatch(ctx, keys); !errors.Is(err, ErrUnsupported) {
			return results, err
		}
	}
	results := make([]error, len(keys))
	for i, key := range keys {
		if results[i] = ctx.Err(); results[i] == nil {
			results[i] = b.Delete(ctx, key)
		}
	}
	return results, nil
}
