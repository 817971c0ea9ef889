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

// check looks at the file's size when a read came to the end at offset at, or
// met the end before its time.
func (b *fileBody) check(at int64, err error) error {
	if at < b.Size() && err == nil {
		return nil
	}
	if err != nil && err != io.EOF {
		return err
	}
	info, statErr := b.f.Stat()
	switch {
	case statErr != nil:
		return statErr
	case info.Size() != b.Size() || at < b.Size():
		return fmt.Errorf("%w: the file had %d bytes, now it has %d", driver.ErrSizeMismatch, b.Size(), info.Size())
	}
	return err
}
