package lockstep

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"path"
	"slices"
	"strings"
	"time"

	"github.com/s3mio/s3mio/driver"
)

var flaws = slices.Concat(putFlaws, getFlaws, listFlaws, otherFlaws)

// putFlaw makes a flaw that changes the options of a Put.
func putFlaw(name string, change func(ctx context.Context, b driver.Bucket, key string, opts *driver.PutOptions)) flaw {
	return flaw{name: name, put: func(ctx context.Context, b driver.Bucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
		changed := *opts
		change(ctx, b, key, &changed)
		return b.Put(ctx, key, body, &changed)
	}}
}

// keyFlaw makes a flaw that takes keys for others.
func keyFlaw(name string, other func(string) string) flaw {
	return flaw{
		name: name,
		put: func(ctx context.Context, b driver.Bucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
			return b.Put(ctx, other(key), body, opts)
		},
		get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
			return b.Get(ctx, other(key), opts)
		},
	}
}

var putFlaws = []flaw{
	putFlaw("old tags survive an overwrite", func(ctx context.Context, b driver.Bucket, key string, opts *driver.PutOptions) {
		if old, err := driver.GetTags(ctx, b, key); err == nil && len(opts.Tags) == 0 {
			opts.Tags = old
		}
	}),
	putFlaw("old metadata survives an overwrite", func(ctx context.Context, b driver.Bucket, key string, opts *driver.PutOptions) {
		if old, err := b.Head(ctx, key, &driver.HeadOptions{}); err == nil && len(opts.Metadata) == 0 {
			opts.Metadata = old.Metadata
		}
	}),
	putFlaw("tags are dropped on an overwrite", func(ctx context.Context, b driver.Bucket, key string, opts *driver.PutOptions) {
		if _, err := b.Head(ctx, key, &driver.HeadOptions{}); err == nil {
			opts.Tags = nil
		}
	}),
	putFlaw("IfAbsent is ignored", func(_ context.Context, _ driver.Bucket, _ string, opts *driver.PutOptions) { opts.IfAbsent = false }),
	putFlaw("IfMatch is ignored", func(_ context.Context, _ driver.Bucket, _ string, opts *driver.PutOptions) { opts.IfMatch = "" }),
	putFlaw("content types are normalised", func(_ context.Context, _ driver.Bucket, _ string, opts *driver.PutOptions) {
		opts.ContentType = strings.ToLower(opts.ContentType)
	}),
	putFlaw("Content-Language is dropped", func(_ context.Context, _ driver.Bucket, _ string, opts *driver.PutOptions) {
		opts.ContentLanguage = ""
	}),
	putFlaw("metadata is unescaped", func(_ context.Context, _ driver.Bucket, _ string, opts *driver.PutOptions) {
		opts.Metadata = maps.Clone(opts.Metadata)
		for k, v := range opts.Metadata {
			opts.Metadata[k] = strings.ReplaceAll(v, "%41", "A")
		}
	}),
	keyFlaw("keys are cleaned like paths", path.Clean),
	keyFlaw("case is folded", strings.ToLower),
	{
		name: "IfMatch without an object is a failed condition",
		put: func(ctx context.Context, b driver.Bucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
			info, err := b.Put(ctx, key, body, opts)
			if errors.Is(err, driver.ErrObjectNotFound) {
				err = driver.ErrPreconditionFailed
			}
			return info, err
		},
	},
	{
		name: "what a failing reader gave is stored",
		put: func(ctx context.Context, b driver.Bucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
			data, readErr := io.ReadAll(body)
			whole := *opts
			whole.Size = int64(len(data))
			info, err := b.Put(ctx, key, bytes.NewReader(data), &whole)
			return info, cmp.Or(err, readErr)
		},
	},
	{
		name: "an unchanged size means an unchanged object",
		put: func(ctx context.Context, b driver.Bucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
			old, err := b.Head(ctx, key, &driver.HeadOptions{})
			if err == nil && old.Size == opts.Size && opts.IfMatch == old.ETag {
				return old, nil
			}
			return b.Put(ctx, key, body, opts)
		},
	},
}

// getFlaw makes a flaw that changes the options of a Get.
func getFlaw(name string, change func(opts *driver.GetOptions)) flaw {
	return flaw{name: name, get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
		changed := *opts
		if opts.Range != nil {
			changed.Range = new(*opts.Range)
		}
		change(&changed)
		return b.Get(ctx, key, &changed)
	}}
}

// infoFlaw makes a flaw that changes what Head says.
func infoFlaw(name string, change func(info *driver.ObjectInfo)) flaw {
	return flaw{name: name, head: func(ctx context.Context, b driver.Bucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
		info, err := b.Head(ctx, key, opts)
		if err == nil {
			change(&info)
		}
		return info, err
	}}
}

var getFlaws = []flaw{
	getFlaw("a range is a byte too long", func(opts *driver.GetOptions) {
		if r := opts.Range; r != nil && !r.Tail && r.Length > 0 && r.Length < 1<<40 {
			r.Length++
		}
	}),
	getFlaw("a tail is a byte too long", func(opts *driver.GetOptions) {
		if r := opts.Range; r != nil && r.Tail && r.Length > 0 && r.Length < 1<<40 {
			r.Length++
		}
	}),
	getFlaw("a range that starts at 1 starts at 0", func(opts *driver.GetOptions) {
		if r := opts.Range; r != nil && !r.Tail && r.Offset == 1 {
			r.Offset = 0
		}
	}),
	getFlaw("IfNoneMatch is ignored", func(opts *driver.GetOptions) { opts.IfNoneMatch = "" }),
	getFlaw("IfMatch is ignored where there is an IfNoneMatch", func(opts *driver.GetOptions) {
		if opts.IfNoneMatch != "" {
			opts.IfMatch = ""
		}
	}),
	{
		name: "a range past the end is empty",
		get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
			o, err := b.Get(ctx, key, opts)
			if errors.Is(err, driver.ErrInvalidRange) {
				if o, err = b.Get(ctx, key, &driver.GetOptions{}); err == nil {
					o.Offset, o.Length = o.Info.Size, 0
				}
			}
			return o, err
		},
	},
	{
		name: "nothing of an empty object is an invalid range",
		get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
			o, err := b.Get(ctx, key, opts)
			if err == nil && opts.Range != nil && o.Info.Size == 0 {
				return nil, errors.Join(driver.ErrInvalidRange, o.Body.Close())
			}
			return o, err
		},
	},
	infoFlaw("Head has no tags", func(info *driver.ObjectInfo) { info.Tags = nil }),
	infoFlaw("LastModified is local", func(info *driver.ObjectInfo) {
		info.LastModified = info.LastModified.In(time.FixedZone("local", 3600))
	}),
	infoFlaw("LastModified has a fraction", func(info *driver.ObjectInfo) { info.LastModified = info.LastModified.Add(1) }),
	infoFlaw("LastModified is another than in a list", func(info *driver.ObjectInfo) { info.LastModified = info.LastModified.Add(-time.Second) }),
	infoFlaw("empty metadata is not nil", func(info *driver.ObjectInfo) {
		if info.Metadata == nil {
			info.Metadata = map[string]string{}
		}
	}),
	{
		name: "a missing object is a missing bucket",
		head: func(ctx context.Context, b driver.Bucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
			info, err := b.Head(ctx, key, opts)
			if errors.Is(err, driver.ErrObjectNotFound) {
				err = driver.ErrBucketNotFound
			}
			return info, err
		},
	},
}

var otherFlaws = []flaw{
	{
		name: "a copy has no tags",
		copy: func(ctx context.Context, dst driver.Bucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
			info, err := driver.Copy(ctx, dst, dstKey, src, srcKey)
			if err == nil {
				err = driver.SetTags(ctx, dst, dstKey, nil)
			}
			return info, err
		},
	},
	{
		name: "a copy has the default content type",
		copy: func(ctx context.Context, dst driver.Bucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
			o, err := src.Get(ctx, srcKey, &driver.GetOptions{})
			if err != nil {
				return driver.ObjectInfo{}, &driver.SourceError{Err: err}
			}
			defer o.Body.Close() //nolint:errcheck // memory
			tags, err := driver.GetTags(ctx, src, srcKey)
			if err != nil {
				return driver.ObjectInfo{}, &driver.SourceError{Err: err}
			}
			return dst.Put(ctx, dstKey, o.Body, &driver.PutOptions{
				Size: -1, ContentType: driver.DefaultContentType, Metadata: o.Info.Metadata, Tags: tags, StorageClass: o.Info.StorageClass,
				CacheControl: o.Info.CacheControl, ContentDisposition: o.Info.ContentDisposition,
				ContentEncoding: o.Info.ContentEncoding, ContentLanguage: o.Info.ContentLanguage,
			})
		},
	},
	{
		name: "a missing source is the destination's failure",
		copy: func(ctx context.Context, dst driver.Bucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
			info, err := driver.Copy(ctx, dst, dstKey, src, srcKey)
			if source, ok := errors.AsType[*driver.SourceError](err); ok {
				err = source.Err
			}
			return info, err
		},
	},
	{
		name: "deleting a missing object fails",
		delete: func(ctx context.Context, b driver.Bucket, key string) error {
			if _, err := b.Head(ctx, key, &driver.HeadOptions{}); err != nil {
				return err
			}
			return b.Delete(ctx, key)
		},
	},
	{
		name: "deleting takes what is below along",
		delete: func(ctx context.Context, b driver.Bucket, key string) error {
			page, err := b.List(ctx, &driver.ListOptions{Prefix: key + "/"})
			if err != nil {
				return err
			}
			for _, o := range page.Objects {
				if err := b.Delete(ctx, o.Key); err != nil {
					return err
				}
			}
			return b.Delete(ctx, key)
		},
	},
	{
		name: "the last key of a batch stays",
		batch: func(ctx context.Context, b driver.Bucket, keys []string) []error {
			errs := make([]error, len(keys))
			if len(keys) > 1 {
				copy(errs, driver.DeleteBatch(ctx, b, keys[:len(keys)-1]))
				return errs
			}
			return driver.DeleteBatch(ctx, b, keys)
		},
	},
	{
		name: "a missing key fails in a batch",
		batch: func(ctx context.Context, b driver.Bucket, keys []string) []error {
			errs := make([]error, len(keys))
			for i, key := range keys {
				if _, errs[i] = b.Head(ctx, key, &driver.HeadOptions{}); errs[i] == nil {
					errs[i] = b.Delete(ctx, key)
				}
			}
			return errs
		},
	},
	{
		name: "SetTags adds",
		tag: func(ctx context.Context, b driver.Bucket, key string, tags map[string]string) error {
			all, err := driver.GetTags(ctx, b, key)
			if err != nil {
				return err
			}
			maps.Copy(all, tags)
			return driver.SetTags(ctx, b, key, all)
		},
	},
	{
		name: "SetTags of a missing object succeeds",
		tag: func(ctx context.Context, b driver.Bucket, key string, tags map[string]string) error {
			if err := driver.SetTags(ctx, b, key, tags); !errors.Is(err, driver.ErrObjectNotFound) {
				return err
			}
			return nil
		},
	},
	{
		name: "errors are not classified",
		head: func(ctx context.Context, b driver.Bucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
			info, err := b.Head(ctx, key, opts)
			if err != nil {
				err = fmt.Errorf("404: %v", err)
			}
			return info, err
		},
	},
}
