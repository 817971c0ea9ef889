package conformance

import (
	"context"
	"fmt"
	"sync/atomic"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

func pageLaws() []Law {
	return []Law{
		{
			Name:  "L3/PageSize",
			Text:  "A page of a driver holds at most PageSize objects and common prefixes, 1,000 if that is 0: whoever lists has one page in memory, however large the bucket.",
			Check: checkPageSize,
		},
		{
			Name:  "L3/PageAtATime",
			Text:  "All asks for a page when the loop gets there: who stops in the first page has cost one request.",
			Check: checkPageAtATime,
		},
	}
}

// pageKeys are 12 objects and, split at the slash, 8 objects and 4 prefixes.
func pageKeys() []string {
	var keys []string
	for i := range 4 {
		keys = append(keys, fmt.Sprintf("a%d", i), fmt.Sprintf("b%d", i), fmt.Sprintf("a%d-dir/x", i))
	}
	return sorted(keys...)
}

func checkPageSize(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, pageKeys())
	if err != nil {
		return err
	}
	direct, err := e.drv.OpenBucket(b.Name())
	if err != nil {
		return err
	}
	var p problems
	for _, delimiter := range []string{"", "/"} {
		for _, size := range []int{1, 2, 5, 11, 12, 1000, 0} {
			opts := &driver.ListOptions{Delimiter: delimiter, PageSize: size}
			entries := 0
			for pages := 0; ; pages++ {
				page, err := direct.List(ctx, opts)
				if err != nil {
					return err
				}
				n := len(page.Objects) + len(page.Prefixes)
				if entries += n; size > 0 && n > size {
					p.addf("delimiter %q: a page of size %d holds %d entries", delimiter, size, n)
				}
				if page.NextToken == "" {
					break
				}
				if pages > 4*len(pageKeys()) {
					return fmt.Errorf("delimiter %q, page size %d: the listing does not end", delimiter, size)
				}
				opts.Token = page.NextToken
			}
			p.add(equal(fmt.Sprintf("delimiter %q, page size %d: entries", delimiter, size), entries, 12))
		}
	}
	return p.err()
}

func checkPageAtATime(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, pageKeys())
	if err != nil {
		return err
	}
	counting := &countingDriver{Driver: e.drv}
	counted := e.handle(store.New(counting).Bucket(b.Name()))
	for _, err := range counted.All(ctx, store.PageSize(4)) {
		if err != nil {
			return err
		}
		break
	}
	if err := equal("list requests of a loop that stops at its first object", counting.lists.Load(), int64(1)); err != nil {
		return err
	}
	all, err := drain(counted.All(ctx, store.PageSize(4)))
	if err != nil {
		return err
	}
	return equal("objects", len(all), 12)
}

// countingDriver counts the list requests of its buckets. It must not be
// closed: the driver is the case's.
type countingDriver struct {
	driver.Driver
	lists atomic.Int64
}

func (d *countingDriver) OpenBucket(name string) (driver.Bucket, error) {
	b, err := d.Driver.OpenBucket(name)
	return &countingBucket{b, &d.lists}, err
}

type countingBucket struct {
	driver.Bucket
	lists *atomic.Int64
}

func (b *countingBucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	b.lists.Add(1)
	return b.Bucket.List(ctx, opts)
}
