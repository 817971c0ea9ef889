package memdriver

import (
	"context"
	"iter"

	"github.com/s3mio/s3mio/driver"
)

// List gives one page at a cost of O(page), plus O(log bucket) for each common
// prefix in it. Writers wait for at most one page.
func (b *bucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	ix, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	return driver.BuildPage(ctx, opts, ix.seek)
}

// seek yields the objects from a key on. The caller holds the lock.
func (ix *index) seek(from string) iter.Seq2[driver.ObjectInfo, error] {
	return func(yield func(driver.ObjectInfo, error) bool) {
		ix.objects.Ascend(from, func(key string, o *object) bool {
			return yield(driver.ObjectInfo{
				Key:          key,
				Size:         o.info.Size,
				LastModified: o.info.LastModified,
				ETag:         o.info.ETag,
				StorageClass: o.info.StorageClass,
			}, nil)
		})
	}
}
