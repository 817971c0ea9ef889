package conformance

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"iter"
	"maps"
	"slices"
	"sync"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// foreign is a driver that no driver under test can know: the other side of a
// copy between backends. It stores everything that can be stored, and has no
// capability that it can do without.
type foreign struct {
	mu      sync.Mutex
	buckets map[string]map[string]foreignObject
}

type foreignObject struct {
	info driver.ObjectInfo
	data []byte
}

var _ driver.BucketManager = (*foreign)(nil)

func newForeign() *foreign { return &foreign{buckets: map[string]map[string]foreignObject{}} }

func (f *foreign) OpenBucket(name string) (driver.Bucket, error) {
	return &foreignBucket{f, name}, nil
}
func (f *foreign) Close() error { return nil }

func (f *foreign) CreateBucket(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	if f.buckets[name] == nil {
		f.buckets[name] = map[string]foreignObject{}
	}
	return nil
}

func (f *foreign) DeleteBucket(_ context.Context, name string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	switch objects, ok := f.buckets[name]; {
	case !ok:
		return driver.ErrBucketNotFound
	case len(objects) > 0:
		return driver.ErrBucketNotEmpty
	}
	delete(f.buckets, name)
	return nil
}

func (f *foreign) ListBuckets(context.Context, string) (*driver.BucketPage, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	page := &driver.BucketPage{}
	for _, name := range slices.Sorted(maps.Keys(f.buckets)) {
		page.Buckets = append(page.Buckets, driver.BucketInfo{Name: name})
	}
	return page, nil
}

type foreignBucket struct {
	f    *foreign
	name string
}

var _ driver.Tagger = (*foreignBucket)(nil)

func (b *foreignBucket) URL() string { return "foreign://" + b.name }

// with runs do on the objects of the bucket.
func (b *foreignBucket) with(ctx context.Context, do func(objects map[string]foreignObject) error) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	b.f.mu.Lock()
	defer b.f.mu.Unlock()
	objects, ok := b.f.buckets[b.name]
	if !ok {
		return driver.ErrBucketNotFound
	}
	return do(objects)
}

// withObject runs do on one object, which must be there.
func (b *foreignBucket) withObject(ctx context.Context, key string, do func(o *foreignObject) error) error {
	return b.with(ctx, func(objects map[string]foreignObject) error {
		o, ok := objects[key]
		if !ok {
			return driver.ErrObjectNotFound
		}
		defer func() { objects[key] = o }()
		return do(&o)
	})
}

func (b *foreignBucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (info driver.ObjectInfo, err error) {
	err = b.withObject(ctx, key, func(o *foreignObject) error {
		info = o.info
		info.Tags = nil
		if opts.Tags {
			info.Tags = map[string]string{}
			maps.Copy(info.Tags, o.info.Tags)
		}
		return nil
	})
	return info, err
}

func (b *foreignBucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (got *driver.Object, err error) {
	err = b.withObject(ctx, key, func(o *foreignObject) error {
		if err := driver.CheckRead(opts, o.info.ETag); err != nil {
			return err
		}
		offset, length, err := opts.Range.Resolve(int64(len(o.data)))
		if err != nil {
			return err
		}
		got = &driver.Object{Info: o.info, Offset: offset, Length: length,
			Body: io.NopCloser(bytes.NewReader(o.data[offset : offset+length]))}
		got.Info.Tags = nil
		return nil
	})
	return got, err
}

func (b *foreignBucket) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	var buf bytes.Buffer
	buf.Grow(int(max(opts.Size, 0)))
	if _, err := buf.ReadFrom(body); err != nil {
		return driver.ObjectInfo{}, err
	}
	data := buf.Bytes()
	sum := md5.Sum(data)
	info := driver.ObjectInfo{Key: key, Size: int64(len(data)), ETag: hex.EncodeToString(sum[:]),
		LastModified: time.Now().UTC().Truncate(time.Second), StorageClass: driver.DefaultStorageClass,
		ContentType: opts.ContentType, CacheControl: opts.CacheControl, ContentDisposition: opts.ContentDisposition,
		ContentEncoding: opts.ContentEncoding, ContentLanguage: opts.ContentLanguage,
		Metadata: maps.Clone(opts.Metadata), Tags: maps.Clone(opts.Tags)}
	if opts.StorageClass != "" {
		return driver.ObjectInfo{}, fmt.Errorf("%w: storage classes", driver.ErrUnsupported)
	}
	return info, b.with(ctx, func(objects map[string]foreignObject) error {
		old, exists := objects[key]
		if err := driver.CheckWrite(opts, exists, old.info.ETag); err != nil {
			return err
		}
		objects[key] = foreignObject{info, data}
		return nil
	})
}

func (b *foreignBucket) Delete(ctx context.Context, key string) error {
	return b.with(ctx, func(objects map[string]foreignObject) error { delete(objects, key); return nil })
}

func (b *foreignBucket) List(ctx context.Context, opts *driver.ListOptions) (page *driver.ListPage, err error) {
	err = b.with(ctx, func(objects map[string]foreignObject) error {
		keys := slices.Sorted(maps.Keys(objects))
		page, err = driver.BuildPage(ctx, opts, func(from string) iter.Seq2[driver.ObjectInfo, error] {
			return func(yield func(driver.ObjectInfo, error) bool) {
				at, _ := slices.BinarySearch(keys, from)
				for _, key := range keys[at:] {
					if !yield(objects[key].info, nil) {
						return
					}
				}
			}
		})
		return err
	})
	return page, err
}

func (b *foreignBucket) SetTags(ctx context.Context, key string, tags map[string]string) error {
	return b.withObject(ctx, key, func(o *foreignObject) error { o.info.Tags = maps.Clone(tags); return nil })
}

func (b *foreignBucket) GetTags(ctx context.Context, key string) (tags map[string]string, err error) {
	tags = map[string]string{}
	return tags, b.withObject(ctx, key, func(o *foreignObject) error { maps.Copy(tags, o.info.Tags); return nil })
}
