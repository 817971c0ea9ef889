package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/s3mio/s3mio/store"
)

func bucketLaws() []Law {
	return []Law{
		{
			Name:  "B1/Missing",
			Text:  "A missing bucket is ErrBucketNotFound from every call that makes a request, Exists and Head included, and no call creates it.",
			Check: checkMissingBucket,
		},
		{
			Name:  "B1/Names",
			Text:  "Bucket names follow S3's rules: what they forbid is ErrValidation from every call on the handle, before any request.",
			Check: checkBucketNames,
		},
		{
			Name:  "B1/Create",
			Needs: []Capability{Buckets},
			Text:  "A bucket is empty when it is created, creating it again is success and leaves its objects alone, and names that S3 reserves are ErrValidation.",
			Check: checkCreateBucket,
		},
		{
			Name:  "B1/Delete",
			Needs: []Capability{Buckets},
			Text:  "A bucket that is not empty is ErrBucketNotEmpty and stays; an empty one is gone at once; a missing one is ErrBucketNotFound.",
			Check: checkDeleteBucket,
		},
		{
			Name:  "B1/List",
			Needs: []Capability{Buckets},
			Text:  "Buckets lists every bucket once, in byte order of the names.",
			Check: checkListBuckets,
		},
	}
}

func checkMissingBucket(ctx context.Context, e *Env) error {
	var p problems
	for _, c := range e.calls() {
		b := e.missing()
		err := c.do(ctx, b, "dir/k")
		if c.local {
			p.add(want(c.name+", which makes no request", err, nil))
			continue
		}
		p.add(want(c.name, err, store.ErrBucketNotFound))
		_, err = b.List(ctx)
		p.add(want("List after "+c.name, err, store.ErrBucketNotFound))
	}
	b := e.missing()
	_, err := b.GetBytes(ctx, "k", store.Range(0, 0))
	p.add(want("GetBytes of an empty range", err, store.ErrBucketNotFound))
	_, err = b.Put(ctx, "k", content(large, 20))
	p.add(want("Put of a large object", err, store.ErrBucketNotFound))
	p.add(want("ListDir with a start", drainDir(ctx, b), store.ErrBucketNotFound))
	if e.has(ConditionalWrites) {
		_, err = b.Put(ctx, "k", "x", store.IfMatch("0123"))
		p.add(want("Put with IfMatch", err, store.ErrBucketNotFound))
		_, err = b.Put(ctx, "k", "x", store.IfAbsent())
		p.add(want("Put with IfAbsent", err, store.ErrBucketNotFound))
	}
	return p.err()
}

func drainDir(ctx context.Context, b store.Objects) error {
	_, err := b.ListDir(ctx, store.StartAfter("a"), store.KeyPrefix("b/"))
	return err
}

func checkBucketNames(ctx context.Context, e *Env) error {
	var p problems
	for _, bad := range []string{
		"", "a", "ab", strings.Repeat("a", 64), "Abc", "abc_d", "-abc", "abc-", ".abc", "abc.", "a..b", "a b c", "abc/d", "../abc", "192.168.1.1",
		"abc\x00", "äbc", "...", "a\\b",
	} {
		b := e.handle(e.store.Bucket(bad))
		_, err := b.Put(ctx, "k", "x")
		p.add(want(fmt.Sprintf("Put to the bucket %q", bad), err, store.ErrValidation))
		_, err = b.List(ctx)
		p.add(want(fmt.Sprintf("List of the bucket %q", bad), err, store.ErrValidation))
		_, err = b.Prefix("a").Head(ctx, "k")
		p.add(want(fmt.Sprintf("Head below a prefix of the bucket %q", bad), err, store.ErrValidation))
		p.add(want(fmt.Sprintf("CreateBucket(%q)", bad), e.store.CreateBucket(ctx, bad), store.ErrValidation))
		p.add(want(fmt.Sprintf("DeleteBucket(%q)", bad), e.store.DeleteBucket(ctx, bad), store.ErrValidation))
	}
	// Forms that are allowed, on buckets that do not exist.
	for _, good := range []string{uniqueName(), "c." + uniqueName(), "1" + uniqueName() + "2"} {
		_, err := e.handle(e.store.Bucket(good)).List(ctx)
		p.add(want(fmt.Sprintf("List of the bucket %q", good), err, store.ErrBucketNotFound))
	}
	return p.err()
}

func checkCreateBucket(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	p.add(listed(ctx, b, nil))
	p.add(put(ctx, b, "k"))
	p.add(want("creating the bucket again", e.store.CreateBucket(ctx, b.Name()), nil))
	p.add(listed(ctx, b, []string{"k"}))
	p.add(holds(ctx, b, "k", []byte("content of k")))
	for _, reserved := range []string{"xn--abc", "sthree-abc", "amzn-s3-demo-abc", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3"} {
		p.add(want(fmt.Sprintf("CreateBucket(%q)", reserved), e.store.CreateBucket(ctx, reserved), store.ErrValidation))
	}
	return p.err()
}

func checkDeleteBucket(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	p.add(put(ctx, b, "dir/k"))
	p.add(want("deleting a bucket that is not empty", e.store.DeleteBucket(ctx, b.Name()), store.ErrBucketNotEmpty))
	p.add(holds(ctx, b, "dir/k", []byte("content of dir/k")))
	p.add(b.Delete(ctx, "dir/k"))
	p.add(want("deleting an empty bucket", e.store.DeleteBucket(ctx, b.Name()), nil))
	_, err = b.List(ctx)
	p.add(want("List of a deleted bucket", err, store.ErrBucketNotFound))
	_, err = b.Put(ctx, "k", "x")
	p.add(want("Put to a deleted bucket", err, store.ErrBucketNotFound))
	_, err = b.Exists(ctx, "k")
	p.add(want("Exists in a deleted bucket", err, store.ErrBucketNotFound))
	p.add(want("deleting a deleted bucket", e.store.DeleteBucket(ctx, b.Name()), store.ErrBucketNotFound))
	p.add(want("creating the bucket anew", e.store.CreateBucket(ctx, b.Name()), nil))
	p.add(listed(ctx, b, nil))
	return p.err()
}

func checkListBuckets(ctx context.Context, e *Env) error {
	var ours []string
	for range 5 {
		b, err := e.bucket(ctx)
		if err != nil {
			return err
		}
		ours = append(ours, b.Name())
	}
	slices.Sort(ours)
	var p problems
	var names, found []string
	for b, err := range e.store.Buckets(ctx) {
		if err != nil {
			return err
		}
		names = append(names, b.Name)
		if slices.Contains(ours, b.Name) {
			found = append(found, b.Name)
			if b.Created.Location() != time.UTC {
				p.addf("%s: the time of creation %v is not in UTC", b.Name, b.Created)
			}
		}
	}
	p.add(sameStrings("buckets just created", found, ours))
	if !slices.IsSorted(names) {
		p.addf("the buckets are not in byte order: %q", names)
	}
	for range e.store.Buckets(ctx) {
		break
	}
	return p.err()
}
