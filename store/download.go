package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"

	"github.com/s3mio/s3mio/driver"
)

// Download writes an object, or the part that [Range] or [Tail] names, to a
// local file, replacing it as a whole. Missing parent directories are created.
// The content goes to a temporary file beside the target, which is renamed when
// it is complete; whatever fails, the target and its directories are as they
// were. A target that is a link stays one: what it leads to is replaced. A file
// that is replaced keeps its mode. A target that is a directory or a special
// file is [ErrValidation]. On S3 a large object comes in ranges, several at once;
// [OnProgress] costs one request more, for the size.
func (c *core) Download(ctx context.Context, key, localPath string, opts ...ReadOption) error {
	const op = "download"
	full, err := c.key(key, driver.ValidKey)
	var cfg *config
	if err == nil {
		cfg, err = readConfig("Download", optsRead, opts)
	}
	if err == nil && localPath == "" {
		err = invalid("the local path is empty")
	}
	if err := c.store.ready(ctx, err); err != nil {
		return c.fail(ctx, op, full, err)
	}
	return c.fail(ctx, op, full, c.download(ctx, full, localPath, cfg))
}

func (c *core) download(ctx context.Context, full, localPath string, cfg *config) error {
	if os.IsPathSeparator(localPath[len(localPath)-1]) {
		return invalid("%s is a directory's name", localPath)
	}
	target := filepath.Clean(localPath)
	// A link is kept, unless it leads nowhere: what it leads to is replaced.
	if real, err := filepath.EvalSymlinks(target); err == nil {
		target = real
	}
	f, dirs, err := createTarget(target, localPath)
	if dirs != nil {
		defer dirs.root.Close() //nolint:errcheck // only a handle
	}
	if err == nil {
		_, err = c.downloadInto(ctx, full, f, cfg, nil)
	}
	if err != nil && dirs != nil {
		dirs.removeEmpty()
	}
	return err
}

// createTarget opens the temporary file for a target, making the directories
// that are missing. Errors name the target by path, as the caller does.
func createTarget(target, path string) (*atomicFile, *madeDirs, error) {
	dirsInUse.RLock()
	defer dirsInUse.RUnlock()
	dir, err := deepestDir(filepath.Dir(target))
	if err != nil {
		return nil, nil, err
	}
	root, err := os.OpenRoot(dir)
	if err != nil {
		return nil, nil, err
	}
	dirs := &madeDirs{root: root}
	name, err := filepath.Rel(dir, target)
	if err != nil {
		return nil, dirs, err
	}
	f, err := newAtomicFile(dirs, name, path)
	return f, dirs, err
}

// deepestDir gives the part of a path that is there, which must be a directory.
func deepestDir(dir string) (string, error) {
	for {
		info, err := os.Stat(dir)
		if err == nil && info.IsDir() {
			return dir, nil
		}
		parent := filepath.Dir(dir)
		switch {
		case err == nil:
			return "", invalid("%s is a file, not a directory", dir)
		case parent == dir || !errors.Is(err, fs.ErrNotExist) && !errors.Is(err, syscall.ENOTDIR):
			return "", err
		}
		dir = parent
	}
}

// downloadInto writes an object to a file. m, when not nil, counts for many
// files.
func (c *core) downloadInto(ctx context.Context, full string, f *atomicFile, cfg *config, m *meter) (size int64, err error) {
	single := m == nil
	if single {
		m = newMeter(cfg.progress, -1)
	}
	defer func() {
		if err = f.end(err); err == nil && single {
			m.finish()
		}
	}()
	var w io.WriterAt = f.File
	if m != nil {
		w = &meteredWriterAt{w, &coverage{m: m}}
	}
	if single && m != nil {
		if m.p.Total, err = c.downloadSize(ctx, full, cfg); err != nil {
			return 0, err
		}
	}
	info, err := driver.Download(ctx, c.bucket, full, w, &cfg.get)
	if err != nil {
		return 0, err
	}
	_, want, err := cfg.get.Range.Resolve(info.Size)
	if err != nil {
		return 0, err
	}
	stat, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if stat.Size() != want {
		return 0, shortBody(stat.Size(), want, nil)
	}
	if err := ctx.Err(); err != nil {
		return 0, err
	}
	return want, nil
}

// downloadSize asks how much there is to download, which only a progress report
// needs to know beforehand.
func (c *core) downloadSize(ctx context.Context, full string, cfg *config) (int64, error) {
	info, err := driver.Head(ctx, c.bucket, full, &driver.HeadOptions{})
	if err == nil {
		err = driver.CheckRead(&cfg.get, info.ETag)
	}
	if err != nil {
		return 0, err
	}
	_, length, err := cfg.get.Range.Resolve(info.Size)
	return length, err
}
