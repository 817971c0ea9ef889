package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"slices"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// List implements [driver.Bucket]. A token is the last entry of the page before,
// and the number of the walk that made it, which goes on if it is still there.
func (b *bucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	s, err := b.dir.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer s.release()
	rest := *opts
	id := ""
	if opts.Token != "" {
		var ok bool
		if id, rest.Token, ok = strings.Cut(opts.Token, ":"); !ok {
			return nil, fmt.Errorf("%w: malformed page token", driver.ErrValidation)
		}
	}
	l := b.drv.walkers.take(id, s, &rest)
	if l == nil {
		l = newLister(s, &rest)
	}
	page, err := driver.BuildPage(ctx, &rest, func(from string) iter.Seq2[driver.ObjectInfo, error] {
		return l.objects(ctx, from)
	})
	l.suspend()
	if err != nil {
		l.end()
		return nil, s.classify(err)
	}
	if page.NextToken == "" {
		l.end()
		return page, nil
	}
	page.NextToken = b.drv.walkers.put(l, page.NextToken) + ":" + page.NextToken
	return page, nil
}

// lister merges the walks of the two trees of a bucket, and the keys that were put
// into directories behind their backs.
type lister struct {
	s                 *space
	prefix, delimiter string
	last              string // the last entry of the page before
	walkers           [2]*walker
	added             []string // in order
	additions         additions
}

// newLister begins a listing, which is to be ended.
func newLister(s *space, opts *driver.ListOptions) *lister {
	l := &lister{s: s, prefix: opts.Prefix, delimiter: opts.Delimiter}
	l.additions = additions{root: s.info, prefix: l.prefix, after: max(opts.StartAfter, opts.Token)}
	underWay.begin(&l.additions)
	l.walkers[0] = l.newWalker(naturalTree)
	l.walkers[1] = l.newWalker(escapedTree)
	return l
}

func (l *lister) newWalker(tree layout) *walker {
	return &walker{
		layout: tree,
		prefix: l.prefix,
		rolled: l.rolled,
		begun:  tree.base(l.s) == nil, // and ended
	}
}

func (l *lister) end() { underWay.end(&l.additions) }

// resume goes on in a space of the same directory, which may be another one than
// that of the page before. It reports false if it cannot.
func (l *lister) resume(s *space) (ok bool) {
	was := l.s
	l.s = s
	if !os.SameFile(was.info, s.info) {
		return false
	}
	if was != s && !os.SameFile(was.keysInfo, s.keysInfo) {
		l.walkers[1] = l.newWalker(escapedTree)
	}
	l.added, ok = underWay.merge(&l.additions, l.added)
	return ok
}

// rolled reports whether all keys beginning with dir have one common prefix.
func (l *lister) rolled(dir string) bool {
	rest, ok := strings.CutPrefix(dir, l.prefix)
	return ok && l.delimiter != "" && strings.Contains(rest, l.delimiter)
}

func (l *lister) suspend() {
	for _, w := range l.walkers {
		w.suspend()
	}
}

// objects yields the objects from a key on. For a directory that is rolled up
// it yields the directory's name instead: that is enough to know the common
// prefix, and seeking past it then leaves out what is in there.
func (l *lister) objects(ctx context.Context, from string) iter.Seq2[driver.ObjectInfo, error] {
	return func(yield func(driver.ObjectInfo, error) bool) {
		for _, w := range l.walkers {
			w.seek(from)
		}
		passed, _ := slices.BinarySearch(l.added, from)
		l.added = l.added[passed:]
		for {
			info, err := l.step(ctx)
			if err != nil {
				yield(driver.ObjectInfo{}, err)
				return
			}
			if info == nil {
				return
			}
			// A caller that breaks off gets the same again next time.
			if !yield(*info, nil) {
				return
			}
			l.leave(info.Key)
		}
	}
}

// step gives the first object that any walk is at or that was added, nil at the end.
func (l *lister) step(ctx context.Context) (*driver.ObjectInfo, error) {
	for {
		var first *walker
		var at *item
		for _, w := range l.walkers {
			i, err := w.next(ctx, l.s)
			if err != nil {
				return nil, err
			}
			// Of two files for one key the natural one counts; it comes first.
			if i != nil && (at == nil || i.key < at.key) {
				first, at = w, i
			}
		}
		if len(l.added) > 0 && (at == nil || l.added[0] < at.key) {
			info, err := l.lookUp(ctx, l.added[0])
			if info != nil || err != nil {
				return info, err
			}
			l.added = l.added[1:] // it is gone, too
			continue
		}
		if at == nil {
			return nil, nil
		}
		if at.rolled {
			return &driver.ObjectInfo{Key: at.key}, nil
		}
		info, err := first.info(ctx, l.s, at)
		if info != nil || err != nil {
			return info, err
		}
		first.advance() // it is gone
	}
}

// leave goes past a key in all walks.
func (l *lister) leave(key string) {
	for _, w := range l.walkers {
		if w.item != nil && w.item.key == key {
			w.advance()
		}
	}
	if len(l.added) > 0 && l.added[0] == key {
		l.added = l.added[1:]
	}
}

// lookUp describes the object of a key, nil when there is none.
func (l *lister) lookUp(ctx context.Context, key string) (*driver.ObjectInfo, error) {
	f, err := l.s.find(ctx, key, idOf(key), wantEntry, l.s.openParent)
	if errors.Is(err, driver.ErrObjectNotFound) || isIrregular(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	return &f.info, nil
}

// info describes the file that a walk is at, as Head does; nil when it is gone.
func (w *walker) info(ctx context.Context, s *space, at *item) (*driver.ObjectInfo, error) {
	d, err := w.open(s, at.frame)
	if isGone(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	id := idOf(at.key)
	for {
		seen, err := lookIn(d, at.name)
		if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errIrregular) {
			return nil, nil
		}
		if err != nil {
			return nil, err
		}
		f := &found{
			place:   place{escaped: w.layout.escaped},
			version: seen.version,
			info:    driver.ObjectInfo{Key: at.key},
		}
		err = f.describe(s, d, id, at.name, wantEntry)
		if !errors.Is(err, errChanged) {
			return &f.info, err
		}
		if err := ctx.Err(); err != nil {
			return nil, err
		}
	}
}
