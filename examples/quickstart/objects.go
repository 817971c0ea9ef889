package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/s3mio/s3mio/store"
)

type settings struct {
	Theme string `json:"theme"`
	Limit int    `json:"limit"`
}

func put(ctx context.Context, g *guide) error {
	g.code(`folder.Put(ctx, "hello.txt", "Hello, objects!")`)
	info, err := g.folder.Put(ctx, "hello.txt", "Hello, objects!")
	if err != nil {
		return err
	}
	g.show("stored %s, %d bytes, ETag %s", info.Key, info.Size, info.ETag)

	g.code(`folder.Put(ctx, "settings.json", settings{Theme: "dark", Limit: 20})`)
	info, err = g.folder.Put(ctx, "settings.json", settings{Theme: "dark", Limit: 20})
	if err != nil {
		return err
	}
	g.show("stored %s, %d bytes of JSON", info.Key, info.Size)

	g.code(`folder.Put(ctx, "pixel.gif", pixel, store.ContentType("image/gif"), store.Metadata(...))`)
	pixel := []byte("GIF89a\x01\x00\x01\x00\x00\x00\x00;")
	info, err = g.folder.Put(ctx, "pixel.gif", pixel,
		store.ContentType("image/gif"), store.Metadata(map[string]string{"origin": "quickstart"}))
	if err != nil {
		return err
	}
	g.show("stored %s, %d bytes", info.Key, info.Size)
	return nil
}

func get(ctx context.Context, g *guide) error {
	g.code(`folder.GetText(ctx, "hello.txt")`)
	text, err := g.folder.GetText(ctx, "hello.txt")
	if err != nil {
		return err
	}
	g.show("%q", text)

	g.code(`store.GetJSON[settings](ctx, folder, "settings.json")`)
	s, err := store.GetJSON[settings](ctx, g.folder, "settings.json")
	if err != nil {
		return err
	}
	g.show("%+v", s)

	g.code(`folder.GetBytes(ctx, "pixel.gif", store.Range(0, 6))`)
	data, err := g.folder.GetBytes(ctx, "pixel.gif", store.Range(0, 6))
	if err != nil {
		return err
	}
	g.show("%q", data)

	g.code(`folder.GetText(ctx, "no-such-key")`)
	_, err = g.folder.GetText(ctx, "no-such-key")
	if !errors.Is(err, store.ErrObjectNotFound) {
		return fmt.Errorf("expected ErrObjectNotFound, got: %w", err)
	}
	g.show("errors.Is(err, store.ErrObjectNotFound), and err says: %v", err)
	return nil
}

func head(ctx context.Context, g *guide) error {
	g.code(`folder.Head(ctx, "pixel.gif")`)
	info, err := g.folder.Head(ctx, "pixel.gif")
	if err != nil {
		return err
	}
	g.show("%d bytes, %s, metadata %v, modified %s", info.Size, info.ContentType, info.Metadata,
		info.LastModified.Format("2006-01-02 15:04:05 MST"))

	g.code(`folder.Exists(ctx, "no-such-key")`)
	found, err := g.folder.Exists(ctx, "no-such-key")
	if err != nil {
		return err
	}
	g.show("%t", found)
	return nil
}

func conditions(ctx context.Context, g *guide) error {
	g.code(`folder.Put(ctx, "hello.txt", "Mine!", store.IfAbsent())`)
	_, err := g.folder.Put(ctx, "hello.txt", "Mine!", store.IfAbsent())
	if !errors.Is(err, store.ErrPreconditionFailed) {
		return fmt.Errorf("expected ErrPreconditionFailed, got: %w", err)
	}
	g.show("refused, store.ErrPreconditionFailed: the object exists")

	info, err := g.folder.Head(ctx, "hello.txt")
	if err != nil {
		return err
	}
	g.code(`folder.Put(ctx, "hello.txt", "Hello again!", store.IfMatch(info.ETag))`)
	info, err = g.folder.Put(ctx, "hello.txt", "Hello again!", store.IfMatch(info.ETag))
	if err != nil {
		return err
	}
	g.show("stored: nobody had changed it; the ETag is now %s", info.ETag)
	return nil
}

func lines(ctx context.Context, g *guide) error {
	if _, err := g.folder.Put(ctx, "app.log", "10:00 start\n10:01 error: disk full\n10:02 stop\n"); err != nil {
		return err
	}
	g.code(`for line, err := range folder.Lines(ctx, "app.log") { ... }`)
	for line, err := range g.folder.Lines(ctx, "app.log") {
		if err != nil {
			return err
		}
		g.show("%s", line)
	}
	return nil
}
