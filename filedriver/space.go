package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"unicode"

	"github.com/s3mio/s3mio/driver"
)

// The reserved directory and what it holds.
const (
	reserved    = ".s3mio"
	tmpPath     = reserved + "/tmp"
	attrsPath   = reserved + "/attrs"
	keysPath    = reserved + "/keys"
	locksPath   = reserved + "/locks"
	formatPath  = reserved + "/format"
	deletedPath = reserved + "/deleted" // tmp/ of a bucket being deleted
	formatLine  = "s3mio directory 1"   // the first of formatPath
	dirPerm     = 0o777                 // before umask
	filePerm    = 0o666
	maxFileRead = 1 << 20 // of a small file read whole
)

// formatText says in its first line what the format is, and in the others,
// which no program reads, what the directory is.
const formatText = formatLine + `

The directory above this one is a bucket of s3mio: the files in it are objects.
In here are the attributes of all objects, and the objects whose keys cannot be
names of files. Do not edit, move or remove anything; copy it together with the
files, and keep their modification times.
`

// space is a set of handles on one bucket directory. It never changes: when
// the directory or its reserved directory is another one, there is a new space.
type space struct {
	dir   *directory
	drv   *Driver
	root  *dir
	info  fs.FileInfo // of root
	folds bool        // names that differ may be one file; see exact

	keepsTimes atomic.Bool // modification times are exact; see stampOf

	// The reserved directory and its parts, nil where they do not exist. An
	// archive may have lost those that were empty.
	reservedInfo           fs.FileInfo
	tmp, attrs, keys, lock *dir
	keysInfo               fs.FileInfo
	complete               bool // all parts exist, whole
	reserved               *dir // while they do not
	seen                   [len(reservedParts)]version
	attrsParts             [attrsDirs]partDir
	cache                  dirCache
	settled                settled

	refs  atomic.Int64
	sweep chan struct{} // held by the one that sweeps
	swept bool          // guarded by sweep
}

// openSpace opens the directory, with one reference.
func openSpace(dir *directory) (*space, error) {
	s := &space{dir: dir, drv: dir.drv, sweep: make(chan struct{}, 1)}
	var err error
	if s.root, err = s.openRoot(); leadsNowhere(err) || errors.Is(err, errSymlink) {
		return nil, fmt.Errorf("%w: %w", driver.ErrBucketNotFound, err)
	}
	if err != nil {
		return nil, denied(err)
	}
	s.refs.Store(1)
	if err := s.openParts(); err != nil {
		s.release()
		return nil, denied(err)
	}
	return s, nil
}

// openRoot opens the bucket's directory. In a directory of buckets that is done from
// there, as with every directory in a bucket: what a link leads to that has just taken
// its place is not taken for it. The path of a URL may be a link.
func (s *space) openRoot() (*dir, error) {
	if s.drv.single != "" {
		return openRoot(s.dir.path)
	}
	buckets, err := openRoot(s.drv.root)
	if err != nil {
		return nil, err
	}
	defer buckets.release()
	d, err := s.openChild(buckets, filepath.Base(s.dir.path))
	if err != nil {
		return nil, err
	}
	d.path = "."
	return d, nil
}

func (s *space) openParts() error {
	var err error
	if s.info, err = s.root.Stat("."); err != nil {
		return err
	}
	s.reservedInfo, err = s.root.Lstat(reserved)
	if errors.Is(err, fs.ErrNotExist) {
		s.folds = s.foldsNames()
		return nil
	}
	if err != nil {
		return err
	}
	if !s.reservedInfo.IsDir() {
		return noDirectory(reserved)
	}
	s.folds = s.foldsNames()
	if s.reserved, err = s.descend(s.root, reserved); isMissing(err) {
		s.reservedInfo = nil // it has just gone
		return nil
	} else if err != nil {
		return err
	}
	if s.seen, err = s.lookAtParts(); err != nil {
		return err
	}
	if s.complete, err = s.checkFormat(); err != nil {
		return err
	}
	for _, p := range []struct {
		to   **dir
		path string
	}{{&s.tmp, tmpPath}, {&s.attrs, attrsPath}, {&s.keys, keysPath}, {&s.lock, locksPath}} {
		*p.to, err = s.descend(s.root, p.path)
		switch {
		case errors.Is(err, fs.ErrNotExist):
			s.complete = false
		case errors.Is(err, errNotDir):
			return noDirectory(p.path)
		case err != nil:
			return err
		}
	}
	if s.complete {
		s.reserved.release()
		s.reserved = nil
	}
	if s.keys != nil {
		s.keysInfo, err = s.keys.Stat(".")
		return err
	}
	return nil
}

// checkFormat refuses a reserved directory of another format. A missing file, or
// the beginning of one, is that of a writer that has not come further yet, or
// could not: it is not whole, and the next writer writes it again.
func (s *space) checkFormat() (whole bool, err error) {
	data, err := readSmall(s.root, formatPath)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return false, err
	}
	text := string(data)
	line, _, whole := strings.Cut(text, "\n")
	if line != formatLine && !strings.HasPrefix(formatText, text) {
		return false, fmt.Errorf("the format in %s is %q, this program knows only %q", formatPath, line, formatLine)
	}
	return whole, nil
}

// reservedCurrent reports whether the reserved directory is still the one that
// was opened, or still missing, and lacks the parts that it lacked.
func (s *space) reservedCurrent() bool {
	at, err := s.root.look(reserved)
	if s.reservedInfo == nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	if err != nil || !at.is(s.reservedInfo) {
		return false
	}
	if s.complete {
		return true
	}
	seen, err := s.lookAtParts()
	return err == nil && seen == s.seen
}

// alive reports whether the bucket's path still leads to this directory.
func (s *space) alive() bool {
	at, err := s.dir.stat()
	return !errors.Is(err, driver.ErrBucketNotFound) && (err != nil || at.is(s.info))
}

// deleted reports whether the bucket is being deleted, or was.
func (s *space) deleted() bool {
	if s.tmp == nil {
		return false
	}
	now, err := s.root.Lstat(tmpPath)
	if err != nil {
		return errors.Is(err, fs.ErrNotExist)
	}
	opened, err := s.tmp.Stat(".")
	return err == nil && !os.SameFile(now, opened)
}

func (s *space) retain() { s.refs.Add(1) }

func (s *space) release() {
	if s.refs.Add(-1) > 0 {
		return
	}
	s.cache.close()
	for i := range s.attrsParts {
		s.attrsParts[i].close()
	}
	for _, d := range []*dir{s.tmp, s.attrs, s.keys, s.lock, s.reserved, s.root} {
		if d != nil {
			d.release()
		}
	}
}

// maxTries bounds how often a step is tried again, because something that it needs
// went meanwhile, before that counts as an error.
const maxTries = 1000

// writable gives a space that has the reserved directory, making it if need be.
// It takes over the reference to s.
func (s *space) writable(ctx context.Context) (*space, error) {
	for range maxTries {
		if s.complete {
			return s, nil
		}
		err := ctx.Err()
		if err == nil {
			err = s.makeReserved(ctx)
		}
		s.release()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, s.classify(err)
		}
		// What was made may be gone again, with the bucket or without it.
		s.dir.drop()
		if s, err = s.dir.open(); err != nil {
			return nil, err
		}
	}
	s.release()
	return nil, fmt.Errorf("%s is never whole", reserved)
}

// makeReserved makes the reserved directory. Several processes may do so at
// once, and one may die in it: every step can be repeated. What is then put into
// it settles it.
func (s *space) makeReserved(ctx context.Context) error {
	unlock, _, err := s.lockDir(ctx, s.root)
	if err != nil {
		return err
	}
	defer unlock()
	if err := s.root.RemoveAll(deletedPath); err != nil {
		return err
	}
	for _, path := range []string{reserved, tmpPath, attrsPath, keysPath, locksPath} {
		if err := s.root.Mkdir(path, dirPerm); err != nil && !errors.Is(err, fs.ErrExist) {
			return err
		}
	}
	f, err := s.root.OpenFile(formatPath, os.O_WRONLY|os.O_CREATE|openFlags, filePerm)
	if err != nil {
		return err
	}
	_, err = f.WriteString(formatText) // the same bytes at the same place, whoever writes
	if err == nil && !s.drv.noSync {
		err = f.Sync()
	}
	return errors.Join(err, f.Close())
}

// foldsNames finds out whether the filesystem takes names that differ, by case
// or normalisation, for one. macOS and Windows are assumed to.
func (s *space) foldsNames() bool {
	if foldsByDefault {
		return true
	}
	if s.reservedInfo != nil {
		fi, err := s.root.Lstat(strings.ToUpper(reserved))
		return err == nil && os.SameFile(fi, s.reservedInfo)
	}
	dir, base := filepath.Split(s.dir.path)
	other := strings.Map(func(r rune) rune {
		if unicode.IsUpper(r) {
			return unicode.ToLower(r)
		}
		return unicode.ToUpper(r)
	}, base)
	if other == base {
		return false
	}
	fi, err := os.Stat(dir + other)
	return err == nil && os.SameFile(fi, s.info)
}

// readSmall reads a small regular file whole.
func readSmall(d *dir, name string) ([]byte, error) {
	f, err := d.OpenFile(name, os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	if fi, err := f.Stat(); err != nil || !fi.Mode().IsRegular() {
		return nil, errors.Join(err, errIrregular)
	}
	return io.ReadAll(io.LimitReader(f, maxFileRead))
}
