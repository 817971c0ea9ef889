package conformance

import (
	"context"
	"errors"
	"io"
	"net/http"
	"path"
	"strings"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

func brokenKeys() []broken {
	return []broken{
		{law: "K1/RejectedBeforeIO", how: "asks the backend about any key", shim: through(shim{
			head: func(ctx context.Context, b bucket, key string, opts []store.HeadOption) (store.ObjectInfo, error) {
				if driver.ValidKey(key) != nil {
					key = "whatever"
				}
				return b.Head(ctx, key, opts...)
			}})},
		{law: "K1/ControlsNotCreated", how: "copies to a key with a control character", shim: through(shim{
			copy: func(ctx context.Context, b bucket, src, dst string, opts []store.CopyOption) (store.ObjectInfo, error) {
				return b.Copy(ctx, src, strings.ReplaceAll(dst, "\n", "_"), opts...)
			}})},
		{law: "K1/ControlsTaken", how: "refuses to head what it would not create", driver: in(breach{
			head: func(ctx context.Context, b *brokenBucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
				if err := driver.ValidNewKey(key); err != nil {
					return driver.ObjectInfo{}, err
				}
				return b.Bucket.Head(ctx, key, opts)
			}})},
		{law: "K2/LongestKey", how: "has file names of up to 255 bytes", driver: in(breach{
			put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
				for part := range strings.SplitSeq(key, "/") {
					if len(part) > 255 {
						return driver.ObjectInfo{}, errors.New("file name too long")
					}
				}
				return b.Bucket.Put(ctx, key, body, opts)
			}})},
		{law: "K4/StaysInBucket", how: "joins bucket and key to a path", driver: in(breach{
			delete: func(ctx context.Context, b *brokenBucket, key string) error {
				dir, file := path.Split(path.Join("/", b.name, key))
				other, err := b.d.Driver.OpenBucket(strings.Trim(dir, "/"))
				if err != nil {
					return err
				}
				return other.Delete(ctx, file)
			}})},
		{law: "K2/RoundTrip", how: "cleans keys like paths", driver: in(breach{key: func(key string) string { return path.Clean(key) }})},
		{law: "K2/RoundTrip", how: "escapes a space as a plus", driver: in(breach{key: func(key string) string { return strings.ReplaceAll(key, " ", "+") }})},
		{law: "K2/Presign", how: "signs the cleaned key", driver: in(breach{
			presign: func(ctx context.Context, b *brokenBucket, key string, opts *driver.PresignOptions) (string, error) {
				return driver.Presign(ctx, b.Bucket, path.Clean(key), opts)
			}})},
		{law: "K3/OtherClients", how: "escapes the keys of its own calls", driver: in(breach{
			presign: func(ctx context.Context, b *brokenBucket, key string, opts *driver.PresignOptions) (string, error) {
				return driver.Presign(ctx, b.Bucket, strings.ReplaceAll(key, "%", "%25"), opts)
			}})},
		{law: "K2/Neighbours", how: "ignores letter case", driver: in(breach{key: strings.ToLower})},
		{law: "K2/Neighbours", how: "cannot hold a beside a/b", driver: in(breach{
			put: func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
				page, err := b.Bucket.List(ctx, &driver.ListOptions{Prefix: key + "/", PageSize: 1})
				if err != nil {
					return driver.ObjectInfo{}, err
				}
				if len(page.Objects) > 0 {
					return driver.ObjectInfo{}, errors.New("is a directory")
				}
				return b.Bucket.Put(ctx, key, body, opts)
			}})},
		{law: "W6/Metadata", how: "gives keys as HTTP writes them", driver: in(breach{
			head: func(ctx context.Context, b *brokenBucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
				info, err := b.Bucket.Head(ctx, key, opts)
				md := map[string]string{}
				for k, v := range info.Metadata {
					md[http.CanonicalHeaderKey(k)] = v
				}
				info.Metadata = md
				return info, err
			}})},
		{law: "W6/MetadataRefused", how: "drops what it cannot store", shim: dropsOptions},
		{law: "W6/Tags", how: "escapes a space as a plus", driver: in(breach{
			setTags: func(ctx context.Context, b *brokenBucket, key string, tags map[string]string) error {
				escaped := map[string]string{}
				for k, v := range tags {
					escaped[k] = strings.ReplaceAll(v, " ", "+")
				}
				return driver.SetTags(ctx, b.Bucket, key, escaped)
			}})},
		{law: "W6/TagsRefused", how: "drops what it cannot store", shim: dropsOptions},
	}
}

// dropsOptions writes without the options that are refused.
var dropsOptions = through(shim{
	put: func(ctx context.Context, b bucket, key string, data any, opts []store.WriteOption) (store.ObjectInfo, error) {
		info, err := b.Put(ctx, key, data, opts...)
		if errors.Is(err, store.ErrValidation) {
			return b.Put(ctx, key, data)
		}
		return info, err
	}})
