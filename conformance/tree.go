package conformance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func treeLaws() []Law {
	return []Law{
		{
			Name:  "API/UploadDir",
			Text:  "UploadDir stores every file of a tree under its path, with its content type, whatever the number of workers; files that fail do so by name and the others are stored.",
			Check: checkUploadDir,
		},
		{
			Name:  "API/DownloadDir",
			Text:  "DownloadDir writes every object below a folder to a file of its name, making directories as needed and replacing files, and touches nothing else.",
			Check: checkDownloadDir,
		},
		{
			Name:  "API/DownloadDirEscape",
			Text:  "A key that would lead out of the local directory fails by name; the others are written, and nothing is written outside.",
			Check: checkDownloadDirEscape,
		},
	}
}

// localTree makes files in a new directory.
func (e *Env) localTree(names ...string) (string, error) {
	root := e.tb.TempDir()
	for _, name := range names {
		path := filepath.Join(root, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
			return "", err
		}
		if err := os.WriteFile(path, []byte("content of "+name), 0o644); err != nil {
			return "", err
		}
	}
	return root, nil
}

func checkUploadDir(ctx context.Context, e *Env) error {
	names := sorted("a.txt", "a-b", "b/c.json", "b/d/e.html", "b.x", "empty dir is not stored/file", "ä ö")
	root, err := e.localTree(names...)
	if err != nil {
		return err
	}
	if err := os.MkdirAll(filepath.Join(root, "no", "files"), 0o777); err != nil {
		return err
	}
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, prefix := range []string{"", "up", "up/load/"} {
		for _, workers := range []int{1, 4} {
			var last store.Progress
			result, err := b.UploadDir(ctx, root, prefix, store.Workers(workers), store.OnProgress(func(now store.Progress) { last = now }))
			p.add(err)
			p.add(equal("Len()", result.Len(), len(names)))
			below := strings.TrimSuffix(prefix, "/")
			if below != "" {
				below += "/"
			}
			var total int64
			for i, name := range names {
				p.add(holds(ctx, b, below+name, []byte("content of "+name)))
				total += int64(len("content of " + name))
				if i < len(result.Done) {
					want := store.Transfer{Path: filepath.Join(root, filepath.FromSlash(name)), Key: below + name, Size: int64(len("content of " + name))}
					p.add(equal("Done", result.Done[i], want))
				}
			}
			p.add(equal("progress at the end", last, store.Progress{Bytes: total, Total: total}))
			head, err := b.Head(ctx, below+"b/d/e.html")
			p.add(err)
			if !strings.HasPrefix(head.ContentType, "text/html") {
				p.addf("the content type of e.html is %q", head.ContentType)
			}
			all, err := b.List(ctx)
			p.add(err)
			p.add(equal("objects in the bucket", len(all), len(names)))
			for _, o := range all {
				p.add(b.Delete(ctx, o.Key))
			}
		}
	}
	p.add(checkUploadDirLink(ctx, b, root, names))
	return p.err()
}

// checkUploadDirLink has a symbolic link among the files, where the system
// has such.
func checkUploadDirLink(ctx context.Context, b store.Objects, root string, names []string) error {
	if err := os.Symlink("a.txt", filepath.Join(root, "link")); err != nil {
		return nil
	}
	result, err := b.UploadDir(ctx, root, "up")
	var p problems
	var batch *store.BatchError
	if !errors.As(err, &batch) {
		p.addf("UploadDir with a link in the tree: the error is a %T, want a *store.BatchError", err)
	}
	p.add(equal("Len()", result.Len(), len(names)))
	if len(result.Failed) != 1 || result.Failed[0].Key != "up/link" {
		p.addf("failed: %+v, want up/link alone", result.Failed)
	}
	p.add(absent(ctx, b, "up/link"))
	return p.err()
}

func checkDownloadDir(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, []string{"dir/a.txt", "dir/b/c", "dir/b/d/e f", "dir/ä", "dir2/x", "a"})
	if err != nil {
		return err
	}
	want := []string{"dir/a.txt", "dir/b/c", "dir/b/d/e f", "dir/ä"}
	var p problems
	for _, prefix := range []string{"dir", "dir/"} {
		root, err := e.localTree("a.txt", "stays", "b/stays")
		if err != nil {
			return err
		}
		for _, workers := range []int{1, 4} {
			result, err := b.DownloadDir(ctx, prefix, root, store.Workers(workers))
			p.add(err)
			var done []string
			for _, d := range result.Done {
				done = append(done, d.Key)
				p.add(equal("Size", d.Size, int64(len("content of "+d.Key))))
				p.add(equal("Path", d.Path, filepath.Join(root, filepath.FromSlash(strings.TrimPrefix(d.Key, "dir/")))))
				got, err := readFile(d.Path)
				p.add(err)
				p.add(equal(d.Path, got, "content of "+d.Key))
			}
			p.add(sameStrings("Done", done, want))
			p.add(sameFiles(root, "a.txt", "b/c", "b/d/e f", "b/stays", "stays", "ä"))
		}
	}
	// Into a directory that is not there, through a Prefix, and all of it.
	root := filepath.Join(e.tb.TempDir(), "new", "dir")
	result, err := b.Prefix("dir").DownloadDir(ctx, "b", root)
	p.add(err)
	p.add(equal("Len()", result.Len(), 2))
	p.add(sameFiles(root, "c", "d/e f"))
	root = e.tb.TempDir()
	result, err = b.DownloadDir(ctx, "", root)
	p.add(err)
	p.add(equal("Len()", result.Len(), 6))
	p.add(sameFiles(root, "a", "dir/a.txt", "dir/b/c", "dir/b/d/e f", "dir/ä", "dir2/x"))
	return p.err()
}

// sameFiles demands that there are these files below root, and no others.
func sameFiles(root string, names ...string) error {
	var got []string
	err := fs.WalkDir(os.DirFS(root), ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			got = append(got, path)
		}
		return err
	})
	if err != nil {
		return err
	}
	slices.Sort(got)
	return sameStrings("files below the directory", got, sorted(names...))
}

func checkDownloadDirEscape(ctx context.Context, e *Env) error {
	for _, key := range []string{"../escaped", "../../escaped", "/escaped", "a/../../escaped", "a//escaped", "./escaped", "a/./escaped", "..", "a/..", "link/escaped"} {
		e.sub(key, func() error {
			b, err := e.bucket(ctx)
			if err != nil {
				return err
			}
			if err := put(ctx, b, "dir/"+key, "dir/good", "dir/other/good"); err != nil {
				return err
			}
			outer := e.tb.TempDir()
			root := filepath.Join(outer, "in", "ner")
			if err := os.MkdirAll(root, 0o777); err != nil {
				return err
			}
			if key == "link/escaped" {
				if err := os.Symlink(outer, filepath.Join(root, "link")); err != nil {
					return nil // a system without links
				}
			}
			result, err := b.DownloadDir(ctx, "dir", root)
			var p problems
			var batch *store.BatchError
			if !errors.As(err, &batch) {
				p.addf("the error is %v, want a *store.BatchError", err)
			}
			if key != "link/escaped" { // which only the system can refuse
				p.add(want("the failure", err, store.ErrValidation))
			}
			p.add(equal("Len()", result.Len(), 2))
			if len(result.Failed) != 1 || result.Failed[0].Key != "dir/"+key {
				p.addf("failed: %+v, want %q alone", result.Failed, "dir/"+key)
			}
			for _, name := range []string{"good", "other/good"} {
				_, err := os.Stat(filepath.Join(root, name))
				p.add(err)
			}
			outside, err := tree(outer)
			p.add(err)
			for _, entry := range outside {
				if strings.Contains(entry, "escaped") {
					p.add(fmt.Errorf("written: %s", entry))
				}
			}
			return p.err()
		})
	}
	return nil
}
