package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

func overwriteLaws() []Law {
	return []Law{
		{
			Name:  "W4/SeenAtOnce",
			Text:  "After a write has succeeded, every read, head and list sees it; after a delete, none does.",
			Check: checkSeenAtOnce,
		},
		{
			Name:  "W4/SeenByLaterPages",
			Text:  "A page of a listing under way has what was written before it was asked for, if its place is after the page before, and not what was deleted.",
			Check: checkSeenByLaterPages,
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

func checkSeenByLaterPages(ctx context.Context, e *Env) error {
	var p problems
	for delimiter, want := range map[string]struct{ objects, prefixes []string }{
		"":  {[]string{"b", "bb", "cc", "d/w", "d/x", "m/x"}, nil},
		"/": {[]string{"b", "bb", "cc"}, []string{"d/", "m/"}},
	} {
		b, err := e.withKeys(ctx, []string{"a", "b", "c", "d/x", "gone/x"})
		if err != nil {
			return err
		}
		direct, err := e.drv.OpenBucket(b.Name())
		if err != nil {
			return err
		}
		var objects, prefixes []string
		opts := &driver.ListOptions{Delimiter: delimiter, PageSize: 1}
		for pages := 0; pages == 0 || opts.Token != ""; pages++ {
			page, err := direct.List(ctx, opts)
			if err != nil {
				return err
			}
			var keys []string
			for _, o := range page.Objects {
				keys = append(keys, o.Key)
			}
			if pages == 0 {
				p.add(sameStrings("the first page", keys, []string{"a"}))
				p.add(putMany(ctx, b, []string{"bb", "d/w", "m/x"}))
				_, err := b.Copy(ctx, "a", "cc")
				p.add(err)
				p.add(b.Delete(ctx, "c"))
				p.add(b.Delete(ctx, "gone/x"))
			} else {
				objects, prefixes = append(objects, keys...), append(prefixes, page.Prefixes...)
			}
			if pages > 100 {
				return errors.New("the listing does not end")
			}
			opts.Token = page.NextToken
		}
		p.add(sameStrings(fmt.Sprintf("later pages, delimiter %q: objects", delimiter), objects, want.objects))
		p.add(sameStrings(fmt.Sprintf("later pages, delimiter %q: prefixes", delimiter), prefixes, want.prefixes))
	}
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
