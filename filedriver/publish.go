package filedriver

import (
	"context"
	"encoding/json"
	"errors"
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
	absent bool // check forbids to replace anything

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
	old, err := p.s.find(ctx, p.key, p.id, w, p.open)
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
	p.absent = p.check(true, etag) != nil
	if st, err = p.distinct(st, old); err != nil {
		return err
	}
	if old != nil {
		if err := p.temp.allow(old.perm); err != nil {
			return err
		}
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
// the one in place, and from all that attributes name where times are so coarse that
// it may not. Most often the first one does.
func (p *publication) distinct(st stamp, old *found) (_ stamp, err error) {
	taken := func() bool {
		if st.coarse() {
			var text string
			if text, err = p.s.readAttrs(p.id); err != nil {
				return false
			}
			if _, named := match(eachRecord(text), st); named {
				return true
			}
		}
		return old != nil && old.version.stamp == st
	}
	perm := umaskPerm
	if old != nil {
		perm = old.perm
	}
	for i := 0; p.temp == nil || taken(); i++ {
		if i > 10 {
			return st, errors.New("the filesystem does not keep modification times apart")
		}
		// A filesystem with coarse times needs whole seconds more.
		at := markTime().Add(time.Duration(max(0, i-1)) * 2 * time.Second)
		if p.temp == nil || p.temp.file == nil {
			p.end()
			p.temp, st, err = p.s.writeData(p.id, p.small, at, perm)
		} else if st, err = p.temp.mark(at); err == nil {
			err = p.temp.sync()
		}
		if err != nil {
			return st, err
		}
	}
	return st, err
}

// describe writes the attributes of the new data file beside those of the old
// one.
func (p *publication) describe(st stamp, old *found) error {
	r, err := newRecord(p.key, st, &p.info)
	if err != nil {
		return err
	}
	if !st.coarse() { // those that count do not fill up with stamps to avoid
		if done, err := p.s.appendAttrs(p.id, &r, old == nil); done || err != nil {
			return err
		}
	}
	text, err := p.s.readAttrs(p.id)
	if err != nil {
		return err
	}
	keep := []record{r}
	if old != nil {
		if current, ok := match(eachRecord(text), old.version.stamp); ok {
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
	return record{stamp: st, etag: info.ETag, class: class, rest: string(rest)}, err
}
