package main

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
)

// transfer moves a file.
type transfer struct{ size int64 }

const transferKey = "transfer.bin"

func (t transfer) source(e *env) string { return filepath.Join(e.dir, "source.bin") }

// prepareFile makes the file, of content that does not repeat in a mebibyte.
func (t transfer) prepareFile(_ context.Context, e *env) error {
	block := body(1 << 20)
	return toFile(t.source(e), func(f *os.File) error {
		for left := t.size; left > 0; left -= int64(len(block)) {
			// Each block differs from the others.
			copy(block, fmt.Sprintf("%016x", left))
			if _, err := f.Write(block[:min(left, int64(len(block)))]); err != nil {
				return err
			}
		}
		return nil
	})
}

func (t transfer) prepareObject(ctx context.Context, e *env) error {
	if err := t.prepareFile(ctx, e); err != nil {
		return err
	}
	_, err := e.bucket.Upload(ctx, t.source(e), transferKey)
	return err
}

func (t transfer) uploads(_ context.Context, e *env, c *target) (*work, error) {
	return &work{
		run: func(ctx context.Context) (float64, error) {
			return float64(t.size), c.upload(ctx, t.source(e), transferKey)
		},
		after: func(ctx context.Context) error {
			info, err := e.bucket.Head(ctx, transferKey)
			if err == nil && info.Size != t.size {
				err = fmt.Errorf("uploaded %d bytes of %d", info.Size, t.size)
			}
			return errors.Join(err, e.bucket.Delete(ctx, transferKey))
		},
	}, nil
}

func (t transfer) downloads(_ context.Context, e *env, c *target) (*work, error) {
	path := filepath.Join(e.dir, "downloaded.bin")
	return &work{
		run: func(ctx context.Context) (float64, error) {
			return float64(t.size), c.download(ctx, transferKey, path)
		},
		after: func(context.Context) error {
			return errors.Join(sameFiles(path, t.source(e)), os.Remove(path))
		},
	}, nil
}

// sameFiles compares two files whole, a mebibyte at a time.
func sameFiles(path, other string) error {
	return withFile(path, func(a *os.File) error {
		return withFile(other, func(b *os.File) error {
			p, q := make([]byte, 1<<20), make([]byte, 1<<20)
			for at := 0; ; at += len(p) {
				n, err := io.ReadFull(a, p)
				m, err2 := io.ReadFull(b, q)
				if !bytes.Equal(p[:n], q[:m]) {
					return fmt.Errorf("%s is not %s, from byte %d to %d", path, other, at, at+len(p))
				}
				if n < len(p) {
					return errors.Join(unlessEnd(err), unlessEnd(err2))
				}
			}
		})
	})
}

// unlessEnd gives an error of io.ReadFull other than that of the end.
func unlessEnd(err error) error {
	if err == io.EOF || err == io.ErrUnexpectedEOF {
		return nil
	}
	return err
}
