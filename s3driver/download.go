package s3driver

import (
	"context"
	"fmt"
	"hash/crc32"
	"io"
	"sync"

	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
)

// downloadBuffer is what each of the connections of a download reads into.
const downloadBuffer = 512 << 10

// Download writes an object, or a range of it, to w. The first request reads
// from the front for as long as there is something left; for more than one
// part, others fetch parts from the back at the same time, unless its ETag is
// weak. So a small object takes one request, and no stream is cut but the first,
// where they meet.
func (b *bucket) Download(ctx context.Context, key string, w io.WriterAt, opts *driver.GetOptions) (driver.ObjectInfo, error) {
	o, err := b.Get(ctx, key, opts)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	defer o.Body.Close()
	front, ok := o.Body.(*body)
	if !ok { // nothing to read
		return o.Info, nil
	}
	d := newDownload(b, key, w, o)
	d.check, front.check = front.check, false // once is enough
	g, ctx := errgroup.WithContext(ctx)
	others := min(b.concurrency-1, len(d.crcs)-1)
	if front.weak {
		others = 0
	}
	for range others {
		g.Go(func() error { return d.fromBack(ctx) })
	}
	g.Go(func() error {
		// The front body's own context does not end with the group's.
		defer context.AfterFunc(ctx, front.cancel)()
		return d.fromFront(front)
	})
	if err := g.Wait(); err != nil {
		return driver.ObjectInfo{}, err
	}
	return o.Info, d.verify(front.wantCRC)
}

// download is a download under way. Its parts are handed out from both ends.
type download struct {
	b      *bucket
	key    string
	etag   string
	whole  int64 // the size of the object
	w      io.WriterAt
	offset int64 // of the download in the object
	length int64
	part   int64
	check  bool // the object has a checksum

	mu         sync.Mutex
	first, end int      // parts not handed out yet: first <= i < end
	crcs       []uint32 // of each part, once it is there
}

func newDownload(b *bucket, key string, w io.WriterAt, o *driver.Object) *download {
	part := partSizeFor(b.partSize, o.Length) // so that memory is bounded, whatever the server says
	parts := int(ceil(o.Length, part))
	return &download{
		b: b, key: key, etag: o.Info.ETag, whole: o.Info.Size, w: w, offset: o.Offset, length: o.Length, part: part,
		end: parts, crcs: make([]uint32, parts),
	}
}

// take hands out a part, or says that there are no more.
func (d *download) take(front bool) (i int, ok bool) {
	d.mu.Lock()
	defer d.mu.Unlock()
	if d.first == d.end {
		return 0, false
	}
	if front {
		d.first++
		return d.first - 1, true
	}
	d.end--
	return d.end, true
}

// size is that of part i.
func (d *download) size(i int) int64 { return min(d.part, d.length-int64(i)*d.part) }

func (d *download) fromFront(r io.Reader) error {
	buf := make([]byte, min(downloadBuffer, d.length))
	for {
		i, ok := d.take(true)
		if !ok {
			return nil
		}
		if err := d.copyPart(i, r, buf); err != nil {
			return err
		}
	}
}

func (d *download) fromBack(ctx context.Context) error {
	buf := make([]byte, min(downloadBuffer, d.part))
	for {
		i, ok := d.take(false)
		if !ok {
			return nil
		}
		if err := d.fetch(ctx, i, buf); err != nil {
			return err
		}
	}
}

// fetch requests part i of the version that the first request found.
func (d *download) fetch(ctx context.Context, i int, buf []byte) error {
	r := &body{b: d.b, key: d.key, etag: d.etag, size: d.whole}
	r.ctx, r.cancel = context.WithCancel(ctx)
	defer r.Close()
	r.next = d.offset + int64(i)*d.part
	r.end = r.next + d.size(i)
	return d.copyPart(i, r, buf)
}

// copyPart writes part i, which r delivers next.
func (d *download) copyPart(i int, r io.Reader, buf []byte) error {
	at := int64(i) * d.part
	crc := uint32(0)
	for left := d.size(i); left > 0; {
		n, err := io.ReadFull(r, buf[:min(int64(len(buf)), left)])
		if err != nil {
			return err
		}
		crc = crc32.Update(crc, castagnoli, buf[:n])
		if _, err := d.w.WriteAt(buf[:n], at); err != nil {
			return fmt.Errorf("writing: %w", err)
		}
		at += int64(n)
		left -= int64(n)
	}
	d.crcs[i] = crc
	return nil
}

// verify compares the checksum of all parts with the object's, if that has one.
func (d *download) verify(want uint32) error {
	if !d.check {
		return nil
	}
	crc := uint32(0)
	for i, part := range d.crcs {
		crc = combineCRC(crc, part, d.size(i))
	}
	if crc != want {
		return &checksumError{want: want, got: crc}
	}
	return nil
}
