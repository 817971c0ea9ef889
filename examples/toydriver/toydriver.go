// Package toydriver shows how little a driver has to be: a map behind a mutex,
// in which package conformance finds no fault. It has one bucket, no metadata,
// tags or headers, and no signed URLs; its test declares so.
package toydriver

import (
	"context"
	"crypto/md5"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// toy is the driver and its bucket in one.
type toy struct {
	name    string
	mu      sync.Mutex
	objects map[string]object // nil: there is no such bucket
}

type object struct {
	driver.ObjectInfo
	content string
}

// New makes a driver with one bucket.
func New(bucket string) driver.Driver { return &toy{name: bucket, objects: map[string]object{}} }

func (t *toy) OpenBucket(name string) (driver.Bucket, error) {
	if name != t.name {
		return &toy{name: name}, nil
	}
	return t, nil
}

func (t *toy) Close() error { return nil }

func (t *toy) URL() string { return "toy://" + t.name }

// locked runs do alone, unless there is no point any more.
func (t *toy) locked(ctx context.Context, do func() error) error {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.objects == nil {
		return driver.ErrBucketNotFound
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	return do()
}

func (t *toy) Head(ctx context.Context, key string, _ *driver.HeadOptions) (driver.ObjectInfo, error) {
	o, err := t.Get(ctx, key, &driver.GetOptions{})
	return o.Info, err
}

// Get gives an Object in any case, for Head.
func (t *toy) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	got := &driver.Object{}
	return got, t.locked(ctx, func() error {
		o, ok := t.objects[key]
		if !ok {
			return driver.ErrObjectNotFound
		}
		if err := driver.CheckRead(opts, o.ETag); err != nil {
			return err
		}
		offset, length, err := opts.Range.Resolve(o.Size)
		body := io.NopCloser(strings.NewReader(o.content[offset : offset+length]))
		*got = driver.Object{Info: o.ObjectInfo, Offset: offset, Length: length, Body: body}
		return err
	})
}

func (t *toy) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (info driver.ObjectInfo, err error) {
	if opts.StorageClass+opts.CacheControl+opts.ContentDisposition+opts.ContentEncoding+opts.ContentLanguage != "" || len(opts.Metadata) > 0 {
		return info, fmt.Errorf("%w: a toy stores content and its type", driver.ErrUnsupported)
	}
	content, err := io.ReadAll(body) // all of it, before anything is stored
	if err != nil {
		return info, err
	}
	info = driver.ObjectInfo{Key: key, Size: int64(len(content)), ETag: fmt.Sprintf("%x", md5.Sum(content)), ContentType: opts.ContentType,
		LastModified: time.Now().UTC().Truncate(time.Second), StorageClass: driver.DefaultStorageClass}
	return info, t.locked(ctx, func() error {
		old, exists := t.objects[key]
		if err := driver.CheckWrite(opts, exists, old.ETag); err != nil {
			return err
		}
		t.objects[key] = object{info, string(content)}
		return nil
	})
}

func (t *toy) Delete(ctx context.Context, key string) error {
	return t.locked(ctx, func() error { delete(t.objects, key); return nil })
}

func (t *toy) List(ctx context.Context, opts *driver.ListOptions) (page *driver.ListPage, err error) {
	err = t.locked(ctx, func() error {
		keys := slices.Sorted(maps.Keys(t.objects)) // a real driver keeps them sorted
		page, err = driver.BuildPage(ctx, opts, func(from string) iter.Seq2[driver.ObjectInfo, error] {
			i, _ := slices.BinarySearch(keys, from)
			return func(yield func(driver.ObjectInfo, error) bool) {
				for ; i < len(keys) && yield(t.objects[keys[i]].ObjectInfo, nil); i++ {
				}
			}
		})
		return err
	})
	return page, err
}
