package conformance

import (
	"context"

	"github.com/s3mio/s3mio/store"
)

func tagLaws() []Law {
	return []Law{
		{
			Name:  "T1/SetReplaces",
			Needs: []Capability{Tags},
			Text:  "SetTags replaces all tags, an empty or nil map clears them, and GetTags and Head with tags agree, with an empty map for no tags.",
			Check: checkSetReplaces,
		},
		{
			Name:  "T1/KeepsObject",
			Needs: []Capability{Tags},
			Text:  "SetTags changes nothing but the tags: ETag, LastModified, content type, headers and metadata stay.",
			Check: checkSetTagsKeeps,
		},
		{
			Name:  "T1/Missing",
			Needs: []Capability{Tags},
			Text:  "SetTags and GetTags of a missing object are ErrObjectNotFound, and make no object.",
			Check: func(ctx context.Context, e *Env) error {
				b, err := e.bucket(ctx)
				if err != nil {
					return err
				}
				var p problems
				p.add(want("SetTags", b.SetTags(ctx, "missing", map[string]string{"a": "b"}), store.ErrObjectNotFound))
				p.add(want("SetTags of none", b.SetTags(ctx, "missing", nil), store.ErrObjectNotFound))
				_, err = b.GetTags(ctx, "missing")
				p.add(want("GetTags", err, store.ErrObjectNotFound))
				p.add(absent(ctx, b, "missing"))
				return p.err()
			},
		},
	}
}

// hasTags demands tags from GetTags and from Head.
func hasTags(ctx context.Context, b store.Objects, key string, tags map[string]string) error {
	var p problems
	got, err := b.GetTags(ctx, key)
	p.add(err)
	p.add(sameMap("GetTags", got, tags))
	head, err := b.Head(ctx, key, store.WithTags())
	p.add(err)
	p.add(sameMap("Head's Tags", head.Tags, tags))
	if err == nil && (got == nil || head.Tags == nil) {
		p.addf("no tags are a nil map, want an empty one")
	}
	return p.err()
}

func checkSetReplaces(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "k", "other"); err != nil {
		return err
	}
	var p problems
	p.add(hasTags(ctx, b, "k", nil))
	for _, tags := range []map[string]string{{"a": "1", "b": "2"}, {"b": "3"}, {"c": ""}, {}, {"d": "4"}, nil} {
		p.add(b.SetTags(ctx, "k", tags))
		p.add(hasTags(ctx, b, "k", tags))
	}
	p.add(hasTags(ctx, b, "other", nil))
	head, err := b.Head(ctx, "k")
	p.add(err)
	if head.Tags != nil {
		p.addf("Head gives tags %q without having been asked", head.Tags)
	}
	return p.err()
}

func checkSetTagsKeeps(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if _, err := b.Put(ctx, "k", "x", e.rich()...); err != nil {
		return err
	}
	before, err := e.look(ctx, b, "k")
	if err != nil {
		return err
	}
	// LastModified has whole seconds: enough calls for one of them to fall
	// into the next second would take a second, so it is only compared.
	var p problems
	for _, tags := range []map[string]string{{"a": "1"}, {}} {
		p.add(b.SetTags(ctx, "k", tags))
		before.info.Tags = tags
		p.add(e.unchanged(ctx, b, "k", before))
		head, err := b.Head(ctx, "k")
		p.add(err)
		p.add(equal("LastModified", head.LastModified, before.info.LastModified))
	}
	return p.err()
}
