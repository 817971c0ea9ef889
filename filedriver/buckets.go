package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/s3mio/s3mio/driver"
)

var errSingle = fmt.Errorf("%w: this driver has one directory, not a directory of buckets", driver.ErrUnsupported)

// CreateBucket implements [driver.BucketManager]. It makes the root directory,
// too, if need be.
func (d *Driver) CreateBucket(ctx context.Context, name string) error {
	if d.single != "" {
		return errSingle
	}
	if err := ctx.Err(); err != nil {
		return err
	}
	if err := makeAll(d.root, d.noSync); err != nil {
		return unmakeable(err)
	}
	parent, err := openRoot(d.root)
	if err != nil {
		return denied(err)
	}
	defer parent.release()
	if err := parent.Mkdir(name, dirPerm); err != nil {
		if fi, serr := parent.Lstat(name); serr == nil && fi.IsDir() {
			return nil
		}
		return denied(err)
	}
	return (&space{drv: d}).sync(parent)
}

// ListBuckets implements [driver.BucketManager]. All names come in one page, and
// a bucket's time is its directory's. While the root directory is not there it gives
// [driver.ErrBucketNotFound], rather than none: it may have been moved away.
func (d *Driver) ListBuckets(ctx context.Context, token string) (*driver.BucketPage, error) {
	if d.single != "" {
		return nil, errSingle
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if token != "" {
		return nil, fmt.Errorf("%w: unknown page token", driver.ErrValidation)
	}
	root, err := openRoot(d.root)
	if leadsNowhere(err) {
		return nil, fmt.Errorf("%w: the directory of buckets: %w", driver.ErrBucketNotFound, err)
	}
	if err != nil {
		return nil, denied(err)
	}
	defer root.release()
	page := &driver.BucketPage{}
	err = eachEntry(root.Root, func(e fs.DirEntry) error {
		if driver.ValidBucketName(e.Name()) != nil {
			return nil
		}
		fi, err := root.Lstat(e.Name())
		if errors.Is(err, fs.ErrNotExist) || err == nil && !fi.IsDir() {
			return nil
		}
		if err != nil {
			return err
		}
		page.Buckets = append(page.Buckets, driver.BucketInfo{Name: e.Name(), Created: fi.ModTime().UTC().Truncate(time.Second)})
		return ctx.Err()
	})
	if err != nil {
		return nil, denied(err)
	}
	slices.SortFunc(page.Buckets, func(a, b driver.BucketInfo) int { return strings.Compare(a.Name, b.Name) })
	return page, nil
}

// DeleteBucket implements [driver.BucketManager]. It holds every writer's lock
// meanwhile, so that no object appears after it has looked. Empty directories
// go with the bucket; any other file that is no object, such as a symbolic
// link or NAME.attrs, keeps it.
func (d *Driver) DeleteBucket(ctx context.Context, name string) error {
	if d.single != "" {
		return errSingle
	}
	dir := d.directory(d.path(name))
	for {
		s, err := dir.acquire(ctx)
		if err != nil {
			return err
		}
		if s.reservedInfo != nil {
			return s.deleteLocked(ctx)
		}
		// There are no locks. A first writer may come at any time, but the
		// directory then does not go.
		err = s.removeEmptyIn(s.root)
		if err == nil {
			err = s.removeRoot()
		}
		err = s.classify(err)
		fresh := s.reservedCurrent()
		s.release()
		if fresh || !errors.Is(err, driver.ErrBucketNotEmpty) {
			return err
		}
	}
}

// deleteLocked takes over the reference to s.
func (s *space) deleteLocked(ctx context.Context) error {
	s, err := s.writable(ctx)
	if err != nil {
		return err
	}
	defer s.release()
	for i := range stripes {
		unlock, err := s.lockStripe(ctx, byte(i))
		if err != nil {
			return s.classify(err)
		}
		defer unlock()
	}
	for _, d := range []*dir{s.lock, s.root} { // nothing is made meanwhile
		unlock, _, err := s.lockDir(ctx, d)
		if err != nil {
			return s.classify(err)
		}
		defer unlock()
	}
	return s.classify(s.deleteAll())
}

func (s *space) deleteAll() error {
	for _, d := range []*dir{s.root, s.keys} {
		if err := s.removeEmptyIn(d); err != nil {
			return err
		}
	}
	// From here on writers know that the bucket is going; see classify.
	if err := s.root.Rename(tmpPath, deletedPath); err != nil {
		return err
	}
	if err := s.root.RemoveAll(reserved); err != nil {
		return err
	}
	return s.removeRoot()
}

// removeRoot removes the bucket's directory, which is empty.
func (s *space) removeRoot() error {
	parent, err := openRoot(filepath.Dir(s.dir.path))
	if err != nil {
		return err
	}
	defer parent.release()
	if err := removeDir(parent, filepath.Base(s.dir.path)); err != nil {
		if unplaceableName(err) {
			err = fmt.Errorf("%w: %w", driver.ErrBucketNotEmpty, err)
		}
		return err
	}
	s.dir.drop()
	return s.sync(parent)
}

// removeEmptyIn removes the empty directories in a directory of the bucket, and
// refuses when there is anything else.
func (s *space) removeEmptyIn(d *dir) error {
	return eachEntry(d.Root, func(e fs.DirEntry) error {
		if d == s.root && e.Name() == reserved {
			return nil
		}
		err := errNotEmpty
		if e.IsDir() {
			err = s.removeEmptyTree(d, e.Name())
		}
		if errors.Is(err, errNotEmpty) {
			return fmt.Errorf("%w: there is %q", driver.ErrBucketNotEmpty, path.Join(d.path, e.Name()))
		}
		if errors.Is(err, fs.ErrNotExist) {
			return nil
		}
		return err
	})
}
