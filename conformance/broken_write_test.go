package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"path"
	"strings"
	"sync"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// changesPut breaks Put by changing its options.
func changesPut(change func(opts *driver.PutOptions)) func(testing.TB) breach {
	return in(breach{put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		change(opts)
		return b.Bucket.Put(ctx, key, body, opts)
	}})
}

// changesBody breaks Put by changing the content.
func changesBody(change func(data []byte) []byte) func(testing.TB) breach {
	return in(breach{put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		data, err := io.ReadAll(body)
		if err != nil {
			return driver.ObjectInfo{}, err
		}
		data = change(data)
		opts.Size = int64(len(data))
		return b.Bucket.Put(ctx, key, bytes.NewReader(data), opts)
	}})
}

// commitsOnError stores what it got when the body fails.
var commitsOnError = in(breach{put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	data, readErr := io.ReadAll(body)
	opts.Size = int64(len(data))
	info, err := b.Bucket.Put(context.WithoutCancel(ctx), key, bytes.NewReader(data), opts)
	return info, errors.Join(readErr, err)
}})

func brokenWrites() []broken {
	return []broken{
		{law: "W1/Types", how: "forgets the content type", driver: changesPut(func(o *driver.PutOptions) { o.ContentType = driver.DefaultContentType })},
		{law: "W1/Refused", how: "stores the Go form of what has no JSON form", shim: through(shim{
			put: func(ctx context.Context, b bucket, key string, data any, opts []store.WriteOption) (store.ObjectInfo, error) {
				info, err := b.Put(ctx, key, data, opts...)
				if errors.Is(err, store.ErrValidation) {
					return b.Put(ctx, key, fmt.Sprint(data), opts...)
				}
				return info, err
			}})},
		{law: "W1/GivenTypeVerbatim", how: "lower-cases content types", driver: changesPut(func(o *driver.PutOptions) { o.ContentType = strings.ToLower(o.ContentType) })},
		{law: "W2/ContentTypes", how: "guesses from the key", shim: through(shim{
			upload: func(ctx context.Context, b bucket, local, key string, opts []store.WriteOption) (store.ObjectInfo, error) {
				return b.Upload(ctx, local, key, append(opts, store.ContentType("application/x"+path.Ext(key)))...)
			}})},
		{law: "W2/BadSource", how: "gives the system's error for a missing file", shim: through(shim{
			upload: func(ctx context.Context, b bucket, local, key string, opts []store.WriteOption) (store.ObjectInfo, error) {
				info, err := b.Upload(ctx, local, key, opts...)
				if errors.Is(err, store.ErrValidation) {
					err = errors.New(err.Error())
				}
				return info, err
			}})},
		{law: "W2/Large", how: "stores parts in the wrong order", driver: changesBody(swapParts)},
		{law: "W2/LargeStream", how: "loses what comes after 16 MiB", driver: changesBody(func(data []byte) []byte { return data[:min(len(data), 16<<20)] })},
		{law: "W3/ReaderFails", how: "commits what it got", driver: commitsOnError},
		{law: "W3/SizeMismatch", how: "commits what it got", driver: commitsOnError},
		{law: "W3/Cancelled", how: "commits what it got", driver: commitsOnError},
		{law: "W3/Aborted", how: "commits what it got", driver: commitsOnError},
		{law: "W3/ReaderFails", how: "deletes the old object first", driver: in(breach{
			put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
				if err := b.Bucket.Delete(ctx, key); err != nil {
					return driver.ObjectInfo{}, err
				}
				return b.Bucket.Put(ctx, key, body, opts)
			}})},
		{law: "W3/ReaderFails", how: "leaves a temporary object behind", driver: in(breach{
			put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
				if _, err := b.Bucket.Put(ctx, key+".tmp", strings.NewReader(""), &driver.PutOptions{ContentType: "x"}); err != nil {
					return driver.ObjectInfo{}, err
				}
				info, err := b.Bucket.Put(ctx, key, body, opts)
				if err != nil {
					return info, err
				}
				return info, b.Bucket.Delete(ctx, key+".tmp")
			}})},
		{law: "W4/SeenAtOnce", how: "remembers what it once said about a key", driver: func(testing.TB) breach {
			var cache sync.Map
			return breach{head: func(ctx context.Context, b *brokenBucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
				if info, ok := cache.Load(key); ok {
					return info.(driver.ObjectInfo), nil
				}
				info, err := b.Bucket.Head(ctx, key, opts)
				if err == nil {
					cache.Store(key, info)
				}
				return info, err
			}}
		}},
		{law: "W4/SeenByLaterPages", how: "reads the names once, for all pages", driver: snapshots},
		{law: "W4/OverwriteReplaces", how: "keeps the old metadata", driver: in(breach{
			put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
				if old, err := b.Bucket.Head(ctx, key, &driver.HeadOptions{}); err == nil && len(opts.Metadata) == 0 {
					opts.Metadata = old.Metadata
				}
				return b.Bucket.Put(ctx, key, body, opts)
			}})},
		{law: "W5/IfAbsent", how: "ignores the condition", driver: changesPut(func(o *driver.PutOptions) { o.IfAbsent = false })},
		{law: "W5/IfAbsentOneWinner", how: "looks first and writes then", driver: racing},
		{law: "W5/IfAbsentEqual", how: "takes an equal object for its own", driver: takesEqual},
		{law: "W5/IfMatch", how: "says of a missing object that it differs", driver: in(breach{
			put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
				info, err := b.Bucket.Put(ctx, key, body, opts)
				if errors.Is(err, driver.ErrObjectNotFound) {
					err = driver.ErrPreconditionFailed
				}
				return info, err
			}})},
		{law: "W5/IfMatchEqual", how: "takes an equal object for its own", driver: takesEqual},
		{law: "W5/IfMatchCounter", how: "looks first and writes then", driver: racing},
	}
}

func swapParts(data []byte) []byte {
	const part = 8 << 20
	if len(data) < 2*part {
		return data
	}
	return append(append(bytes.Clone(data[part:2*part]), data[:part]...), data[2*part:]...)
}

// takesEqual takes an object of the size of what it was refused to write for its own.
func takesEqual(testing.TB) breach {
	return breach{put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		data, err := io.ReadAll(body)
		if err != nil {
			return driver.ObjectInfo{}, err
		}
		info, err := b.Bucket.Put(ctx, key, bytes.NewReader(data), opts)
		if errors.Is(err, driver.ErrPreconditionFailed) {
			if old, headErr := b.Bucket.Head(ctx, key, &driver.HeadOptions{}); headErr == nil && old.Size == int64(len(data)) {
				return old, nil
			}
		}
		return info, err
	}}
}

// racing checks conditions before it writes. For each key the first writer
// waits between the two until the second has come as far: with two writers at
// once, both win.
func racing(testing.TB) breach {
	var mu sync.Mutex
	second := map[string]chan struct{}{}
	return breach{put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		if !opts.IfAbsent && opts.IfMatch == "" {
			return b.Bucket.Put(ctx, key, body, opts)
		}
		old, err := b.Bucket.Head(ctx, key, &driver.HeadOptions{})
		if err != nil && !errors.Is(err, driver.ErrObjectNotFound) {
			return driver.ObjectInfo{}, err
		}
		if err := driver.CheckWrite(opts, err == nil, old.ETag); err != nil {
			return driver.ObjectInfo{}, err
		}
		mu.Lock()
		came, waiting := second[key]
		if !waiting {
			came = make(chan struct{})
			second[key] = came
			mu.Unlock()
			<-came
		} else {
			select {
			case <-came:
			default:
				close(came)
			}
			mu.Unlock()
		}
		opts.IfAbsent, opts.IfMatch = false, ""
		return b.Bucket.Put(ctx, key, body, opts)
	}}
}
