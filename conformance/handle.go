package conformance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"testing/fstest"

	"github.com/s3mio/s3mio/store"
)

func handleLaws() []Law {
	return []Law{
		{
			Name:  "API/FS",
			Text:  "store.FS of a bucket or prefix is an fs.FS as testing/fstest demands it.",
			Check: checkFS,
		},
		{
			Name:  "API/Writer",
			Text:  "A Writer publishes on Close and not before; what only the backend can know, such as a failed condition, is an error of Write or Close, and nothing is stored then.",
			Check: checkWriter,
		},
		{
			Name:  "API/Closed",
			Text:  "After Close of the Store every call fails with fs.ErrClosed and has no effect; closing twice is harmless.",
			Check: checkClosed,
		},
		{
			Name:  "API/Aliasing",
			Text:  "What the caller does to the bytes and maps it passed in or got back changes nothing that is stored.",
			Check: checkAliasing,
		},
	}
}

func checkFS(ctx context.Context, e *Env) error {
	keys := sorted("a", "a-b/c", "b/c", "b/d/e", "b/d/f.txt", "top.txt", "é/x y")
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	if _, err := b.Put(ctx, "b/empty", ""); err != nil {
		return err
	}
	keys = append(keys, "b/empty")
	var p problems
	if err := fstest.TestFS(store.FS(b), keys...); err != nil {
		p.addf("a bucket: %w", err)
	}
	if err := fstest.TestFS(store.FS(b.Prefix("b")), "c", "d/e", "d/f.txt", "empty"); err != nil {
		p.addf("a prefix: %w", err)
	}
	data, err := fs.ReadFile(store.FS(b), "b/d/e")
	p.add(err)
	p.add(sameBytes("ReadFile", data, []byte("content of b/d/e")))
	_, err = fs.ReadFile(store.FS(b), "b/missing")
	p.add(want("ReadFile of a missing file", err, fs.ErrNotExist))
	_, err = fs.Stat(store.FS(b), "missing")
	p.add(want("Stat of a missing file", err, fs.ErrNotExist))
	_, err = fs.ReadDir(store.FS(e.missing()), ".")
	p.add(want("ReadDir of a missing bucket", err, store.ErrBucketNotFound))
	return p.err()
}

func checkWriter(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	w, err := b.NewWriter(ctx, "dir/k", e.rich()...)
	if err != nil {
		return err
	}
	for _, s := range []string{"one ", "", "two ", "three"} {
		n, err := fmt.Fprint(w, s)
		p.add(err)
		p.add(equal("bytes written", n, len(s)))
	}
	p.add(absent(ctx, b, "dir/k"))
	p.add(listed(ctx, b, nil))
	p.add(w.Close())
	p.add(holds(ctx, b, "dir/k", []byte("one two three")))
	head, err := b.Head(ctx, "dir/k")
	p.add(err)
	p.add(equal("ContentType", head.ContentType, "Text/Markdown; Variant=GFM"))
	p.add(equal("the Writer's Info().ETag", w.Info().ETag, head.ETag))
	p.add(equal("the Writer's Info().Size", w.Info().Size, head.Size))
	p.add(equal("the Writer's Info().Key", w.Info().Key, "dir/k"))
	p.add(want("Abort after Close", w.Abort(), nil))
	p.add(holds(ctx, b, "dir/k", []byte("one two three")))
	if err := w.Close(); err == nil {
		p.addf("the second Close reports success")
	}
	if _, err := w.Write([]byte("more")); err == nil {
		p.addf("Write after Close reports success")
	}
	w, err = b.NewWriter(ctx, "empty")
	if err != nil {
		return err
	}
	p.add(w.Close())
	p.add(holds(ctx, b, "empty", nil))

	w, err = e.missing().NewWriter(ctx, "k")
	if err != nil {
		return err
	}
	_, writeErr := w.Write(content(1000, 22))
	closeErr := w.Close()
	p.add(want("writing to a missing bucket", errors.Join(writeErr, closeErr), store.ErrBucketNotFound))
	if closeErr == nil {
		p.addf("Close of a Writer in a missing bucket reports success")
	}
	return p.err()
}

func checkClosed(ctx context.Context, e *Env) error {
	// Another store than the one of the case, which cleans up after it.
	s := store.New(e.newDriver(e.tb))
	b := e.handle(s.Bucket(uniqueName()))
	if err := s.Close(); err != nil {
		return err
	}
	var p problems
	for _, c := range e.calls() {
		p.add(want(c.name+" after Close", c.do(ctx, b, "k"), fs.ErrClosed))
	}
	_, err := drain(s.Buckets(ctx))
	p.add(want("Buckets after Close", err, fs.ErrClosed))
	p.add(want("CreateBucket after Close", s.CreateBucket(ctx, uniqueName()), fs.ErrClosed))
	p.add(want("closing again", s.Close(), nil))
	return p.err()
}

func checkAliasing(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	data := []byte("what is stored")
	tags := map[string]string{"a": "b"}
	var opts []store.WriteOption
	if e.has(Tags) {
		opts = append(opts, store.Tags(tags))
	}
	if _, err := b.Put(ctx, "k", data, opts...); err != nil {
		return err
	}
	var p problems
	clear(data)
	clear(tags)
	p.add(holds(ctx, b, "k", []byte("what is stored")))
	got, err := b.GetBytes(ctx, "k")
	p.add(err)
	clear(got)
	p.add(holds(ctx, b, "k", []byte("what is stored")))
	for chunk, err := range b.Stream(ctx, "k", store.ChunkSize(5)) {
		p.add(err)
		clear(chunk)
	}
	p.add(holds(ctx, b, "k", []byte("what is stored")))
	if e.has(Tags) {
		p.add(hasTags(ctx, b, "k", map[string]string{"a": "b"}))
		got, err := b.GetTags(ctx, "k")
		p.add(err)
		clear(got)
		p.add(hasTags(ctx, b, "k", map[string]string{"a": "b"}))
	}
	return p.err()
}
