package conformance

import (
	"bytes"
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func uploadLaws() []Law {
	return []Law{
		{
			Name:  "W2/ContentTypes",
			Text:  "Upload guesses the content type from the file's extension, the same on every machine, and falls back on application/octet-stream.",
			Check: checkUploadTypes,
		},
		{
			Name:  "W2/BadSource",
			Text:  "A missing file, a directory and a device are ErrValidation from Upload, as is a missing directory or a file from UploadDir; nothing is written.",
			Check: checkUploadBadSource,
		},
		{
			Name:  "W2/Large",
			Text:  "An upload in several parts stores every byte in its place, and its progress grows up to the size of the file.",
			Check: checkLargeUpload,
		},
		{
			Name:  "W2/LargeStream",
			Text:  "A long body without a known size, from a reader or a Writer, is stored whole, however small the pieces it comes in.",
			Check: checkLargeStream,
		},
	}
}

func checkUploadTypes(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for name, want := range map[string]string{
		"a.txt": "text/plain", "a.html": "text/html", "a.css": "text/css", "a.csv": "text/csv", "a.js": "text/javascript",
		"a.json": "application/json", "a.pdf": "application/pdf", "a.zip": "application/zip", "a.xml": "application/xml",
		"a.png": "image/png", "a.jpg": "image/jpeg", "A.JPEG": "image/jpeg", "a.svg": "image/svg+xml", "a.mp4": "video/mp4",
		"a.tar.gz": "application/gzip", "a.parquet": "application/vnd.apache.parquet",
		"a": "application/octet-stream", "a.unheard-of": "application/octet-stream", "txt": "application/octet-stream",
	} {
		path, err := e.file(name, []byte(name))
		if err != nil {
			return err
		}
		info, err := b.Upload(ctx, path, "key.of-no-type")
		p.add(err)
		p.add(equal("Upload's Size", info.Size, int64(len(name))))
		p.add(holds(ctx, b, "key.of-no-type", []byte(name)))
		head, err := b.Head(ctx, "key.of-no-type")
		p.add(err)
		got, _, _ := strings.Cut(head.ContentType, ";")
		p.add(equal("content type of the file "+name, got, want))
	}
	return p.err()
}

func checkUploadBadSource(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "old"); err != nil {
		return err
	}
	file, err := e.file("file", []byte("x"))
	if err != nil {
		return err
	}
	dir := filepath.Dir(file)
	var p problems
	for name, path := range map[string]string{
		"a missing file":                  filepath.Join(dir, "missing"),
		"a file in a missing directory":   filepath.Join(dir, "missing", "file"),
		"a file below a file":             filepath.Join(file, "below"),
		"a directory":                     dir,
		"a device, which is no such file": os.DevNull,
		"an empty path":                   "",
	} {
		_, err := b.Upload(ctx, path, "old")
		p.add(want("Upload of "+name, err, store.ErrValidation))
		_, err = e.missing().Upload(ctx, path, "new")
		p.add(want("Upload of "+name+" to a missing bucket", err, store.ErrValidation))
	}
	for name, path := range map[string]string{
		"a missing directory": filepath.Join(dir, "missing"),
		"a file":              file,
	} {
		_, err := b.UploadDir(ctx, path, "tree")
		p.add(want("UploadDir of "+name, err, store.ErrValidation))
	}
	p.add(holds(ctx, b, "old", []byte("content of old")))
	p.add(listed(ctx, b, []string{"old"}))
	return p.err()
}

// large is more than a part of 8 MiB, huge more than two; neither is a whole
// number of anything.
const (
	large = 8<<20 + 321_321
	huge  = 17<<20 + 321
)

func checkLargeUpload(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	data := content(huge, 2)
	path, err := e.file("large.bin", data)
	if err != nil {
		return err
	}
	var p problems
	var last store.Progress
	progress := store.OnProgress(func(now store.Progress) {
		if now.Bytes < last.Bytes || now.Bytes > now.Total || now.Total != huge {
			p.addf("progress went from %+v to %+v, for %d bytes", last, now, huge)
		}
		last = now
	})
	info, err := b.Upload(ctx, path, "large", append(e.rich(), progress)...)
	if err != nil {
		return err
	}
	p.add(equal("progress at the end", last, store.Progress{Bytes: huge, Total: huge}))
	p.add(equal("progress at the end in percent", fmt.Sprint(last.Percent()), "100"))
	p.add(equal("Upload's Size", info.Size, huge))
	now, err := e.look(ctx, b, "large")
	if err != nil {
		return err
	}
	if now == nil {
		return fmt.Errorf("the object is not there after the upload")
	}
	p.add(sameBytes("the object", now.content, data))
	p.add(equal("Upload's ETag", info.ETag, now.info.ETag))

	// What describes a small object describes a large one just the same.
	if _, err := b.Put(ctx, "small", "s", e.rich()...); err != nil {
		return err
	}
	small, err := e.look(ctx, b, "small")
	if err != nil {
		return err
	}
	p.add(sameHeaders("the large object", now.info, small.info))

	target := filepath.Join(e.tb.TempDir(), "new", "dir", "large.bin")
	p.add(b.Download(ctx, "large", target))
	back, err := readFile(target)
	p.add(err)
	p.add(sameBytes("the downloaded file", []byte(back), data))
	return p.err()
}

func checkLargeStream(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	data := content(huge, 3)
	info, err := b.Put(ctx, "reader", &unevenReader{r: bytes.NewReader(data)})
	p.add(err)
	p.add(equal("Put's Size", info.Size, huge))
	p.add(holds(ctx, b, "reader", data))

	w, err := b.NewWriter(ctx, "writer")
	if err != nil {
		return err
	}
	for rest, n := data, 1; len(rest) > 0; n = n*3%1_000_003 + 1 {
		n = min(n, len(rest))
		if _, err := w.Write(rest[:n]); err != nil {
			return err
		}
		rest = rest[n:]
	}
	p.add(exists(ctx, b, "writer", false))
	p.add(w.Close())
	p.add(holds(ctx, b, "writer", data))
	return p.err()
}

// unevenReader delivers pieces of very different lengths, and shows no method
// but Read.
type unevenReader struct {
	r *bytes.Reader
	n int
}

func (u *unevenReader) Read(p []byte) (int, error) {
	u.n = u.n*7%100_003 + 1
	return u.r.Read(p[:min(u.n, len(p))])
}
