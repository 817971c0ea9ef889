package filedriver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path"
	"strings"
	"sync"
	"sync/atomic"
	"syscall"
)

// dir is an open directory of a bucket. It is closed with its last reference.
type dir struct {
	*os.Root
	path string // from the bucket's directory
	refs atomic.Int32

	opens sync.Mutex
	file  atomic.Pointer[os.File] // the directory as a file, once asked for
}

// openRoot opens a directory by its path, links included.
func openRoot(path string) (*dir, error) {
	root, err := os.OpenRoot(path)
	if escapes(err) && !errors.Is(err, syscall.ELOOP) { // so it says that there is a file
		return nil, fmt.Errorf("%q: %w", path, errNotDir)
	}
	if err != nil {
		return nil, err
	}
	return newDir(root, "."), nil
}

func newDir(root *os.Root, path string) *dir {
	d := &dir{Root: root, path: path}
	d.refs.Store(1)
	return d
}

func (d *dir) retain() *dir {
	d.refs.Add(1)
	return d
}

func (d *dir) release() {
	if d.refs.Add(-1) > 0 {
		return
	}
	if f := d.file.Load(); f != nil {
		f.Close()
	}
	d.Root.Close()
}

// asFile gives the directory as a file, for what a Root has no method for. It
// lives as long as d.
func (d *dir) asFile() (*os.File, error) {
	if f := d.file.Load(); f != nil {
		return f, nil
	}
	d.opens.Lock()
	defer d.opens.Unlock()
	if f := d.file.Load(); f != nil {
		return f, nil
	}
	f, err := d.OpenFile(".", os.O_RDONLY|openFlags, 0)
	if err == nil {
		d.file.Store(f)
	}
	return f, err
}

// descend opens the directory at a path below base, "." being base itself. No
// symbolic link is followed, wherever it leads: errSymlink. What is there and
// no directory is errNotDir, what is missing fs.ErrNotExist. The caller
// releases it.
func (s *space) descend(base *dir, path string) (*dir, error) {
	at := base.retain()
	if path == "." {
		return at, nil
	}
	for name := range strings.SplitSeq(path, "/") {
		next, err := s.openChild(at, name)
		at.release()
		if err != nil {
			return nil, err
		}
		at = next
	}
	return at, nil
}

// openChild opens one directory in another.
func (s *space) openChild(parent *dir, name string) (*dir, error) {
	for {
		seen, err := parent.look(name)
		switch {
		case err != nil:
			return nil, err
		case seen.mode&fs.ModeSymlink != 0:
			return nil, errSymlink
		case !seen.mode.IsDir():
			return nil, errNotDir
		case !s.exact(parent, name):
			return nil, fs.ErrNotExist
		}
		// The dot makes it open name as a directory, which never blocks, even
		// if a named pipe has just taken its place.
		root, err := parent.OpenRoot(name + "/.")
		if escapes(err) {
			return nil, errSymlink // it has just taken the directory's place
		}
		if errors.Is(err, syscall.ENOTDIR) {
			continue // something else has, perhaps a link to a file
		}
		if err != nil {
			return nil, err
		}
		opened, err := root.Stat(".")
		if err == nil && seen.is(opened) {
			return newDir(root, path.Join(parent.path, name)), nil
		}
		root.Close()
		if err != nil {
			return nil, err
		}
	}
}

// openParent opens the directory that a place is in.
func (s *space) openParent(p place) (*dir, error) {
	if p.base == s.root && !s.folds {
		return s.cachedDir(path.Dir(p.path))
	}
	return s.descend(p.base, path.Dir(p.path))
}

// lookAt describes the regular file at a place, with the directory it is in,
// which the caller releases. A directory there is no object: it is
// fs.ErrNotExist, as if there were nothing.
func (s *space) lookAt(p place, open opener) (*dir, looks, error) {
	d, err := open(p)
	if err != nil {
		return nil, looks{}, err
	}
	seen, err := lookIn(d, p.name())
	if err == nil && !s.exact(d, p.name()) {
		err = fs.ErrNotExist
	}
	if err != nil {
		d.release()
		return nil, looks{}, err
	}
	return d, seen, nil
}

// lookIn describes the regular file of a name in a directory.
func lookIn(d *dir, name string) (looks, error) {
	seen, err := d.look(name)
	switch {
	case err != nil:
		return looks{}, err
	case seen.mode.IsDir():
		return looks{}, fs.ErrNotExist
	case seen.mode&fs.ModeSymlink != 0:
		return looks{}, errLink
	case !seen.mode.IsRegular():
		return looks{}, errIrregular
	}
	return seen, nil
}

// exact reports whether a directory has an entry of exactly this name. It is
// asked for a name that exists, which says it all on most filesystems; where
// one file answers to several names it costs reading the directory.
func (s *space) exact(d *dir, name string) bool {
	if !s.folds {
		return true
	}
	f, err := d.OpenFile(".", os.O_RDONLY|openFlags, 0)
	if err != nil {
		return false
	}
	defer f.Close()
	for {
		names, err := f.Readdirnames(256)
		for _, n := range names {
			if n == name {
				return true
			}
		}
		if err != nil {
			return false
		}
	}
}

// makeDirs opens the directory at a path below base, after making those that are
// missing on the way. It gives the paths from the bucket of those it made,
// outermost first, even when it fails.
func (s *space) makeDirs(base *dir, p string) (at *dir, made []string, err error) {
	at = base.retain()
	if p == "." {
		return at, nil, nil
	}
	for name := range strings.SplitSeq(p, "/") {
		next, err := s.openChild(at, name)
		if errors.Is(err, fs.ErrNotExist) {
			if err = at.Mkdir(name, dirPerm); err == nil {
				made = append(made, path.Join(at.path, name))
			}
			switch {
			case errors.Is(err, fs.ErrExist) && !s.exact(at, name):
				err = errNotDir // another key's, whose name folds to this one
			case err == nil || errors.Is(err, fs.ErrExist):
				next, err = s.openChild(at, name)
			}
		}
		at.release()
		if err != nil {
			return nil, made, err
		}
		at = next
	}
	return at, made, nil
}

// removeEmptyTree removes a directory that holds nothing but directories.
func (s *space) removeEmptyTree(parent *dir, name string) error {
	d, err := s.openChild(parent, name)
	if err != nil {
		return err
	}
	err = eachEntry(d.Root, func(e fs.DirEntry) error {
		if !e.IsDir() {
			return fmt.Errorf("%w: %q", errNotEmpty, e.Name())
		}
		return s.removeEmptyTree(d, e.Name())
	})
	d.release()
	if err != nil {
		return err
	}
	return removeDir(parent, name)
}

var errNotEmpty = errors.New("the directory holds something else than directories")

// eachEntry calls f for the entries of a directory, in no order. Their Info is
// not to be used.
func eachEntry(d *os.Root, f func(fs.DirEntry) error) error {
	file, err := openEntries(d)
	if err != nil {
		return err
	}
	defer file.Close()
	for {
		entries, err := file.ReadDir(512)
		for _, e := range entries {
			if err := f(e); err != nil {
				return err
			}
		}
		if err == io.EOF {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

// sync makes a directory's entries durable.
func (s *space) sync(d *dir) error {
	if s.drv.noSync || !dirsSync {
		return nil
	}
	f, err := d.asFile()
	if err != nil {
		return err
	}
	if err := s.drv.reach("sync-dir"); err != nil {
		return err
	}
	return f.Sync()
}
