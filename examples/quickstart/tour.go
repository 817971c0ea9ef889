package main

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"io"
	"os"
	"strings"

	"github.com/s3mio/s3mio/store"
)

// stops are the stops of the tour, in this order: each builds on what those
// before it have stored.
var stops = []struct {
	title string
	visit func(context.Context, *guide) error
}{
	{"Put: text, JSON and bytes", put},
	{"Get them back", get},
	{"Head: what is known of an object", head},
	{"Conditional writes: nobody's work is lost", conditions},
	{"Prefix: a folder with keys of its own", prefix},
	{"List: objects, or one level with its folders", list},
	{"Tags", tags},
	{"Lines: read a text as it streams in", lines},
	{"Copy many objects at once", copyMany},
	{"Delete many objects at once", deleteMany},
	{"Upload and download a file, with progress", files},
	{"Presigned URLs: access without credentials", presign},
}

// guide is what the stops share.
type guide struct {
	folder *store.Prefix // all of the tour's objects are in it
	dir    string        // for local files
	out    io.Writer
}

// code shows the line of Go that comes next.
func (g *guide) code(line string) { fmt.Fprintf(g.out, "    %s\n", line) }

// show shows what came of it.
func (g *guide) show(format string, args ...any) {
	fmt.Fprintf(g.out, "      -> "+format+"\n", args...)
}

// tour visits all stops, and cleans up whatever happens.
func tour(ctx context.Context, bucket *store.Bucket, out io.Writer) (err error) {
	folder := bucket.Prefix("s3mio-quickstart-" + strings.ToLower(rand.Text()[:8]))
	fmt.Fprintf(out, "s3mio quick start on %s\nIt stores below %s and removes everything at the end.\n", bucket, folder.Path())

	// A bucket that is not there shows at the first request.
	if _, err := folder.Exists(ctx, "hello.txt"); err != nil {
		return err
	}
	dir, err := os.MkdirTemp("", "s3mio-quickstart-")
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(dir)) }()
	defer func() { err = errors.Join(err, cleanUp(ctx, folder, out)) }()

	g := &guide{folder: folder, dir: dir, out: out}
	for i, stop := range stops {
		fmt.Fprintf(out, "\n%2d. %s\n", i+1, stop.title)
		if err := stop.visit(ctx, g); err != nil {
			return err
		}
	}
	return nil
}

// cleanUp removes what the tour has stored, even after Ctrl-C.
func cleanUp(ctx context.Context, folder *store.Prefix, out io.Writer) error {
	result, err := folder.DeleteAll(context.WithoutCancel(ctx))
	if err != nil {
		return fmt.Errorf("cleaning up %s: %w", folder, err)
	}
	fmt.Fprintf(out, "\nCleaned up: %d objects removed from %s.\n", result.Len(), folder)
	return nil
}
