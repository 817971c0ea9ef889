package store

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
)

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
	gaveUp := false
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
			if gaveUp = len(keys) > 0 && s.full(); gaveUp {
				return
			}
			if len(keys) > 0 && !yield(keys) {
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
	total := s.total
	if gaveUp {
		listErr = p.fail(ctx, "delete all", p.prefix, errGaveUp)
	}
	if listErr != nil {
		errs = append(errs, listErr)
		total++
	}
	return s.result, p.batchError("delete all", total, errs)
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
