package filedriver

import (
	"io"
	"io/fs"
	"os"

	"golang.org/x/sys/windows"
)

// brief is one of our own small files, open for a moment.
type brief struct {
	*os.File
	in   *dir
	name string
}

// openBrief opens a file of a directory; flags are those of [os.OpenFile]. The
// directory must stay open as long as the file.
func openBrief(d *dir, name string, flags int) (brief, error) {
	f, err := d.OpenFile(name, flags, filePerm)
	return brief{f, d, name}, err
}

// read gives less than fits into p only at the end of the file.
func (b brief) read(p []byte) (int, error) {
	n, err := io.ReadFull(b.File, p)
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		err = nil
	}
	return n, err
}

// write writes all of p.
func (b brief) write(p []byte) error {
	_, err := b.File.Write(p)
	return err
}

func (b brief) look() (looks, error) {
	var info windows.ByHandleFileInformation
	if err := windows.GetFileInformationByHandle(windows.Handle(b.File.Fd()), &info); err != nil {
		return looks{}, err
	}
	fi, err := b.File.Stat()
	if err != nil {
		return looks{}, err
	}
	links := uint64(info.NumberOfLinks)
	if linked, err := isLinked(b.File, b.in, b.name); err != nil || !linked {
		return looks{}, err
	}
	return looks{version: versionOf(fi), mode: fi.Mode(), links: links, info: fi}, nil
}

func (b brief) chmod(perm fs.FileMode) error { return b.File.Chmod(perm) }

func (b brief) tryLock() (bool, error) { return tryLock(b.File) }

// sync makes the content durable.
func (b brief) sync() error { return b.File.Sync() }

func (b brief) close() error { return b.File.Close() }
