package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"slices"
)

// Whoever makes the reserved directory holds the lock of the bucket's directory
// meanwhile, and whoever makes a lock's file that of locks/. So a delete that finds
// no room for either can hold that lock instead: there is no other lock then that
// somebody could hold, and none is made.

// lockDir waits for the lock of a directory. The lock is not to be had, ok false,
// where directories have none: on Windows, and on some filesystems (NFS).
func (s *space) lockDir(ctx context.Context, d *dir) (unlock func(), ok bool, err error) {
	if !dirsLock {
		return func() {}, false, nil
	}
	// The lock belongs to the open file, so it is one of its own.
	f, err := d.OpenFile(".", os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, false, err
	}
	unlock = func() { _ = f.Close() }
	err = s.await(ctx, func() (bool, error) { return tryLock(f) })
	if slices.ContainsFunc(unlockable, func(e error) bool { return errors.Is(err, e) }) {
		return unlock, false, nil
	}
	if err != nil {
		unlock()
		return nil, false, err
	}
	return unlock, true, nil
}

// makeLockFile makes the file of a lock, if nobody else does.
func (s *space) makeLockFile(ctx context.Context, name string) (brief, error) {
	unlock, _, err := s.lockDir(ctx, s.lock)
	if err != nil {
		return brief{}, err
	}
	defer unlock()
	return openBrief(s.lock, name, os.O_RDWR|os.O_CREATE)
}

// lockDelete is lockKey for a delete, which goes on when the disk is full. It gives
// errRetry when what it needed was made meanwhile.
func (s *space) lockDelete(ctx context.Context, id keyID) (unlock func(), err error) {
	if s.lock == nil {
		return s.lockInstead(ctx, s.root, locksPath, errNoSpace)
	}
	unlock, err = s.lockKey(ctx, id)
	if isNoSpace(err) {
		return s.lockInstead(ctx, s.lock, locksPath+"/"+lockName(id.lock), err)
	}
	return unlock, err
}

// lockInstead takes the lock of a directory in place of what is missing at a path,
// and gives the error full where there is no such lock.
func (s *space) lockInstead(ctx context.Context, d *dir, path string, full error) (unlock func(), err error) {
	unlock, ok, err := s.lockDir(ctx, d)
	if err != nil {
		return nil, err
	}
	if !ok {
		err = full
	} else if _, err = s.root.Lstat(path); err == nil {
		err = errRetry
	} else if errors.Is(err, fs.ErrNotExist) {
		err = s.stillAt(d)
	}
	if err != nil {
		unlock()
		return nil, err
	}
	return unlock, nil
}

// stillAt gives fs.ErrNotExist when a directory is no longer at its path.
func (s *space) stillAt(d *dir) error {
	now, err := s.root.Lstat(d.path)
	if err != nil {
		return err
	}
	opened, err := d.Stat(".")
	if err == nil && !os.SameFile(now, opened) {
		err = fmt.Errorf("%s was removed: %w", d.path, fs.ErrNotExist)
	}
	return err
}
