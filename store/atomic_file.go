package store

import (
	"crypto/rand"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
)

// atomicFile is a file below a root that appears under its name only when it is
// complete. Until then it is a temporary file beside it.
type atomicFile struct {
	*os.File
	root    *os.Root
	name    string
	temp    string
	mode    fs.FileMode // of the file it replaces, if any
	created []string    // directories made for it, outermost first
}

// newAtomicFile opens a temporary file for name, making parent directories.
func newAtomicFile(root *os.Root, name string) (*atomicFile, error) {
	f := &atomicFile{root: root, name: name}
	info, err := root.Lstat(name)
	switch {
	case err == nil && info.Mode()&fs.ModeSymlink != 0: // the link is replaced, not followed
	case err == nil && !info.Mode().IsRegular():
		return nil, invalid("%s is %s, not a regular file", name, kindOf(info.Mode()))
	case err == nil:
		f.mode = info.Mode().Perm()
	case !errors.Is(err, fs.ErrNotExist):
		return nil, f.explain(err)
	}
	dir := filepath.Dir(name)
	f.temp = filepath.Join(dir, ".s3mio-"+rand.Text()+".part")
	// A parallel transfer that failed may remove a directory it had made, the
	// one just found to exist here.
	for attempt := 0; ; attempt++ {
		if err := f.mkdirAll(dir); err != nil {
			f.removeCreated()
			return nil, err
		}
		f.File, err = root.OpenFile(f.temp, os.O_RDWR|os.O_CREATE|os.O_EXCL, 0o666)
		if err == nil {
			return f, nil
		}
		if !errors.Is(err, fs.ErrNotExist) || attempt == 10 {
			f.removeCreated()
			return nil, err
		}
	}
}

func (f *atomicFile) mkdirAll(dir string) error {
	if dir == "." {
		return nil
	}
	if info, err := f.root.Stat(dir); err == nil {
		if !info.IsDir() {
			return invalid("%s is not a directory", dir)
		}
		return nil
	}
	if err := f.mkdirAll(filepath.Dir(dir)); err != nil {
		return err
	}
	err := f.root.Mkdir(dir, 0o777)
	if err == nil {
		f.created = append(f.created, dir)
	} else if errors.Is(err, fs.ErrExist) {
		return nil
	}
	return err
}

// explain says so when a directory on the way to the file is a link that leads
// out of the root, or nowhere.
func (f *atomicFile) explain(err error) error {
	for dir := filepath.Dir(f.name); dir != "."; dir = filepath.Dir(dir) {
		info, lstatErr := f.root.Lstat(dir)
		if lstatErr != nil || info.Mode()&fs.ModeSymlink == 0 {
			continue
		}
		if _, statErr := f.root.Stat(dir); statErr != nil {
			return invalid("%s is a link that leads out of the directory: %w", dir, err)
		}
	}
	return err
}

// end publishes the file when err is nil, else leaves everything as it was. It
// returns err, or why publishing failed.
func (f *atomicFile) end(err error) error {
	if err == nil && f.mode != 0 {
		err = f.Chmod(f.mode)
	}
	if closeErr := f.Close(); err == nil {
		err = closeErr
	}
	if err == nil {
		err = f.root.Rename(f.temp, f.name)
	}
	if err != nil {
		if rmErr := f.root.Remove(f.temp); rmErr != nil {
			err = errors.Join(err, rmErr)
		}
		f.removeCreated()
	}
	return err
}

// removeCreated removes the directories made for the file, as far as nobody
// else uses them by now.
func (f *atomicFile) removeCreated() {
	for _, dir := range slices.Backward(f.created) {
		if f.root.Remove(dir) != nil {
			return
		}
	}
}
