package filedriver

import (
	"io"
	"os"
)

// brief is one of our own small files, open for a moment.
type brief struct{ *os.File }

// openBrief opens a file of a directory; flags are those of [os.OpenFile]. The
// directory must stay open as long as the file.
func openBrief(d *dir, name string, flags int) (brief, error) {
	f, err := d.OpenFile(name, flags, filePerm)
	return brief{f}, err
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

// stamp gives the size and modification time.
func (b brief) stamp() (stamp, error) {
	fi, err := b.File.Stat()
	if err != nil {
		return stamp{}, err
	}
	return versionOf(fi).stamp, nil
}

func (b brief) tryLock() (bool, error) { return tryLock(b.File) }

// sync makes the content durable.
func (b brief) sync() error { return b.File.Sync() }

func (b brief) close() error { return b.File.Close() }
