package filedriver

import (
	"context"
	"errors"
	"path"
	"sort"
	"strings"
)

// walker walks one of the two trees of a bucket, the natural or the escaped
// one, in the order of the keys. It can be left alone between two pages, then
// holding names in memory but nothing open.
type walker struct {
	layout layout
	prefix string // of the keys wanted
	rolled func(dir string) bool
	begun  bool
	stack  []*frame
	item   *item // what the walk is at; nil before the next step
}

// item is a file, or a directory whose objects are all rolled up into one
// common prefix and of which it is only known that there are some.
type item struct {
	key    string
	frame  *frame // the file's directory
	name   string // the file's name there
	rolled bool
}

// frame is a directory on the way to where the walk is.
type frame struct {
	above   *frame // nil where the walk starts
	keys    string // what the keys in it begin with
	path    string // its name there, or its path from the root of the tree
	bound   bound  // entries before it are not wanted
	entries []entry
	at      int // the entry to come, once loaded
	loaded  bool
	dir     *dir // nil between pages
}

// entry is what a directory contributes to keys: in the natural tree a name,
// with a slash after a directory's, in the escaped one a chunk.
type entry struct {
	piece string
	dir   bool
}

// compareEntries orders entries as the keys they lead to: a chunk that ends a
// key comes before the same chunk as a directory.
func compareEntries(a, b entry) int {
	if c := strings.Compare(a.piece, b.piece); c != 0 || a.dir == b.dir {
		return c
	}
	if b.dir {
		return -1
	}
	return 1
}

// bound is where in a directory to begin: at the first entry not less than at,
// or, with after set, at the first greater than it.
type bound struct {
	at    entry
	after bool
}

func (b bound) excludes(e entry) bool {
	c := compareEntries(e, b.at)
	return c < 0 || c == 0 && b.after
}

// max gives the later of two bounds.
func (b bound) max(other bound) bound {
	if c := compareEntries(b.at, other.at); c < 0 || c == 0 && other.after {
		return other
	}
	return b
}

// start is the directory deepest down in which all keys with the prefix are.
func (w *walker) start() *frame {
	f := &frame{path: "."}
	for {
		dir, ok := w.layout.split(f.keys, w.prefix[len(f.keys):])
		if !ok {
			return f
		}
		f = &frame{keys: f.keys + dir.piece, path: path.Join(f.path, w.layout.nameOf(dir))}
	}
}

func (w *walker) child(f *frame, dir entry) *frame {
	return &frame{above: f, keys: f.keys + dir.piece, path: w.layout.nameOf(dir)}
}

// seek moves forward to the first key not less than from, a string that has the
// prefix or comes after all that have it. Directories on the way are not read
// before the walk comes back to them.
func (w *walker) seek(from string) {
	if w.item != nil && w.item.key >= from {
		return
	}
	w.item = nil
	if !w.begun {
		w.begun = true
		w.stack = append(w.stack, w.start())
	}
	for len(w.stack) > 0 && !strings.HasPrefix(from, w.top().keys) {
		if w.top().keys > from {
			return
		}
		w.pop()
	}
	for len(w.stack) > 0 {
		f := w.top()
		rest := from[len(f.keys):]
		dir, ok := w.layout.split(f.keys, rest)
		if !ok {
			f.skip(bound{at: entry{piece: rest}})
			return
		}
		f.skip(bound{at: dir})
		if !f.isAt(dir) {
			return // there is no such directory, or the walk has been there
		}
		f.skip(bound{at: dir, after: true})
		w.stack = append(w.stack, w.child(f, dir))
	}
}

// next gives what the walk is at, nil at its end.
func (w *walker) next(ctx context.Context, s *space) (*item, error) {
	for w.item == nil && len(w.stack) > 0 {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f := w.top()
		if !f.loaded {
			if err := w.load(s, f); isGone(err) {
				w.pop()
				continue
			} else if err != nil {
				return nil, err
			}
		}
		if f.at == len(f.entries) {
			w.pop()
			continue
		}
		if err := w.enter(ctx, s, f, f.entries[f.at]); err != nil {
			return nil, err
		}
	}
	return w.item, nil
}

// enter makes an entry the item, if it is a file or rolled up, and otherwise
// goes into the directory.
func (w *walker) enter(ctx context.Context, s *space, f *frame, e entry) error {
	if !e.dir {
		w.item = &item{key: f.keys + e.piece, frame: f, name: w.layout.nameOf(e)}
		return nil
	}
	child := w.child(f, e)
	if !w.rolled(child.keys) {
		f.at++
		w.stack = append(w.stack, child)
		return nil
	}
	holds, err := w.holds(ctx, s, child)
	if err != nil {
		return err
	}
	if !holds {
		f.at++
		return nil
	}
	w.item = &item{key: child.keys, frame: f, rolled: true}
	return nil
}

// advance leaves the item behind.
func (w *walker) advance() {
	w.item.frame.at++
	w.item = nil
}

func (w *walker) top() *frame { return w.stack[len(w.stack)-1] }

func (w *walker) pop() {
	w.top().close()
	w.stack[len(w.stack)-1] = nil
	w.stack = w.stack[:len(w.stack)-1]
}

// suspend closes what is open. What is rolled up is looked for again: all of it
// may be gone when the walk goes on.
func (w *walker) suspend() {
	if w.item != nil && w.item.rolled {
		w.item = nil
	}
	for _, f := range w.stack {
		f.close()
	}
}

// names counts the names in memory.
func (w *walker) names() (n int) {
	for _, f := range w.stack {
		n += len(f.entries)
	}
	return n
}

// skip leaves out the entries that a bound excludes.
func (f *frame) skip(b bound) {
	f.bound = f.bound.max(b)
	if f.loaded {
		rest := f.entries[f.at:]
		f.at += sort.Search(len(rest), func(i int) bool { return !b.excludes(rest[i]) })
	}
}

// isAt reports whether the entry comes next, or may, in a directory not read
// yet. Everything before it has been skipped.
func (f *frame) isAt(e entry) bool {
	if f.loaded {
		return f.at < len(f.entries) && f.entries[f.at] == e
	}
	return !f.bound.excludes(e)
}

func (f *frame) close() {
	if f.dir != nil {
		f.dir.release()
		f.dir = nil
	}
}

// isGone reports whether err says that a directory seen before is no more, or
// is none by now.
func isGone(err error) bool { return isMissing(err) || errors.Is(err, errSymlink) }
