package lockstep

import (
	"context"
	"slices"
	"strings"
	"unicode/utf16"

	"github.com/s3mio/s3mio/driver"
)

// pageFlaw makes a flaw that changes list pages.
func pageFlaw(name string, change func(opts *driver.ListOptions, page *driver.ListPage)) flaw {
	return flaw{name: name, list: func(ctx context.Context, b driver.Bucket, opts *driver.ListOptions) (*driver.ListPage, error) {
		page, err := b.List(ctx, opts)
		if err == nil {
			change(opts, page)
		}
		return page, err
	}}
}

// listFlaw makes a flaw that changes the options of a list.
func listFlaw(name string, change func(opts *driver.ListOptions)) flaw {
	return flaw{name: name, list: func(ctx context.Context, b driver.Bucket, opts *driver.ListOptions) (*driver.ListPage, error) {
		changed := *opts
		change(&changed)
		return b.List(ctx, &changed)
	}}
}

var listFlaws = []flaw{
	pageFlaw("the first key of a further page is skipped", func(opts *driver.ListOptions, page *driver.ListPage) {
		if opts.Token != "" && len(page.Objects) > 1 {
			page.Objects = page.Objects[1:]
		}
	}),
	pageFlaw("the last key of a page comes twice", func(_ *driver.ListOptions, page *driver.ListPage) {
		if n := len(page.Objects); page.NextToken != "" && n > 1 {
			page.Objects = append(page.Objects, page.Objects[n-1])
		}
	}),
	pageFlaw("a common prefix comes on every page it is on", func(opts *driver.ListOptions, page *driver.ListPage) {
		if n := len(page.Prefixes); opts.Token != "" && n > 0 {
			page.Prefixes = append(page.Prefixes, page.Prefixes[n-1])
		}
	}),
	pageFlaw("the order is that of UTF-16", func(_ *driver.ListOptions, page *driver.ListPage) {
		slices.SortFunc(page.Objects, func(a, b driver.ObjectInfo) int {
			return slices.Compare(utf16.Encode([]rune(a.Key)), utf16.Encode([]rune(b.Key)))
		})
	}),
	pageFlaw("keys are listed unescaped", func(_ *driver.ListOptions, page *driver.ListPage) {
		for i := range page.Objects {
			page.Objects[i].Key = strings.ReplaceAll(page.Objects[i].Key, "__0x2f__", "/")
		}
	}),
	pageFlaw("folder markers are left out", func(_ *driver.ListOptions, page *driver.ListPage) {
		page.Objects = slices.DeleteFunc(page.Objects, func(o driver.ObjectInfo) bool { return strings.HasSuffix(o.Key, "/") })
	}),
	pageFlaw("the listed size of an empty object is 1", func(_ *driver.ListOptions, page *driver.ListPage) {
		for i := range page.Objects {
			page.Objects[i].Size = max(1, page.Objects[i].Size)
		}
	}),
	pageFlaw("ETags are listed in quotes", func(_ *driver.ListOptions, page *driver.ListPage) {
		for i := range page.Objects {
			page.Objects[i].ETag = `"` + page.Objects[i].ETag + `"`
		}
	}),
	listFlaw("StartAfter is ignored where it is below the prefix", func(opts *driver.ListOptions) {
		if strings.HasPrefix(opts.StartAfter, opts.Prefix) && opts.Prefix != "" {
			opts.StartAfter = ""
		}
	}),
	listFlaw("a delimiter is one character", func(opts *driver.ListOptions) {
		opts.Delimiter = opts.Delimiter[:min(1, len(opts.Delimiter))]
	}),
	{
		name: "StartAfter is included",
		list: func(ctx context.Context, b driver.Bucket, opts *driver.ListOptions) (*driver.ListPage, error) {
			page, err := b.List(ctx, opts)
			if err != nil || opts.StartAfter == "" || opts.Token != "" || opts.Delimiter != "" || !strings.HasPrefix(opts.StartAfter, opts.Prefix) {
				return page, err
			}
			if info, err := b.Head(ctx, opts.StartAfter, &driver.HeadOptions{}); err == nil {
				page.Objects = append([]driver.ObjectInfo{{Key: info.Key, Size: info.Size, ETag: info.ETag,
					LastModified: info.LastModified, StorageClass: info.StorageClass}}, page.Objects...)
			}
			return page, nil
		},
	},
	{
		name: "a common prefix with StartAfter in it is listed",
		list: func(ctx context.Context, b driver.Bucket, opts *driver.ListOptions) (*driver.ListPage, error) {
			if opts.StartAfter == "" || opts.Delimiter == "" || opts.Token != "" {
				return b.List(ctx, opts)
			}
			all, err := b.List(ctx, &driver.ListOptions{Prefix: opts.Prefix, StartAfter: opts.StartAfter})
			if err != nil || len(all.Objects) == 0 {
				return all, err
			}
			page, err := b.List(ctx, opts)
			head, _, cut := strings.Cut(strings.TrimPrefix(all.Objects[0].Key, opts.Prefix), opts.Delimiter)
			if common := opts.Prefix + head + opts.Delimiter; err == nil && cut && strings.HasPrefix(opts.StartAfter, common) {
				page.Prefixes = append([]string{common}, page.Prefixes...)
			}
			return page, err
		},
	},
}
