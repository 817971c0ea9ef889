package filedriver

import (
	"context"
	"fmt"
	"io/fs"
	"sync"

	"github.com/s3mio/s3mio/driver"
)

// maxOpen bounds the directories of which a driver keeps handles while no call
// uses them. Each costs up to 75 descriptors.
const maxOpen = 12

// directory is what a driver knows of one bucket's directory. It outlives the
// directory itself, which may go, come back, or be another one.
type directory struct {
	drv     *Driver
	path    string
	stripes [stripes]chan struct{} // writers of this process; see lock

	mu      sync.Mutex
	current *space // the handles in use, or nil
	used    uint64 // when, by Driver.clock; guarded by Driver.mu
}

// directory gives the entry for a path.
func (d *Driver) directory(path string) *directory {
	d.mu.Lock()
	defer d.mu.Unlock()
	dir := d.dirs[path]
	if dir == nil {
		dir = &directory{drv: d, path: path}
		for i := range dir.stripes {
			dir.stripes[i] = make(chan struct{}, 1)
		}
		d.dirs[path] = dir
	}
	return dir
}

// touch notes a use of dir and lets the handles of the directory go that was
// used longest ago, when there are too many.
func (d *Driver) touch(dir *directory) error {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.closed {
		return fs.ErrClosed
	}
	d.clock++
	dir.used = d.clock
	if len(d.dirs) <= maxOpen {
		return nil
	}
	var oldest *directory
	open := 0
	for _, other := range d.dirs {
		if other == dir || !other.isOpen() {
			continue
		}
		if open++; oldest == nil || other.used < oldest.used {
			oldest = other
		}
	}
	if open >= maxOpen {
		oldest.drop()
	}
	return nil
}

func (dir *directory) isOpen() bool {
	dir.mu.Lock()
	defer dir.mu.Unlock()
	return dir.current != nil
}

// drop lets go of the handles; they close when the last call using them ends.
func (dir *directory) drop() {
	dir.mu.Lock()
	old := dir.current
	dir.current = nil
	dir.mu.Unlock()
	if old != nil {
		old.release()
	}
}

// acquire gives handles on the directory that is at the path now, after what
// dead processes left in it was removed. The caller releases them.
func (dir *directory) acquire(ctx context.Context) (*space, error) {
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	if err := dir.drv.touch(dir); err != nil {
		return nil, err
	}
	s, err := dir.open()
	if err != nil {
		return nil, err
	}
	if err := s.sweepOnce(ctx); err != nil {
		s.release()
		return nil, err
	}
	return s, nil
}

// open gives the current handles if the path still leads to the same
// directories, new ones otherwise.
func (dir *directory) open() (*space, error) {
	at, err := dir.stat()
	if err != nil {
		dir.drop()
		return nil, err
	}
	dir.mu.Lock()
	defer dir.mu.Unlock()
	if s := dir.current; s != nil {
		if at.is(s.info) && s.reservedCurrent() {
			s.retain()
			return s, nil
		}
		s.release()
		dir.current = nil
	}
	s, err := openSpace(dir)
	if err != nil {
		return nil, err
	}
	s.retain()
	dir.current = s
	return s, nil
}

// stat looks at what is at the path. In a directory of buckets a symbolic link
// is no bucket; the path of a URL may be one.
func (dir *directory) stat() (looks, error) {
	at, err := lookPath(dir.path, dir.drv.single != "")
	switch {
	case err == nil && !at.mode.IsDir():
		return looks{}, fmt.Errorf("%w: there is no directory", driver.ErrBucketNotFound)
	case leadsNowhere(err) && dir.drv.single != "":
		return looks{}, fmt.Errorf("%w: %w (?create=true in the URL makes it)", driver.ErrBucketNotFound, err)
	case leadsNowhere(err):
		return looks{}, fmt.Errorf("%w: %w", driver.ErrBucketNotFound, err)
	}
	return at, denied(err)
}
