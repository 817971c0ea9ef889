package memdriver

import (
	"cmp"
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"io"
	"maps"

	"github.com/s3mio/s3mio/driver"
)

func (b *bucket) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	ix, err := b.begin(ctx)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	if err := driver.KnownStorageClass(opts.StorageClass); err != nil {
		return driver.ObjectInfo{}, err
	}
	o := &object{
		info: driver.ObjectInfo{
			Key:                key,
			StorageClass:       cmp.Or(opts.StorageClass, driver.DefaultStorageClass),
			ContentType:        opts.ContentType,
			CacheControl:       opts.CacheControl,
			ContentDisposition: opts.ContentDisposition,
			ContentEncoding:    opts.ContentEncoding,
			ContentLanguage:    opts.ContentLanguage,
			Metadata:           own(opts.Metadata),
		},
		tags: own(opts.Tags),
	}
	if o.content, o.info.ETag, err = readBody(ctx, body, opts.Size); err != nil {
		return driver.ObjectInfo{}, err
	}
	o.info.Size = int64(len(o.content))
	if err := ix.store(ctx, o, opts); err != nil {
		return driver.ObjectInfo{}, err
	}
	return o.written(), nil
}

// written is what Put and Copy return.
func (o *object) written() driver.ObjectInfo {
	return driver.ObjectInfo{Key: o.info.Key, Size: o.info.Size, ETag: o.info.ETag}
}

// own copies a map, an empty one to nil.
func own(m map[string]string) map[string]string {
	if len(m) == 0 {
		return nil
	}
	return maps.Clone(m)
}

const (
	// maxTrust is how much memory is set aside because PutOptions.Size says
	// so; maxProven, because the body does have a byte at that place.
	maxTrust  = 16 << 20
	maxProven = 1 << 30

	minGrow   = 4 << 10
	chunkSize = 256 << 10 // read and hashed between two looks at the context
	maxEmpty  = 100       // empty reads in a row, as in package bufio
)

// readBody reads a body of size bytes, or of any length if size is negative,
// and gives it with its ETag. Memory of a known size is allocated once, up to
// what may be set aside in advance; otherwise it doubles as bytes arrive.
func readBody(ctx context.Context, body io.Reader, size int64) (content []byte, etag string, err error) {
	buf := make([]byte, 0, firstCapacity(body, size))
	hash := md5.New()
	var past [1]byte // what a body that is too long has behind its end
	for empty := 0; ; {
		if err := ctx.Err(); err != nil {
			return nil, "", err
		}
		p := past[:]
		if int64(len(buf)) != size {
			if len(buf) == cap(buf) {
				buf = grow(buf, size)
			}
			p = buf[len(buf):min(cap(buf), len(buf)+chunkSize)]
		}
		n, err := body.Read(p)
		if n > 0 && int64(len(buf)) == size {
			return nil, "", fmt.Errorf("%w: more than %d bytes", driver.ErrSizeMismatch, size)
		}
		hash.Write(p[:n])
		buf = buf[:len(buf)+n]
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, "", err
		}
		if empty++; n > 0 {
			empty = 0
		} else if empty == maxEmpty {
			return nil, "", io.ErrNoProgress
		}
	}
	if size >= 0 && int64(len(buf)) != size {
		return nil, "", fmt.Errorf("%w: %d of %d bytes", driver.ErrSizeMismatch, len(buf), size)
	}
	if cap(buf)-len(buf) > len(buf)/8 {
		// Not to keep the slack for as long as the object lives.
		buf = append(make([]byte, 0, len(buf)), buf...)
	}
	return buf, hex.EncodeToString(hash.Sum(nil)), nil
}

// firstCapacity is how much memory to set aside before the first read.
func firstCapacity(body io.Reader, size int64) int64 {
	if size < 0 {
		return minGrow
	}
	if size > maxTrust {
		if at, ok := body.(io.ReaderAt); ok {
			var last [1]byte
			if n, _ := at.ReadAt(last[:], size-1); n == 1 {
				return min(size, maxProven)
			}
		}
	}
	return min(size, maxTrust)
}

// grow doubles the capacity of a full buffer, but not beyond size.
func grow(buf []byte, size int64) []byte {
	want := max(2*int64(cap(buf)), minGrow)
	if size >= 0 {
		want = min(want, size)
	}
	return append(make([]byte, 0, want), buf...)
}
