package store

import (
	"fmt"
	"io"
	"os"

	"github.com/s3mio/s3mio/driver"
)

// fileBody is a file of a known size as a body. A file that turns out shorter,
// or has another size when its end is read, fails with ErrSizeMismatch.
type fileBody struct {
	f *os.File
	*io.SectionReader
}

func newFileBody(f *os.File, size int64) *fileBody {
	return &fileBody{f, io.NewSectionReader(f, 0, size)}
}

func (b *fileBody) Read(p []byte) (int, error) {
	n, err := b.SectionReader.Read(p)
	at, seekErr := b.SectionReader.Seek(0, io.SeekCurrent)
	if seekErr != nil {
		return n, seekErr
	}
	return n, b.check(at, err)
}

func (b *fileBody) ReadAt(p []byte, off int64) (int, error) {
	n, err := b.SectionReader.ReadAt(p, off)
	return n, b.check(off+int64(n), err)
}

// check looks whether the file has the size it had, when a read came to the end
// at offset at or met the end before its time. Some files (in /proc) have more
// bytes than they say.
func (b *fileBody) check(at int64, err error) error {
	if at < b.Size() && err == nil {
		return nil
	}
	if err != nil && err != io.EOF {
		return err
	}
	info, statErr := b.f.Stat()
	if statErr != nil {
		return statErr
	}
	var more [1]byte
	n, moreErr := b.f.ReadAt(more[:], b.Size())
	if n > 0 || at < b.Size() || info.Size() != b.Size() {
		return fmt.Errorf("%w: the file had %d bytes, now it has another size", driver.ErrSizeMismatch, b.Size())
	}
	if moreErr != nil && moreErr != io.EOF {
		return moreErr
	}
	return err
}
