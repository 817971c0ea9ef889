package conformance

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// Env is what a law is checked against: a driver of its own, and the means to
// make buckets in it. [Run] makes one for each case.
type Env struct {
	store     *store.Store
	drv       driver.Driver // what store is on
	tb        testing.TB
	opts      Options
	newDriver func(testing.TB) driver.Driver
	runSub    func(name string, check func() error)

	// wrap, when set, stands between a law and the store. The suite's own
	// tests break with it what no driver can break.
	wrap func(bucket) bucket
}

// bucket is what a law works on: a *store.Bucket, unless wrapped.
type bucket interface {
	store.Objects
	Name() string
}

func newEnv(tb testing.TB, newDriver func(testing.TB) driver.Driver, opts Options) *Env {
	e := &Env{tb: tb, opts: opts, newDriver: newDriver}
	e.drv = newDriver(tb)
	e.store = e.open(e.drv)
	return e
}

// open makes a store that is closed at the end of the case.
func (e *Env) open(d driver.Driver) *store.Store {
	s := store.New(d)
	e.tb.Cleanup(func() {
		if err := s.Close(); err != nil {
			e.tb.Errorf("closing the driver: %v", err)
		}
	})
	return s
}

// has reports whether the driver is to have a capability.
func (e *Env) has(c Capability) bool { return !slices.Contains(e.opts.Unsupported, c) }

// sub checks a sub-case, whose breach is reported under its own name.
func (e *Env) sub(name string, check func() error) { e.runSub(name, check) }

// bucket gives an empty bucket: a new one, or the one of Options.Bucket.
func (e *Env) bucket(ctx context.Context) (bucket, error) { return e.bucketIn(ctx, e.store) }

func (e *Env) bucketIn(ctx context.Context, s *store.Store) (bucket, error) {
	if name := e.opts.Bucket; name != "" && s == e.store {
		return e.handle(s.Bucket(name)), emptyBucket(ctx, s.Bucket(name))
	}
	name := uniqueName()
	if err := s.CreateBucket(ctx, name); err != nil {
		return nil, fmt.Errorf("creating a bucket for the case: %w", err)
	}
	e.tb.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), caseTimeout)
		defer cancel()
		err := emptyBucket(ctx, s.Bucket(name))
		if err = errors.Join(err, s.DeleteBucket(ctx, name)); err != nil && !errors.Is(err, store.ErrBucketNotFound) {
			e.tb.Logf("the case's bucket %s stays behind: %v", name, err)
		}
	})
	return e.handle(s.Bucket(name)), nil
}

// missing gives a bucket that does not exist.
func (e *Env) missing() bucket { return e.handle(e.store.Bucket(uniqueName())) }

func (e *Env) handle(b *store.Bucket) bucket {
	if e.wrap != nil {
		return e.wrap(b)
	}
	return b
}

func emptyBucket(ctx context.Context, b *store.Bucket) error {
	var keys []string
	for o, err := range b.All(ctx) {
		if err != nil {
			return fmt.Errorf("emptying bucket %s: %w", b.Name(), err)
		}
		keys = append(keys, o.Key)
	}
	if _, err := b.DeleteMany(ctx, keys); err != nil {
		return fmt.Errorf("emptying bucket %s: %w", b.Name(), err)
	}
	return nil
}

// uniqueName gives a name for a bucket that nobody else has.
func uniqueName() string {
	var b [10]byte
	rand.Read(b[:]) // never fails
	return "conformance-" + hex.EncodeToString(b[:])
}

// file writes a local file and gives its path.
func (e *Env) file(name string, data []byte) (string, error) {
	path := filepath.Join(e.tb.TempDir(), name)
	return path, os.WriteFile(path, data, 0o644)
}
