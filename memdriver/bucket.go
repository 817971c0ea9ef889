package memdriver

import (
	"context"
	"maps"

	"github.com/s3mio/s3mio/driver"
)

// bucket is a handle: the bucket is looked up by name at every call.
type bucket struct {
	d    *Driver
	name string
}

var (
	_ driver.Bucket       = (*bucket)(nil)
	_ driver.Tagger       = (*bucket)(nil)
	_ driver.Copier       = (*bucket)(nil)
	_ driver.BatchDeleter = (*bucket)(nil)
	_ driver.Presigner    = (*bucket)(nil)
)

func (b *bucket) URL() string {
	if b.name == b.d.name {
		return "mem://"
	}
	return "mem://" + b.name
}

// object is one version of an object. It is never changed once it is in an
// index, so that it can be used without a lock.
type object struct {
	content []byte
	info    driver.ObjectInfo // without tags
	tags    map[string]string
}

// describe gives the object's info in memory of the caller's own.
func (o *object) describe() driver.ObjectInfo {
	info := o.info
	info.Metadata = maps.Clone(info.Metadata)
	return info
}

// begin is how a call starts: the context, then the bucket.
func (b *bucket) begin(ctx context.Context) (*index, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return b.d.data.find(b.name)
}

// get gives the version of the object that is there now.
func (ix *index) get(key string) (*object, error) {
	ix.mu.RLock()
	defer ix.mu.RUnlock()
	o, ok := ix.objects.Get(key)
	if !ok {
		return nil, driver.ErrObjectNotFound
	}
	return o, nil
}

// store makes o the object at its key, now, if the conditions of opts hold and
// ctx has not ended.
func (ix *index) store(ctx context.Context, o *object, opts *driver.PutOptions) error {
	ix.mu.Lock()
	defer ix.mu.Unlock()
	if ix.gone != nil {
		return ix.gone
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	var etag string
	old, exists := ix.objects.Get(o.info.Key)
	if exists {
		etag = old.info.ETag
	}
	if err := driver.CheckWrite(opts, exists, etag); err != nil {
		return err
	}
	o.info.LastModified = now()
	ix.objects.Set(o.info.Key, o)
	return nil
}
