package filedriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"iter"
	"os"
	"path"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// place is where a key's data may be: its natural place, or its escaped one.
type place struct {
	base    *dir // what path is relative to
	path    string
	escaped bool
}

// name is the name of the file in its directory.
func (p place) name() string { return path.Base(p.path) }

// parent is the path of the directory from the bucket.
func (p place) parent() string { return path.Join(p.base.path, path.Dir(p.path)) }

// floor is the directory below which empty directories are removed, likewise.
func (p place) floor() string {
	return p.base.path
}

// natural gives the natural place of a key, if it has one.
func (s *space) natural(key string) (place, bool) {
	return place{base: s.root, path: key}, isNatural(key)
}

// escaped gives the escaped place of a key; it exists only with a reserved
// directory.
func (s *space) escaped(key string) place {
	return place{base: s.keys, path: escapedPath(key), escaped: true}
}

// places gives where to look for a key, in that order.
func (s *space) places(key string) iter.Seq[place] {
	return func(yield func(place) bool) {
		if p, ok := s.natural(key); ok && !yield(p) {
			return
		}
		if s.keys != nil {
			yield(s.escaped(key))
		}
	}
}

// found is an object as one look saw it.
type found struct {
	place
	version version
	perm    fs.FileMode // permissions
	info    driver.ObjectInfo
	record  *record // nil for a file without one of ours
}

// want says what of an object is to be found out.
type want int

const (
	wantPlace want = iota // and the version
	wantEntry             // what a list shows
	wantHead
	wantTags
)

// opener opens the directory that a place is in; [space.openParent] is one.
type opener func(place) (*dir, error)

// find looks for an object, or gives [driver.ErrObjectNotFound]. What is no regular
// file hides none at the other place; without one there, it is refused.
func (s *space) find(ctx context.Context, key string, id keyID, w want, open opener) (*found, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, err
		}
		f, err := s.findOnce(key, id, w, open)
		if !errors.Is(err, errChanged) {
			return f, err
		}
	}
}

func (s *space) findOnce(key string, id keyID, w want, open opener) (*found, error) {
	p, d, seen, err := s.locate(key, open)
	if err != nil {
		return nil, err
	}
	defer d.release()
	f := &found{place: p, version: seen.version, perm: seen.mode.Perm(), info: driver.ObjectInfo{Key: key}}
	if err := f.describe(s, d, id, p.name(), w); err != nil {
		return nil, err
	}
	return f, nil
}

// locate looks for the place where a key's file is, and gives it with what lookAt
// does of it.
func (s *space) locate(key string, open opener) (place, *dir, looks, error) {
	none := errNoObject
	for p := range s.places(key) {
		d, seen, err := s.lookAt(p, open)
		switch {
		case err == nil:
			return p, d, seen, nil
		case isMissing(err) || unplaceableName(err):
		case isIrregular(err):
			none = err
		default:
			return place{}, nil, looks{}, err
		}
	}
	return place{}, nil, looks{}, none
}

// isIrregular reports whether err says that there is no regular file at a path, or
// no directory on the way, but something that is never opened.
func isIrregular(err error) bool { return errors.Is(err, errIrregular) || errors.Is(err, errSymlink) }

// describe fills in f.info for the version of the data file that f has. It gives
// errChanged when that version is no longer at its place, so that what the
// attributes say may be about another one.
func (f *found) describe(s *space, d *dir, id keyID, name string, w want) error {
	f.info.Size = f.version.size
	f.info.LastModified = f.version.modified()
	if w == wantPlace {
		return nil
	}
	text, err := s.readAttrs(id)
	if err != nil {
		return err
	}
	if r, ok := match(eachRecord(text), f.version.stamp); ok {
		f.record = &r
		if f.version.coarse() { // it may be that of a later file
			seen, err := lookIn(d, name)
			if err != nil || seen.version != f.version {
				return errChanged
			}
		}
		return f.fillOwn(w)
	}
	// Attributes are written before the data file they belong to is put in
	// place. A file that is still there now was there when they were read, so
	// it is none of ours, or not as we wrote it.
	var sc *sidecar
	if !f.escaped {
		if sc, err = sidecarOf(d, name, f.version); err != nil {
			return err
		}
	}
	seen, err := lookIn(d, name)
	if errors.Is(err, fs.ErrNotExist) || errors.Is(err, errIrregular) || err == nil && seen.version != f.version {
		return errChanged
	}
	if err != nil {
		return err
	}
	fillForeign(&f.info, f.version, sc, w)
	return nil
}

// fillOwn fills in what the record says.
func (f *found) fillOwn(w want) error {
	// The texts are parts of a file's, which is not to stay in memory for them.
	f.info.ETag = strings.Clone(f.record.etag)
	if f.info.StorageClass = driver.DefaultStorageClass; f.record.class != driver.DefaultStorageClass {
		f.info.StorageClass = strings.Clone(f.record.class)
	}
	if w == wantEntry {
		return nil
	}
	var d details
	if err := json.Unmarshal([]byte(f.record.rest), &d); err != nil {
		return fmt.Errorf("attributes: %w", err)
	}
	d.fill(&f.info, w == wantTags)
	return nil
}

// open opens an object for reading, together with what describes the very
// version that was opened.
func (s *space) open(ctx context.Context, key string, id keyID, w want) (*os.File, *found, error) {
	for {
		if err := ctx.Err(); err != nil {
			return nil, nil, err
		}
		file, f, err := s.openOnce(key, id, w)
		if !errors.Is(err, errChanged) {
			return file, f, err
		}
	}
}

func (s *space) openOnce(key string, id keyID, w want) (*os.File, *found, error) {
	p, d, seen, err := s.locate(key, s.openParent)
	if err != nil {
		return nil, nil, err
	}
	defer d.release()
	return s.openIn(d, seen, p, key, id, w)
}

func (s *space) openIn(d *dir, seen looks, p place, key string, id keyID, w want) (*os.File, *found, error) {
	file, err := d.OpenFile(p.name(), os.O_RDONLY|openFlags, 0)
	if errors.Is(err, fs.ErrNotExist) || escapes(err) {
		err = errChanged
	}
	if err != nil {
		return nil, nil, err
	}
	fi, err := file.Stat()
	if err == nil && !seen.is(fi) {
		err = errChanged // by another version, or by a link to elsewhere
	}
	if err == nil {
		f := &found{place: p, version: versionOf(fi), info: driver.ObjectInfo{Key: key}}
		err = f.describe(s, d, id, p.name(), w)
		if err == nil {
			return file, f, nil
		}
	}
	file.Close()
	return nil, nil, err
}
