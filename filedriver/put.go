package filedriver

import (
	"context"
	"io"
	"net/url"
	"path/filepath"

	"github.com/s3mio/s3mio/driver"
)

// Put implements [driver.Bucket]. The body goes to a temporary file first; only
// the exchange of the files happens under the key's lock.
func (b *bucket) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	if err := driver.KnownStorageClass(opts.StorageClass); err != nil {
		return driver.ObjectInfo{}, err
	}
	s, err := b.writable(ctx)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	defer s.release()
	info, err := s.put(ctx, key, body, opts)
	return info, s.classify(err)
}

// writable acquires the bucket for a writer.
func (b *bucket) writable(ctx context.Context) (*space, error) {
	s, err := b.dir.acquire(ctx)
	if err != nil {
		return nil, err
	}
	return s.writable(ctx)
}

func (s *space) put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	p := &publication{s: s, key: key, id: idOf(key)}
	defer p.end()
	in := newIncoming(body, opts.Size)
	defer in.close()
	if err := p.take(ctx, in); err != nil {
		return driver.ObjectInfo{}, err
	}
	p.info = driver.ObjectInfo{
		Key:                key,
		Size:               in.total,
		ETag:               in.sum(),
		StorageClass:       opts.StorageClass,
		ContentType:        opts.ContentType,
		CacheControl:       opts.CacheControl,
		ContentDisposition: opts.ContentDisposition,
		ContentEncoding:    opts.ContentEncoding,
		ContentLanguage:    opts.ContentLanguage,
		Metadata:           opts.Metadata,
		Tags:               opts.Tags,
	}
	p.byETag = opts.IfMatch != ""
	p.check = func(exists bool, etag string) error { return driver.CheckWrite(opts, exists, etag) }
	if err := p.publish(ctx); err != nil {
		return driver.ObjectInfo{}, err
	}
	return driver.ObjectInfo{Key: key, Size: p.info.Size, ETag: p.info.ETag}, nil
}

// URL implements [driver.Bucket].
func (b *bucket) URL() string {
	path := filepath.ToSlash(b.dir.path)
	if path[0] != '/' {
		path = "/" + path // C:/dir
	}
	return (&url.URL{Scheme: "file", Path: path}).String()
}
