package conformance

import (
	"context"

	"github.com/s3mio/s3mio/store"
)

func headerLaws() []Law {
	return []Law{
		{
			Name:  "API/Headers",
			Needs: []Capability{Headers},
			Text:  "Cache-Control, Content-Disposition, Content-Encoding and Content-Language are stored and returned verbatim, and the bytes are not touched by them.",
			Check: checkHeaders,
		},
		{
			Name:  "API/StorageClass",
			Needs: []Capability{StorageClass},
			Text:  "A storage class that was asked for is what Head and list show, and a copy within the backend keeps it: a bucket with storage classes is a driver.Copier, since the fallback loses them.",
			Check: checkGivenStorageClass,
		},
	}
}

func checkGivenStorageClass(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	const class = "REDUCED_REDUNDANCY" // the one that every server knows
	if _, err := b.Put(ctx, "k", "x", store.StorageClass(class)); err != nil {
		return err
	}
	var p problems
	head, err := b.Head(ctx, "k")
	p.add(err)
	p.add(equal("Head's StorageClass", head.StorageClass, class))
	list, err := b.List(ctx)
	p.add(err)
	if len(list) == 1 {
		p.add(equal("the listed StorageClass", list[0].StorageClass, class))
	}
	_, err = b.Copy(ctx, "k", "l")
	p.add(err)
	p.add(e.copied(ctx, b, "k", b, "l"))
	return p.err()
}

func checkHeaders(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	path, err := e.file("file", []byte("x"))
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		info store.ObjectInfo
	}{
		{"all", store.ObjectInfo{CacheControl: "Max-Age=3600, Public", ContentDisposition: `attachment; filename="A b.txt"`, ContentEncoding: "x-Own", ContentLanguage: "de-CH, en"}},
		{"odd", store.ObjectInfo{CacheControl: "what ever; %41", ContentDisposition: "inline; filename*=UTF-8''%e2%82%ac"}},
		{"gzip", store.ObjectInfo{ContentEncoding: "gzip"}},
	} {
		e.sub(c.name, func() error {
			opts := []store.WriteOption{store.ContentType("text/plain")}
			c.info.ContentType = "text/plain"
			for _, h := range []struct {
				value  string
				option func(string) store.WriteOption
			}{
				{c.info.CacheControl, store.CacheControl}, {c.info.ContentDisposition, store.ContentDisposition},
				{c.info.ContentEncoding, store.ContentEncoding}, {c.info.ContentLanguage, store.ContentLanguage},
			} {
				if h.value != "" {
					opts = append(opts, h.option(h.value))
				}
			}
			var p problems
			for name, write := range map[string]func() error{
				"Put":    func() error { _, err := b.Put(ctx, "k", "x", opts...); return err },
				"Upload": func() error { _, err := b.Upload(ctx, path, "k", opts...); return err },
				"Writer": func() error { return write(ctx, b, "k", []byte("x"), opts...) },
			} {
				p.add(want(name, write(), nil))
				p.add(holds(ctx, b, "k", []byte("x"))) // not decoded on the way
				head, err := b.Head(ctx, "k")
				p.add(err)
				p.add(sameHeaders(name, head, c.info))
				p.add(b.Delete(ctx, "k"))
			}
			return p.err()
		})
	}
	return nil
}
