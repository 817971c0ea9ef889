package store

import (
	"context"
	"errors"
	"fmt"
	"iter"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// List gives the objects in byte order of their keys, all of them in memory;
// [Bucket.All] streams. With [Delimiter] it gives only those that are not below
// a common prefix. Listings fill Key, Size, LastModified, ETag and
// StorageClass.
func (c *core) List(ctx context.Context, opts ...ListOption) ([]ObjectInfo, error) {
	var objects []ObjectInfo
	for o, err := range c.all(ctx, "List", opts) {
		if err != nil {
			return nil, err
		}
		objects = append(objects, o)
	}
	return objects, nil
}

// All ranges over the objects in byte order of their keys, with one page in
// memory. Every object that exists throughout appears exactly once, whatever is
// written or deleted meanwhile. An error is yielded once, as the last.
func (c *core) All(ctx context.Context, opts ...ListOption) iter.Seq2[ObjectInfo, error] {
	return c.all(ctx, "All", opts)
}

func (c *core) all(ctx context.Context, call string, opts []ListOption) iter.Seq2[ObjectInfo, error] {
	return func(yield func(ObjectInfo, error) bool) {
		cfg, err := listConfig(call, opts)
		for page, err := range c.pages(ctx, cfg, err) {
			if err != nil {
				yield(ObjectInfo{}, err)
				return
			}
			for _, o := range page.Objects {
				if len(o.Key) == len(c.prefix) {
					continue // the prefix's own folder marker
				}
				if !yield(c.info(o), nil) {
					return
				}
			}
		}
	}
}

// ListDir gives the objects and the common prefixes at one level, split at "/"
// unless [Delimiter] says otherwise.
func (c *core) ListDir(ctx context.Context, opts ...ListOption) (Listing, error) {
	cfg, err := listConfig("ListDir", opts)
	if err == nil && cfg.given&optDelimiter == 0 {
		cfg.list.Delimiter = "/"
	}
	var l Listing
	for page, err := range c.pages(ctx, cfg, err) {
		if err != nil {
			return Listing{}, err
		}
		for _, o := range page.Objects {
			if len(o.Key) > len(c.prefix) {
				l.Objects = append(l.Objects, c.info(o))
			}
		}
		for _, p := range page.Prefixes {
			l.Prefixes = append(l.Prefixes, p[len(c.prefix):])
		}
	}
	return l, nil
}

var errSameToken = errors.New("the backend gave the same continuation token twice")

// pages ranges over the pages of a listing. Errors are wrapped.
func (c *core) pages(ctx context.Context, cfg *config, cfgErr error) iter.Seq2[*driver.ListPage, error] {
	return func(yield func(*driver.ListPage, error) bool) {
		fail := func(err error) { yield(nil, c.fail(ctx, "list", c.prefix, err)) }
		if c.err != nil {
			cfgErr = c.err
		}
		if err := c.store.ready(ctx, cfgErr); err != nil {
			fail(err)
			return
		}
		opts := cfg.list
		opts.Prefix = c.prefix + opts.Prefix
		if opts.StartAfter != "" {
			opts.StartAfter = c.prefix + opts.StartAfter
		}
		for {
			if err := c.store.ready(ctx, nil); err != nil {
				fail(err)
				return
			}
			page, err := c.bucket.List(ctx, &opts)
			if err == nil {
				err = checkPage(page, &opts)
			}
			if err != nil {
				fail(err)
				return
			}
			if !yield(page, nil) || page.NextToken == "" {
				return
			}
			opts.Token = page.NextToken
		}
	}
}

// checkPage refuses what would make the listing wrong or endless.
func checkPage(page *driver.ListPage, opts *driver.ListOptions) error {
	if page.NextToken != "" && page.NextToken == opts.Token {
		return errSameToken
	}
	for i := range page.Objects {
		if !strings.HasPrefix(page.Objects[i].Key, opts.Prefix) {
			return fmt.Errorf("the backend listed %q, which does not start with %q", page.Objects[i].Key, opts.Prefix)
		}
	}
	for _, p := range page.Prefixes {
		if !strings.HasPrefix(p, opts.Prefix) {
			return fmt.Errorf("the backend listed %q, which does not start with %q", p, opts.Prefix)
		}
	}
	return nil
}
