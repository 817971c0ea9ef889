package conformance

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"

	"github.com/s3mio/s3mio/store"
)

func listLaws() []Law {
	return []Law{
		{
			Name:  "L1/Order",
			Text:  "Keys are listed in the order of their UTF-8 bytes, each exactly once, whatever the page size.",
			Check: checkOrder,
		},
		{
			Name:  "L1/DelimitedOrder",
			Text:  "With a delimiter, objects and common prefixes are each in byte order and given exactly once, whatever the page size.",
			Check: checkDelimitedOrder,
		},
		{
			Name:  "L1/Concurrent",
			Text:  "A key that exists throughout a listing is listed exactly once, whatever is written and deleted around it meanwhile.",
			Check: checkConcurrentList,
		},
		{
			Name:  "L4/EqualsHead",
			Text:  "An entry of a listing has the size, ETag, time and storage class that Head gives.",
			Check: checkListEqualsHead,
		},
	}
}

// orderedKeys are keys whose byte order differs from that of a directory walk,
// of a dictionary, and of UTF-16.
var orderedKeys = sorted(
	"!", "a", "a!", "a-b", "a.txt", "a/b", "a/b!", "a/b-c/d", "a/b/c", "a/b/d/e", "a/b0", "a0", "a0/x", "aB", "ab", "ab/c", "A", "AB", "B/x", "Z",
	"b/1", "b/10", "b/2", "b/20/x", "z", "z/1/2/3", "~", "é", "é/x", "e\u0301", "日本/a", "日本/b", "\uFF5E", "😀", "😀/x", "\U0010FFFD",
)

func sorted(keys ...string) []string {
	slices.Sort(keys)
	return keys
}

var pageSizes = []int{1, 2, 3, 7, 1000}

// withKeys makes a bucket that holds an object under each key.
func (e *Env) withKeys(ctx context.Context, keys []string) (bucket, error) {
	b, err := e.bucket(ctx)
	if err != nil {
		return nil, err
	}
	return b, putMany(ctx, b, keys)
}

// putMany writes small objects, several at a time.
func putMany(ctx context.Context, b store.Objects, keys []string) error {
	const writers = 8
	errs := make([]error, writers)
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := w; i < len(keys) && errs[w] == nil; i += writers {
				errs[w] = put(ctx, b, keys[i])
			}
		})
	}
	wg.Wait()
	for _, err := range errs {
		if err != nil {
			return err
		}
	}
	return nil
}

// tame leaves out keys that would be both object and directory on a file
// system: that they get along is K2's concern.
func tame(keys []string) []string {
	return slices.DeleteFunc(slices.Clone(keys), func(key string) bool {
		return slices.ContainsFunc(keys, func(other string) bool { return strings.HasPrefix(other, key+"/") })
	})
}

func checkOrder(ctx context.Context, e *Env) error {
	keys := tame(orderedKeys)
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	var p problems
	for _, n := range pageSizes {
		what := fmt.Sprintf("keys listed %d a page", n)
		all, err := b.List(ctx, store.PageSize(n))
		p.add(err)
		p.add(sameStrings(what, keysOf(all), keys))
		all, err = drain(b.All(ctx, store.PageSize(n)))
		p.add(err)
		p.add(sameStrings(what+" by All", keysOf(all), keys))
		flat, err := b.ListDir(ctx, store.PageSize(n), store.Delimiter(""))
		p.add(err)
		p.add(sameStrings(what+" by ListDir", keysOf(flat.Objects), keys))
		p.add(sameStrings(what+" by ListDir: prefixes", flat.Prefixes, nil))
	}
	for _, n := range []int{0, -1, 1001} {
		_, err := e.missing().List(ctx, store.PageSize(n))
		p.add(want(fmt.Sprintf("PageSize(%d)", n), err, store.ErrValidation))
	}
	return p.err()
}

// model is what a listing must give.
func model(keys []string, prefix, delimiter, after string) (objects, prefixes []string) {
	for _, key := range keys {
		rest, ok := strings.CutPrefix(key, prefix)
		if !ok || key <= after {
			continue
		}
		head, _, found := strings.Cut(rest, delimiter)
		if delimiter == "" || !found {
			objects = append(objects, key)
			continue
		}
		p := prefix + head + delimiter
		if !strings.HasPrefix(after, p) && !slices.Contains(prefixes, p) {
			prefixes = append(prefixes, p)
		}
	}
	slices.Sort(prefixes)
	return objects, prefixes
}

// lists demands what the model says, of all three calls.
func lists(ctx context.Context, b store.Objects, keys []string, prefix, delimiter, after string, pageSize int) error {
	objects, prefixes := model(keys, prefix, delimiter, after)
	opts := []store.ListOption{store.KeyPrefix(prefix), store.Delimiter(delimiter), store.PageSize(pageSize)}
	if after != "" {
		opts = append(opts, store.StartAfter(after))
	}
	what := fmt.Sprintf("prefix %q, delimiter %q, after %q, page size %d", prefix, delimiter, after, pageSize)
	var p problems
	dir, err := b.ListDir(ctx, opts...)
	p.add(want("ListDir: "+what, err, nil))
	p.add(sameStrings("ListDir: objects: "+what, keysOf(dir.Objects), objects))
	p.add(sameStrings("ListDir: prefixes: "+what, dir.Prefixes, prefixes))
	list, err := b.List(ctx, opts...)
	p.add(want("List: "+what, err, nil))
	p.add(sameStrings("List: "+what, keysOf(list), objects))
	return p.err()
}

func checkDelimitedOrder(ctx context.Context, e *Env) error {
	keys := tame(orderedKeys)
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	for name, delimiter := range map[string]string{"slash": "/", "hyphen": "-"} {
		e.sub(name, func() error {
			var p problems
			for _, n := range pageSizes {
				for _, prefix := range []string{"", "a/", "a/b"} {
					p.add(lists(ctx, b, keys, prefix, delimiter, "", n))
				}
			}
			return p.err()
		})
	}
	return nil
}

func checkConcurrentList(ctx context.Context, e *Env) error {
	stable := make([]string, 60)
	for i := range stable {
		stable[i] = fmt.Sprintf("k%03d/stable", i)
	}
	b, err := e.withKeys(ctx, stable)
	if err != nil {
		return err
	}
	var p problems
	for _, n := range []int{1, 3, 7} {
		var got []string
		step := 0
		for o, err := range b.All(ctx, store.PageSize(n)) {
			if err != nil {
				return err
			}
			if strings.HasSuffix(o.Key, "/stable") {
				got = append(got, o.Key)
			}
			// Between two pages, keys come and go on both sides of the
			// place where the listing is.
			if step++; step%n == 0 {
				p.add(churn(ctx, b, step, n))
			}
			if step > 100*len(stable) {
				return fmt.Errorf("the listing does not end: %d entries", step)
			}
		}
		p.add(sameStrings(fmt.Sprintf("stable keys listed %d a page", n), got, stable))
	}
	return p.err()
}

// churn writes a few keys all over the place and deletes those of the call
// before, n steps ago.
func churn(ctx context.Context, b store.Objects, step, n int) error {
	for i := 0; i < 60; i += 20 {
		if err := put(ctx, b, churnKey(i, step)); err != nil {
			return err
		}
		if err := b.Delete(ctx, churnKey(i, step-n)); err != nil {
			return err
		}
	}
	return nil
}

func churnKey(i, step int) string { return fmt.Sprintf("k%03d/%d", (i+step)%60, step) }

func checkListEqualsHead(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for i, n := range []int{0, 1, 1000, large} {
		_, err := b.Put(ctx, fmt.Sprintf("k%d", i), content(n, 13), e.rich()...)
		p.add(err)
	}
	for o, err := range b.All(ctx) {
		if err != nil {
			return err
		}
		head, err := b.Head(ctx, o.Key)
		p.add(err)
		p.add(equal(o.Key+": Size", o.Size, head.Size))
		p.add(equal(o.Key+": ETag", o.ETag, head.ETag))
		p.add(equal(o.Key+": StorageClass", o.StorageClass, head.StorageClass))
		if !o.LastModified.Equal(head.LastModified) {
			p.addf("%s: LastModified: listed %v, Head says %v", o.Key, o.LastModified, head.LastModified)
		}
	}
	return p.err()
}
