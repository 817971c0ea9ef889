package conformance

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"time"

	"github.com/s3mio/s3mio/store"
)

// problems collects the breaches that one case finds.
type problems struct{ errs []error }

func (p *problems) add(err error) {
	if err != nil {
		p.errs = append(p.errs, err)
	}
}

func (p *problems) addf(format string, args ...any) { p.add(fmt.Errorf(format, args...)) }

// err gives the first few breaches: a broken driver breaks most cases at once.
func (p *problems) err() error {
	const enough = 8
	if n := len(p.errs); n > enough {
		return errors.Join(append(p.errs[:enough:enough], fmt.Errorf("and %d more", n-enough))...)
	}
	return errors.Join(p.errs...)
}

// want demands an error that matches target, and success when target is nil.
func want(what string, err, target error) error {
	switch {
	case target == nil && err != nil:
		return fmt.Errorf("%s: %w", what, err)
	case target != nil && err == nil:
		return fmt.Errorf("%s: got no error, want %q", what, target)
	case !errors.Is(err, target):
		return fmt.Errorf("%s: got the error %q, want %q", what, err, target)
	}
	return nil
}

// equal demands a value.
func equal[T comparable](what string, got, want T) error {
	if got != want {
		return fmt.Errorf("%s: got %#v, want %#v", what, got, want)
	}
	return nil
}

func sameStrings(what string, got, want []string) error {
	if slices.Equal(got, want) {
		return nil
	}
	for i := range max(len(got), len(want)) {
		switch {
		case i >= len(got):
			return fmt.Errorf("%s: got %d, want %d, missing from the end: %.60q", what, len(got), len(want), want[i])
		case i >= len(want):
			return fmt.Errorf("%s: got %d, want %d, too much: %.60q", what, len(got), len(want), got[i])
		case got[i] != want[i]:
			return fmt.Errorf("%s: number %d is %.60q, want %.60q (got %d, want %d)", what, i, got[i], want[i], len(got), len(want))
		}
	}
	return nil
}

func sameMap(what string, got, want map[string]string) error {
	if !maps.Equal(got, want) {
		return fmt.Errorf("%s: got %q, want %q", what, got, want)
	}
	return nil
}

func sameBytes(what string, got, want []byte) error {
	if bytes.Equal(got, want) {
		return nil
	}
	i := 0
	for i < min(len(got), len(want)) && got[i] == want[i] {
		i++
	}
	return fmt.Errorf("%s: got %d bytes, want %d, different from byte %d on: got %.20q, want %.20q",
		what, len(got), len(want), i, got[i:], want[i:])
}

// holds demands that the object has this content.
func holds(ctx context.Context, b store.Objects, key string, content []byte) error {
	got, err := b.GetBytes(ctx, key)
	if err != nil {
		return err
	}
	return sameBytes(fmt.Sprintf("content of %.60q", key), got, content)
}

// absent demands that there is no object, whichever way one asks.
func absent(ctx context.Context, b store.Objects, key string) error {
	var p problems
	_, err := b.GetBytes(ctx, key)
	p.add(want(fmt.Sprintf("GetBytes of %.60q, which must not exist", key), err, store.ErrObjectNotFound))
	_, err = b.Head(ctx, key)
	p.add(want(fmt.Sprintf("Head of %.60q, which must not exist", key), err, store.ErrObjectNotFound))
	p.add(exists(ctx, b, key, false))
	return p.err()
}

func exists(ctx context.Context, b store.Objects, key string, want bool) error {
	got, err := b.Exists(ctx, key)
	if err != nil {
		return err
	}
	return equal(fmt.Sprintf("Exists(%.60q)", key), got, want)
}

// listed demands that a listing gives these keys, in this order.
func listed(ctx context.Context, b store.Objects, keys []string, opts ...store.ListOption) error {
	got, err := b.List(ctx, opts...)
	if err != nil {
		return err
	}
	return sameStrings("listed keys", keysOf(got), keys)
}

func keysOf(objects []store.ObjectInfo) []string {
	var keys []string
	for _, o := range objects {
		keys = append(keys, o.Key)
	}
	return keys
}

func put(ctx context.Context, b store.Objects, keys ...string) error {
	for _, key := range keys {
		if _, err := b.Put(ctx, key, "content of "+key); err != nil {
			return err
		}
	}
	return nil
}

// content gives n bytes that look random and are the same for the same seed.
func content(n int, seed byte) []byte {
	b := make([]byte, n)
	rand.NewChaCha8([32]byte{seed}).Read(b) // never fails
	return b
}

// A snapshot is all that can be seen of an object.
type snapshot struct {
	info    store.ObjectInfo
	content []byte
}

// look takes a snapshot. An object that is not there is nil.
func (e *Env) look(ctx context.Context, b store.Objects, key string) (*snapshot, error) {
	var opts []store.HeadOption
	if e.has(Tags) {
		opts = append(opts, store.WithTags())
	}
	info, err := b.Head(ctx, key, opts...)
	if errors.Is(err, store.ErrObjectNotFound) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	data, err := b.GetBytes(ctx, key)
	return &snapshot{info, data}, err
}

// unchanged demands that an object is what it was in every respect.
func (e *Env) unchanged(ctx context.Context, b store.Objects, key string, before *snapshot) error {
	now, err := e.look(ctx, b, key)
	switch {
	case err != nil:
		return err
	case before == nil && now == nil:
		return nil
	case before == nil:
		return fmt.Errorf("%q was not there and now holds %d bytes", key, now.info.Size)
	case now == nil:
		return fmt.Errorf("%q is gone", key)
	}
	var p problems
	p.add(sameBytes("content of "+key, now.content, before.content))
	p.add(sameInfo("the object "+key, now.info, before.info))
	return p.err()
}

// sameInfo compares two descriptions, keys and time stamps apart.
func sameInfo(what string, got, want store.ObjectInfo) error {
	var p problems
	p.add(equal(what+": Size", got.Size, want.Size))
	p.add(equal(what+": ETag", got.ETag, want.ETag))
	p.add(equal(what+": StorageClass", got.StorageClass, want.StorageClass))
	p.add(sameHeaders(what, got, want))
	return p.err()
}

// sameHeaders compares what the writer of an object said about it.
func sameHeaders(what string, got, want store.ObjectInfo) error {
	var p problems
	p.add(equal(what+": ContentType", got.ContentType, want.ContentType))
	p.add(equal(what+": CacheControl", got.CacheControl, want.CacheControl))
	p.add(equal(what+": ContentDisposition", got.ContentDisposition, want.ContentDisposition))
	p.add(equal(what+": ContentEncoding", got.ContentEncoding, want.ContentEncoding))
	p.add(equal(what+": ContentLanguage", got.ContentLanguage, want.ContentLanguage))
	p.add(sameMap(what+": Metadata", got.Metadata, want.Metadata))
	p.add(sameMap(what+": Tags", got.Tags, want.Tags))
	return p.err()
}

// rich gives write options for everything the driver can store beside bytes.
func (e *Env) rich() []store.WriteOption {
	opts := []store.WriteOption{store.ContentType("Text/Markdown; Variant=GFM")}
	if e.has(Metadata) {
		opts = append(opts, store.Metadata(map[string]string{"author": "Ada", "x-note": "a b;c=d"}))
	}
	if e.has(Tags) {
		opts = append(opts, store.Tags(map[string]string{"team": "red team", "cost": "a+b=c/d"}))
	}
	if e.has(Headers) {
		opts = append(opts, store.CacheControl("max-age=60, must-revalidate"),
			store.ContentDisposition(`attachment; filename="a b.md"`),
			store.ContentEncoding("br"), store.ContentLanguage("de-CH"))
	}
	return opts
}

// within runs f and fails when it has not returned long after it must have.
// What is asserted is that it returns at all.
func within(what string, f func() error) error {
	done := make(chan error, 1)
	go func() { done <- f() }()
	select {
	case err := <-done:
		return err
	case <-time.After(20 * time.Second):
		return fmt.Errorf("%s has not returned", what)
	}
}
