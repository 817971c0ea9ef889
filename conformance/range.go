package conformance

import (
	"bytes"
	"context"
	"fmt"
	"math"
	"path/filepath"

	"github.com/s3mio/s3mio/store"
)

func rangeLaws() []Law {
	return []Law{
		{
			Name:  "R2/Ranges",
			Text:  "Range(offset, length) is exact: a negative length reads to the end, and what lies past the end is cut off, by every call alike.",
			Check: checkRanges,
		},
		{
			Name:  "R2/PastTheEnd",
			Text:  "An offset at or beyond the size is ErrInvalidRange, even for no bytes at all; on an empty object offset 0 is empty and any other is ErrInvalidRange.",
			Check: checkPastTheEnd,
		},
		{
			Name:  "R2/Tail",
			Text:  "Tail(n) gives the last n bytes, all of a shorter object, and nothing of an empty one.",
			Check: checkTail,
		},
		{
			Name:  "R2/Negative",
			Text:  "A negative offset or tail is ErrValidation, before any request.",
			Check: checkNegative,
		},
	}
}

// rangeReads are all calls that read a part of an object.
func (e *Env) rangeReads() map[string]func(ctx context.Context, b store.Objects, key string, opt store.ReadOption) ([]byte, error) {
	return map[string]func(ctx context.Context, b store.Objects, key string, opt store.ReadOption) ([]byte, error){
		"GetBytes": func(ctx context.Context, b store.Objects, key string, opt store.ReadOption) ([]byte, error) {
			return b.GetBytes(ctx, key, opt)
		},
		"Open": func(ctx context.Context, b store.Objects, key string, opt store.ReadOption) ([]byte, error) {
			return readAll(ctx, b, key, opt)
		},
		"Stream": func(ctx context.Context, b store.Objects, key string, opt store.ReadOption) ([]byte, error) {
			chunks, err := drain(b.Stream(ctx, key, opt))
			return bytes.Join(chunks, nil), err
		},
		"Download": func(ctx context.Context, b store.Objects, key string, opt store.ReadOption) ([]byte, error) {
			path := filepath.Join(e.tb.TempDir(), "file")
			if err := b.Download(ctx, key, path, opt); err != nil {
				return nil, err
			}
			s, err := readFile(path)
			return []byte(s), err
		},
	}
}

const rangeSize = 100_000

// withObject makes a bucket with an object "k" of rangeSize bytes, an object
// "empty", and gives the content of the first.
func (e *Env) withObject(ctx context.Context) (bucket, []byte, error) {
	b, err := e.bucket(ctx)
	if err != nil {
		return nil, nil, err
	}
	data := content(rangeSize, 7)
	if _, err = b.Put(ctx, "k", data); err == nil {
		_, err = b.Put(ctx, "empty", "")
	}
	return b, data, err
}

func checkRanges(ctx context.Context, e *Env) error {
	b, data, err := e.withObject(ctx)
	if err != nil {
		return err
	}
	var p problems
	const n = rangeSize
	for _, r := range []struct{ offset, length, from, to int64 }{
		{0, 1, 0, 1}, {0, n, 0, n}, {0, n - 1, 0, n - 1}, {0, n + 1, 0, n}, {0, -1, 0, n}, {0, math.MinInt64, 0, n},
		{1, 1, 1, 2}, {1, -1, 1, n}, {500, 1000, 500, 1500}, {n - 1, 1, n - 1, n}, {n - 1, -1, n - 1, n}, {n - 1, 100, n - 1, n},
		{n - 10, 10, n - 10, n}, {n - 10, 11, n - 10, n}, {10, math.MaxInt64, 10, n}, {0, math.MaxInt64, 0, n}, {0, 0, 0, 0}, {5, 0, 5, 5},
	} {
		for name, read := range e.rangeReads() {
			what := fmt.Sprintf("%s of Range(%d, %d)", name, r.offset, r.length)
			got, err := read(ctx, b, "k", store.Range(r.offset, r.length))
			p.add(want(what, err, nil))
			if err == nil {
				p.add(sameBytes(what, got, data[r.from:r.to]))
			}
		}
	}
	r, err := b.Open(ctx, "k", store.Range(10, 5))
	if err != nil {
		return err
	}
	p.add(equal("Info().Size of a Reader of a range", r.Info().Size, n))
	p.add(r.Close())
	return p.err()
}

func checkPastTheEnd(ctx context.Context, e *Env) error {
	b, _, err := e.withObject(ctx)
	if err != nil {
		return err
	}
	var p problems
	const n = rangeSize
	for name, read := range e.rangeReads() {
		for _, r := range []struct {
			key            string
			offset, length int64
		}{
			{"k", n, 0}, {"k", n, 1}, {"k", n, -1}, {"k", n + 1, 0}, {"k", n + 1, 1}, {"k", n + 1, -1},
			{"k", math.MaxInt64, 0}, {"k", math.MaxInt64, 1}, {"k", math.MaxInt64, math.MaxInt64},
			{"empty", 1, 0}, {"empty", 1, 1}, {"empty", 1, -1},
		} {
			_, err := read(ctx, b, r.key, store.Range(r.offset, r.length))
			p.add(want(fmt.Sprintf("%s of Range(%d, %d) of %s", name, r.offset, r.length, r.key), err, store.ErrInvalidRange))
		}
		for _, length := range []int64{0, 1, -1, 100} {
			what := fmt.Sprintf("%s of Range(0, %d) of an empty object", name, length)
			got, err := read(ctx, b, "empty", store.Range(0, length))
			p.add(want(what, err, nil))
			p.add(equal(what, len(got), 0))
		}
		_, err := read(ctx, b, "missing", store.Range(0, 1))
		p.add(want(name+" of a range of a missing key", err, store.ErrObjectNotFound))
		_, err = read(ctx, b, "missing", store.Range(5, 0))
		p.add(want(name+" of an empty range of a missing key", err, store.ErrObjectNotFound))
	}
	return p.err()
}

func checkTail(ctx context.Context, e *Env) error {
	b, data, err := e.withObject(ctx)
	if err != nil {
		return err
	}
	var p problems
	const n = rangeSize
	for name, read := range e.rangeReads() {
		for _, tail := range []int64{1, 10, n - 1, n, n + 1, math.MaxInt64} {
			what := fmt.Sprintf("%s of Tail(%d)", name, tail)
			got, err := read(ctx, b, "k", store.Tail(tail))
			p.add(want(what, err, nil))
			if err == nil {
				p.add(sameBytes(what, got, data[n-min(tail, n):]))
			}
		}
		_, err := read(ctx, b, "k", store.Tail(0))
		p.add(want(name+" of Tail(0), which starts at the end", err, store.ErrInvalidRange))
		_, err = read(ctx, b, "missing", store.Tail(1))
		p.add(want(name+" of the tail of a missing key", err, store.ErrObjectNotFound))
	}
	e.sub("empty object", func() error {
		var p problems
		for name, read := range e.rangeReads() {
			for _, tail := range []int64{0, 1, 10} {
				what := fmt.Sprintf("%s of Tail(%d)", name, tail)
				got, err := read(ctx, b, "empty", store.Tail(tail))
				p.add(want(what, err, nil))
				p.add(equal(what, len(got), 0))
			}
		}
		return p.err()
	})
	return p.err()
}

func checkNegative(ctx context.Context, e *Env) error {
	var p problems
	b := e.missing()
	for name, read := range e.rangeReads() {
		for _, offset := range []int64{-1, math.MinInt64} {
			for _, length := range []int64{-1, 0, 1} {
				_, err := read(ctx, b, "k", store.Range(offset, length))
				p.add(want(fmt.Sprintf("%s of Range(%d, %d)", name, offset, length), err, store.ErrValidation))
			}
			_, err := read(ctx, b, "k", store.Tail(offset))
			p.add(want(fmt.Sprintf("%s of Tail(%d)", name, offset), err, store.ErrValidation))
		}
	}
	return p.err()
}
