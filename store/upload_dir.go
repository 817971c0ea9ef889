package store

import (
	"context"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/s3mio/s3mio/driver"
)

// UploadDir stores the files of a local directory tree, [Workers] at once: the
// file a/b.txt under the key keyPrefix/a/b.txt (keyPrefix may be empty, and ends
// in a slash or not). Directories themselves, modes and times are not stored. A link or special
// file fails by name; so does a file that cannot be read. What fails does not
// keep the others from being stored, and the error is a [*BatchError].
//
// With [IfAbsent] a transfer that broke off can be made again without storing again
// what is there: those files are in [TransferResult].Failed, each with an error
// that matches [ErrPreconditionFailed], and any other error is a failure. Only keys
// are compared, so that a file that has changed meanwhile is passed over as well.
//
// The directory of a filesystem bucket goes as the files that it has, the reserved
// .s3mio included, and without attributes: to copy a bucket use [Bucket.CopyMany].
func (c *core) UploadDir(ctx context.Context, localDir, keyPrefix string, opts ...WriteOption) (TransferResult, error) {
	const op = "upload dir"
	prefix := dirPrefix(keyPrefix)
	cfg, err := writeConfig("UploadDir", optsUploadDir, opts)
	if err == nil && !utf8.ValidString(prefix) {
		err = invalid("the key prefix is not valid UTF-8")
	}
	if c.err != nil {
		err = c.err
	}
	var root *os.Root
	if err = c.store.ready(ctx, err); err == nil {
		if root, err = os.OpenRoot(localDir); err != nil {
			err = invalid("cannot read the directory: %w", err)
		}
	}
	if err != nil {
		return TransferResult{}, c.fail(ctx, op, c.full(prefix), err)
	}
	defer root.Close() //nolint:errcheck // only a handle

	items, err := localFiles(ctx, root, localDir, prefix)
	if err != nil {
		return TransferResult{}, c.fail(ctx, op, c.full(prefix), err)
	}
	var total int64
	for _, it := range items {
		total += it.Size
	}
	m := newMeter(cfg.progress, total)
	parallel(cfg.workers, indexes(len(items), 1), func(i int) {
		it := &items[i]
		full, err := c.key(it.Key, driver.ValidNewKey)
		if err == nil {
			err = it.err
		}
		if err = c.store.ready(ctx, err); err == nil {
			own := *cfg
			_, err = c.uploadFile(ctx, full, &own, m, func() (*os.File, error) { return openRegular(it.name, it.Path, root.Lstat, root.Open) })
		}
		it.err = c.fail(ctx, "upload", full, err)
	})
	return c.transferResult(op, items, m)
}

// dirPrefix makes a key prefix end in a slash, unless it is empty.
func dirPrefix(keyPrefix string) string {
	if keyPrefix == "" || strings.HasSuffix(keyPrefix, "/") {
		return keyPrefix
	}
	return keyPrefix + "/"
}

// transfer is one file on its way.
type transfer struct {
	Transfer
	name string // of the file below the root
	err  error
}

// localFiles finds the files below root, in byte order of their keys. What
// cannot be read is among them, with its error.
func localFiles(ctx context.Context, root *os.Root, localDir, prefix string) ([]transfer, error) {
	var items []transfer
	err := fs.WalkDir(root.FS(), ".", func(p string, d fs.DirEntry, err error) error {
		if ctx.Err() != nil || err == nil && d.IsDir() {
			return ctx.Err()
		}
		it := transfer{name: filepath.FromSlash(p)}
		it.Path = filepath.Join(localDir, it.name)
		it.err = atPath(err, it.Path)
		it.Key = prefix + p
		if err == nil && d.Type().IsRegular() {
			if info, err := d.Info(); err == nil {
				it.Size = info.Size()
			}
		}
		items = append(items, it)
		return nil
	})
	slices.SortFunc(items, func(a, b transfer) int { return strings.Compare(a.Key, b.Key) })
	return items, err
}

// transferResult sorts out what became of the items.
func (c *core) transferResult(op string, items []transfer, m *meter) (TransferResult, error) {
	var r TransferResult
	var failures []error
	for _, it := range items {
		if it.err == nil {
			r.Done = append(r.Done, it.Transfer)
			continue
		}
		r.Failed = append(r.Failed, TransferError{it.Transfer, it.err})
		failures = append(failures, it.err)
	}
	if len(failures) == 0 && m != nil {
		m.finish()
	}
	return r, c.batchError(op, len(items), failures)
}
