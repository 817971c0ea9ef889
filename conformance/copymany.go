package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func copyManyLaws() []Law {
	return []Law{
		{
			Name:  "C2/Order",
			Text:  "CopyMany copies every pair and reports them in the order of the input, however many workers there are.",
			Check: checkCopyManyOrder,
		},
		{
			Name:  "C2/BadPairAlone",
			Text:  "A pair that fails, for a bad key or a missing source, fails alone: the others are copied, and the error is a *store.BatchError that matches each failure.",
			Check: checkBadPairAlone,
		},
		{
			Name:  "C2/Workers",
			Text:  "Fewer than one worker is ErrValidation, before anything is copied.",
			Check: checkWorkers,
		},
	}
}

func checkCopyManyOrder(ctx context.Context, e *Env) error {
	var keys []string
	var pairs []store.CopyPair
	for i := range 25 {
		key := fmt.Sprintf("src/%02d", (i*7)%25)
		keys = append(keys, key)
		pairs = append(pairs, store.CopyPair{Src: key, Dst: "dst" + key[3:]})
	}
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	var p problems
	for name, opts := range map[string][]store.CopyOption{
		"one worker": nil, "8 workers": {store.Workers(8)}, "100 workers": {store.Workers(100)},
	} {
		result, err := b.CopyMany(ctx, pairs, opts...)
		p.add(want(name, err, nil))
		p.add(equal(name+": Len()", result.Len(), len(pairs)))
		p.add(equal(name+": pairs done", fmt.Sprint(result.Done), fmt.Sprint(pairs)))
		for _, pair := range pairs {
			p.add(holds(ctx, b, pair.Dst, []byte("content of "+pair.Src)))
		}
		_, err = b.Prefix("dst").DeleteAll(ctx)
		p.add(err)
	}
	result, err := b.CopyMany(ctx, nil)
	p.add(want("CopyMany of nothing", err, nil))
	p.add(equal("CopyMany of nothing: Len()", result.Len(), 0))
	result, err = b.Prefix("src").CopyMany(ctx, []store.CopyPair{{Src: "00", Dst: "x"}}, store.To(b.Prefix("other")))
	p.add(err)
	p.add(equal("CopyMany between prefixes", fmt.Sprint(result.Done), "[{00 x}]"))
	p.add(holds(ctx, b, "other/x", []byte("content of src/00")))
	return p.err()
}

func checkBadPairAlone(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, []string{"a", "b"})
	if err != nil {
		return err
	}
	var p problems
	pairs := []store.CopyPair{
		{Src: "missing", Dst: "x1"}, {Src: "a", Dst: "a1"}, {Src: "", Dst: "x2"}, {Src: "a", Dst: "bad\x00"},
		{Src: "b", Dst: "b1"}, {Src: "a", Dst: "a"}, {Src: "a", Dst: strings.Repeat("k", 1025)}, {Src: "a", Dst: "a2"},
	}
	for _, workers := range []int{1, 4} {
		result, err := b.CopyMany(ctx, pairs, store.Workers(workers))
		p.add(want("CopyMany with a missing source", err, store.ErrObjectNotFound))
		p.add(want("CopyMany with bad keys", err, store.ErrValidation))
		var batch *store.BatchError
		if !errors.As(err, &batch) {
			p.addf("the error is a %T, want a *store.BatchError", err)
		} else {
			p.add(equal("errors in the BatchError", len(batch.Unwrap()), 5))
		}
		p.add(equal("pairs done", fmt.Sprint(result.Done), fmt.Sprint([]store.CopyPair{pairs[1], pairs[4], pairs[7]})))
		p.add(equal("pairs failed", fmt.Sprint(result.FailedPairs()),
			fmt.Sprint([]store.CopyPair{pairs[0], pairs[2], pairs[3], pairs[5], pairs[6]})))
		for i, f := range result.Failed {
			target := store.ErrValidation
			if i == 0 {
				target = store.ErrObjectNotFound
			}
			p.add(want(fmt.Sprintf("the failure of %.20q", f.CopyPair), f.Err, target))
		}
	}
	p.add(listed(ctx, b, []string{"a", "a1", "a2", "b", "b1"}))
	return p.err()
}

func checkWorkers(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, []string{"a"})
	if err != nil {
		return err
	}
	dir := e.tb.TempDir()
	var p problems
	for _, n := range []int{0, -1} {
		what := fmt.Sprintf(" with %d workers", n)
		_, err := b.CopyMany(ctx, []store.CopyPair{{Src: "a", Dst: "b"}}, store.Workers(n))
		p.add(want("CopyMany"+what, err, store.ErrValidation))
		_, err = b.UploadDir(ctx, dir, "", store.Workers(n))
		p.add(want("UploadDir"+what, err, store.ErrValidation))
		_, err = b.DownloadDir(ctx, "", dir, store.Workers(n))
		p.add(want("DownloadDir"+what, err, store.ErrValidation))
	}
	p.add(listed(ctx, b, []string{"a"}))
	files, err := tree(dir)
	p.add(err)
	p.add(equal("files in the directory", len(files), 1))
	return p.err()
}
