package store

import (
	"context"
	"os"
	"path/filepath"
	"strings"
)

// DownloadDir writes the objects below keyPrefix (a folder, with or without its
// final slash; empty for all) to files below localDir, [Workers] at once: the
// key keyPrefix/a/b.txt to the file a/b.txt. localDir is created. An empty object
// whose key ends in a slash becomes a directory. A key that is no file name
// here, or would leave localDir ("../x", "/x", "a//b", or through a link), fails
// by name and nothing is written outside. Each file appears complete or not at
// all. Where one key is the directory of another, "a" beside "a/b", one of the two
// fails. What fails does not keep the others from being written, and the error is
// a [*BatchError].
func (c *core) DownloadDir(ctx context.Context, keyPrefix, localDir string, opts ...ReadOption) (TransferResult, error) {
	const op = "download dir"
	prefix := dirPrefix(keyPrefix)
	cfg, err := readConfig("DownloadDir", optsDirDown, opts)
	if err == nil && localDir == "" {
		err = invalid("the local directory is empty")
	}
	if c.err != nil {
		err = c.err
	}
	if err = c.store.ready(ctx, err); err != nil {
		return TransferResult{}, c.fail(ctx, op, c.full(prefix), err)
	}
	var items []transfer
	var total int64
	for o, err := range c.All(ctx, KeyPrefix(prefix)) {
		if err != nil {
			return TransferResult{}, err // of the listing
		}
		if o.Key == prefix && o.Size == 0 {
			continue // the folder's own marker
		}
		it := transfer{name: o.Key[len(prefix):]}
		it.Transfer = Transfer{Path: filepath.Join(localDir, filepath.FromSlash(it.name)), Key: o.Key, Size: o.Size}
		total += o.Size
		items = append(items, it)
	}
	if err := os.MkdirAll(localDir, 0o777); err != nil {
		return TransferResult{}, c.fail(ctx, op, c.full(prefix), invalid("cannot make the directory: %w", err))
	}
	root, err := os.OpenRoot(localDir)
	if err != nil {
		return TransferResult{}, c.fail(ctx, op, c.full(prefix), invalid("cannot open the directory: %w", err))
	}
	defer root.Close() //nolint:errcheck // only a handle

	dirs := &madeDirs{root: root}
	m := newMeter(cfg.progress, total)
	parallel(cfg.workers, indexes(len(items), 1), func(i int) {
		it := &items[i]
		err := c.store.ready(ctx, nil)
		if err == nil {
			err = c.downloadItem(ctx, dirs, it, cfg, m)
		}
		it.err = c.fail(ctx, "download", c.full(it.Key), err)
	})
	dirs.removeEmpty() // those that only failed transfers needed
	return c.transferResult(op, items, m)
}

func (c *core) downloadItem(ctx context.Context, dirs *madeDirs, it *transfer, cfg *config, m *meter) error {
	folder, isFolder := strings.CutSuffix(it.name, "/")
	isFolder = isFolder && it.Size == 0
	// Localize takes only clean relative paths, and no name this system reserves.
	name, err := filepath.Localize(folder)
	if err != nil || name == "." || strings.HasSuffix(it.name, "/") && !isFolder {
		return invalid("the key %q is no file name below the directory", it.name)
	}
	if isFolder {
		if err := dirs.all(name); err != nil {
			return inTheWay(dirs.root, filepath.Join(name, "file"), it.Path, err)
		}
		dirs.keep(name)
		return nil
	}
	dirsInUse.RLock()
	f, err := newAtomicFile(dirs, name, it.Path)
	dirsInUse.RUnlock()
	if err != nil {
		return err
	}
	size, err := c.downloadInto(ctx, c.full(it.Key), f, cfg, m)
	if err == nil {
		it.Size = size
	}
	return err
}
