package conformance

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"sync"

	"github.com/s3mio/s3mio/store"
)

func downloadLaws() []Law {
	return []Law{
		{
			Name:  "R3/Download",
			Text:  "Download writes exactly the object into a file, making directories as needed and replacing a file that is there; its progress grows up to the size.",
			Check: checkDownload,
		},
		{
			Name:  "R3/DownloadAtomic",
			Text:  "A download that fails leaves the target and its directories as they were: no new file, no new directory, no temporary file.",
			Check: checkDownloadAtomic,
		},
		{
			Name:  "R3/DownloadPinned",
			Text:  "A download gives one version: when the object is replaced meanwhile, the file holds all of the old one, or the call fails with ErrObjectChanged and the file is as it was.",
			Check: checkDownloadPinned,
		},
	}
}

func checkDownload(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	dir := e.tb.TempDir()
	for _, n := range []int{0, 1, 100_000, large} {
		data := content(n, 10)
		if _, err := b.Put(ctx, "k", data); err != nil {
			return err
		}
		existing := filepath.Join(dir, "existing")
		if err := os.WriteFile(existing, []byte("what was there, longer than some"), 0o600); err != nil {
			return err
		}
		for _, target := range []string{existing, filepath.Join(dir, fmt.Sprint(n), "new", "file")} {
			var last store.Progress
			err := b.Download(ctx, "k", target, store.OnProgress(func(now store.Progress) {
				if now.Bytes < last.Bytes || now.Bytes > now.Total || now.Total != int64(n) {
					p.addf("progress went from %+v to %+v, for %d bytes", last, now, n)
				}
				last = now
			}))
			p.add(err)
			p.add(equal("progress at the end", last, store.Progress{Bytes: int64(n), Total: int64(n)}))
			got, err := readFile(target)
			p.add(err)
			p.add(sameBytes("the file", []byte(got), data))
		}
	}
	return p.err()
}

func checkDownloadAtomic(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	data := content(large, 11)
	info, err := b.Put(ctx, "k", data)
	if err != nil {
		return err
	}
	root := e.tb.TempDir()
	if err := os.WriteFile(filepath.Join(root, "file"), []byte("old"), 0o640); err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, "directory", "full"), 0o750); err != nil {
		return err
	}
	before, err := tree(root)
	if err != nil {
		return err
	}
	cancelled := func(path string) error {
		ctx, cancel := context.WithCancel(ctx)
		defer cancel()
		return b.Download(ctx, "k", path, store.OnProgress(func(store.Progress) { cancel() }))
	}
	var p problems
	for _, target := range []string{"file", "new", "new/dir/file", "directory/new"} {
		path := filepath.Join(root, target)
		p.add(want("a missing key to "+target, b.Download(ctx, "missing", path), store.ErrObjectNotFound))
		p.add(want("a missing bucket to "+target, e.missing().Download(ctx, "k", path), store.ErrBucketNotFound))
		p.add(want("a known version to "+target, b.Download(ctx, "k", path, store.IfNoneMatch(info.ETag)), store.ErrNotModified))
		p.add(want("a range past the end to "+target, b.Download(ctx, "k", path, store.Range(large, 1)), store.ErrInvalidRange))
		p.add(want("a download cancelled in the middle to "+target, cancelled(path), context.Canceled))
		after, err := tree(root)
		p.add(err)
		p.add(sameStrings("files after failed downloads to "+target, after, before))
	}
	for _, target := range []string{"directory", "directory/full", "file/below"} {
		if err := b.Download(ctx, "k", filepath.Join(root, target)); err == nil {
			p.addf("the download to %s succeeds", target)
		}
	}
	after, err := tree(root)
	p.add(err)
	p.add(sameStrings("files after failed downloads to directories", after, before))
	return p.err()
}

// tree describes all that is below a local directory.
func tree(root string) ([]string, error) {
	var all []string
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err != nil {
			return err
		}
		info, err := d.Info()
		if err != nil {
			return err
		}
		rel, err := filepath.Rel(root, path)
		if err != nil {
			return err
		}
		entry := filepath.ToSlash(rel) + " " + info.Mode().String()
		if info.Mode().IsRegular() {
			data, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			entry += fmt.Sprintf(" %.40q", data)
		}
		all = append(all, entry)
		return nil
	})
	return all, err
}

func checkDownloadPinned(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	old := content(3*large, 12)
	for name, change := range changes {
		if _, err := b.Put(ctx, "k", old); err != nil {
			return err
		}
		path, err := e.file("file", []byte("what was there"))
		if err != nil {
			return err
		}
		var once sync.Once
		changed := func() error { return errors.New("the download reports no progress") }
		err = b.Download(ctx, "k", path, store.OnProgress(func(store.Progress) {
			once.Do(func() { changed = meanwhile(func() error { return change(ctx, b, "k", len(old)) }) })
		}))
		p.add(changed())
		got, readErr := readFile(path)
		p.add(readErr)
		what := "downloading an object that was " + name
		switch {
		case err == nil:
			p.add(sameBytes(what, []byte(got), old))
		case errors.Is(err, store.ErrObjectChanged):
			p.add(equal(what+": the file after the failure", got, "what was there"))
		default:
			p.add(want(what, err, store.ErrObjectChanged))
		}
	}
	return p.err()
}
