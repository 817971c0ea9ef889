package blobdriver

import (
	"context"
	"strings"

	blobdriver "gocloud.dev/blob/driver"

	"github.com/s3mio/s3mio/driver"
)

// tokenMark begins each page token. A bare one could read "first page", which
// the Go CDK keeps for itself.
const tokenMark = ">"

// ListPaged gives a page with objects and common prefixes in one order.
func (p *portable) ListPaged(ctx context.Context, opts *blobdriver.ListOptions) (*blobdriver.ListPage, error) {
	list := &driver.ListOptions{
		Prefix:    opts.Prefix,
		Delimiter: opts.Delimiter,
		Token:     strings.TrimPrefix(string(opts.PageToken), tokenMark),
		PageSize:  opts.PageSize,
	}
	if opts.BeforeList != nil {
		if err := opts.BeforeList(as(list)); err != nil {
			return nil, err
		}
	}
	found, err := p.b.List(ctx, list)
	if err != nil {
		return nil, err
	}
	page := &blobdriver.ListPage{}
	if found.NextToken != "" {
		page.NextPageToken = []byte(tokenMark + found.NextToken)
	}
	prefixes := found.Prefixes
	until := func(key string) {
		for ; len(prefixes) > 0 && prefixes[0] < key; prefixes = prefixes[1:] {
			page.Objects = append(page.Objects, &blobdriver.ListObject{Key: prefixes[0], IsDir: true})
		}
	}
	for _, o := range found.Objects {
		until(o.Key)
		page.Objects = append(page.Objects, &blobdriver.ListObject{
			Key:     o.Key,
			ModTime: o.LastModified,
			Size:    o.Size,
			AsFunc:  as(o),
		})
	}
	if n := len(prefixes); n > 0 {
		until(prefixes[n-1] + "\x00")
	}
	return page, nil
}
