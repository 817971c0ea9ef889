package main

import (
	"context"

	"github.com/s3mio/s3mio/store"
)

func prefix(ctx context.Context, g *guide) error {
	g.code(`reports := folder.Prefix("reports", "2025")`)
	reports := g.folder.Prefix("reports", "2025")
	g.show("%s", reports)
	for _, key := range []string{"january.csv", "february.csv", "march.csv"} {
		g.code(`reports.Put(ctx, "` + key + `", ...)`)
		if _, err := reports.Put(ctx, key, "item,amount\napples,3\n", store.ContentType("text/csv")); err != nil {
			return err
		}
	}

	g.code(`for o, err := range reports.All(ctx) { ... }`)
	for o, err := range reports.All(ctx) {
		if err != nil {
			return err
		}
		g.show("%s, %d bytes", o.Key, o.Size)
	}
	return nil
}

func list(ctx context.Context, g *guide) error {
	g.code(`folder.List(ctx, store.KeyPrefix("reports/"))`)
	objects, err := g.folder.List(ctx, store.KeyPrefix("reports/"))
	if err != nil {
		return err
	}
	for _, o := range objects {
		g.show("%s", o.Key)
	}

	g.code(`folder.ListDir(ctx)`)
	dir, err := g.folder.ListDir(ctx)
	if err != nil {
		return err
	}
	for _, p := range dir.Prefixes {
		g.show("folder %s", p)
	}
	for _, o := range dir.Objects {
		g.show("object %s", o.Key)
	}
	return nil
}

func tags(ctx context.Context, g *guide) error {
	g.code(`folder.SetTags(ctx, "hello.txt", map[string]string{"lang": "en", "mood": "good"})`)
	if err := g.folder.SetTags(ctx, "hello.txt", map[string]string{"lang": "en", "mood": "good"}); err != nil {
		return err
	}
	g.code(`folder.GetTags(ctx, "hello.txt")`)
	tags, err := g.folder.GetTags(ctx, "hello.txt")
	if err != nil {
		return err
	}
	g.show("%v", tags)

	g.code(`folder.Head(ctx, "hello.txt", store.WithTags())`)
	info, err := g.folder.Head(ctx, "hello.txt", store.WithTags())
	if err != nil {
		return err
	}
	g.show("%d bytes, tags %v", info.Size, info.Tags)
	return nil
}
