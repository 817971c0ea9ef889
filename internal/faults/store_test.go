package faults

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	mathrand "math/rand/v2"
	"testing"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// storeAt opens a server, by way of the endpoint given, until the test ends.
func storeAt(t *testing.T, endpoint string, server *s3test.Server, cfg s3driver.Config) *store.Store {
	t.Helper()
	cfg.Endpoint, cfg.Region = endpoint, server.Region
	cfg.AccessKeyID, cfg.SecretAccessKey = server.AccessKey, server.SecretKey
	if cfg.RetryDelay == 0 {
		cfg.RetryDelay = time.Millisecond
	}
	d, err := s3driver.New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	s := store.New(d)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// newBucket makes a bucket on the server, reached without a proxy, that goes
// away with the test.
func newBucket(t *testing.T, server *s3test.Server) *store.Bucket {
	t.Helper()
	s := storeAt(t, server.Endpoint, server, s3driver.Config{})
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails
	name := "faults-" + hex.EncodeToString(random[:])
	if err := s.CreateBucket(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	b := s.Bucket(name)
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
		defer cancel()
		for o, err := range b.All(ctx) {
			if err != nil {
				t.Error(err)
				break
			}
			if err := b.Delete(ctx, o.Key); err != nil {
				t.Error(err)
			}
		}
		if err := s.DeleteBucket(ctx, name); err != nil {
			t.Error(err)
		}
	})
	return b
}

// sweep aborts the uploads that are left in a bucket, and counts them, over a
// network that is well: what a fault hides is not counted.
func sweep(t *testing.T, server *s3test.Server, bucket string) int {
	t.Helper()
	d, err := s3driver.New(t.Context(), s3driver.Config{
		Endpoint: server.Endpoint, Region: server.Region, AccessKeyID: server.AccessKey, SecretAccessKey: server.SecretKey,
	})
	if err != nil {
		t.Fatal(err)
	}
	left, err := d.AbortStaleUploads(t.Context(), bucket, 0)
	if err := errors.Join(err, d.Close()); err != nil {
		t.Error(err)
	}
	return left
}

// mustPut stores an object.
func mustPut(t *testing.T, b *store.Bucket, key string, data any) store.ObjectInfo {
	t.Helper()
	info, err := b.Put(t.Context(), key, data)
	if err != nil {
		t.Fatal(err)
	}
	return info
}

// noise gives n bytes that do not repeat.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = mathrand.NewChaCha8([32]byte{1}).Read(b) // never fails
	return b
}
