package filedriver

import (
	"io/fs"
	"strings"
	"sync"
)

// maxCachedDirs bounds the directories of objects that a space keeps open, each
// with up to two descriptors, and maxCachedDepth how deep down they are.
const (
	maxCachedDirs  = 16
	maxCachedDepth = 8
)

// dirCache keeps the directories used last open, to spare opening every
// directory on the way to each object. The zero value is empty.
type dirCache struct {
	mu    sync.Mutex
	dirs  map[string]*cachedDir
	clock uint64
}

type cachedDir struct {
	dir  *dir
	info fs.FileInfo
	used uint64
}

// cachedDir opens a directory of the natural tree like descend. Of those on the way
// it opens none that is open, and still the one of its name in the one above it.
func (s *space) cachedDir(path string) (*dir, error) {
	at := s.root.retain()
	if path == "." {
		return at, nil
	}
	end := 0
	for depth := 1; end < len(path); depth++ {
		name, _, _ := strings.Cut(path[end:], "/")
		next, err := s.cachedChild(at, path[:end+len(name)], name, depth <= maxCachedDepth)
		at.release()
		if err != nil {
			return nil, err
		}
		at = next
		end += len(name) + 1
	}
	return at, nil
}

// cachedChild opens the directory at a path, which has that name in parent, unless
// it is open, and keeps it open if it may.
func (s *space) cachedChild(parent *dir, path, name string, keep bool) (*dir, error) {
	d, info := s.cache.get(path)
	if d != nil {
		if at, err := parent.look(name); err == nil && at.is(info) {
			return d, nil
		}
		s.cache.forget(path, d)
		d.release()
	}
	d, err := s.openChild(parent, name)
	if err != nil || !keep {
		return d, err
	}
	if info, err = d.Stat("."); err != nil {
		d.release()
		return nil, err
	}
	s.cache.put(path, d, info)
	return d, nil
}

// get gives the caller a reference.
func (c *dirCache) get(path string) (*dir, fs.FileInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	e := c.dirs[path]
	if e == nil {
		return nil, nil
	}
	c.clock++
	e.used = c.clock
	return e.dir.retain(), e.info
}

// put takes a reference of its own.
func (c *dirCache) put(path string, d *dir, info fs.FileInfo) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.dirs == nil {
		c.dirs = map[string]*cachedDir{}
	}
	if old := c.dirs[path]; old != nil {
		old.dir.release()
	} else if len(c.dirs) >= maxCachedDirs {
		c.evict()
	}
	c.clock++
	c.dirs[path] = &cachedDir{dir: d.retain(), info: info, used: c.clock}
}

func (c *dirCache) evict() {
	oldest := ""
	for path, e := range c.dirs {
		if oldest == "" || e.used < c.dirs[oldest].used {
			oldest = path
		}
	}
	c.dirs[oldest].dir.release()
	delete(c.dirs, oldest)
}

// forget drops a directory that is no longer at its path.
func (c *dirCache) forget(path string, d *dir) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if e := c.dirs[path]; e != nil && e.dir == d {
		e.dir.release()
		delete(c.dirs, path)
	}
}

func (c *dirCache) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	for _, e := range c.dirs {
		e.dir.release()
	}
	c.dirs = nil
}
