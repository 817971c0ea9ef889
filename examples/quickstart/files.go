package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"

	"github.com/s3mio/s3mio/store"
)

// fileSize makes S3 uploads multipart, which they are above 8 MiB.
const fileSize = 10 << 20

func files(ctx context.Context, g *guide) error {
	content := bytes.Repeat([]byte("0123456789abcdef"), fileSize/16)
	original := filepath.Join(g.dir, "video.mp4")
	if err := os.WriteFile(original, content, 0o666); err != nil {
		return err
	}

	g.code(`folder.Upload(ctx, "video.mp4", "media/video.mp4", store.OnProgress(bar))`)
	bar := newBar(g.out, "upload")
	info, err := g.folder.Upload(ctx, original, "media/video.mp4", store.OnProgress(bar.report))
	bar.end()
	if err != nil {
		return err
	}
	g.show("stored %s, %d bytes", info.Key, info.Size)

	g.code(`folder.Download(ctx, "media/video.mp4", "downloads/video.mp4", store.OnProgress(bar))`)
	downloaded := filepath.Join(g.dir, "downloads", "video.mp4") // the directory is created
	bar = newBar(g.out, "download")
	err = g.folder.Download(ctx, "media/video.mp4", downloaded, store.OnProgress(bar.report))
	bar.end()
	if err != nil {
		return err
	}
	back, err := os.ReadFile(downloaded)
	if err != nil {
		return err
	}
	if !bytes.Equal(back, content) {
		return errors.New("the downloaded file differs from the uploaded one")
	}
	g.show("the downloaded file equals the uploaded one")
	return nil
}

// progressBar draws a bar: again and again on a terminal, else once at the end.
type progressBar struct {
	out   io.Writer
	label string
	live  bool
	last  store.Progress
}

func newBar(out io.Writer, label string) *progressBar {
	return &progressBar{out: out, label: label, live: isTerminal(out)}
}

func isTerminal(out io.Writer) bool {
	f, ok := out.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}

func (b *progressBar) report(p store.Progress) {
	b.last = p
	if b.live {
		b.draw("\r")
	}
}

func (b *progressBar) draw(before string) {
	const width = 30
	done := int(b.last.Percent() / 100 * width)
	fmt.Fprintf(b.out, "%s      -> %-8s [%s%s] %3.0f%%  %.1f of %.1f MiB", before, b.label,
		strings.Repeat("#", done), strings.Repeat(".", width-done), b.last.Percent(),
		float64(b.last.Bytes)/(1<<20), float64(b.last.Total)/(1<<20))
}

func (b *progressBar) end() {
	if !b.live {
		b.draw("")
	}
	fmt.Fprintln(b.out)
}
