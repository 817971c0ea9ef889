package conformance

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func deleteLaws() []Law {
	return []Law{
		{
			Name:  "D1/Missing",
			Text:  "Deleting what is not there is success, once and again, and touches nothing around it.",
			Check: checkDeleteMissing,
		},
		{
			Name:  "D1/DeleteMany",
			Text:  "DeleteMany deletes any number of keys, duplicates once, and reports them in the order of the input; keys that do not exist count as deleted.",
			Check: checkDeleteMany,
		},
		{
			Name:  "D1/BadKeyFirst",
			Text:  "One bad key makes DeleteMany ErrValidation before anything is deleted.",
			Check: checkBadKeyFirst,
		},
		{
			Name:  "D1/Failures",
			Text:  "What fails in a batch is reported key by key in the order of the input, with a *store.BatchError beside the result; an empty list sends nothing.",
			Check: checkDeleteFailures,
		},
		{
			Name:  "D1/DeleteAll",
			Text:  "DeleteAll of a Prefix deletes all below it, the folder marker included, and nothing beside it; it counts and keeps no list.",
			Check: checkDeleteAll,
		},
	}
}

func checkDeleteMissing(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, []string{"a", "dir/b"})
	if err != nil {
		return err
	}
	for _, key := range []string{"missing", "dir", "dir/", "di", "dir/b/c", "A"} {
		e.sub(key, func() error {
			var p problems
			p.add(b.Delete(ctx, key))
			result, err := b.DeleteMany(ctx, []string{key})
			p.add(err)
			p.add(sameStrings("deleted", result.Deleted, []string{key}))
			return p.err()
		})
	}
	var p problems
	p.add(listed(ctx, b, []string{"a", "dir/b"}))
	p.add(b.Delete(ctx, "a"))
	p.add(b.Delete(ctx, "a"))
	p.add(absent(ctx, b, "a"))
	p.add(listed(ctx, b, []string{"dir/b"}))
	return p.err()
}

func checkDeleteMany(ctx context.Context, e *Env) error {
	// Only some of the keys exist: that is all the difference it makes.
	const n = 2100
	var keys, there []string
	for i := range n {
		key := fmt.Sprintf("k/%04d", (i*1237)%n) // not in order
		keys = append(keys, key)
		if i%100 == 7 || i == 0 || i == 999 || i == 1000 || i == n-1 {
			there = append(there, key)
		}
	}
	b, err := e.withKeys(ctx, slices.Concat([]string{"stays", "k/9999"}, there))
	if err != nil {
		return err
	}
	given := slices.Concat(keys[:10], keys) // ten of them twice
	result, err := b.DeleteMany(ctx, given)
	var p problems
	p.add(err)
	p.add(equal("Len()", result.Len(), n))
	p.add(sameStrings("deleted", result.Deleted, keys))
	p.add(equal("failures", len(result.Failed), 0))
	p.add(listed(ctx, b, []string{"k/9999", "stays"}))
	return p.err()
}

func checkBadKeyFirst(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, []string{"a", "b"})
	if err != nil {
		return err
	}
	var p problems
	for _, bad := range []string{"", strings.Repeat("k", 1025), "\xff"} {
		for _, keys := range [][]string{{"a", "b", bad}, {bad, "a"}, {"a", bad, "b"}, append(slices.Repeat([]string{"a"}, 1500), bad)} {
			result, err := b.DeleteMany(ctx, keys)
			p.add(want(fmt.Sprintf("DeleteMany with the key %.20q", bad), err, store.ErrValidation))
			p.add(equal("Len()", result.Len(), 0))
			var batch *store.BatchError
			if errors.As(err, &batch) {
				p.addf("a bad key is the call's failure, not the batch's: %w", err)
			}
		}
	}
	p.add(listed(ctx, b, []string{"a", "b"}))
	return p.err()
}

func checkDeleteFailures(ctx context.Context, e *Env) error {
	var p problems
	b := e.missing()
	result, err := b.DeleteMany(ctx, []string{"c", "a", "b", "a"})
	p.add(want("DeleteMany in a missing bucket", err, store.ErrBucketNotFound))
	var batch *store.BatchError
	if !errors.As(err, &batch) {
		p.addf("DeleteMany in a missing bucket: the error is a %T, want a *store.BatchError", err)
	} else {
		p.add(equal("errors in the BatchError", len(batch.Unwrap()), 3))
	}
	p.add(equal("Len()", result.Len(), 0))
	var failed []string
	for _, f := range result.Failed {
		failed = append(failed, f.Key)
		p.add(want("the failure of "+f.Key, f.Err, store.ErrBucketNotFound))
	}
	p.add(sameStrings("failed keys", failed, []string{"c", "a", "b"}))

	for _, none := range [][]string{nil, {}} {
		result, err := b.DeleteMany(ctx, none)
		p.add(want("DeleteMany of nothing in a missing bucket, which sends nothing", err, nil))
		p.add(equal("Len()", result.Len(), 0))
	}
	return p.err()
}

func checkDeleteAll(ctx context.Context, e *Env) error {
	beside := []string{"di", "dir!", "dir-b", "dir0", "dirx/a", "z"}
	b, err := e.withKeys(ctx, beside)
	if err != nil {
		return err
	}
	below := []string{"dir/x", "dir/y/z"}
	for i := range 1100 {
		below = append(below, fmt.Sprintf("dir/many/%d", i))
	}
	if err := putMany(ctx, b, below); err != nil {
		return err
	}
	var p problems
	result, err := b.Prefix("dir").DeleteAll(ctx)
	p.add(err)
	p.add(equal("Len()", result.Len(), len(below)))
	if result.Deleted != nil {
		p.addf("DeleteAll keeps a list of %d keys", len(result.Deleted))
	}
	p.add(listed(ctx, b, beside))
	result, err = b.Prefix("dir").DeleteAll(ctx)
	p.add(want("DeleteAll of nothing", err, nil))
	p.add(equal("Len()", result.Len(), 0))
	return p.err()
}
