package conformance

import (
	"bytes"
	"context"
	"errors"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// halfBatches reports keys as deleted that it has not deleted.
var halfBatches = in(breach{deleteBatch: func(ctx context.Context, b *brokenBucket, keys []string) ([]error, error) {
	return append(driver.DeleteBatch(ctx, b.Bucket, keys[:min(len(keys), 500)]), make([]error, max(0, len(keys)-500))...), nil
}})

func brokenBatches() []broken {
	return []broken{
		{law: "D1/Missing", how: "fails to delete what is not there", driver: in(breach{
			delete: func(ctx context.Context, b *brokenBucket, key string) error {
				if _, err := b.Bucket.Head(ctx, key, &driver.HeadOptions{}); err != nil {
					return err
				}
				return b.Bucket.Delete(ctx, key)
			}})},
		{law: "D1/DeleteMany", how: "drops the end of a batch", driver: halfBatches},
		{law: "D1/BadKeyFirst", how: "finds a bad key when it comes to it", shim: through(shim{
			deleteMany: func(ctx context.Context, b bucket, keys []string) (store.DeleteResult, error) {
				for _, key := range keys {
					if err := b.Delete(ctx, key); err != nil {
						return store.DeleteResult{}, err
					}
				}
				return b.DeleteMany(ctx, keys)
			}})},
		{law: "D1/Failures", how: "reports failures in the result alone", shim: through(shim{
			deleteMany: func(ctx context.Context, b bucket, keys []string) (store.DeleteResult, error) {
				result, err := b.DeleteMany(ctx, keys)
				if len(result.Failed) > 0 {
					return result, nil
				}
				return result, err
			}})},
		{law: "D1/DeleteAll", how: "drops the end of a batch", driver: halfBatches},
		{law: "C1/KeepsEverything", how: "loses the tags", driver: in(breach{
			copy: func(ctx context.Context, b *brokenBucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
				info, err := driver.Copy(ctx, b.Bucket, dstKey, src, srcKey)
				if err != nil {
					return info, err
				}
				return info, driver.SetTags(ctx, b.Bucket, dstKey, nil)
			}})},
		{law: "C1/AcrossBuckets", how: "copies the bytes alone", driver: in(breach{copy: copyBytes})},
		{law: "C1/AcrossBackends", how: "looks for the source in its own backend", driver: in(breach{
			copy: func(ctx context.Context, b *brokenBucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
				_, name := filepath.Split(src.URL())
				src, err := b.d.Driver.OpenBucket(name)
				if err != nil {
					return driver.ObjectInfo{}, err
				}
				return driver.Copy(ctx, b.Bucket, dstKey, src, srcKey)
			}})},
		{law: "C1/SourceMissing", how: "blames the destination", driver: in(breach{
			copy: func(ctx context.Context, b *brokenBucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
				info, err := driver.Copy(ctx, b.Bucket, dstKey, src, srcKey)
				if source, ok := errors.AsType[*driver.SourceError](err); ok {
					err = source.Err
				}
				return info, err
			}})},
		{law: "C1/BucketMissing", how: "blames the source", driver: in(breach{
			copy: func(ctx context.Context, b *brokenBucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
				info, err := driver.Copy(ctx, b.Bucket, dstKey, src, srcKey)
				if err != nil {
					err = &driver.SourceError{Err: err}
				}
				return info, err
			}})},
		{law: "C1/OntoItself", how: "finds nothing to do", shim: through(shim{
			copy: func(ctx context.Context, b bucket, src, dst string, opts []store.CopyOption) (store.ObjectInfo, error) {
				if src == dst {
					return b.Head(ctx, dst)
				}
				return b.Copy(ctx, src, dst, opts...)
			}})},
		{law: "C2/Order", how: "reports pairs as they end", shim: through(shim{
			copyMany: func(ctx context.Context, b bucket, pairs []store.CopyPair, opts []store.CopyOption) (store.CopyResult, error) {
				result, err := b.CopyMany(ctx, pairs, opts...)
				slices.Reverse(result.Done)
				return result, err
			}})},
		{law: "C2/BadPairAlone", how: "ends at the first failure", shim: through(shim{
			copyMany: func(ctx context.Context, b bucket, pairs []store.CopyPair, opts []store.CopyOption) (store.CopyResult, error) {
				for i := range pairs {
					if result, err := b.CopyMany(ctx, pairs[i:i+1], opts...); err != nil {
						return result, err
					}
				}
				return store.CopyResult{Done: pairs}, nil
			}})},
		{law: "C2/Workers", how: "takes no workers for one", shim: through(shim{
			copyMany: func(ctx context.Context, b bucket, pairs []store.CopyPair, _ []store.CopyOption) (store.CopyResult, error) {
				return b.CopyMany(ctx, pairs)
			}})},
		{law: "T1/SetReplaces", how: "adds to the tags", driver: in(breach{
			setTags: func(ctx context.Context, b *brokenBucket, key string, tags map[string]string) error {
				all, err := driver.GetTags(ctx, b.Bucket, key)
				if err != nil {
					return err
				}
				maps.Copy(all, tags)
				return driver.SetTags(ctx, b.Bucket, key, all)
			}})},
		{law: "T1/KeepsObject", how: "writes the object anew", driver: in(breach{
			setTags: func(ctx context.Context, b *brokenBucket, key string, tags map[string]string) error {
				o, err := b.Bucket.Get(ctx, key, &driver.GetOptions{})
				if err != nil {
					return err
				}
				defer o.Body.Close()
				_, err = driver.Put(ctx, b.Bucket, key, o.Body, &driver.PutOptions{Size: o.Length, ContentType: o.Info.ContentType, Tags: tags})
				return err
			}})},
		{law: "T1/Missing", how: "tags what is not there", driver: in(breach{
			setTags: func(ctx context.Context, b *brokenBucket, key string, tags map[string]string) error {
				if err := driver.SetTags(ctx, b.Bucket, key, tags); !errors.Is(err, driver.ErrObjectNotFound) {
					return err
				}
				return nil
			}})},
		{law: "API/UploadDir", how: "stores no content type", driver: changesPut(func(o *driver.PutOptions) { o.ContentType = driver.DefaultContentType })},
		{law: "API/DownloadDirEscape", how: "joins key and directory", shim: through(shim{downloadDir: joinKeys})},
		{law: "API/Aliasing", how: "gives its own map away", driver: func(testing.TB) breach {
			tags := map[string]map[string]string{}
			return breach{getTags: func(ctx context.Context, b *brokenBucket, key string) (map[string]string, error) {
				if own, ok := tags[key]; ok {
					return own, nil
				}
				own, err := driver.GetTags(ctx, b.Bucket, key)
				tags[key] = own
				return own, err
			}}
		}},
	}
}

func copyBytes(ctx context.Context, b *brokenBucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	o, err := src.Get(ctx, srcKey, &driver.GetOptions{})
	if err != nil {
		return driver.ObjectInfo{}, &driver.SourceError{Err: err}
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	return b.Bucket.Put(ctx, dstKey, bytes.NewReader(data), &driver.PutOptions{Size: o.Length, ContentType: o.Info.ContentType})
}

// joinKeys is how one writes DownloadDir the first time.
func joinKeys(ctx context.Context, b bucket, prefix, dir string, _ []store.ReadOption) (store.TransferResult, error) {
	var result store.TransferResult
	for o, err := range b.Prefix(prefix).All(ctx) {
		if err != nil {
			return result, err
		}
		path := filepath.Join(dir, o.Key)
		data, err := b.Prefix(prefix).GetBytes(ctx, o.Key)
		if err == nil {
			err = os.MkdirAll(filepath.Dir(path), 0o777)
		}
		if err == nil {
			err = os.WriteFile(path, data, 0o666)
		}
		transfer := store.Transfer{Path: path, Key: prefix + "/" + o.Key, Size: o.Size}
		if err != nil {
			result.Failed = append(result.Failed, store.TransferError{Transfer: transfer, Err: err})
			continue
		}
		result.Done = append(result.Done, transfer)
	}
	return result, nil
}
