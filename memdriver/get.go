package memdriver

import (
	"context"
	"io"
	"io/fs"
	"maps"
	"sync/atomic"

	"github.com/s3mio/s3mio/driver"
)

func (b *bucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
	ix, err := b.begin(ctx)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	o, err := ix.get(key)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	info := o.describe()
	if opts.Tags {
		info.Tags = o.cloneTags()
	}
	return info, nil
}

// cloneTags gives the tags, an empty map when there are none.
func (o *object) cloneTags() map[string]string {
	if o.tags == nil {
		return map[string]string{}
	}
	return maps.Clone(o.tags)
}

func (b *bucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	ix, err := b.begin(ctx)
	if err != nil {
		return nil, err
	}
	o, err := ix.get(key)
	if err != nil {
		return nil, err
	}
	if err := driver.CheckRead(opts, o.info.ETag); err != nil {
		return nil, err
	}
	offset, length, err := opts.Range.Resolve(o.info.Size)
	if err != nil {
		return nil, err
	}
	return &driver.Object{
		Info:   o.describe(),
		Offset: offset,
		Length: length,
		Body:   &reader{ctx: ctx, rest: o.content[offset : offset+length]},
	}, nil
}

// reader is the body of an object. It has no WriteTo, which would hand the
// object's own memory to a Writer that might keep or change it: the content is
// only ever copied out.
type reader struct {
	ctx    context.Context
	rest   []byte
	closed atomic.Bool
}

func (r *reader) Read(p []byte) (int, error) {
	if r.closed.Load() {
		return 0, fs.ErrClosed
	}
	if err := r.ctx.Err(); err != nil {
		return 0, err
	}
	if len(r.rest) == 0 {
		return 0, io.EOF
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

// Close ends reading; a Read that runs meanwhile may still succeed.
func (r *reader) Close() error {
	r.closed.Store(true)
	return nil
}
