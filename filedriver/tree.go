package filedriver

import (
	"context"
	"errors"
	"io/fs"
	"runtime"
	"slices"
	"strings"
	"unicode/utf8"

	"github.com/s3mio/s3mio/driver"
)

// layout is how one of the two trees of a bucket maps keys to paths.
type layout struct{ escaped bool }

var (
	naturalTree = layout{}
	escapedTree = layout{escaped: true}
)

// base is the directory of the tree, nil when there is none.
func (l layout) base(s *space) *dir {
	if l.escaped {
		return s.keys
	}
	return s.root
}

// split gives the directory that keys beginning with rest are in, if there is
// one below the directory whose keys begin with keys.
func (l layout) split(keys, rest string) (dir entry, ok bool) {
	if l.escaped {
		if len(rest) <= escapedChunk {
			return entry{}, false
		}
		return entry{rest[:escapedChunk], true}, true
	}
	i := strings.IndexByte(rest, '/')
	if i < 0 || !naturalName(rest[:i]) {
		return entry{}, false
	}
	return entry{rest[:i+1], true}, true
}

// naturalName reports whether a name can be part of a natural key.
func naturalName(name string) bool {
	return naturalSegment(runtime.GOOS, name) && utf8.ValidString(name)
}

// entryOf gives the entry for a name on disk, if it is that of an object or of a
// directory of objects.
func (l layout) entryOf(keys, name string, dir bool) (e entry, ok bool) {
	e.dir = dir
	switch {
	case !l.escaped:
		if e.piece, ok = name, naturalName(name); dir {
			e.piece += "/"
		}
	case dir:
		e.piece, ok = unescapeName(dirMark, name)
	default:
		e.piece, ok = unescapeName(fileMark, name)
		ok = ok && utf8.ValidString(keys+e.piece)
	}
	return e, ok && len(keys)+len(e.piece) <= driver.MaxKeyBytes
}

// nameOf reverses entryOf.
func (l layout) nameOf(e entry) string {
	switch {
	case !l.escaped:
		return strings.TrimSuffix(e.piece, "/")
	case e.dir:
		return escapedName(dirMark, e.piece)
	}
	return escapedName(fileMark, e.piece)
}

// maxFrames is how many directories a walk holds open, one in the other.
const maxFrames = 32

// open gives the directory of a frame, which stays open for the page, as do
// those next above it: the walk comes back to them.
func (w *walker) open(s *space, f *frame) (*dir, error) {
	if f.dir != nil {
		return f.dir, nil
	}
	d, err := w.openNew(s, f)
	if err != nil {
		return nil, err
	}
	f.dir = d
	far := f.above
	for n := 1; far != nil && n < maxFrames; n++ {
		far = far.above
	}
	if far != nil {
		far.close()
	}
	return d, nil
}

func (w *walker) openNew(s *space, f *frame) (*dir, error) {
	if f.above == nil {
		return s.descend(w.layout.base(s), f.path)
	}
	above, err := w.open(s, f.above)
	if err != nil {
		return nil, err
	}
	return s.openChild(above, f.path)
}

// maxReads is how often a directory is read that changes meanwhile.
const maxReads = 4

// load reads a directory and sorts what is wanted of it. Some filesystems may
// leave a file out that is replaced while the directory is read, so a directory
// that changed is read again, and what any reading saw counts: what is gone is
// left out when its turn comes.
func (w *walker) load(s *space, f *frame) error {
	d, err := w.open(s, f)
	if err != nil {
		return err
	}
	for range maxReads {
		if err := s.drv.reach("read-dir"); err != nil {
			return err
		}
		before, err := d.Stat(".")
		if err != nil {
			return err
		}
		if err := w.read(f, d); err != nil {
			return err
		}
		after, err := d.Stat(".")
		if err != nil {
			return err
		}
		if after.ModTime().Equal(before.ModTime()) {
			break
		}
	}
	slices.SortFunc(f.entries, compareEntries)
	f.entries = slices.Compact(f.entries)
	f.loaded = true
	return nil
}

func (w *walker) read(f *frame, from *dir) error {
	wanted := ""
	if len(w.prefix) > len(f.keys) {
		wanted = w.prefix[len(f.keys):]
	}
	return eachEntry(from.Root, func(d fs.DirEntry) error {
		if !d.IsDir() && !d.Type().IsRegular() {
			return nil
		}
		e, ok := w.layout.entryOf(f.keys, d.Name(), d.IsDir())
		if ok && strings.HasPrefix(e.piece, wanted) && !f.bound.excludes(e) {
			f.entries = append(f.entries, e)
		}
		return nil
	})
}

// errFound ends a search.
var errFound = errors.New("found")

// holds reports whether there is any object in the directory of a frame, which
// is not opened for longer.
func (w *walker) holds(ctx context.Context, s *space, f *frame) (bool, error) {
	d, err := w.openNew(s, f)
	if err == nil {
		err = w.search(ctx, s, f.keys, d, 0)
		d.release()
	}
	if errors.Is(err, errFound) {
		return true, nil
	}
	if isGone(err) {
		err = nil
	}
	return false, err
}

// maxSearch is how many directories a search holds open, one in the other. It reads
// them in pieces, since most often there is a file among the first names.
const maxSearch = 16

// search gives errFound when there is an object in a directory.
func (w *walker) search(ctx context.Context, s *space, keys string, in *dir, depth int) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	if depth == maxSearch {
		return w.searchBelow(ctx, s, keys)
	}
	return eachEntry(in.Root, func(d fs.DirEntry) error {
		e, ok := w.layout.entryOf(keys, d.Name(), d.IsDir())
		if !ok || !d.IsDir() && !d.Type().IsRegular() {
			return nil
		}
		if !e.dir {
			return errFound
		}
		child, err := s.openChild(in, d.Name())
		if err == nil {
			err = w.search(ctx, s, keys+e.piece, child, depth+1)
			child.release()
		}
		if isGone(err) {
			return nil
		}
		return err
	})
}

// searchBelow does so by a walk, which can go deeper.
func (w *walker) searchBelow(ctx context.Context, s *space, keys string) error {
	below := &walker{layout: w.layout, prefix: keys, rolled: func(string) bool { return false }}
	below.seek(keys)
	at, err := below.next(ctx, s)
	below.suspend()
	if at != nil {
		return errFound
	}
	return err
}
