package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/store"
)

// s3Rows are the rows on one server.
func s3Rows(s *settings, server string) []*row {
	var rows []*row
	add := func(name, title string, u unit, prepare func(context.Context, *env) error, openers []opener, w func(context.Context, *env, *target) (*work, error)) *row {
		r := &row{name: server + "/" + name, title: title, unit: u, need: need{bytes: 4 << 30, files: 1_000_000}}
		r.prepare = func(ctx context.Context, e *env) error {
			if err := e.useServer(ctx, server); err != nil || prepare == nil {
				return err
			}
			return prepare(ctx, e)
		}
		r.clients = clientsFor(openers, w)
		rows = append(rows, r)
		return r
	}
	whole := without(s3Openers, "driver")
	calls := without(s3Openers, "transfermanager") // it has puts and gets only
	for _, workers := range []int{1, 32} {
		w := small{keys: 200, calls: pick(s, 500*min(workers, 4), 40), size: 1 << 10, workers: workers}
		at := fmt.Sprintf("/%d", workers)
		title := ", one at a time"
		if workers > 1 {
			title = fmt.Sprintf(", %d at once", workers)
		}
		add("put"+at, "put 1 KiB"+title, ops, nil, s3Openers, w.puts)
		add("get"+at, "get 1 KiB"+title, ops, nil, s3Openers, w.gets)
		add("head"+at, "head"+title, ops, nil, calls, w.heads)
	}
	mebibyte := small{keys: 50, calls: pick(s, 200, 10), size: 1 << 20, workers: 8, bytes: true}
	add("put1m", "put 1 MiB, 8 at once", mb, nil, whole, mebibyte.puts)
	add("get1m", "get 1 MiB, 8 at once", mb, nil, whole, mebibyte.gets)
	for _, mib := range []int{64, 512} {
		t := transfer{size: pick(s, int64(mib)<<20, int64(mib)<<18)}
		title := fmt.Sprintf("a file of %d MiB", mib)
		add(fmt.Sprintf("upload/%d", mib), "upload "+title, mb, t.prepareFile, whole, t.uploads).peak = true
		add(fmt.Sprintf("download/%d", mib), "download "+title, mb, t.prepareObject, whole, t.downloads).peak = true
	}
	n := pick(s, 100_000, 3000)
	l := &s3List{n: n}
	add("list", "list "+count(n)+" keys", keys, l.prepare, without(calls), l.lists)
	d := many{n: pick(s, 10_000, 1500)}
	add("delete", "delete "+count(d.n), keys, nil, without(calls, "driver"), d.deletes)
	c := many{n: pick(s, 5_000, 200), workers: 8}
	add("copy", "copy "+count(c.n)+" of 1 KiB, 8 at once", ops, c.prepareSources, without(calls, "driver"), c.copies)
	wan := transfer{size: pick(s, int64(256)<<20, 16<<20)}
	add("wan", fmt.Sprintf("download %d MiB, %v away, %d MB/s a connection", wan.size>>20, wanLatency, wanBandwidth),
		mb, wan.prepareWAN, whole, wan.downloads).noCPU = true
	return rows
}

// without leaves out some clients.
func without(openers []opener, names ...string) []opener {
	return slices.DeleteFunc(slices.Clone(openers), func(o opener) bool { return slices.Contains(names, o.name) })
}

// useServer makes a server the one of the row, with an empty bucket that all
// clients share.
func (e *env) useServer(ctx context.Context, name string) error {
	server := e.servers[name]
	if server == nil {
		var err error
		if server, err = startServer(ctx, name); err != nil {
			return err
		}
		e.servers[name] = server
	}
	e.s3 = server
	d, err := openS3Driver(ctx, e)
	if err != nil {
		return err
	}
	s := store.New(d)
	b := s.Bucket(bucketName)
	if err := s.CreateBucket(ctx, bucketName); err != nil {
		return errors.Join(err, s.Close())
	}
	e.bucket = b
	e.atEnd(func() error {
		return errors.Join(emptyBucket(ctx, b), s.DeleteBucket(ctx, bucketName), s.Close())
	})
	return nil
}

// startServer starts a server, with its data in memory if there is room, as it
// is the clients that are measured.
func startServer(ctx context.Context, name string) (*s3test.Server, error) {
	const variable = "TMPDIR"
	if (need{bytes: 8 << 30, files: 1_000_000}).check(memoryDir) == nil {
		old, was := os.LookupEnv(variable)
		if err := os.Setenv(variable, memoryDir); err != nil {
			return nil, err
		}
		defer func() {
			if was {
				os.Setenv(variable, old)
			} else {
				os.Unsetenv(variable)
			}
		}()
	}
	return s3test.Start(ctx, name)
}

// emptyBucket deletes all objects.
func emptyBucket(ctx context.Context, b *store.Bucket) error {
	var keys []string
	for o, err := range b.All(ctx) {
		if err != nil {
			return err
		}
		keys = append(keys, o.Key)
	}
	_, err := b.DeleteMany(ctx, keys)
	return err
}

// s3List is the listing of a bucket that all clients share.
type s3List struct {
	n     int
	want  []object
	since time.Time
}

func (l *s3List) prepare(ctx context.Context, e *env) (err error) {
	if l.want, err = tree(l.n); err != nil {
		return err
	}
	l.since = time.Now().Truncate(time.Second)
	return fill(ctx, l.want, storeTarget(e.bucket, nil).put)
}

func (l *s3List) lists(_ context.Context, _ *env, t *target) (*work, error) {
	return listWork(t, l.want, l.since), nil
}
