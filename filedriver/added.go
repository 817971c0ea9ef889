package filedriver

import (
	"io/fs"
	"os"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
)

// maxAdded bounds the keys that a listing keeps in mind beside the directories
// that it has read. One that was told of more reads them again.
const maxAdded = 4096

// underWay has the listings under way in this process, of all drivers: several may
// use one directory.
var underWay listings

// listings tells those who list of the keys that are put meanwhile, into
// directories that they have read already. The zero value has none.
type listings struct {
	n   atomic.Int64 // of all
	mu  sync.Mutex
	all map[*additions]struct{}
}

// additions are the keys that were put since a listing began, or since its page
// before this one. All is guarded by the mutex of listings.
type additions struct {
	root   fs.FileInfo // of the bucket
	prefix string
	after  string // keys up to here are behind it
	keys   []string
	lost   bool // there were too many
}

// begin makes a listing hear of what is put from now on. It is called before the
// first directory is read, and end when there will be no other page.
func (l *listings) begin(a *additions) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[*additions]struct{}{}
	}
	l.all[a] = struct{}{}
	l.n.Store(int64(len(l.all)))
}

func (l *listings) end(a *additions) {
	l.mu.Lock()
	defer l.mu.Unlock()
	delete(l.all, a)
	l.n.Store(int64(len(l.all)))
}

// tell is called after a key's file came into place, and before the put succeeds.
// A listing that begins between the two reads it.
func (l *listings) tell(s *space, key string) {
	if l.n.Load() == 0 {
		return
	}
	key = strings.Clone(key) // which may be a part of something large
	l.mu.Lock()
	defer l.mu.Unlock()
	for a := range l.all {
		switch {
		case a.lost || key <= a.after || !strings.HasPrefix(key, a.prefix) || !os.SameFile(a.root, s.info):
		case len(a.keys) == maxAdded:
			a.keys, a.lost = nil, true
		default:
			a.keys = append(a.keys, key)
		}
	}
}

// pass notes that a listing has come to a key.
func (l *listings) pass(a *additions, after string) {
	l.mu.Lock()
	defer l.mu.Unlock()
	a.after = after
}

// merge gives the keys that were put since the last call, together with those known
// already; ok is false if there were too many.
func (l *listings) merge(a *additions, known []string) (all []string, ok bool) {
	l.mu.Lock()
	keys, lost := a.keys, a.lost
	a.keys = nil
	l.mu.Unlock()
	if len(keys) == 0 || lost {
		return known, !lost
	}
	all = append(keys, known...)
	slices.Sort(all)
	all = slices.Compact(all)
	return all, len(all) <= maxAdded
}
