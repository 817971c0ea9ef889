package main

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"path/filepath"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"
)

// fileListRows list trees of files, to the end, and check every entry.
func fileListRows(s *settings) []*row {
	few, some, many := pick(s, 16_000, 1_500), pick(s, 128_000, 2_500), pick(s, 1_000_000, 4_500)
	return []*row{
		(&fileList{n: few}).row("16k"),
		(&fileList{n: some}).row("128k"),
		(&fileList{n: many, small: few}).row("1M"),
	}
}

// row makes the row. Where there is a small tree, too, it is in fileblob's
// place, which would take hours for the large one: the times of a key can then
// be compared in one run.
func (l *fileList) row(name string) *row {
	r := &row{
		name:    "file/list/" + name,
		title:   "list " + count(l.n) + " keys",
		unit:    keys,
		need:    need{bytes: uint64(l.n) * 20 << 10, files: uint64(l.n) * 4}, // for ours and fileblob's
		prepare: l.prepare,
		clients: []client{{ours, l.store}, {"driver", l.driver}, {"fileblob", l.fileblob}, {"walk", l.walk}},
	}
	if l.small > 0 {
		r.need = need{bytes: uint64(l.n) * 11 << 10, files: uint64(l.n)*2 + 1<<16}
		r.clients[2] = client{ours + ", 16k", l.storeSmall}
	}
	return r
}

// fileList is the listing of one number of keys.
type fileList struct {
	n, small  int
	want      []object
	since     time.Time
	big, less *fileBucket
}

// prepare writes the objects with filedriver.
func (l *fileList) prepare(ctx context.Context, e *env) (err error) {
	l.since = time.Now().Truncate(time.Second)
	if l.want, err = tree(l.n); err != nil {
		return err
	}
	if l.big, err = l.write(ctx, e, "big", l.want); err != nil || l.small == 0 {
		return err
	}
	l.less, err = l.write(ctx, e, "small", l.want[:l.small])
	return err
}

func (l *fileList) write(ctx context.Context, e *env, name string, want []object) (*fileBucket, error) {
	b, err := openFileBucket(ctx, filepath.Join(e.dir, name))
	if err != nil {
		return nil, err
	}
	e.atEnd(b.all.Close)
	return b, fill(ctx, want, storeTarget(b.store, nil).put)
}

// store lists with package store, as users do.
func (l *fileList) store(context.Context, *env) (*work, error) {
	return listWork(storeTarget(l.big.store, nil), l.want, l.since), nil
}

func (l *fileList) storeSmall(context.Context, *env) (*work, error) {
	return listWork(storeTarget(l.less.store, nil), l.want[:l.small], l.since), nil
}

// driver lists with the driver alone.
func (l *fileList) driver(context.Context, *env) (*work, error) {
	return listWork(driverTarget(l.big.driver, nil), l.want, l.since), nil
}

// fileblob lists the same objects, written by itself.
func (l *fileList) fileblob(ctx context.Context, e *env) (*work, error) {
	b, err := fileblob.OpenBucket(filepath.Join(e.dir, "fileblob"), &fileblob.Options{CreateDir: true, NoTempDir: true})
	if err != nil {
		return nil, err
	}
	if err := fill(ctx, l.want, func(ctx context.Context, key string, body []byte) error {
		return b.WriteAll(ctx, key, body, nil)
	}); err != nil {
		return nil, err
	}
	var lost *loss
	ended := ""
	return &work{
		once: l.n > 50_000,
		run: func(ctx context.Context) (float64, error) {
			lost = &loss{}
			n, err := fileblobList(ctx, b, e.settings.budget, lost)
			if errors.Is(err, errBudget) {
				ended = fmt.Sprintf("broken off after %d of %d keys", n, l.n)
				return float64(l.n), err
			}
			return float64(n), err
		},
		note:  func() string { return cmp.Or(ended, lost.report(l.want)) },
		close: b.Close,
	}, nil
}

// fileblobList lists to the end, or until it takes too long.
func fileblobList(ctx context.Context, b *blob.Bucket, budget time.Duration, lost *loss) (n int, err error) {
	start := time.Now()
	entries := b.List(nil)
	for ; ; n++ {
		o, err := entries.Next(ctx)
		if err == io.EOF {
			return n, nil
		}
		if err != nil {
			return n, err
		}
		lost.entry(o.Key, o.MD5 != nil)
		if n%1000 == 0 && time.Since(start) > budget {
			return n, errBudget
		}
	}
}

// walk is the floor: a walk over the files that asks for size and time, and
// reads no attributes.
func (l *fileList) walk(context.Context, *env) (*work, error) {
	return &work{run: func(ctx context.Context) (float64, error) {
		n := 0
		err := filepath.WalkDir(l.big.dir, func(path string, d fs.DirEntry, err error) error {
			if err != nil {
				return err
			}
			if d.IsDir() {
				if d.Name() == ".s3mio" {
					return filepath.SkipDir
				}
				return nil
			}
			fi, err := d.Info()
			if err == nil && fi.Size() > 0 && !fi.ModTime().Before(l.since) {
				n++
			}
			return err
		})
		if err == nil && n != l.n {
			err = fmt.Errorf("walked over %d files, not %d", n, l.n)
		}
		return float64(n), err
	}}, nil
}

// count writes a number of things short: 16k, 1M.
func count(n int) string {
	switch {
	case n >= 1_000_000 && n%1_000_000 == 0:
		return fmt.Sprintf("%dM", n/1_000_000)
	case n >= 1000 && n%1000 == 0:
		return fmt.Sprintf("%dk", n/1000)
	}
	return fmt.Sprint(n)
}
