package main

import (
	"bytes"
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"gocloud.dev/blob/memblob"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// memoryOpeners are the clients of the rows in memory.
var memoryOpeners = []opener{
	{ours, func(ctx context.Context, _ *env) (*target, error) {
		d := memdriver.New(nil)
		s := store.New(d)
		return storeTarget(s.Bucket(bucketName), s.Close), s.CreateBucket(ctx, bucketName)
	}},
	{"driver", func(ctx context.Context, _ *env) (*target, error) {
		d := memdriver.New(nil)
		if err := d.CreateBucket(ctx, bucketName); err != nil {
			return nil, err
		}
		b, err := driver.OpenBucket(d, bucketName)
		return driverTarget(b, d.Close), err
	}},
	{"memblob", func(context.Context, *env) (*target, error) { return blobTarget(memblob.OpenBucket(nil)), nil }},
	{"map", func(context.Context, *env) (*target, error) { return plainMap(), nil }},
}

// plainMap is the floor: a map and a mutex, one copy in and one out, and a
// listing that sorts the keys.
func plainMap() *target {
	var mu sync.Mutex
	objects := map[string][]byte{}
	return &target{
		keysOnly: true,
		put: func(_ context.Context, key string, body []byte) error {
			body = bytes.Clone(body)
			mu.Lock()
			defer mu.Unlock()
			objects[key] = body
			return nil
		},
		get: func(_ context.Context, key string) ([]byte, error) {
			mu.Lock()
			defer mu.Unlock()
			body, ok := objects[key]
			if !ok {
				return nil, errors.New("no such object")
			}
			return bytes.Clone(body), nil
		},
		list: func(_ context.Context, _ string, visit visitor) error {
			mu.Lock()
			defer mu.Unlock()
			keys := make([]string, 0, len(objects))
			for key := range objects {
				keys = append(keys, key)
			}
			slices.Sort(keys)
			for _, key := range keys {
				if err := visit(key, int64(len(objects[key])), time.Time{}, ""); err != nil {
					return err
				}
			}
			return nil
		},
	}
}

// memoryRows put, get and list in memory.
func memoryRows(s *settings) []*row {
	objects := small{keys: 10_000, calls: pick(s, 50_000, 1000), size: 1 << 10, workers: 1}
	large := small{size: pick(s, 64<<20, 1<<20)}
	rows := []*row{
		{name: "memory/put", title: "put 1 KiB", unit: ops, clients: clientsFor(memoryOpeners, objects.puts)},
		{name: "memory/get", title: "get 1 KiB", unit: ops, clients: clientsFor(memoryOpeners, objects.gets)},
		{name: "memory/large", title: "write and read 64 MiB", unit: mb, clients: clientsFor(memoryOpeners, large.writesAndReads)},
	}
	few := pick(s, 10_000, 1000)
	list := func(name string, n int, clients []client) *row {
		return &row{name: "memory/list/" + name, title: "list " + count(n) + " keys", unit: keys, clients: clients}
	}
	some, many := pick(s, 100_000, 2000), pick(s, 1_000_000, 3000)
	rows = append(rows,
		list("10k", few, clientsFor(memoryOpeners, lists(few))),
		list("100k", some, clientsFor(memoryOpeners, lists(some))),
		// memblob would take many minutes; in its place is a small bucket, so that
		// the times of a key can be compared in one run.
		list("1M", many, slices.Concat(
			clientsFor(without(memoryOpeners, "memblob"), lists(many)),
			clientsFor([]opener{{ours + ", 10k", memoryOpeners[0].open}}, lists(few)),
		)),
	)
	return rows
}
