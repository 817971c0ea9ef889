package conformance

import (
	"context"
	"errors"
	"fmt"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

func copyLaws() []Law {
	return []Law{
		{
			Name:  "C1/KeepsEverything",
			Text:  "A copy has the bytes, content type, headers, metadata and tags of its source, small or large, and what was at the destination is gone.",
			Check: checkCopyKeeps,
		},
		{
			Name:  "C1/AcrossBuckets",
			Needs: []Capability{Buckets},
			Text:  "A copy to another bucket of the backend is like one within a bucket.",
			Check: checkCopyAcrossBuckets,
		},
		{
			Name:  "C1/AcrossBackends",
			Text:  "A copy to or from another backend keeps everything the backends have in common.",
			Check: checkCopyAcrossBackends,
		},
		{
			Name:  "C1/SourceMissing",
			Text:  "A missing source is ErrObjectNotFound and names the source; the destination is as it was.",
			Check: checkCopySourceMissing,
		},
		{
			Name:  "C1/BucketMissing",
			Text:  "A missing bucket is ErrBucketNotFound, and the error names the one that is missing, be it the source's or the destination's.",
			Check: checkCopyBucketMissing,
		},
		{
			Name:  "C1/OntoItself",
			Text:  "A copy of an object onto itself is ErrValidation, through whatever handle, and the object is as it was.",
			Check: checkCopyOntoItself,
		},
	}
}

// copied demands that a copy is what its source is.
func (e *Env) copied(ctx context.Context, from store.Objects, src string, to store.Objects, dst string) error {
	s, err := e.look(ctx, from, src)
	if err != nil {
		return err
	}
	d, err := e.look(ctx, to, dst)
	if err != nil {
		return err
	}
	if s == nil || d == nil {
		return fmt.Errorf("copy of %q to %q: one of them is not there", src, dst)
	}
	var p problems
	p.add(sameBytes("the copy", d.content, s.content))
	p.add(sameHeaders("the copy", d.info, s.info))
	p.add(equal("the copy: StorageClass", d.info.StorageClass, s.info.StorageClass))
	return p.err()
}

func checkCopyKeeps(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, n := range []int{0, 1, 1000, large} {
		key := fmt.Sprint("dir/src-", n)
		if _, err := b.Put(ctx, key, content(n, 14), e.rich()...); err != nil {
			return err
		}
		before, err := e.look(ctx, b, key)
		if err != nil {
			return err
		}
		for _, dst := range []string{"new", "dir/new", "dir/src-1000/x y"} {
			if n == 1000 && dst == "dir/src-1000/x y" {
				continue // beside its source: K2's concern
			}
			info, err := b.Copy(ctx, key, dst)
			if err != nil {
				p.add(err)
				continue
			}
			p.add(equal("Copy's Key", info.Key, dst))
			p.add(equal("Copy's Size", info.Size, int64(n)))
			p.add(e.copied(ctx, b, key, b, dst))
			head, err := b.Head(ctx, dst)
			p.add(err)
			p.add(equal("Copy's ETag", info.ETag, head.ETag))
			p.add(b.Delete(ctx, dst))
		}
		p.add(e.unchanged(ctx, b, key, before))
		p.add(b.Delete(ctx, key))
	}

	// Over an object that says other things about itself.
	if _, err := b.Put(ctx, "plain", "plain"); err != nil {
		return err
	}
	if _, err := b.Put(ctx, "rich", "rich", e.rich()...); err != nil {
		return err
	}
	_, err = b.Copy(ctx, "plain", "rich")
	p.add(err)
	p.add(e.copied(ctx, b, "plain", b, "rich"))
	// A copy is an object of its own.
	p.add(b.Delete(ctx, "plain"))
	p.add(holds(ctx, b, "rich", []byte("plain")))
	return p.err()
}

func checkCopyAcrossBuckets(ctx context.Context, e *Env) error {
	a, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	return e.copiesTo(ctx, a, b)
}

// copiesTo copies objects from one bucket to another, under the same key and
// under another, through buckets and prefixes.
func (e *Env) copiesTo(ctx context.Context, from, to bucket) error {
	var p problems
	for _, n := range []int{0, 1000, large} {
		if _, err := from.Put(ctx, "dir/k", content(n, 15), e.rich()...); err != nil {
			return err
		}
		info, err := from.Copy(ctx, "dir/k", "dir/k", store.To(to))
		p.add(err)
		p.add(equal("Copy's Key", info.Key, "dir/k"))
		p.add(equal("Copy's Size", info.Size, int64(n)))
		p.add(e.copied(ctx, from, "dir/k", to, "dir/k"))
		_, err = from.Prefix("dir").Copy(ctx, "k", "y", store.To(to.Prefix("other")))
		p.add(err)
		p.add(e.copied(ctx, from, "dir/k", to, "other/y"))
	}
	p.add(listed(ctx, from, []string{"dir/k"}))
	p.add(listed(ctx, to, []string{"dir/k", "other/y"}))
	return p.err()
}

func checkCopyAcrossBackends(ctx context.Context, e *Env) error {
	for _, other := range []struct {
		name string
		open func(testing.TB) driver.Driver
	}{
		{"another driver of the kind", e.newDriver},
		{"a foreign driver", func(testing.TB) driver.Driver { return newForeign() }},
	} {
		if other.name == "another driver of the kind" && e.opts.Bucket != "" {
			continue // it would be the same bucket
		}
		e.sub(other.name, func() error {
			ours, err := e.bucket(ctx)
			if err != nil {
				return err
			}
			theirs, err := e.bucketIn(ctx, e.open(other.open(e.tb)))
			if err != nil {
				return err
			}
			var p problems
			p.add(e.copiesTo(ctx, ours, theirs))
			p.add(ours.Delete(ctx, "dir/k"))
			for _, key := range []string{"dir/k", "other/y"} {
				p.add(theirs.Delete(ctx, key))
			}
			p.add(e.copiesTo(ctx, theirs, ours))
			// Same name, same key, but not the same object.
			_, err = ours.Copy(ctx, "other/y", "other/y", store.To(theirs))
			p.add(err)
			return p.err()
		})
	}
	return nil
}

func checkCopySourceMissing(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "dir/dst"); err != nil {
		return err
	}
	foreign, err := e.bucketIn(ctx, e.open(newForeign()))
	if err != nil {
		return err
	}
	var p problems
	for _, to := range []bucket{b, foreign} {
		_, err := b.Prefix("dir").Copy(ctx, "src", "dst", store.To(to.Prefix("dir")))
		p.add(blames(err, store.ErrObjectNotFound, b.Name(), "dir/src"))
	}
	p.add(holds(ctx, b, "dir/dst", []byte("content of dir/dst")))
	p.add(listed(ctx, b, []string{"dir/dst"}))
	return p.err()
}

// blames demands an error that names a bucket and, unless it is empty, a key.
func blames(err, target error, bucket, key string) error {
	if err := want("the call", err, target); err != nil {
		return err
	}
	var e *store.Error
	if !errors.As(err, &e) {
		return fmt.Errorf("the error is a %T, want a *store.Error: %w", err, err)
	}
	var p problems
	p.add(equal("the bucket that the error names", e.Bucket, bucket))
	if key != "" {
		p.add(equal("the key that the error names", e.Key, key))
	}
	if e.Op == "" {
		p.addf("the error does not say what was tried: %w", err)
	}
	return p.err()
}

func checkCopyBucketMissing(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "src"); err != nil {
		return err
	}
	foreign, err := e.bucketIn(ctx, e.open(newForeign()))
	if err != nil {
		return err
	}
	var p problems
	missing := e.missing()
	_, err = b.Copy(ctx, "src", "dst", store.To(missing))
	p.add(blames(err, store.ErrBucketNotFound, missing.Name(), "dst"))
	_, err = missing.Copy(ctx, "src", "dst", store.To(b))
	p.add(blames(err, store.ErrBucketNotFound, missing.Name(), "src"))
	_, err = missing.Copy(ctx, "src", "dst", store.To(foreign))
	p.add(blames(err, store.ErrBucketNotFound, missing.Name(), "src"))
	p.add(put(ctx, foreign, "src"))
	_, err = foreign.Copy(ctx, "src", "dst", store.To(missing))
	p.add(blames(err, store.ErrBucketNotFound, missing.Name(), "dst"))
	p.add(listed(ctx, b, []string{"src"}))
	return p.err()
}

func checkCopyOntoItself(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if _, err := b.Put(ctx, "dir/k", "x", e.rich()...); err != nil {
		return err
	}
	before, err := e.look(ctx, b, "dir/k")
	if err != nil {
		return err
	}
	var p problems
	again := e.store.Bucket(b.Name())
	for name, onto := range map[string]func() (store.ObjectInfo, error){
		"within the bucket":      func() (store.ObjectInfo, error) { return b.Copy(ctx, "dir/k", "dir/k") },
		"through another handle": func() (store.ObjectInfo, error) { return b.Copy(ctx, "dir/k", "dir/k", store.To(again)) },
		"from a prefix":          func() (store.ObjectInfo, error) { return b.Prefix("dir").Copy(ctx, "k", "dir/k", store.To(again)) },
		"to a prefix":            func() (store.ObjectInfo, error) { return b.Copy(ctx, "dir/k", "k", store.To(again.Prefix("dir"))) },
	} {
		_, err := onto()
		p.add(want("a copy onto itself "+name, err, store.ErrValidation))
	}
	p.add(e.unchanged(ctx, b, "dir/k", before))
	return p.err()
}
