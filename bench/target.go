package main

import (
	"bytes"
	"context"
	"encoding/hex"
	"errors"
	"io"
	"os"
	"time"

	"gocloud.dev/blob"
	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// target is a bucket through the hands of one client, for the rows that give
// several clients the same work. What a client cannot do is nil.
type target struct {
	put  func(ctx context.Context, key string, body []byte) error
	get  func(ctx context.Context, key string) ([]byte, error)
	head func(ctx context.Context, key string) (size int64, err error)
	// list visits all objects of the bucket with a prefix.
	list func(ctx context.Context, prefix string, visit visitor) error
	// keysOnly says that a listing has neither times nor ETags.
	keysOnly bool

	upload   func(ctx context.Context, path, key string) error
	download func(ctx context.Context, key, path string) error
	// deleteAll and copyAll are the client's own way of doing many; copies go
	// from and to the keys at the same index, workers at once.
	deleteAll func(ctx context.Context, keys []string) error
	copyAll   func(ctx context.Context, from, to []string, workers int) error

	close func() error
}

// visitor takes an entry of a listing.
type visitor func(key string, size int64, modified time.Time, etag string) error

// opener makes a target, by a name that tables show.
type opener struct {
	name string
	open func(ctx context.Context, e *env) (*target, error)
}

// clientsFor has each target do the same work. A target is closed with its row.
func clientsFor(openers []opener, makeWork func(ctx context.Context, e *env, t *target) (*work, error)) []client {
	var clients []client
	for _, o := range openers {
		clients = append(clients, client{o.name, func(ctx context.Context, e *env) (*work, error) {
			t, err := o.open(ctx, e)
			if err != nil {
				return nil, err
			}
			if t.close != nil {
				e.atEnd(t.close)
			}
			return makeWork(ctx, e, t)
		}})
	}
	return clients
}

// storeTarget works through package store, as users do.
func storeTarget(b *store.Bucket, close func() error) *target {
	return &target{
		put: func(ctx context.Context, key string, body []byte) error {
			_, err := b.Put(ctx, key, body)
			return err
		},
		get: func(ctx context.Context, key string) ([]byte, error) { return b.GetBytes(ctx, key) },
		head: func(ctx context.Context, key string) (int64, error) {
			info, err := b.Head(ctx, key)
			return info.Size, err
		},
		list: func(ctx context.Context, prefix string, visit visitor) error {
			for o, err := range b.All(ctx, store.KeyPrefix(prefix)) {
				if err == nil {
					err = visit(o.Key, o.Size, o.LastModified, o.ETag)
				}
				if err != nil {
					return err
				}
			}
			return nil
		},
		upload: func(ctx context.Context, path, key string) error {
			_, err := b.Upload(ctx, path, key)
			return err
		},
		download: func(ctx context.Context, key, path string) error { return b.Download(ctx, key, path) },
		deleteAll: func(ctx context.Context, keys []string) error {
			_, err := b.DeleteMany(ctx, keys)
			return err
		},
		copyAll: func(ctx context.Context, from, to []string, workers int) error {
			pairs := make([]store.CopyPair, len(from))
			for i := range from {
				pairs[i] = store.CopyPair{Src: from[i], Dst: to[i]}
			}
			_, err := b.CopyMany(ctx, pairs, store.Workers(workers))
			return err
		},
		close: close,
	}
}

// driverTarget works with a driver of ours alone, to show what package store
// costs.
func driverTarget(b driver.Bucket, close func() error) *target {
	return &target{
		put: func(ctx context.Context, key string, body []byte) error {
			_, err := driver.Put(ctx, b, key, bytes.NewReader(body), &driver.PutOptions{Size: int64(len(body)), ContentType: driver.DefaultContentType})
			return err
		},
		get: func(ctx context.Context, key string) ([]byte, error) {
			o, err := b.Get(ctx, key, &driver.GetOptions{})
			if err != nil {
				return nil, err
			}
			defer o.Body.Close()
			body := make([]byte, o.Length)
			if _, err := io.ReadFull(o.Body, body); err != nil {
				return nil, err
			}
			// The error after the last byte is that of a checksum.
			if _, err := o.Body.Read(make([]byte, 1)); err != io.EOF {
				return nil, err
			}
			return body, nil
		},
		head: func(ctx context.Context, key string) (int64, error) {
			info, err := driver.Head(ctx, b, key, &driver.HeadOptions{})
			return info.Size, err
		},
		list: func(ctx context.Context, prefix string, visit visitor) error {
			opts := &driver.ListOptions{Prefix: prefix}
			for {
				page, err := b.List(ctx, opts)
				if err != nil {
					return err
				}
				for i := range page.Objects {
					o := &page.Objects[i]
					if err := visit(o.Key, o.Size, o.LastModified, o.ETag); err != nil {
						return err
					}
				}
				if opts.Token = page.NextToken; opts.Token == "" {
					return nil
				}
			}
		},
		close: close,
	}
}

// blobTarget works with a bucket of gocloud.dev's.
func blobTarget(b *blob.Bucket) *target {
	return &target{
		put: func(ctx context.Context, key string, body []byte) error {
			// Without a type it would guess one from the content.
			return b.WriteAll(ctx, key, body, &blob.WriterOptions{ContentType: driver.DefaultContentType})
		},
		get: b.ReadAll,
		head: func(ctx context.Context, key string) (int64, error) {
			a, err := b.Attributes(ctx, key)
			if err != nil {
				return 0, err
			}
			return a.Size, nil
		},
		list: func(ctx context.Context, prefix string, visit visitor) error {
			entries := b.List(&blob.ListOptions{Prefix: prefix})
			for {
				o, err := entries.Next(ctx)
				if err == io.EOF {
					return nil
				}
				if err == nil {
					err = visit(o.Key, o.Size, o.ModTime, hex.EncodeToString(o.MD5))
				}
				if err != nil {
					return err
				}
			}
		},
		close: b.Close,
	}
}

// withFile reads a file.
func withFile(path string, use func(*os.File) error) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	defer f.Close()
	return use(f)
}

// toFile writes a file.
func toFile(path string, write func(*os.File) error) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	return errors.Join(write(f), f.Close())
}

// eachCopy makes of one copy many, some at once.
func eachCopy(one func(ctx context.Context, from, to string) error) func(ctx context.Context, from, to []string, workers int) error {
	return func(ctx context.Context, from, to []string, workers int) error {
		g, ctx := errgroup.WithContext(ctx)
		g.SetLimit(workers)
		for i := range from {
			g.Go(func() error { return one(ctx, from[i], to[i]) })
		}
		return g.Wait()
	}
}
