package conformance

import (
	"context"
	"fmt"
	"strings"
)

func overwriteLaws() []Law {
	return []Law{
		{
			Name:  "W4/SeenAtOnce",
			Text:  "After a write has succeeded, every read, head and list sees it; after a delete, none does.",
			Check: checkSeenAtOnce,
		},
		{
			Name:  "W4/OverwriteReplaces",
			Text:  "An overwrite replaces the whole object: content type, headers, metadata and tags of the old one are gone.",
			Check: checkOverwriteReplaces,
		},
	}
}

func checkSeenAtOnce(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	// Lengths go up and down, so that a remainder of the old would show.
	for i, n := range []int{10, 3, 70_000, 0, 1} {
		data := content(n, byte(i))
		info, err := b.Put(ctx, "k", data)
		if err != nil {
			return err
		}
		p.add(holds(ctx, b, "k", data))
		got, err := readAll(ctx, b, "k")
		p.add(err)
		p.add(sameBytes("what Open reads", got, data))
		p.add(exists(ctx, b, "k", true))
		head, err := b.Head(ctx, "k")
		p.add(err)
		p.add(equal("Head's Size", head.Size, int64(n)))
		p.add(equal("Head's ETag", head.ETag, info.ETag))
		list, err := b.List(ctx)
		p.add(err)
		if len(list) != 1 {
			p.addf("%d objects are listed, want 1", len(list))
			continue
		}
		p.add(equal("the listed Size", list[0].Size, int64(n)))
		p.add(equal("the listed ETag", list[0].ETag, info.ETag))
	}
	p.add(b.Delete(ctx, "k"))
	p.add(absent(ctx, b, "k"))
	p.add(listed(ctx, b, nil))
	p.add(put(ctx, b, "k"))
	p.add(holds(ctx, b, "k", []byte("content of k")))
	return p.err()
}

func checkOverwriteReplaces(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	path, err := e.file("new", []byte("new"))
	if err != nil {
		return err
	}
	if err := put(ctx, b, "plain"); err != nil {
		return err
	}
	var p problems
	for name, overwrite := range map[string]func() error{
		"Put of a string": func() error { _, err := b.Put(ctx, "k", "new"); return err },
		"Put of a reader": func() error { _, err := b.Put(ctx, "k", strings.NewReader("new")); return err },
		"Writer":          func() error { return write(ctx, b, "k", []byte("new")) },
		"Upload":          func() error { _, err := b.Upload(ctx, path, "k"); return err },
		"Copy":            func() error { _, err := b.Copy(ctx, "plain", "k"); return err },
	} {
		if _, err := b.Put(ctx, "k", "old", e.rich()...); err != nil {
			return err
		}
		p.add(want(name, overwrite(), nil))
		now, err := e.look(ctx, b, "k")
		if err != nil {
			return err
		}
		if now == nil {
			return fmt.Errorf("the object is gone after %s", name)
		}
		i := now.info
		if i.ContentType == "Text/Markdown; Variant=GFM" || i.CacheControl != "" || i.ContentDisposition != "" ||
			i.ContentEncoding != "" || i.ContentLanguage != "" || len(i.Metadata) > 0 || len(i.Tags) > 0 {
			p.addf("%s: something of the old object is left: %+v", name, i)
		}
	}
	return p.err()
}
