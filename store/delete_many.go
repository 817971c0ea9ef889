package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/s3mio/s3mio/driver"
)

// batchesAtOnce is how many delete requests are in flight.
const batchesAtOnce = 4

// DeleteMany deletes many objects, up to 1,000 with one request on S3, a few
// requests at once. Keys that do not exist count as deleted; a key given twice
// is deleted once. One bad key is [ErrValidation] for the whole call, before
// anything is deleted. When some keys fail, the others are deleted all the
// same, and the error is a [*BatchError].
func (c *core) DeleteMany(ctx context.Context, keys []string) (DeleteResult, error) {
	const op = "delete many"
	unique := make([]string, 0, len(keys))
	seen := make(map[string]bool, len(keys))
	for _, key := range keys {
		full, err := c.key(key, driver.ValidKey)
		if err != nil {
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

// maxSweepFailures is after how many failures DeleteAll gives up, so that its
// memory stays bounded.
const maxSweepFailures = 1000

// DeleteAll deletes every object below the prefix, its folder marker included.
// It lists and deletes page by page: memory does not grow with their number,
// and the result only counts. Objects written meanwhile may or may not be
// deleted. After some 1,000 failed keys it gives up, and says so. When the
// listing cannot even begin, that error is returned as it is.
func (p *Prefix) DeleteAll(ctx context.Context) (DeleteResult, error) {
	s := sweep{c: &p.core, ctx: ctx}
	var listErr error
	pages := func(yield func([]string) bool) {
		for page, err := range p.pages(ctx, &config{}, nil) {
			if err != nil {
				listErr = err
				return
			}
			keys := make([]string, len(page.Objects))
			for i, o := range page.Objects {
				keys[i] = o.Key
			}
			if len(keys) > 0 && (s.full() || !yield(keys)) {
				return
			}
		}
	}
	parallel(batchesAtOnce, pages, s.delete)
	if listErr != nil && s.total == 0 {
		return DeleteResult{}, listErr
	}
	slices.SortFunc(s.result.Failed, func(a, b KeyError) int { return strings.Compare(a.Key, b.Key) })
	var errs []error
	for _, f := range s.result.Failed {
		errs = append(errs, f.Err)
	}
	if s.full() {
		errs = append(errs, p.fail(ctx, "delete all", p.prefix, errGaveUp))
	}
	if listErr != nil {
		errs = append(errs, listErr)
	}
	return s.result, p.batchError("delete all", s.total, errs)
}

var errGaveUp = fmt.Errorf("gave up after %d failures: there are objects left", maxSweepFailures)

// sweep gathers what the batches of a DeleteAll give.
type sweep struct {
	c   *core
	ctx context.Context

	mu     sync.Mutex
	result DeleteResult
	total  int
}

func (s *sweep) full() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	return len(s.result.Failed) >= maxSweepFailures
}

func (s *sweep) delete(keys []string) {
	errs := s.c.deleteBatch(s.ctx, keys)
	s.mu.Lock()
	defer s.mu.Unlock()
	s.total += len(keys)
	for i, err := range errs {
		if err == nil {
			s.result.count++
		} else {
			err = s.c.fail(s.ctx, "delete", keys[i], err)
			s.result.Failed = append(s.result.Failed, KeyError{keys[i][len(s.c.prefix):], err})
		}
	}
}
