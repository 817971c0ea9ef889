package store

import (
	"context"
	"reflect"
	"strings"
	"unicode/utf8"

	"github.com/s3mio/s3mio/driver"
)

// Bucket is a handle on a bucket. Its calls are those of [Objects], with full
// keys.
type Bucket struct {
	core
	owner bool // opened by URL: closing the bucket closes its connection
}

// Prefix is a handle on the keys of a bucket below one path. Its calls are
// those of [Objects]; keys given to it and returned by it are relative to the
// path, so that what a list returns can be passed straight back. A folder
// marker, an object whose key is the path itself with its final slash, would
// have an empty key here: lists leave it out, DeleteAll removes it.
type Prefix struct {
	core
}

// core is the one implementation behind Bucket and Prefix.
type core struct {
	store  *Store
	bucket driver.Bucket
	name   string
	url    string
	prefix string // empty for a Bucket, else ends in a slash
	err    error  // what makes every call fail: a bad name, an empty segment
}

func newBucket(s *Store, name string, b driver.Bucket, err error) *Bucket {
	c := core{store: s, bucket: b, name: name, err: err}
	if b != nil {
		c.url = b.URL()
	}
	return &Bucket{core: c}
}

// Name gives the bucket's name.
func (b *Bucket) Name() string { return b.name }

// Close releases the connection of a bucket that [OpenBucket] opened. On a
// bucket of a [Store] it does nothing: close the Store.
func (b *Bucket) Close() error {
	if !b.owner {
		return nil
	}
	return b.store.Close()
}

// Bucket gives the bucket the prefix is in. Closing it does nothing.
func (p *Prefix) Bucket() *Bucket {
	c := p.core
	c.prefix = ""
	if c.bucket != nil {
		c.err = nil
	}
	return &Bucket{core: c}
}

// Path gives the full prefix of the keys in the bucket, with its final slash.
func (p *Prefix) Path() string { return p.prefix }

// String gives the address of the bucket or prefix as errors show it, without
// parameters or secrets. It is for people: OpenBucket takes no prefix.
func (c *core) String() string {
	return objectURL(c.url, c.name, c.prefix)
}

// Prefix gives a handle on the keys below a path. Each segment may hold
// several parts ("a/b"); slashes around a segment are trimmed. A segment that
// is then empty, no segment at all, or a path that no key can have makes every
// call of the Prefix fail with [ErrValidation].
func (c *core) Prefix(segments ...string) *Prefix {
	p := &Prefix{core: *c}
	if len(segments) == 0 && p.err == nil {
		p.err = invalid("a prefix needs a segment")
	}
	for _, s := range segments {
		s = strings.Trim(s, "/")
		if s == "" && p.err == nil {
			p.err = invalid("a segment of the prefix is empty")
		}
		p.prefix += s + "/"
	}
	if p.err == nil && len(p.prefix) >= driver.MaxKeyBytes {
		p.err = invalid("the prefix has %d bytes: no key fits below it", len(p.prefix))
	}
	if p.err == nil && !utf8.ValidString(p.prefix) {
		p.err = invalid("the prefix is not valid UTF-8")
	}
	return p
}

// full gives the full key, for requests and for errors.
func (c *core) full(key string) string { return c.prefix + key }

// key checks a key of the caller's and gives the full one.
func (c *core) key(key string, valid func(string) error) (string, error) {
	if c.err != nil {
		return c.full(key), c.err
	}
	if key == "" {
		return c.prefix, driver.ValidKey("")
	}
	full := c.full(key)
	return full, valid(full)
}

// fail wraps the error of an operation on a full key.
func (c *core) fail(ctx context.Context, op, fullKey string, err error) error {
	return newError(ctx, op, c.url, c.name, fullKey, err)
}

// sameBucket reports whether both handles are of one bucket of one driver.
func (c *core) sameBucket(d *core) bool {
	return c.name == d.name && reflect.ValueOf(c.store.drv).Comparable() && c.store.drv == d.store.drv
}

func (c *core) objects() *core { return c }
