package store

import (
	"context"
	"io/fs"
	"os"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/contenttype"
)

// Upload stores a local file under key. The content type follows the file's
// extension, the same on every machine, unless [ContentType] is given. On S3 a
// file of more than 8 MiB goes up in parts, several at once, straight from the
// file. A missing file, a directory or a special file is [ErrValidation]; a file
// that changes its size meanwhile is [ErrSizeMismatch].
func (c *core) Upload(ctx context.Context, localPath, key string, opts ...WriteOption) (ObjectInfo, error) {
	const op = "upload"
	full, err := c.key(key, driver.ValidNewKey)
	var cfg *config
	if err == nil {
		cfg, err = writeConfig("Upload", optsWrite, opts)
	}
	if err := c.store.ready(ctx, err); err != nil {
		return ObjectInfo{}, c.fail(ctx, op, full, err)
	}
	info, err := c.uploadFile(ctx, full, cfg, nil, func() (*os.File, error) { return openRegular(localPath, localPath, os.Stat, os.Open) })
	return info, c.fail(ctx, op, full, err)
}

// uploadFile stores what open gives. m, when not nil, counts for many files.
func (c *core) uploadFile(ctx context.Context, full string, cfg *config, m *meter, open func() (*os.File, error)) (ObjectInfo, error) {
	f, err := open()
	if err != nil {
		return ObjectInfo{}, err
	}
	defer f.Close() //nolint:errcheck // it was only read
	stat, err := f.Stat()
	if err != nil {
		return ObjectInfo{}, err
	}
	b := &body{at: newFileBody(f, stat.Size()), size: stat.Size(), contentType: contenttype.ByName(f.Name()), shared: m}
	if err := b.announce(cfg); err != nil {
		return ObjectInfo{}, err
	}
	return c.put(ctx, full, b, cfg)
}

// openRegular opens a file that must be a regular one. It looks before it
// opens, since opening a FIFO blocks. Errors name it by path, as the caller does.
func openRegular(name, path string, stat func(string) (fs.FileInfo, error), open func(string) (*os.File, error)) (*os.File, error) {
	info, err := stat(name)
	if err != nil {
		return nil, invalid("cannot read the file: %w", atPath(err, path))
	}
	if !info.Mode().IsRegular() {
		return nil, invalid("%s is %s, not a regular file", path, kindOf(info.Mode()))
	}
	f, err := open(name)
	if err != nil {
		return nil, invalid("cannot read the file: %w", atPath(err, path))
	}
	return f, nil
}

func kindOf(mode fs.FileMode) string {
	switch {
	case mode.IsDir():
		return "a directory"
	case mode&fs.ModeSymlink != 0:
		return "a symbolic link"
	}
	return "a special file"
}
