package memdriver

import (
	"context"
	"fmt"
	"io/fs"
	"sync"
	"time"

	"github.com/tidwall/btree"

	"github.com/s3mio/s3mio/driver"
)

// memory is a set of buckets. Its lock is taken before an index's.
type memory struct {
	mu      sync.RWMutex
	buckets btree.Map[string, *index]
	closed  bool
}

// index is the content of one bucket.
type index struct {
	created time.Time

	mu      sync.RWMutex
	objects btree.Map[string, *object]
	gone    error // why nothing may be stored any more: the bucket was deleted, or the driver closed
}

// CreateBucket makes a bucket; one that exists is success.
func (d *Driver) CreateBucket(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	return d.data.create(name)
}

func (m *memory) create(name string) error {
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.closed {
		return errClosed
	}
	if _, exists := m.buckets.Get(name); !exists {
		m.buckets.Set(name, &index{created: now()})
	}
	return nil
}

// DeleteBucket removes an empty bucket. A Put that runs meanwhile either makes
// it fail with [driver.ErrBucketNotEmpty] or fails itself.
func (d *Driver) DeleteBucket(ctx context.Context, name string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	m := d.data
	m.mu.Lock()
	defer m.mu.Unlock()
	ix, err := m.lookup(name)
	if err != nil {
		return err
	}
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.objects.Len() > 0 {
		return driver.ErrBucketNotEmpty
	}
	ix.gone = driver.ErrBucketNotFound
	m.buckets.Delete(name)
	return nil
}

// ListBuckets gives up to [driver.MaxPageSize] buckets whose names follow
// token, at the cost of those.
func (d *Driver) ListBuckets(ctx context.Context, token string) (*driver.BucketPage, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	d.data.mu.RLock()
	defer d.data.mu.RUnlock()
	if d.data.closed {
		return nil, errClosed
	}
	page := &driver.BucketPage{}
	d.data.buckets.Ascend(token, func(name string, ix *index) bool {
		if name == token {
			return true
		}
		if n := len(page.Buckets); n == driver.MaxPageSize {
			page.NextToken = page.Buckets[n-1].Name
			return false
		}
		page.Buckets = append(page.Buckets, driver.BucketInfo{Name: name, Created: ix.created})
		return true
	})
	return page, nil
}

// find gives the index of a bucket. The bucket may be deleted thereafter: its
// index is then empty for ever, which is right for reading and deleting;
// store alone must look at gone.
func (m *memory) find(name string) (*index, error) {
	m.mu.RLock()
	defer m.mu.RUnlock()
	return m.lookup(name)
}

// lookup is find for a caller who holds the lock.
func (m *memory) lookup(name string) (*index, error) {
	if m.closed {
		return nil, errClosed
	}
	ix, ok := m.buckets.Get(name)
	if !ok {
		return nil, driver.ErrBucketNotFound
	}
	return ix, nil
}

// close drops all buckets.
func (m *memory) close() {
	m.mu.Lock()
	defer m.mu.Unlock()
	m.closed = true
	m.buckets.Scan(func(_ string, ix *index) bool {
		ix.mu.Lock()
		defer ix.mu.Unlock()
		ix.gone = errClosed
		ix.objects.Clear()
		return true
	})
	m.buckets.Clear()
}

var errClosed = fmt.Errorf("memory driver: %w", fs.ErrClosed)

// now is the time as objects and buckets show it.
func now() time.Time { return time.Now().UTC().Truncate(time.Second) }
