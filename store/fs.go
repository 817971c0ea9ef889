package store

import (
	"context"
	"errors"
	"io"
	"io/fs"
	"path"
	"slices"
	"strings"
	"time"
)

// FS shows the objects of a bucket or prefix as a read-only file system, with
// keys as paths. Directories are what the keys imply. Keys that are no valid
// path ("a//b", "../x", "/x", "a/") are not shown. Where an object has the name
// of a directory, "a" beside "a/b", the name is the object's; "a/b" can still be
// opened, but a walk does not come to it. Opening a file is one request,
// reading it another; opening what is no file costs one more. Content types and
// other headers are not part of a file system: http.FileServerFS guesses them.
//
// FS panics if objects is nil.
func FS(objects Objects) fs.FS {
	c := coreOf(objects)
	if c == nil {
		panic("store.FS: the bucket or prefix is nil")
	}
	return &fsys{c}
}

type fsys struct{ c *core }

var (
	_ fs.ReadDirFS  = (*fsys)(nil)
	_ fs.ReadFileFS = (*fsys)(nil)
	_ fs.StatFS     = (*fsys)(nil)
	_ fs.SubFS      = (*fsys)(nil)
)

// An fs.FS has no contexts.
var fsContext = context.Background()

func (f *fsys) Open(name string) (fs.File, error) {
	info, err := f.stat("open", name)
	if err != nil {
		return nil, err
	}
	if info.IsDir() {
		return &fsDir{fsys: f, name: name, info: info}, nil
	}
	return &fsFile{fsys: f, name: name, info: info}, nil
}

func (f *fsys) Stat(name string) (fs.FileInfo, error) {
	info, err := f.stat("stat", name)
	if err != nil {
		return nil, err
	}
	return info, nil
}

func (f *fsys) ReadFile(name string) ([]byte, error) {
	if !fs.ValidPath(name) || name == "." {
		return nil, &fs.PathError{Op: "read", Path: name, Err: fs.ErrInvalid}
	}
	data, err := f.c.GetBytes(fsContext, name)
	return data, pathError("read", name, err)
}

func (f *fsys) Sub(dir string) (fs.FS, error) {
	if !fs.ValidPath(dir) {
		return nil, &fs.PathError{Op: "sub", Path: dir, Err: fs.ErrInvalid}
	}
	if dir == "." {
		return f, nil
	}
	return &fsys{&f.c.Prefix(dir).core}, nil
}

func (f *fsys) ReadDir(name string) ([]fs.DirEntry, error) {
	info, err := f.stat("readdir", name)
	if err != nil {
		return nil, err
	}
	if !info.IsDir() {
		return nil, &fs.PathError{Op: "readdir", Path: name, Err: errors.New("not a directory")}
	}
	return f.readDir(name)
}

func (f *fsys) readDir(name string) ([]fs.DirEntry, error) {
	prefix := fsPrefix(name)
	l, err := f.c.ListDir(fsContext, KeyPrefix(prefix))
	if err != nil {
		return nil, pathError("readdir", name, err)
	}
	byName := make(map[string]fsInfo, len(l.Objects)+len(l.Prefixes))
	for _, p := range l.Prefixes {
		base := strings.TrimSuffix(p[len(prefix):], "/")
		byName[base] = fsInfo{name: base, dir: true}
	}
	for _, o := range l.Objects {
		base := o.Key[len(prefix):]
		byName[base] = fsInfo{name: base, object: o}
	}
	entries := make([]fs.DirEntry, 0, len(byName))
	for base, info := range byName {
		if base != "." && fs.ValidPath(base) {
			entries = append(entries, fs.FileInfoToDirEntry(info))
		}
	}
	slices.SortFunc(entries, func(a, b fs.DirEntry) int { return strings.Compare(a.Name(), b.Name()) })
	return entries, nil
}

// stat finds out what a name is.
func (f *fsys) stat(op, name string) (fsInfo, error) {
	if !fs.ValidPath(name) {
		return fsInfo{}, &fs.PathError{Op: op, Path: name, Err: fs.ErrInvalid}
	}
	if name == "." {
		return fsInfo{name: ".", dir: true}, nil
	}
	o, err := f.c.Head(fsContext, name)
	if err == nil {
		return fsInfo{name: path.Base(name), object: o}, nil
	}
	if errors.Is(err, ErrObjectNotFound) {
		for _, listErr := range f.c.All(fsContext, KeyPrefix(fsPrefix(name)), PageSize(1)) {
			if listErr != nil {
				return fsInfo{}, pathError(op, name, listErr)
			}
			return fsInfo{name: path.Base(name), dir: true}, nil
		}
	}
	return fsInfo{}, pathError(op, name, err)
}

// fsPrefix is what the keys below a directory start with.
func fsPrefix(name string) string {
	if name == "." {
		return ""
	}
	return name + "/"
}

func pathError(op, name string, err error) error {
	if err == nil {
		return nil
	}
	return &fs.PathError{Op: op, Path: name, Err: err}
}

// fsInfo describes a file or directory.
type fsInfo struct {
	name   string
	dir    bool
	object ObjectInfo
}

func (i fsInfo) Name() string       { return i.name }
func (i fsInfo) Size() int64        { return i.object.Size }
func (i fsInfo) ModTime() time.Time { return i.object.LastModified }
func (i fsInfo) IsDir() bool        { return i.dir }
func (i fsInfo) Sys() any           { return nil }
func (i fsInfo) Mode() fs.FileMode {
	if i.dir {
		return fs.ModeDir | 0o555
	}
	return 0o444
}

// fsFile is an open file, whose content is asked for at the first Read.
type fsFile struct {
	fsys *fsys
	name string
	info fsInfo
	r    *Reader
	done bool
}

func (f *fsFile) Stat() (fs.FileInfo, error) { return f.info, nil }

func (f *fsFile) Read(p []byte) (int, error) {
	if err := f.open("read"); err != nil {
		return 0, err
	}
	n, err := f.r.Read(p)
	if err == io.EOF {
		return n, err
	}
	return n, pathError("read", f.name, err)
}

func (f *fsFile) Seek(offset int64, whence int) (int64, error) {
	if err := f.open("seek"); err != nil {
		return 0, err
	}
	at, err := f.r.Seek(offset, whence)
	return at, pathError("seek", f.name, err)
}

// open opens the content, of the version that Stat describes.
func (f *fsFile) open(op string) (err error) {
	if f.done {
		return &fs.PathError{Op: op, Path: f.name, Err: fs.ErrClosed}
	}
	if f.r == nil {
		f.r, err = f.fsys.c.Open(fsContext, f.name, IfMatch(f.info.object.ETag))
	}
	return pathError(op, f.name, err)
}

func (f *fsFile) Close() error {
	if f.done {
		return &fs.PathError{Op: "close", Path: f.name, Err: fs.ErrClosed}
	}
	f.done = true
	if f.r == nil {
		return nil
	}
	return pathError("close", f.name, f.r.Close())
}

// fsDir is an open directory, whose entries are asked for at the first ReadDir.
type fsDir struct {
	fsys    *fsys
	name    string
	info    fsInfo
	entries []fs.DirEntry
	listed  bool
}

func (d *fsDir) Stat() (fs.FileInfo, error) { return d.info, nil }
func (d *fsDir) Close() error               { return nil }

func (d *fsDir) Read([]byte) (int, error) {
	return 0, &fs.PathError{Op: "read", Path: d.name, Err: errors.New("is a directory")}
}

func (d *fsDir) ReadDir(n int) ([]fs.DirEntry, error) {
	if !d.listed {
		entries, err := d.fsys.readDir(d.name)
		if err != nil {
			return nil, err
		}
		d.entries, d.listed = entries, true
	}
	if n <= 0 {
		n = len(d.entries)
	} else if len(d.entries) == 0 {
		return nil, io.EOF
	}
	n = min(n, len(d.entries))
	entries := d.entries[:n:n]
	d.entries = d.entries[n:]
	return entries, nil
}
