package conformance

import (
	"context"
	"fmt"
	"maps"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func metadataLaws() []Law {
	return []Law{
		{
			Name:  "W6/Metadata",
			Needs: []Capability{Metadata},
			Text:  "Metadata up to the limits is stored: keys come back in lower case, values byte for byte.",
			Check: checkMetadata,
		},
		{
			Name:  "W6/MetadataRefused",
			Text:  "Metadata beyond the limits is ErrValidation before anything is sent, on every driver alike.",
			Check: checkMetadataRefused,
		},
		{
			Name:  "W6/Tags",
			Needs: []Capability{Tags},
			Text:  "Tags up to the limits are stored character for character, by Put and by SetTags.",
			Check: checkTagsAccepted,
		},
		{
			Name:  "W6/TagsRefused",
			Text:  "Tags beyond the limits are ErrValidation before anything is sent, on every driver alike.",
			Check: checkTagsRefused,
		},
	}
}

func checkMetadata(ctx context.Context, e *Env) error {
	var printable strings.Builder
	for c := byte('!'); c <= '~'; c++ {
		printable.WriteByte(c)
	}
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		md   map[string]string
	}{
		{"one", map[string]string{"a": "b"}},
		{"mixed case", map[string]string{"Content-Kind": "MiXed", "UPPER": "U"}},
		{"spaces inside", map[string]string{"k": "a  b c"}},
		{"printable ASCII", map[string]string{"k": printable.String()}},
		{"escapes", map[string]string{"k": "%41 %2F a+b \\u0041 =?utf-8?q?a?="}},
		{"many", many(40, func(i int) (string, string) { return fmt.Sprintf("key-%d", i), fmt.Sprint(i) })},
		{"2 KiB", map[string]string{"k": strings.Repeat("v", 2047)}},
		{"token characters", map[string]string{"a!#$%&'*+.^_`|~z": "v"}},
		{"underscore", map[string]string{"a_b": "v"}},
		{"empty value", map[string]string{"k": ""}},
	} {
		e.sub(c.name, func() error {
			given := maps.Clone(c.md)
			if _, err := b.Put(ctx, "k", "x", store.Metadata(given)); err != nil {
				return err
			}
			lower := map[string]string{}
			for k, v := range c.md {
				lower[strings.ToLower(k)] = v
			}
			var p problems
			p.add(sameMap("the map given to Put", given, c.md))
			head, err := b.Head(ctx, "k")
			p.add(err)
			p.add(sameMap("Metadata", head.Metadata, lower))
			r, err := b.Open(ctx, "k")
			if err != nil {
				return err
			}
			p.add(sameMap("Metadata of an open Reader", r.Info().Metadata, lower))
			p.add(r.Close())
			// What the caller does to either map afterwards changes nothing.
			clear(given)
			clear(head.Metadata)
			head, err = b.Head(ctx, "k")
			p.add(err)
			p.add(sameMap("Metadata later", head.Metadata, lower))
			return p.err()
		})
	}
	return nil
}

func many(n int, item func(int) (string, string)) map[string]string {
	m := map[string]string{}
	for i := range n {
		k, v := item(i)
		m[k] = v
	}
	return m
}

func checkMetadataRefused(ctx context.Context, e *Env) error {
	return e.writesRefused(ctx, map[string]store.WriteOption{
		"an empty key":               store.Metadata(map[string]string{"": "v"}),
		"a space in a key":           store.Metadata(map[string]string{"a b": "v"}),
		"a colon in a key":           store.Metadata(map[string]string{"a:b": "v"}),
		"a key beyond ASCII":         store.Metadata(map[string]string{"é": "v"}),
		"a line feed in a key":       store.Metadata(map[string]string{"a\n": "v"}),
		"a line feed in a value":     store.Metadata(map[string]string{"k": "a\r\nb"}),
		"a tab in a value":           store.Metadata(map[string]string{"k": "a\tb"}),
		"a value beyond ASCII":       store.Metadata(map[string]string{"k": "é"}),
		"DEL in a value":             store.Metadata(map[string]string{"k": "a\x7f"}),
		"a leading space":            store.Metadata(map[string]string{"k": " v"}),
		"a trailing space":           store.Metadata(map[string]string{"k": "v "}),
		"a key twice but for case":   store.Metadata(map[string]string{"Key": "a", "kEY": "a"}),
		"2,049 bytes":                store.Metadata(map[string]string{"k": strings.Repeat("v", 2048)}),
		"2,049 bytes in many":        store.Metadata(many(683, func(i int) (string, string) { return fmt.Sprintf("%03d", i), "" })),
		"a line feed in a type":      store.ContentType("text/plain\r\nx-evil: 1"),
		"a type beyond ASCII":        store.ContentType("text/é"),
		"a line feed in a header":    store.CacheControl("a\nb"),
		"a disposition beyond ASCII": store.ContentDisposition(`attachment; filename="é"`),
		"a bad storage class":        store.StorageClass("NO SUCH CLASS"),
	})
}

func checkTagsAccepted(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name string
		tags map[string]string
	}{
		{"one", map[string]string{"k": "v"}},
		{"empty value", map[string]string{"k": ""}},
		{"10 tags", many(10, func(i int) (string, string) { return fmt.Sprint("k", i), fmt.Sprint(i) })},
		{"longest", map[string]string{strings.Repeat("k", 128): strings.Repeat("v", 256)}},
		{"characters", map[string]string{"a +-=._:/@Z9": "b +-=._:/@Z9"}},
		{"case", map[string]string{"Key": "a", "key": "b"}},
		{"inner spaces", map[string]string{"a b": "c  d"}},
		{"letters and digits beyond ASCII", map[string]string{"größe": "日本語 ٣"}},
		{"longest beyond ASCII", map[string]string{strings.Repeat("é", 128): strings.Repeat("日", 256)}},
	} {
		e.sub(c.name, func() error {
			var p problems
			_, err := b.Put(ctx, "put", "x", store.Tags(c.tags))
			p.add(err)
			p.add(hasTags(ctx, b, "put", c.tags))
			p.add(put(ctx, b, "set"))
			p.add(b.SetTags(ctx, "set", c.tags))
			p.add(hasTags(ctx, b, "set", c.tags))
			return p.err()
		})
	}
	return nil
}

func checkTagsRefused(ctx context.Context, e *Env) error {
	bad := map[string]map[string]string{
		"11 tags":              many(11, func(i int) (string, string) { return fmt.Sprint("k", i), "" }),
		"an empty key":         {"": "v"},
		"a key too long":       {strings.Repeat("k", 129): "v"},
		"a value too long":     {"k": strings.Repeat("é", 257)},
		"a reserved key":       {"aws:x": "v"},
		"a reserved key, loud": {"AWS:x": "v"},
		"a bad key":            {"a*": "v"},
		"a bad value":          {"k": "a&b"},
		"a control character":  {"k": "a\nb"},
		"a key not in UTF-8":   {"a\xff": "v"},
	}
	opts := map[string]store.WriteOption{}
	var p problems
	for name, tags := range bad {
		opts[name] = store.Tags(tags)
		p.add(want("SetTags: "+name, e.missing().SetTags(ctx, "k", tags), store.ErrValidation))
	}
	p.add(e.writesRefused(ctx, opts))
	return p.err()
}

// writesRefused demands that every write refuses each option before any
// request, and that nothing changes.
func (e *Env) writesRefused(ctx context.Context, bad map[string]store.WriteOption) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "k"); err != nil {
		return err
	}
	path, err := e.file("file", []byte("x"))
	if err != nil {
		return err
	}
	var p problems
	for name, opt := range bad {
		for _, b := range []bucket{b, e.missing()} {
			_, err := b.Put(ctx, "k", "x", opt)
			p.add(want("Put: "+name, err, store.ErrValidation))
			_, err = b.Upload(ctx, path, "k", opt)
			p.add(want("Upload: "+name, err, store.ErrValidation))
			p.add(want("Writer: "+name, write(ctx, b, "k", []byte("x"), opt), store.ErrValidation))
		}
	}
	p.add(holds(ctx, b, "k", []byte("content of k")))
	p.add(listed(ctx, b, []string{"k"}))
	return p.err()
}
