package conformance

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"io"
	"iter"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// changesGet breaks Get by changing its options.
func changesGet(change func(opts *driver.GetOptions)) func(testing.TB) breach {
	return in(breach{get: func(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
		o := *opts
		if o.Range != nil {
			r := *o.Range
			o.Range = &r
		}
		change(&o)
		return b.Bucket.Get(ctx, key, &o)
	}})
}

// emptyOn gives an empty object instead of an error.
func emptyOn(target error) func(testing.TB) breach {
	return in(breach{get: func(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
		o, err := b.Bucket.Get(ctx, key, opts)
		if errors.Is(err, target) {
			return &driver.Object{Body: io.NopCloser(bytes.NewReader(nil))}, nil
		}
		return o, err
	}})
}

func brokenReads() []broken {
	return []broken{
		{law: "R1/Missing", how: "reads a missing object as empty", driver: emptyOn(driver.ErrObjectNotFound)},
		{law: "R1/Undecodable", how: "does not name the key", shim: through(shim{
			getJSON: func(ctx context.Context, b bucket, key string, v any, opts []store.ReadOption) error {
				if err := b.GetJSON(ctx, key, v, opts...); err != nil {
					return errors.New("malformed JSON")
				}
				return nil
			}})},
		{law: "R1/Conditions", how: "ignores IfNoneMatch", driver: changesGet(func(o *driver.GetOptions) { o.IfNoneMatch = "" })},
		{law: "R1/GetJSON", how: "gives back other letters", driver: changesBody(bytes.ToUpper)},
		{law: "R2/Ranges", how: "takes the length for the last byte's place", driver: changesGet(func(o *driver.GetOptions) {
			if o.Range != nil && !o.Range.Tail && o.Range.Length >= 0 {
				o.Range.Length++
			}
		})},
		{law: "R2/PastTheEnd", how: "reads nothing past the end", driver: emptyOn(driver.ErrInvalidRange)},
		{law: "R2/Tail", how: "reads the first bytes", driver: changesGet(func(o *driver.GetOptions) {
			if o.Range != nil {
				o.Range.Tail = false
			}
		})},
		{law: "R2/Negative", how: "takes a negative offset for the start", shim: through(shim{
			getBytes: func(ctx context.Context, b bucket, key string, opts []store.ReadOption) ([]byte, error) {
				data, err := b.GetBytes(ctx, key, opts...)
				if errors.Is(err, store.ErrValidation) {
					return b.GetBytes(ctx, key)
				}
				return data, err
			}})},
		{law: "R3/ReaderPinned", how: "goes on with whatever is there", driver: in(breach{get: liveGet})},
		{law: "R3/SeekPinned", how: "ignores If-Match", driver: in(breach{
			get: func(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
				o, err := b.Bucket.Get(ctx, key, &driver.GetOptions{Range: opts.Range})
				if err == nil && opts.IfMatch != "" {
					o.Info.ETag = opts.IfMatch
				}
				return o, err
			}})},
		{law: "API/Reader", how: "does not say when the object was written", driver: in(breach{
			get: func(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
				o, err := b.Bucket.Get(ctx, key, opts)
				if err == nil {
					o.Info.LastModified = time.Time{}
				}
				return o, err
			}})},
		{law: "R3/Download", how: "swaps bytes", driver: in(breach{
			download: func(ctx context.Context, b *brokenBucket, key string, w io.WriterAt, opts *driver.GetOptions) (driver.ObjectInfo, error) {
				return driver.Download(ctx, b.Bucket, key, swapping{w}, opts)
			}})},
		{law: "R3/DownloadAtomic", how: "downloads a missing object as empty", driver: emptyOn(driver.ErrObjectNotFound)},
		{law: "R3/DownloadPinned", how: "fetches parts of whatever is there", driver: in(breach{get: liveGet})},
		{law: "R4/Lines", how: "gives up on long lines", shim: through(shim{
			lines: func(ctx context.Context, b bucket, key string, opts []store.ReadOption) iter.Seq2[string, error] {
				return func(yield func(string, error) bool) {
					r, err := b.Open(ctx, key, opts...)
					if err != nil {
						yield("", err)
						return
					}
					defer r.Close()
					s := bufio.NewScanner(r)
					for s.Scan() && yield(s.Text(), nil) {
					}
				}
			}})},
		{law: "R4/Encodings", how: "ignores the encoding", shim: through(shim{
			lines: func(ctx context.Context, b bucket, key string, _ []store.ReadOption) iter.Seq2[string, error] {
				return b.Lines(ctx, key)
			}})},
		{law: "R4/Stream", how: "yields what a read happens to give", shim: through(shim{
			stream: func(ctx context.Context, b bucket, key string, opts []store.ReadOption) iter.Seq2[[]byte, error] {
				return func(yield func([]byte, error) bool) {
					for chunk, err := range b.Stream(ctx, key, opts...) {
						half := len(chunk) / 3
						if err != nil || !yield(chunk[:half], nil) || !yield(chunk[half:], nil) {
							return
						}
					}
				}
			}})},
		{law: "R4/BreakReleases", how: "goes on fetching after Close", driver: in(breach{
			get: func(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
				o, err := b.Bucket.Get(ctx, key, opts)
				if err == nil {
					// As a transport does whose body nobody closes.
					go func() { <-ctx.Done() }()
				}
				return o, err
			}})},
	}
}

// liveGet reads the object that is there at each Read, at the place it is at.
func liveGet(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
	o, err := b.Bucket.Get(ctx, key, opts)
	if err != nil {
		return nil, err
	}
	if err := o.Body.Close(); err != nil {
		return nil, err
	}
	o.Body = &liveBody{ctx, b.Bucket, key, o.Offset, o.Offset + o.Length}
	return o, nil
}

type liveBody struct {
	ctx     context.Context
	b       driver.Bucket
	key     string
	at, end int64
}

func (l *liveBody) Close() error { return nil }

func (l *liveBody) Read(p []byte) (int, error) {
	if l.at >= l.end {
		return 0, io.EOF
	}
	o, err := l.b.Get(l.ctx, l.key, &driver.GetOptions{Range: &driver.Range{Offset: l.at, Length: min(int64(len(p)), l.end-l.at)}})
	if err != nil {
		return 0, err
	}
	defer o.Body.Close()
	n, err := io.ReadFull(o.Body, p[:o.Length])
	l.at += int64(n)
	return n, err
}

// swapping writes the first two bytes of each piece in each other's place.
type swapping struct{ w io.WriterAt }

func (s swapping) WriteAt(p []byte, off int64) (int, error) {
	p = bytes.Clone(p)
	if len(p) > 1 {
		p[0], p[1] = p[1], p[0]
	}
	return s.w.WriteAt(p, off)
}
