package blobdriver

import (
	"bytes"
	"cmp"
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"sync"

	"gocloud.dev/blob"

	"github.com/s3mio/s3mio/driver"
)

// List gives one page of the backend's, sorted, and looks up the ETags that it
// lacks: a request for each.
func (b *bucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	if err := b.begin(ctx); err != nil {
		return nil, err
	}
	entries, next, err := b.page(ctx, opts)
	if err != nil {
		return nil, bucketError(ctx, err)
	}
	b.d.exists.Store(true)
	slices.SortStableFunc(entries, func(x, y *blob.ListObject) int { return cmp.Compare(x.Key, y.Key) })
	page := &driver.ListPage{NextToken: string(next)}
	for _, o := range entries {
		switch {
		case opts.StartAfter != "" && o.Key <= opts.StartAfter:
			// A common prefix that StartAfter starts with sorts before it.
		case o.IsDir:
			page.Prefixes = append(page.Prefixes, o.Key)
		default:
			page.Objects = append(page.Objects, b.entry(o))
		}
	}
	if err := b.completeETags(ctx, page); err != nil {
		return nil, err
	}
	return page, nil
}

// page fetches one page. Its end is moved when the token for what follows
// reads "first page" (in memory tokens are keys): the Go CDK would begin anew.
func (b *bucket) page(ctx context.Context, opts *driver.ListOptions) ([]*blob.ListObject, []byte, error) {
	size := opts.PageSize
	if size <= 0 || size > driver.MaxPageSize {
		size = driver.MaxPageSize
	}
	token := blob.FirstPageToken
	if opts.Token != "" {
		token = []byte(opts.Token)
	}
	list := &blob.ListOptions{Prefix: opts.Prefix, Delimiter: opts.Delimiter}
	entries, next, err := b.d.blob.ListPage(ctx, token, size, list)
	if err == nil && bytes.Equal(next, blob.FirstPageToken) {
		if size--; size == 0 {
			size = 2 // one more than asked for, rather than no page at all
		}
		entries, next, err = b.d.blob.ListPage(ctx, token, size, list)
		if err == nil && bytes.Equal(next, blob.FirstPageToken) {
			err = errors.New("the backend's page token cannot be told from the Go CDK's own")
		}
	}
	return entries, next, err
}

// entry describes an object in a list. Its ETag may be missing.
func (b *bucket) entry(o *blob.ListObject) driver.ObjectInfo {
	info := driver.ObjectInfo{
		Key:          o.Key,
		Size:         o.Size,
		LastModified: wholeSeconds(o.ModTime),
		StorageClass: driver.DefaultStorageClass,
	}
	if len(o.MD5) > 0 {
		info.ETag = hex.EncodeToString(o.MD5)
	} else if b.d.listETag != nil {
		if etag := bareETag(b.d.listETag(o)); driver.ValidETag(etag) == nil {
			info.ETag = etag
		}
	}
	return info
}

// lookups is how many objects of a page are looked at in parallel.
const lookups = 16

// completeETags looks at the objects without an ETag, and takes out those that
// are gone by then.
func (b *bucket) completeETags(ctx context.Context, page *driver.ListPage) error {
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	var wg sync.WaitGroup
	slots := make(chan struct{}, lookups)
	for i := range page.Objects {
		o := &page.Objects[i]
		if o.ETag != "" {
			continue
		}
		slots <- struct{}{}
		wg.Go(func() {
			defer func() { <-slots }()
			if ctx.Err() != nil {
				return
			}
			switch a, err := b.attributes(ctx, o.Key); {
			case err == nil:
				*o = driver.ObjectInfo{Key: o.Key, Size: a.Size, LastModified: wholeSeconds(a.ModTime),
					ETag: etagOf(a), StorageClass: o.StorageClass}
			case !errors.Is(err, driver.ErrObjectNotFound):
				cancel(fmt.Errorf("looking up the ETag of %q: %w", o.Key, err))
			}
		})
	}
	wg.Wait()
	if ctx.Err() != nil {
		return context.Cause(ctx)
	}
	page.Objects = slices.DeleteFunc(page.Objects, func(o driver.ObjectInfo) bool { return o.ETag == "" })
	return nil
}
