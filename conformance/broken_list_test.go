package conformance

import (
	"cmp"
	"context"
	"errors"
	"iter"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// changesList breaks List by changing its options.
func changesList(change func(opts *driver.ListOptions)) func(testing.TB) breach {
	return in(breach{list: func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
		change(opts)
		return b.Bucket.List(ctx, opts)
	}})
}

// numbered lists pages by the number of the first entry, in an order of its
// own.
func numbered(order func(a, b driver.ObjectInfo) int) func(testing.TB) breach {
	return in(breach{list: func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
		size := cmp.Or(opts.PageSize, driver.MaxPageSize)
		first := 0
		if opts.Token != "" {
			var err error
			if first, err = strconv.Atoi(opts.Token); err != nil {
				return nil, err
			}
		}
		opts.Token, opts.PageSize = "", 0
		page, err := b.Bucket.List(ctx, opts)
		if err != nil {
			return nil, err
		}
		slices.SortFunc(page.Objects, order)
		all := page.Objects
		page.Objects = all[min(first, len(all)):min(first+size, len(all))]
		page.NextToken = ""
		if first+size < len(all) {
			page.NextToken = strconv.Itoa(first + size)
		}
		return page, nil
	}})
}

func byKey(a, b driver.ObjectInfo) int { return strings.Compare(a.Key, b.Key) }

// byPath is the order in which a directory tree is walked.
func byPath(a, b driver.ObjectInfo) int {
	return slices.Compare(strings.Split(a.Key, "/"), strings.Split(b.Key, "/"))
}

func brokenLists() []broken {
	return []broken{
		{law: "L1/Order", how: "walks directories", driver: numbered(byPath)},
		{law: "L1/Order", how: "ends after one page", driver: in(breach{
			list: func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
				page, err := b.Bucket.List(ctx, opts)
				if err == nil {
					page.NextToken = ""
				}
				return page, err
			}})},
		{law: "L1/DelimitedOrder", how: "rolls up page by page", driver: in(breach{list: rollUpPages})},
		{law: "L1/Concurrent", how: "counts entries from the start", driver: numbered(byKey)},
		{law: "L3/PageSize", how: "knows no page size", driver: changesList(func(o *driver.ListOptions) { o.PageSize = 0 })},
		{law: "L3/PageAtATime", how: "lists everything first", shim: func(b bucket) bucket { return &eagerBucket{b} }},
		{law: "L4/EqualsHead", how: "lists ETags in quotes", driver: changesListed(func(o *driver.ObjectInfo) { o.ETag = `"` + o.ETag + `"` })},
		{law: "L2/KeyPrefix", how: "lists whole directories", driver: changesList(func(o *driver.ListOptions) {
			o.Prefix = o.Prefix[:strings.LastIndex(o.Prefix, "/")+1]
		})},
		{law: "L2/Delimiter", how: "knows delimiters of one character", driver: changesList(func(o *driver.ListOptions) {
			o.Delimiter = o.Delimiter[:min(1, len(o.Delimiter))]
		})},
		{law: "L2/StartAfter", how: "starts at the key", driver: in(breach{
			list: func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
				page, err := b.Bucket.List(ctx, opts)
				if err != nil || opts.StartAfter == "" || opts.Token != "" || !strings.HasPrefix(opts.StartAfter, opts.Prefix) {
					return page, err
				}
				info, err := b.Bucket.Head(ctx, opts.StartAfter, &driver.HeadOptions{})
				if errors.Is(err, driver.ErrObjectNotFound) {
					return page, nil
				}
				page.Objects = append([]driver.ObjectInfo{info}, page.Objects...)
				return page, err
			}})},
		{law: "L2/StartAfterCommonPrefix", how: "gives the common prefix it starts in", driver: changesList(func(o *driver.ListOptions) {
			if i := strings.Index(o.StartAfter, o.Delimiter); o.Delimiter != "" && i > 0 {
				o.StartAfter = o.StartAfter[:i]
			}
		})},
		{law: "API/PrefixLists", how: "takes StartAfter for relative to the prefix", driver: changesList(func(o *driver.ListOptions) {
			o.StartAfter = strings.TrimPrefix(o.StartAfter, o.Prefix)
		})},
		{law: "API/FolderMarker", how: "hides folder markers", driver: in(breach{
			list: func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
				page, err := b.Bucket.List(ctx, opts)
				if err == nil {
					page.Objects = slices.DeleteFunc(page.Objects, func(o driver.ObjectInfo) bool { return strings.HasSuffix(o.Key, "/") })
				}
				return page, err
			}})},
		{law: "API/FS", how: "lists no sizes", driver: changesListed(func(o *driver.ObjectInfo) { o.Size = 0 })},
		{law: "API/DownloadDir", how: "lists what is beside the folder", driver: changesList(func(o *driver.ListOptions) {
			o.Prefix = strings.TrimSuffix(o.Prefix, "/")
		})},
	}
}

// changesListed breaks the entries of listings.
func changesListed(change func(o *driver.ObjectInfo)) func(testing.TB) breach {
	return in(breach{list: func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
		page, err := b.Bucket.List(ctx, opts)
		if err != nil {
			return nil, err
		}
		for i := range page.Objects {
			change(&page.Objects[i])
		}
		return page, nil
	}})
}

// rollUpPages makes common prefixes of each page by itself, and so gives one
// again that spans two pages.
func rollUpPages(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
	delimiter := opts.Delimiter
	opts.Delimiter = ""
	page, err := b.Bucket.List(ctx, opts)
	if err != nil || delimiter == "" {
		return page, err
	}
	rolled := &driver.ListPage{NextToken: page.NextToken}
	for _, o := range page.Objects {
		head, _, found := strings.Cut(o.Key[len(opts.Prefix):], delimiter)
		switch p := opts.Prefix + head + delimiter; {
		case !found:
			rolled.Objects = append(rolled.Objects, o)
		case !slices.Contains(rolled.Prefixes, p):
			rolled.Prefixes = append(rolled.Prefixes, p)
		}
	}
	return rolled, nil
}

// eagerBucket lists everything before it yields anything.
type eagerBucket struct{ bucket }

func (b *eagerBucket) All(ctx context.Context, opts ...store.ListOption) iter.Seq2[store.ObjectInfo, error] {
	all, err := b.bucket.List(ctx, opts...)
	return func(yield func(store.ObjectInfo, error) bool) {
		for _, o := range all {
			if !yield(o, nil) {
				return
			}
		}
		if err != nil {
			yield(store.ObjectInfo{}, err)
		}
	}
}

// snapshots breaks List: later pages are parts of what the first one found.
func snapshots(testing.TB) breach {
	var mu sync.Mutex
	kept := map[string][]driver.ObjectInfo{}
	return breach{list: func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error) {
		if opts.Delimiter != "" || opts.PageSize == 0 {
			return b.Bucket.List(ctx, opts)
		}
		mu.Lock()
		defer mu.Unlock()
		id, digits, _ := strings.Cut(opts.Token, ":")
		first := 0
		if opts.Token == "" {
			whole := *opts
			whole.PageSize = 0
			page, err := b.Bucket.List(ctx, &whole)
			if err != nil {
				return nil, err
			}
			id = strconv.Itoa(len(kept))
			kept[id] = page.Objects
		} else {
			var err error
			if first, err = strconv.Atoi(digits); err != nil {
				return nil, err
			}
		}
		end := min(first+opts.PageSize, len(kept[id]))
		page := &driver.ListPage{Objects: kept[id][first:end]}
		if end < len(kept[id]) {
			page.NextToken = id + ":" + strconv.Itoa(end)
		}
		return page, nil
	}}
}
