package conformance

import (
	"context"
	"iter"
	"time"

	"github.com/s3mio/s3mio/store"
)

// shim overrides some calls of a bucket, to break what no driver can break.
// What it calls itself goes to the good bucket below.
type shim struct {
	bucket

	put         func(ctx context.Context, b bucket, key string, data any, opts []store.WriteOption) (store.ObjectInfo, error)
	upload      func(ctx context.Context, b bucket, path, key string, opts []store.WriteOption) (store.ObjectInfo, error)
	uploadDir   func(ctx context.Context, b bucket, dir, prefix string, opts []store.WriteOption) (store.TransferResult, error)
	getBytes    func(ctx context.Context, b bucket, key string, opts []store.ReadOption) ([]byte, error)
	getJSON     func(ctx context.Context, b bucket, key string, v any, opts []store.ReadOption) error
	lines       func(ctx context.Context, b bucket, key string, opts []store.ReadOption) iter.Seq2[string, error]
	stream      func(ctx context.Context, b bucket, key string, opts []store.ReadOption) iter.Seq2[[]byte, error]
	downloadDir func(ctx context.Context, b bucket, prefix, dir string, opts []store.ReadOption) (store.TransferResult, error)
	head        func(ctx context.Context, b bucket, key string, opts []store.HeadOption) (store.ObjectInfo, error)
	delete      func(ctx context.Context, b bucket, key string) error
	deleteMany  func(ctx context.Context, b bucket, keys []string) (store.DeleteResult, error)
	copy        func(ctx context.Context, b bucket, src, dst string, opts []store.CopyOption) (store.ObjectInfo, error)
	copyMany    func(ctx context.Context, b bucket, pairs []store.CopyPair, opts []store.CopyOption) (store.CopyResult, error)
	presignGet  func(ctx context.Context, b bucket, key string, ttl time.Duration, opts []store.PresignOption) (string, error)
	prefix      func(b bucket, segments []string) *store.Prefix
}

// through makes a hook of a shim.
func through(s shim) func(bucket) bucket {
	return func(b bucket) bucket {
		s := s
		s.bucket = b
		return &s
	}
}

func (s *shim) Put(ctx context.Context, key string, data any, opts ...store.WriteOption) (store.ObjectInfo, error) {
	if s.put != nil {
		return s.put(ctx, s.bucket, key, data, opts)
	}
	return s.bucket.Put(ctx, key, data, opts...)
}

func (s *shim) Upload(ctx context.Context, path, key string, opts ...store.WriteOption) (store.ObjectInfo, error) {
	if s.upload != nil {
		return s.upload(ctx, s.bucket, path, key, opts)
	}
	return s.bucket.Upload(ctx, path, key, opts...)
}

func (s *shim) UploadDir(ctx context.Context, dir, prefix string, opts ...store.WriteOption) (store.TransferResult, error) {
	if s.uploadDir != nil {
		return s.uploadDir(ctx, s.bucket, dir, prefix, opts)
	}
	return s.bucket.UploadDir(ctx, dir, prefix, opts...)
}

func (s *shim) GetBytes(ctx context.Context, key string, opts ...store.ReadOption) ([]byte, error) {
	if s.getBytes != nil {
		return s.getBytes(ctx, s.bucket, key, opts)
	}
	return s.bucket.GetBytes(ctx, key, opts...)
}

func (s *shim) GetJSON(ctx context.Context, key string, v any, opts ...store.ReadOption) error {
	if s.getJSON != nil {
		return s.getJSON(ctx, s.bucket, key, v, opts)
	}
	return s.bucket.GetJSON(ctx, key, v, opts...)
}

func (s *shim) Lines(ctx context.Context, key string, opts ...store.ReadOption) iter.Seq2[string, error] {
	if s.lines != nil {
		return s.lines(ctx, s.bucket, key, opts)
	}
	return s.bucket.Lines(ctx, key, opts...)
}

func (s *shim) Stream(ctx context.Context, key string, opts ...store.ReadOption) iter.Seq2[[]byte, error] {
	if s.stream != nil {
		return s.stream(ctx, s.bucket, key, opts)
	}
	return s.bucket.Stream(ctx, key, opts...)
}

func (s *shim) DownloadDir(ctx context.Context, prefix, dir string, opts ...store.ReadOption) (store.TransferResult, error) {
	if s.downloadDir != nil {
		return s.downloadDir(ctx, s.bucket, prefix, dir, opts)
	}
	return s.bucket.DownloadDir(ctx, prefix, dir, opts...)
}

func (s *shim) Head(ctx context.Context, key string, opts ...store.HeadOption) (store.ObjectInfo, error) {
	if s.head != nil {
		return s.head(ctx, s.bucket, key, opts)
	}
	return s.bucket.Head(ctx, key, opts...)
}

func (s *shim) Delete(ctx context.Context, key string) error {
	if s.delete != nil {
		return s.delete(ctx, s.bucket, key)
	}
	return s.bucket.Delete(ctx, key)
}

func (s *shim) DeleteMany(ctx context.Context, keys []string) (store.DeleteResult, error) {
	if s.deleteMany != nil {
		return s.deleteMany(ctx, s.bucket, keys)
	}
	return s.bucket.DeleteMany(ctx, keys)
}

func (s *shim) Copy(ctx context.Context, src, dst string, opts ...store.CopyOption) (store.ObjectInfo, error) {
	if s.copy != nil {
		return s.copy(ctx, s.bucket, src, dst, opts)
	}
	return s.bucket.Copy(ctx, src, dst, opts...)
}

func (s *shim) CopyMany(ctx context.Context, pairs []store.CopyPair, opts ...store.CopyOption) (store.CopyResult, error) {
	if s.copyMany != nil {
		return s.copyMany(ctx, s.bucket, pairs, opts)
	}
	return s.bucket.CopyMany(ctx, pairs, opts...)
}

func (s *shim) PresignGet(ctx context.Context, key string, ttl time.Duration, opts ...store.PresignOption) (string, error) {
	if s.presignGet != nil {
		return s.presignGet(ctx, s.bucket, key, ttl, opts)
	}
	return s.bucket.PresignGet(ctx, key, ttl, opts...)
}

func (s *shim) Prefix(segments ...string) *store.Prefix {
	if s.prefix != nil {
		return s.prefix(s.bucket, segments)
	}
	return s.bucket.Prefix(segments...)
}
