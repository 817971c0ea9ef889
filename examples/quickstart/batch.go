package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/s3mio/s3mio/store"
)

func copyMany(ctx context.Context, g *guide) error {
	g.code(`folder.CopyMany(ctx, pairs, store.Workers(4))`)
	result, err := g.folder.CopyMany(ctx, []store.CopyPair{
		{Src: "hello.txt", Dst: "backup/hello.txt"},
		{Src: "no-such-key", Dst: "backup/no-such-key"},
		{Src: "settings.json", Dst: "backup/settings.json"},
		{Src: "reports/2025/march.csv", Dst: "backup/march.csv"},
	}, store.Workers(4))
	for _, pair := range result.Done {
		g.show("copied %s to %s", pair.Src, pair.Dst)
	}
	for _, failed := range result.Failed {
		// One bad pair fails alone, and this one was to be expected.
		if !errors.Is(failed, store.ErrObjectNotFound) {
			return failed
		}
		g.show("failed: %v", failed)
	}
	if batch, ok := errors.AsType[*store.BatchError](err); !ok || len(batch.Errors) != 1 {
		return fmt.Errorf("expected a BatchError of one copy, got: %w", err)
	}
	g.show("err is a *store.BatchError: %d copied, %d failed", result.Len(), len(result.Failed))
	return nil
}

func deleteMany(ctx context.Context, g *guide) error {
	g.code(`folder.DeleteMany(ctx, []string{"backup/hello.txt", "backup/march.csv", "never-there"})`)
	result, err := g.folder.DeleteMany(ctx, []string{"backup/hello.txt", "backup/march.csv", "never-there"})
	if err != nil {
		return err
	}
	g.show("gone: %q", result.Deleted)

	g.code(`folder.Prefix("reports").DeleteAll(ctx)`)
	result, err = g.folder.Prefix("reports").DeleteAll(ctx)
	if err != nil {
		return err
	}
	g.show("%d objects deleted", result.Len())
	return nil
}
