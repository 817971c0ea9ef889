package store

import (
	"context"
	"iter"
	"time"
)

// Objects is what [*Bucket] and [*Prefix] have in common. Functions that work
// on either take it. Only those two types implement it: calls may be added.
type Objects interface {
	String() string
	Prefix(segments ...string) *Prefix

	Put(ctx context.Context, key string, data any, opts ...WriteOption) (ObjectInfo, error)
	NewWriter(ctx context.Context, key string, opts ...WriteOption) (*Writer, error)
	Upload(ctx context.Context, localPath, key string, opts ...WriteOption) (ObjectInfo, error)
	UploadDir(ctx context.Context, localDir, keyPrefix string, opts ...WriteOption) (TransferResult, error)

	GetBytes(ctx context.Context, key string, opts ...ReadOption) ([]byte, error)
	GetText(ctx context.Context, key string, opts ...ReadOption) (string, error)
	GetJSON(ctx context.Context, key string, v any, opts ...ReadOption) error
	Open(ctx context.Context, key string, opts ...ReadOption) (*Reader, error)
	Lines(ctx context.Context, key string, opts ...ReadOption) iter.Seq2[string, error]
	Stream(ctx context.Context, key string, opts ...ReadOption) iter.Seq2[[]byte, error]
	Download(ctx context.Context, key, localPath string, opts ...ReadOption) error
	DownloadDir(ctx context.Context, keyPrefix, localDir string, opts ...ReadOption) (TransferResult, error)

	Head(ctx context.Context, key string, opts ...HeadOption) (ObjectInfo, error)
	Exists(ctx context.Context, key string) (bool, error)
	List(ctx context.Context, opts ...ListOption) ([]ObjectInfo, error)
	All(ctx context.Context, opts ...ListOption) iter.Seq2[ObjectInfo, error]
	ListDir(ctx context.Context, opts ...ListOption) (Listing, error)

	Delete(ctx context.Context, key string) error
	DeleteMany(ctx context.Context, keys []string) (DeleteResult, error)

	Copy(ctx context.Context, src, dst string, opts ...CopyOption) (ObjectInfo, error)
	CopyMany(ctx context.Context, pairs []CopyPair, opts ...CopyOption) (CopyResult, error)

	SetTags(ctx context.Context, key string, tags map[string]string) error
	GetTags(ctx context.Context, key string) (map[string]string, error)

	PresignGet(ctx context.Context, key string, ttl time.Duration, opts ...PresignOption) (string, error)
	PresignPut(ctx context.Context, key string, ttl time.Duration, opts ...PresignOption) (string, error)

	objects() *core
}

var (
	_ Objects = (*Bucket)(nil)
	_ Objects = (*Prefix)(nil)
)
