package main

import (
	"context"
	"errors"
	"path/filepath"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/filedriver"
	"github.com/s3mio/s3mio/store"
)

// bucketName is what our buckets are called.
const bucketName = "bench"

// fileBucket is a bucket of filedriver's, through package store and without.
type fileBucket struct {
	dir    string // of its files
	all    *store.Store
	store  *store.Bucket
	driver driver.Bucket
}

// openFileBucket makes a bucket below a directory. It does not wait for the
// disk, as no peer does.
func openFileBucket(ctx context.Context, dir string) (*fileBucket, error) {
	d, err := filedriver.New(dir, &filedriver.Options{NoSync: true})
	if err != nil {
		return nil, err
	}
	s := store.New(d)
	if err := s.CreateBucket(ctx, bucketName); err != nil {
		return nil, errors.Join(err, s.Close())
	}
	raw, err := driver.OpenBucket(d, bucketName)
	if err != nil {
		return nil, errors.Join(err, s.Close())
	}
	return &fileBucket{filepath.Join(dir, bucketName), s, s.Bucket(bucketName), raw}, nil
}
