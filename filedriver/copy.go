package filedriver

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/s3mio/s3mio/driver"
)

// Copy implements [driver.Copier] for sources of this package, of whatever
// driver. Only the destination is locked; the source is the one version that
// was opened.
func (b *bucket) Copy(ctx context.Context, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	from, ok := src.(*bucket)
	if !ok {
		return driver.ObjectInfo{}, fmt.Errorf("%w: copying from another backend", driver.ErrUnsupported)
	}
	source, err := from.openSource(ctx, srcKey)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	defer source.file.Close()
	s, err := b.writable(ctx)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	defer s.release()
	if srcKey == dstKey && os.SameFile(source.bucket, s.info) {
		return driver.ObjectInfo{}, fmt.Errorf("%w: source and destination of the copy are the same object", driver.ErrValidation)
	}
	info, err := s.copy(ctx, dstKey, source)
	return info, s.classify(err)
}

// source is the source of a copy.
type source struct {
	*found
	file   *os.File
	bucket os.FileInfo
}

func (b *bucket) openSource(ctx context.Context, key string) (*source, error) {
	s, err := b.dir.acquire(ctx)
	if err != nil {
		return nil, asSource(ctx, err)
	}
	defer s.release()
	file, f, err := s.open(ctx, key, idOf(key), wantTags)
	if err != nil {
		return nil, asSource(ctx, s.classify(err))
	}
	return &source{found: f, file: file, bucket: s.info}, nil
}

// asSource marks an error as the source's, unless it is the context's.
func asSource(ctx context.Context, err error) error {
	if ctx.Err() != nil {
		return err
	}
	return &driver.SourceError{Err: err}
}

func (s *space) copy(ctx context.Context, key string, src *source) (driver.ObjectInfo, error) {
	p := &publication{
		s: s, key: key, id: idOf(key), info: src.info,
		check: func(bool, string) error { return nil },
	}
	defer p.end()
	in := newIncoming(sourceReader{src.file}, src.info.Size)
	defer in.close()
	var err error
	if src.record != nil && isMD5(src.record.etag) && src.info.Size > chunkSize {
		if p.temp, err = s.newTemp(p.id); err == nil {
			err = p.temp.clone(ctx, src)
		}
	} else if err = p.take(ctx, in); err == nil {
		p.info.ETag = in.sum()
	}
	if changed := src.unchanged(); changed != nil {
		err = changed
	}
	if err == nil {
		err = p.publish(ctx)
	}
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	return driver.ObjectInfo{Key: key, Size: p.info.Size, ETag: p.info.ETag}, nil
}

// clone copies a file whose MD5 is known, without the bytes passing through
// this process where the system can do that.
func (t *temp) clone(ctx context.Context, src *source) error {
	for done := int64(0); done < src.info.Size; {
		if err := ctx.Err(); err != nil {
			return err
		}
		if err := t.s.drv.reach("write"); err != nil {
			return err
		}
		n, err := io.CopyN(t.file, src.file, min(copyStep, src.info.Size-done))
		done += n
		if err == io.EOF {
			return &driver.SourceError{Err: fmt.Errorf("%w: the file became shorter", driver.ErrObjectChanged)}
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// unchanged checks that nobody edited the source in place while it was copied.
func (src *source) unchanged() error {
	fi, err := src.file.Stat()
	if err == nil && versionOf(fi).stamp != src.version.stamp {
		err = driver.ErrObjectChanged
	}
	if err != nil {
		return &driver.SourceError{Err: err}
	}
	return nil
}

// sourceReader marks the errors of reading the source as the source's.
type sourceReader struct{ f *os.File }

func (r sourceReader) Read(p []byte) (int, error) {
	n, err := r.f.Read(p)
	if err != nil && !errors.Is(err, io.EOF) {
		err = &driver.SourceError{Err: err}
	}
	return n, err
}

// isMD5 reports whether an ETag is an MD5 in hex.
func isMD5(etag string) bool {
	_, err := hex.DecodeString(etag)
	return err == nil && len(etag) == 32
}
