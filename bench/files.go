package main

import (
	"context"
	"os"
	"path/filepath"

	"gocloud.dev/blob/fileblob"
)

// fileOpeners are the clients of the rows on files. None waits for the disk.
var fileOpeners = []opener{
	{ours, func(ctx context.Context, e *env) (*target, error) {
		b, err := openFileBucket(ctx, filepath.Join(e.dir, "store"))
		if err != nil {
			return nil, err
		}
		return storeTarget(b.store, b.all.Close), nil
	}},
	{"driver", func(ctx context.Context, e *env) (*target, error) {
		b, err := openFileBucket(ctx, filepath.Join(e.dir, "driver"))
		if err != nil {
			return nil, err
		}
		return driverTarget(b.driver, b.all.Close), nil
	}},
	{"fileblob", func(_ context.Context, e *env) (*target, error) {
		return openFileblob(filepath.Join(e.dir, "fileblob"), &fileblob.Options{})
	}},
	{"fileblob, no attributes", func(_ context.Context, e *env) (*target, error) {
		return openFileblob(filepath.Join(e.dir, "fileblob-plain"), &fileblob.Options{Metadata: fileblob.MetadataDontWrite})
	}},
	{"write + rename", func(_ context.Context, e *env) (*target, error) {
		return plainFiles(filepath.Join(e.dir, "plain"))
	}},
}

// openFileblob opens a bucket with temporary files beside the objects: the
// directory may be on another device than the system's temporary files.
func openFileblob(dir string, opts *fileblob.Options) (*target, error) {
	opts.CreateDir, opts.NoTempDir = true, true
	b, err := fileblob.OpenBucket(dir, opts)
	if err != nil {
		return nil, err
	}
	return blobTarget(b), nil
}

// plainFiles is the floor: a file written and renamed, a file read.
func plainFiles(dir string) (*target, error) {
	made := map[string]bool{} // directories
	return &target{
		put: func(_ context.Context, key string, body []byte) error {
			path := filepath.Join(dir, key)
			if parent := filepath.Dir(path); !made[parent] {
				if err := os.MkdirAll(parent, 0o777); err != nil {
					return err
				}
				made[parent] = true
			}
			if err := os.WriteFile(path+".tmp", body, 0o666); err != nil {
				return err
			}
			return os.Rename(path+".tmp", path)
		},
		get: func(_ context.Context, key string) ([]byte, error) { return os.ReadFile(filepath.Join(dir, key)) },
	}, nil
}

// fileRows put and get files.
func fileRows(s *settings) []*row {
	files := small{keys: 1000, calls: pick(s, 2000, 100), size: 1 << 10, workers: 1}
	fresh := small{calls: pick(s, 10_000, 100), size: 1 << 10, workers: 1}
	large := small{size: pick(s, 64<<20, 1<<20)}
	few := need{bytes: 1 << 30, files: 50_000}
	return []*row{
		{name: "file/put/overwrite", title: "put 1 KiB over an object", unit: ops, need: few, clients: clientsFor(fileOpeners, files.puts)},
		{name: "file/put/new", title: "put 1 KiB, new", unit: ops, need: need{bytes: pick[uint64](s, 5<<30, 1<<28), files: pick[uint64](s, 700_000, 5_000)}, clients: clientsFor(fileOpeners, fresh.putsNew)},
		{name: "file/get", title: "get 1 KiB", unit: ops, need: few, clients: clientsFor(fileOpeners, files.gets)},
		{name: "file/large", title: "write and read 64 MiB", unit: mb, need: few, clients: clientsFor(fileOpeners, large.writesAndReads)},
	}
}
