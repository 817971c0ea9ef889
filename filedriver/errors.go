package filedriver

import (
	"errors"
	"fmt"
	"io/fs"
	"syscall"

	"github.com/s3mio/s3mio/driver"
)

var (
	errIrregular = fmt.Errorf("%w: not a regular file", driver.ErrAccessDenied)
	errLink      = fmt.Errorf("%w: a symbolic link", errIrregular)
	errSymlink   = fmt.Errorf("%w: a symbolic link is in the way", driver.ErrAccessDenied)

	errNoObject = fmt.Errorf("%w: no such file", driver.ErrObjectNotFound)

	// errNotDir says that something on the path is there and no directory.
	errNotDir = errors.New("not a directory")

	// errChanged says that the object was replaced between two looks at it.
	errChanged = errors.New("the object changed while it was looked at")
)

// bodyError marks an error of the caller's reader, whose meaning is not ours.
type bodyError struct{ err error }

func (e *bodyError) Error() string { return e.err.Error() }
func (e *bodyError) Unwrap() error { return e.err }

// classify gives an error its sentinel. What does not exist because the bucket
// is gone is a missing bucket.
func (s *space) classify(err error) error {
	if err == nil {
		return nil
	}
	if be, ok := errors.AsType[*bodyError](err); ok {
		return be.err
	}
	if _, ok := errors.AsType[*driver.SourceError](err); ok {
		return err
	}
	if errors.Is(err, fs.ErrNotExist) && !errors.Is(err, driver.ErrBucketNotFound) {
		object := errors.Is(err, driver.ErrObjectNotFound)
		if !object {
			s.dir.drop() // what it knows of is gone, and made again when the directory is opened next
		}
		if !s.alive() || !object && s.deleted() {
			return fmt.Errorf("%w: the directory is gone", driver.ErrBucketNotFound)
		}
	}
	return denied(err)
}

// denied marks what the system does not permit as [driver.ErrAccessDenied].
func denied(err error) error {
	if err == nil || errors.Is(err, driver.ErrAccessDenied) {
		return err
	}
	if errors.Is(err, fs.ErrPermission) || errors.Is(err, errReadOnly) {
		return fmt.Errorf("%w: %w", driver.ErrAccessDenied, err)
	}
	return err
}

// noDirectory says that something else is where a part of the reserved directory
// belongs. It is not for us to remove.
func noDirectory(path string) error {
	return fmt.Errorf("%w: %s is there, and no directory", driver.ErrAccessDenied, path)
}

// isNoSpace reports whether err says that the disk, or somebody's share of it, is
// full.
func isNoSpace(err error) bool { return errors.Is(err, errNoSpace) || errors.Is(err, errQuota) }

// isMissing reports whether err says that there is nothing at a path, or that
// the path leads through something that is no directory.
func isMissing(err error) bool {
	return errors.Is(err, fs.ErrNotExist) || errors.Is(err, errNotDir) || errors.Is(err, syscall.ENOTDIR)
}

// leadsNowhere reports whether err says that there is no directory at a path, or that
// there can be none.
func leadsNowhere(err error) bool { return isMissing(err) || impossible(err) }

// impossible reports whether err says that no directory can be made at a path: a name
// is too long, links lead in a circle, or something else is there.
func impossible(err error) bool {
	return unplaceableName(err) || errors.Is(err, syscall.ELOOP)
}

// unmakeable gives the error of making a directory its sentinel.
func unmakeable(err error) error {
	if impossible(err) {
		return fmt.Errorf("%w: %w", driver.ErrValidation, err)
	}
	return denied(err)
}

// escapes reports whether err says that an [os.Root] met a link that leads out
// of it, for which it has no value of its own (all else that it says is the
// system's), or links without end, which is also what it makes of a name that is
// now a link and now none.
func escapes(err error) bool {
	pe, ok := errors.AsType[*fs.PathError](err)
	if !ok || errors.Is(pe, fs.ErrClosed) {
		return false
	}
	errno, system := errors.AsType[syscall.Errno](pe.Err)
	return !system || errno == syscall.ELOOP
}
