package filedriver

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
	"time"
)

// settled remembers directories of a bucket that are on the disk, with all that
// leads to them. The zero value is empty.
type settled struct {
	mu   sync.Mutex
	root bool
	dirs map[string]dirID // by path from the bucket
}

// dirID tells a directory from any other that takes its path, or its inode, later.
type dirID struct {
	dev, ino uint64
	born     int64
}

// maxSettled bounds what is remembered.
const maxSettled = 1 << 14

func (st *settled) has(d *dir) bool {
	id, ok := identify(d)
	if !ok {
		return false
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	return st.dirs[d.path] == id
}

// settleAge is how old a directory is that is remembered. One that takes the inode
// of another within a tick of the clock has its time of birth, too.
var settleAge = time.Second

func (st *settled) add(d *dir) {
	id, ok := identify(d)
	if !ok || time.Since(time.Unix(0, id.born)) < settleAge {
		return
	}
	st.mu.Lock()
	defer st.mu.Unlock()
	if st.dirs == nil || len(st.dirs) >= maxSettled {
		st.dirs = map[string]dirID{}
	}
	st.dirs[d.path] = id
}

// settle makes the way to a directory durable, before something is put into it
// that must not get lost with it: whoever made a part of the way, this writer or
// another one, may not have come to syncing it. What was found durable once is not
// synced again, where the system tells directories apart for good.
func (s *space) settle(d *dir) error {
	if s.drv.noSync || !dirsSync {
		return nil
	}
	if err := s.settleRoot(); err != nil {
		return err
	}
	if d.path == "." || s.settled.has(d) {
		return nil
	}
	at := s.root.retain()
	defer func() { at.release() }()
	for _, name := range pathNames(d.path) {
		next, err := s.openChild(at, name)
		if err != nil {
			return err
		}
		if !s.settled.has(next) {
			if err := s.sync(at); err != nil {
				next.release()
				return err
			}
			s.settled.add(next)
		}
		at.release()
		at = next
	}
	return nil
}

// settleRoot does so for the bucket's directory in the one above it, unless that
// one is not ours to open, or of a kind that knows no syncing: then the bucket's
// may be a mount point.
func (s *space) settleRoot() error {
	s.settled.mu.Lock()
	defer s.settled.mu.Unlock()
	if s.settled.root {
		return nil
	}
	path := s.dir.path
	if s.drv.single != "" {
		if to, err := filepath.EvalSymlinks(path); err == nil {
			path = to
		}
	}
	err := syncDir(filepath.Dir(path))
	if err != nil && !errors.Is(err, fs.ErrPermission) && !errors.Is(err, fs.ErrNotExist) && !slices.ContainsFunc(unsyncable, func(e error) bool { return errors.Is(err, e) }) {
		return err
	}
	s.settled.root = true
	return nil
}

// makeAll makes a directory outside of any bucket, durably, with those above it.
func makeAll(path string, noSync bool) error {
	var missing []string
	for at := path; ; at = filepath.Dir(at) {
		if _, err := os.Stat(at); !errors.Is(err, fs.ErrNotExist) || at == filepath.Dir(at) {
			break
		}
		missing = append(missing, at)
	}
	err := os.MkdirAll(path, dirPerm)
	if noSync || !dirsSync {
		return err
	}
	for _, made := range missing {
		if err == nil {
			err = syncDir(filepath.Dir(made))
		}
	}
	return err
}

func syncDir(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return err
	}
	return errors.Join(f.Sync(), f.Close())
}
