package conformance

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"iter"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// changesHead breaks what Head says.
func changesHead(change func(info *driver.ObjectInfo)) func(testing.TB) breach {
	return in(breach{head: func(ctx context.Context, b *brokenBucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
		info, err := driver.Head(ctx, b.Bucket, key, opts)
		change(&info)
		return info, err
	}})
}

// failsHead gives an error of its own for a missing object.
func failsHead(text string) func(testing.TB) breach {
	return in(breach{head: func(ctx context.Context, b *brokenBucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
		info, err := driver.Head(ctx, b.Bucket, key, opts)
		if errors.Is(err, driver.ErrObjectNotFound) {
			err = errors.New(text)
		}
		return info, err
	}})
}

// changesETag breaks what Put says.
func changesETag(change func(etag string) string) func(testing.TB) breach {
	return in(breach{put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		info, err := b.Bucket.Put(ctx, key, body, opts)
		info.ETag = change(info.ETag)
		return info, err
	}})
}

func brokenCalls() []broken {
	return []broken{
		{law: "E1/Named", how: "classifies nothing", driver: failsHead("status 404")},
		{law: "E1/NoSecrets", how: "shows the URL it asked", driver: failsHead("GET http://host/key?X-Amz-Signature=0123: status 404")},
		{law: "E2/CancelledBefore", how: "deletes all the same", shim: through(shim{
			delete: func(ctx context.Context, b bucket, key string) error {
				return b.Delete(context.WithoutCancel(ctx), key)
			}})},
		{law: "E2/BlockedReader", how: "commits what it got", driver: commitsOnError},
		{law: "E2/CancelledRead", how: "streams on", shim: through(shim{
			stream: func(ctx context.Context, b bucket, key string, opts []store.ReadOption) iter.Seq2[[]byte, error] {
				return b.Stream(context.WithoutCancel(ctx), key, opts...)
			}})},
		{law: "E4/Concurrent", how: "reads what was written last", driver: readsLast},
		{law: "E5/ETag", how: "quotes ETags", driver: changesETag(func(etag string) string { return `"` + etag + `"` })},
		{law: "E5/ETag", how: "has one ETag for all", driver: changesETag(func(string) string { return "etag" })},
		{law: "E5/MD5", how: "has ETags of its own", driver: changesETag(func(etag string) string { return etag + "-1" })},
		{law: "E5/LastModified", how: "gives fractions of a second", driver: changesHead(func(o *driver.ObjectInfo) { o.LastModified = o.LastModified.Add(time.Millisecond) })},
		{law: "E5/StorageClass", how: "leaves out the default", driver: changesHead(func(o *driver.ObjectInfo) { o.StorageClass = "" })},
	}
}

func brokenAPI() []broken {
	return []broken{
		{law: "API/Headers", how: "parses Cache-Control", driver: changesPut(func(o *driver.PutOptions) { o.CacheControl = strings.ToLower(o.CacheControl) })},
		{law: "API/StorageClass", how: "drops the storage class", driver: changesPut(func(o *driver.PutOptions) { o.StorageClass = "" })},
		{law: "API/OptionsRefused", how: "drops options it does not know", shim: through(shim{
			getBytes: func(ctx context.Context, b bucket, key string, opts []store.ReadOption) ([]byte, error) {
				data, err := b.GetBytes(ctx, key, opts...)
				if errors.Is(err, store.ErrValidation) {
					return b.GetBytes(ctx, key)
				}
				return data, err
			}})},
		{law: "API/PrefixRelative", how: "takes the first segment alone", shim: through(shim{
			prefix: func(b bucket, segments []string) *store.Prefix { return b.Prefix(segments[0]) }})},
		{law: "API/PrefixSegments", how: "leaves empty segments out", shim: through(shim{
			prefix: func(b bucket, segments []string) *store.Prefix {
				return b.Prefix(strings.FieldsFunc(strings.Join(segments, "/"), func(r rune) bool { return r == '/' })...)
			}})},
		{law: "API/Writer", how: "shows an empty object until it is written", driver: in(breach{
			put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
				if _, err := b.Bucket.Put(ctx, key, strings.NewReader(""), &driver.PutOptions{ContentType: "x"}); err != nil {
					return driver.ObjectInfo{}, err
				}
				return b.Bucket.Put(ctx, key, body, opts)
			}})},
		{law: "API/Closed", how: "reads nothing after Close", shim: through(shim{
			getBytes: func(ctx context.Context, b bucket, key string, opts []store.ReadOption) ([]byte, error) {
				data, err := b.GetBytes(ctx, key, opts...)
				if errors.Is(err, fs.ErrClosed) {
					return nil, nil
				}
				return data, err
			}})},
	}
}

// brokenPromises are drivers that can do, or drop, what they have declared
// they cannot do.
func brokenPromises() []broken {
	without := func(c Capability) Options { return Options{Unsupported: []Capability{c}} }
	return []broken{
		{law: "Unsupported/Tags", how: "has tags", opts: without(Tags)},
		{law: "Unsupported/Presign", how: "signs", opts: without(Presign)},
		{law: "Unsupported/Buckets", how: "makes buckets", opts: Options{Unsupported: []Capability{Buckets}, Bucket: "the-only-bucket"}},
		{law: "Unsupported/Metadata", how: "drops metadata", opts: without(Metadata), driver: changesPut(func(o *driver.PutOptions) { o.Metadata = nil })},
		{law: "Unsupported/Headers", how: "drops headers", opts: without(Headers), driver: changesPut(func(o *driver.PutOptions) {
			o.CacheControl, o.ContentDisposition, o.ContentEncoding, o.ContentLanguage = "", "", "", ""
		})},
		{law: "Unsupported/StorageClass", how: "drops the storage class", opts: without(StorageClass), driver: changesPut(func(o *driver.PutOptions) { o.StorageClass = "" })},
		{law: "Unsupported/ConditionalWrites", how: "drops conditions", opts: without(ConditionalWrites), driver: changesPut(func(o *driver.PutOptions) {
			o.IfAbsent, o.IfMatch = false, ""
		})},
	}
}

// readsLast gives, for the keys that each goroutine has of its own, the one
// written last. The first writer waits for the second, so that its own is not.
func readsLast(testing.TB) breach {
	var mu sync.Mutex
	var last string
	second := make(chan struct{})
	writes := 0
	return breach{
		put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
			info, err := b.Bucket.Put(ctx, key, body, opts)
			if err != nil || !strings.HasPrefix(key, "own/") {
				return info, err
			}
			mu.Lock()
			last = key
			writes++
			if writes == 2 {
				close(second)
			}
			mu.Unlock()
			<-second
			return info, nil
		},
		get: func(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
			mu.Lock()
			defer mu.Unlock()
			if strings.HasPrefix(key, "own/") {
				key = last
			}
			return b.Bucket.Get(ctx, key, opts)
		},
	}
}
