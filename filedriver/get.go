package filedriver

import (
	"context"
	"fmt"
	"io"
	"os"
	"sync"

	"github.com/s3mio/s3mio/driver"
)

// bucket implements driver.Bucket and its capabilities.
type bucket struct {
	drv  *Driver
	name string
	dir  *directory
}

// Head implements [driver.Bucket].
func (b *bucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
	s, err := b.dir.acquire(ctx)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	defer s.release()
	w := wantHead
	if opts.Tags {
		w = wantTags
	}
	f, err := s.find(ctx, key, idOf(key), w, s.openParent)
	if err != nil {
		return driver.ObjectInfo{}, s.classify(err)
	}
	return f.info, nil
}

// Get implements [driver.Bucket]. The body reads the one file that was opened,
// also when the object is replaced or deleted meanwhile.
func (b *bucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	s, err := b.dir.acquire(ctx)
	if err != nil {
		return nil, err
	}
	defer s.release()
	file, f, err := s.open(ctx, key, idOf(key), wantHead)
	if err != nil {
		return nil, s.classify(err)
	}
	o := &driver.Object{Info: f.info}
	if err = driver.CheckRead(opts, f.info.ETag); err == nil {
		o.Offset, o.Length, err = opts.Range.Resolve(f.info.Size)
	}
	if err == nil && o.Offset > 0 {
		_, err = file.Seek(o.Offset, io.SeekStart)
	}
	if err != nil {
		file.Close()
		return nil, err
	}
	o.Body = &body{ctx: ctx, file: file, left: o.Length, was: f.version.stamp}
	return o, nil
}

// body reads a part of a data file.
type body struct {
	ctx  context.Context
	file *os.File
	left int64
	was  stamp
}

func (b *body) Read(p []byte) (int, error) {
	if err := b.ctx.Err(); err != nil {
		return 0, err
	}
	if b.left <= 0 {
		return 0, b.end(io.EOF)
	}
	if int64(len(p)) > b.left {
		p = p[:b.left]
	}
	n, err := b.file.Read(p)
	b.left -= int64(n)
	return n, b.end(err)
}

// end turns the end of the file into an error if it comes early, or if the file is
// not what it was: somebody edits it in place. Writers replace it.
func (b *body) end(err error) error {
	if err != io.EOF {
		return err
	}
	if b.left > 0 {
		return fmt.Errorf("%w: %d bytes are missing: %w", driver.ErrObjectChanged, b.left, io.ErrUnexpectedEOF)
	}
	fi, err := b.file.Stat()
	if err != nil {
		return err
	}
	if versionOf(fi).stamp != b.was {
		return fmt.Errorf("%w: the file was edited in place", driver.ErrObjectChanged)
	}
	return io.EOF
}

// copyStep is how much is copied between two looks at the context.
const copyStep = 4 << 20

var copyBuffers = sync.Pool{New: func() any { return new([256 << 10]byte) }}

// WriteTo implements io.WriterTo. A destination that can read from a file, such
// as another file or a connection, gets the file itself, which may spare the
// bytes the way through this process.
func (b *body) WriteTo(w io.Writer) (int64, error) {
	var total int64
	rf, direct := w.(io.ReaderFrom)
	var buf *[256 << 10]byte
	if !direct {
		buf = copyBuffers.Get().(*[256 << 10]byte)
		defer copyBuffers.Put(buf)
	}
	for b.left > 0 {
		if err := b.ctx.Err(); err != nil {
			return total, err
		}
		step := &io.LimitedReader{R: b.file, N: min(b.left, copyStep)}
		var n int64
		var err error
		if direct {
			n, err = rf.ReadFrom(step)
		} else {
			n, err = io.CopyBuffer(w, step, buf[:])
		}
		total += n
		b.left -= n
		if err == nil && step.N > 0 {
			err = b.end(io.EOF)
		}
		if err != nil {
			return total, err
		}
	}
	if err := b.end(io.EOF); err != io.EOF {
		return total, err
	}
	return total, nil
}

func (b *body) Close() error { return b.file.Close() }
