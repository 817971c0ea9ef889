package filedriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// publication puts an object in its place. The steps, and why the object is whole
// after a crash between any two of them, are in docs/filedriver-format.md; in
// short: attributes for the old and the new data file are in place before the
// data file is exchanged, and each names the data file it belongs to.
type publication struct {
	s    *space
	key  string
	id   keyID
	info driver.ObjectInfo // with tags; an empty storage class is the default

	// The content: of a small object in memory, for which temp is made under the
	// key's lock, else in temp.
	small []byte
	temp  *temp

	// check decides, with the lock held, whether to go on. It gets the ETag only if
	// byETag is set.
	check  func(exists bool, etag string) error
	byETag bool

	parent *dir // of the natural place, once it was opened under the lock
}

// take takes the content of the object.
func (p *publication) take(ctx context.Context, in *incoming) error {
	chunk, err := in.next(ctx)
	if err != nil {
		return err
	}
	if in.ended {
		p.small = chunk
		return nil
	}
	if p.temp, err = p.s.newTemp(p.id); err != nil {
		return err
	}
	return p.temp.fill(ctx, chunk, in)
}

// end removes what was not published.
func (p *publication) end() {
	if p.temp != nil {
		p.temp.discard()
	}
}

func (p *publication) publish(ctx context.Context) error {
	var st stamp
	if p.temp != nil {
		var err error
		if st, err = p.temp.mark(markTime()); err == nil {
			err = p.temp.sync()
		}
		if err != nil {
			return err
		}
	}
	if err := p.s.drv.reach("lock"); err != nil {
		return err
	}
	unlock, err := p.s.lockKey(ctx, p.id)
	if err != nil {
		return err
	}
	defer unlock()
	defer p.forget()

	w := wantPlace
	if p.byETag {
		w = wantEntry
	}
	old, err := p.s.findLocked(ctx, p.key, p.id, w, p.open)
	if err != nil && !errors.Is(err, driver.ErrObjectNotFound) {
		return err
	}
	etag := ""
	if old != nil {
		etag = old.info.ETag
	}
	if err := p.check(old != nil, etag); err != nil {
		return err
	}
	if st, err = p.distinct(st, old); err != nil {
		return err
	}
	intent, err := p.intend(old)
	if err == nil {
		err = p.describe(st, old)
	}
	if err == nil {
		err = p.place(ctx, old)
	}
	if err != nil && p.temp.name != "" {
		err = errors.Join(err, p.s.reconcile(p.id, p.key)) // take back what was prepared
	}
	if intent == "" {
		return err
	}
	if err == nil {
		err = p.s.reconcile(p.id, p.key)
	}
	return errors.Join(err, p.s.tmp.Remove(intent))
}

// open opens the directory of a place. That of the natural place stays open until
// forget, so that the steps under the lock do not look for it one by one.
func (p *publication) open(at place) (*dir, error) {
	if at.escaped || p.parent == nil {
		d, err := p.s.openParent(at)
		if err == nil && !at.escaped {
			p.parent = d.retain()
		}
		return d, err
	}
	return p.parent.retain(), nil
}

func (p *publication) forget() {
	if p.parent != nil {
		p.parent.release()
		p.parent = nil
	}
}

// intend leaves word, for the case of a crash, when there will be something to
// clear away after the commit: a sidecar of fileblob's, which may also be that of
// a file long gone, or an escaped file hidden by a natural one that somebody
// dropped.
func (p *publication) intend(old *found) (intent string, err error) {
	tidy := old != nil && !old.escaped && p.s.hasEscaped(p.key)
	if natural, ok := p.s.natural(p.key); ok && !tidy {
		if tidy, err = hasSidecar(p.open, natural); err != nil {
			return "", err
		}
	}
	if !tidy {
		return "", nil
	}
	return p.s.writeTemp(p.id, intentTemp, []byte(p.key))
}

// distinct makes the new data file's stamp, st if it has one, differ from that of
// the one in place. Most often the first one does.
func (p *publication) distinct(st stamp, old *found) (_ stamp, err error) {
	taken := func() bool { return old != nil && old.version.stamp == st }
	for i := 0; p.temp == nil || taken(); i++ {
		if i > 10 {
			return st, errors.New("the filesystem does not keep modification times apart")
		}
		// A filesystem with coarse times needs whole seconds more.
		at := markTime().Add(time.Duration(max(0, i-1)) * 2 * time.Second)
		if p.temp == nil || p.temp.file == nil {
			p.end()
			p.temp, st, err = p.s.writeData(p.id, p.small, at)
		} else if st, err = p.temp.mark(at); err == nil {
			err = p.temp.sync()
		}
		if err != nil {
			return st, err
		}
	}
	return st, nil
}

// describe writes the attributes of the new data file beside those of the old
// one.
func (p *publication) describe(st stamp, old *found) error {
	r, err := newRecord(p.key, st, &p.info)
	if err != nil {
		return err
	}
	if done, err := p.s.appendAttrs(p.id, &r); done || err != nil {
		return err
	}
	records, err := p.s.readAttrs(p.id)
	if err != nil {
		return err
	}
	keep := []record{r}
	if old != nil {
		if current, ok := match(records, old.version.stamp); ok {
			keep = []record{current, r}
		}
	}
	return p.s.writeAttrs(p.id, keep)
}

func newRecord(key string, st stamp, info *driver.ObjectInfo) (record, error) {
	class := info.StorageClass
	if class == "" {
		class = driver.DefaultStorageClass
	}
	rest, err := json.Marshal(detailsOf(key, info))
	return record{stamp: st, etag: info.ETag, class: class, rest: rest}, err
}

// place moves the data file to where the old one is. A new object goes to its
// natural place if it can, to its escaped one otherwise.
func (p *publication) place(ctx context.Context, old *found) error {
	if old != nil {
		return p.moveTo(ctx, old.place)
	}
	if natural, ok := p.s.natural(p.key); ok && !(p.s.folds && !isASCII(p.key)) {
		if err := p.moveTo(ctx, natural); !errors.Is(err, errBlocked) {
			return err
		}
	}
	return p.moveTo(ctx, p.s.escaped(p.key))
}

// errBlocked says that a key cannot be held at a place.
var errBlocked = errors.New("the place is taken by another key or not possible here")

// moveTo moves the data file to a place. When that fails, the directories made
// for it are gone again.
func (p *publication) moveTo(ctx context.Context, to place) error {
	for {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := p.s.drv.reach("mkdir"); err != nil {
			return err
		}
		made, err := p.tryMove(to)
		if err == nil || p.temp.name == "" {
			return err
		}
		p.forget() // it may have been removed, being empty
		if len(made) > 0 {
			p.s.prune(made[len(made)-1], path.Dir(made[0]))
		}
		switch {
		case errors.Is(err, errRetry):
		case errors.Is(err, fs.ErrNotExist):
			// A directory was removed under us, as empty, unless it is our file
			// that is gone.
			if gone := p.temp.gone(); gone != nil {
				return gone
			}
		case errors.Is(err, errNotDir) || unplaceableName(err):
			return fmt.Errorf("%w: %w", errBlocked, err)
		default:
			return err
		}
	}
}

var errRetry = errors.New("try again")

// tryMove moves the data file once, and gives the directories made for it.
func (p *publication) tryMove(to place) (made []string, err error) {
	parent, err := p.open(to)
	if errors.Is(err, fs.ErrNotExist) {
		parent, made, err = p.s.makeDirs(to.base, path.Dir(to.path))
	}
	if err != nil {
		return made, err
	}
	defer parent.release()
	if err := p.s.settle(parent); err != nil {
		return made, err
	}
	if err := p.exchange(parent, to.name()); err != nil {
		return made, err
	}
	return made, p.s.sync(parent)
}

// exchange is the commit: one rename.
func (p *publication) exchange(parent *dir, name string) error {
	if p.s.folds {
		// A file there is another key's, whose name folds to ours: had it our
		// name, it would be the old object.
		if fi, err := parent.Lstat(name); err == nil && !fi.IsDir() && !p.s.exact(parent, name) {
			return errNotDir
		}
	}
	if err := p.s.drv.reach("commit"); err != nil {
		return err
	}
	err := p.s.rename(p.s.tmp, p.temp.name, parent, name)
	if err == nil {
		p.temp.name = ""
		return p.s.drv.reach("committed")
	}
	// Perhaps it is a directory that holds no file.
	if fi, serr := parent.Lstat(name); serr != nil || !fi.IsDir() {
		return err
	}
	if p.s.removeEmptyTree(parent, name) == nil {
		return errRetry
	}
	return err
}

func isASCII(s string) bool {
	for i := range len(s) {
		if s[i] >= 0x80 {
			return false
		}
	}
	return true
}
