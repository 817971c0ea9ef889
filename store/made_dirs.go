package store

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"sync"
)

// dirsInUse is held, shared, from finding or making a directory until there is a
// file in it, and exclusively while empty directories are removed: a transfer
// that fails must not take away what another is about to use.
var dirsInUse sync.RWMutex

// madeDirs makes directories below a root and remembers which, so that those
// that came to nothing can be removed when nobody needs them any more.
type madeDirs struct {
	root *os.Root
	mu   sync.Mutex
	made []string // parents before children
}

// all makes dir and its parents, as far as they are missing.
func (d *madeDirs) all(dir string) error {
	if dir == "." {
		return nil
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	return d.make(dir)
}

func (d *madeDirs) make(dir string) error {
	if info, err := d.root.Stat(dir); err == nil && info.IsDir() {
		return nil
	}
	if parent := filepath.Dir(dir); parent != "." {
		if err := d.make(parent); err != nil {
			return err
		}
	}
	err := d.root.Mkdir(dir, 0o777)
	if err == nil {
		d.made = append(d.made, dir)
	} else if errors.Is(err, fs.ErrExist) {
		if info, statErr := d.root.Stat(dir); statErr == nil && info.IsDir() {
			return nil // another process made it
		}
	}
	return atPath(err, shown(d.root, dir))
}

// keep exempts a directory from removeEmpty.
func (d *madeDirs) keep(dir string) {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.made = slices.DeleteFunc(d.made, func(made string) bool { return made == dir })
}

// removeEmpty removes the directories made that are empty.
func (d *madeDirs) removeEmpty() {
	dirsInUse.Lock()
	defer dirsInUse.Unlock()
	d.mu.Lock()
	defer d.mu.Unlock()
	for _, dir := range slices.Backward(d.made) {
		_ = d.root.Remove(dir) // one that is in use refuses
	}
}
