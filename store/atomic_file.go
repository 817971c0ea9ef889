package store

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
)

// atomicFile is a file below a root that appears under its name only when it is
// complete. Until then it is a temporary file beside it.
type atomicFile struct {
	*os.File
	root *os.Root
	name string
	path string // what the caller calls it
	temp string
	mode fs.FileMode // of the file it replaces, if any
}

// newAtomicFile opens a temporary file for name, making parent directories.
// Errors name it by path, as the caller does.
func newAtomicFile(dirs *madeDirs, name, path string) (*atomicFile, error) {
	f := &atomicFile{root: dirs.root, name: name, path: path}
	info, err := f.root.Lstat(name)
	switch {
	case err == nil && info.Mode()&fs.ModeSymlink != 0: // the link is replaced, not followed
	case err == nil && !info.Mode().IsRegular():
		return nil, invalid("%s is %s, not a regular file", path, kindOf(info.Mode()))
	case err == nil:
		f.mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, inTheWay(f.root, name, path, atPath(err, path))
	}
	dir := filepath.Dir(name)
	if err := dirs.all(dir); err != nil {
		return nil, inTheWay(f.root, name, path, err)
	}
	f.temp = filepath.Join(dir, ".s3mio-"+rand.Text()+".part")
	f.File, err = f.root.OpenFile(f.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
	return f, atPath(err, path)
}

// shown gives the path of a name below a root, which was opened by the path that
// the caller gave.
func shown(root *os.Root, name string) string { return filepath.Join(root.Name(), name) }

// atPath gives the error of a call on a root with the path as the caller
// knows it, instead of a name below the root.
func atPath(err error, path string) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return &fs.PathError{Op: e.Op, Path: path, Err: e.Err}
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return &fs.PathError{Op: e.Op, Path: path, Err: e.Err}
	}
	return err
}

// inTheWay finds out why the name cannot be made: a directory has it, or on the
// way to it there is a file, or a link that leads out of the root or nowhere.
// err stands when there is nothing.
func inTheWay(root *os.Root, name, path string, err error) error {
	if info, statErr := root.Lstat(name); statErr == nil && info.IsDir() {
		return invalid("%s is a directory", path)
	}
	for dir := filepath.Dir(name); dir != "."; dir = filepath.Dir(dir) {
		info, lstatErr := root.Lstat(dir)
		switch {
		case lstatErr != nil || info.IsDir():
			continue
		case info.Mode()&fs.ModeSymlink == 0:
			return invalid("%s is a file, not a directory", shown(root, dir))
		}
		if _, statErr := root.Stat(dir); statErr != nil {
			return invalid("%s is a link that leads out of the directory: %w", shown(root, dir), err)
		}
	}
	return err
}

// end publishes the file when err is nil, else removes it. It returns err, or
// why publishing failed.
func (f *atomicFile) end(err error) error {
	if err == nil && f.mode != 0 {
		err = f.Chmod(f.mode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		if err = f.root.Rename(f.temp, f.name); err != nil {
			err = inTheWay(f.root, f.name, f.path, atPath(err, f.path)) // a parallel transfer may be
		}
	}
	if err != nil {
		if rmErr := f.root.Remove(f.temp); rmErr != nil {
			err = errors.Join(err, rmErr)
		}
	}
	return err
}
