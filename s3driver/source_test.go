package s3driver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"sync/atomic"
	"testing"
	"testing/iotest"
	"unsafe"

	"github.com/s3mio/s3mio/driver"
)

func TestPutBadSource(t *testing.T) {
	broken := errors.New("broken source")
	panics := readerAtFunc(func([]byte, int64) (int, error) { panic("at the disco") })
	onServers(t, Config{PartSize: 5 * mib}, func(t *testing.T, b *bucket, _ string) {
		old := put(t, b, "key", "old")
		for _, size := range []int{10, 12 * mib} {
			content := noise(size)
			half := content[:size/2]
			for name, c := range map[string]struct {
				r    io.Reader
				n    int
				want error
			}{
				"short ReaderAt":   {bytes.NewReader(half), size, driver.ErrSizeMismatch},
				"long ReaderAt":    {bytes.NewReader(content), size - 1, driver.ErrSizeMismatch},
				"short stream":     {plainReader(half), size, driver.ErrSizeMismatch},
				"long stream":      {plainReader(content), size - 1, driver.ErrSizeMismatch},
				"failing stream":   {io.MultiReader(bytes.NewReader(half), iotest.ErrReader(broken)), size, broken},
				"failing, unsized": {io.MultiReader(bytes.NewReader(half), iotest.ErrReader(broken)), -1, broken},
				"failing ReaderAt": {readerAtFunc(func([]byte, int64) (int, error) { return 0, broken }), size, broken},
				"panicking":        {panics, size, nil},
				"idle":             {iotest.ErrReader(nil), size, io.ErrNoProgress},
			} {
				_, err := b.Put(t.Context(), "key", c.r, putOptions(int64(c.n)))
				if err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%s of %d bytes: %v, want %v", name, size, err, c.want)
				}
			}
		}
		if got := read(t, b, "key"); string(got) != "old" {
			t.Errorf("the old object is %d bytes now", len(got))
		}
		if head, err := b.Head(t.Context(), "key", &driver.HeadOptions{}); err != nil || head.ETag != old.ETag {
			t.Errorf("%+v, %v", head, err)
		}
	})
}

type readerAtFunc func([]byte, int64) (int, error)

func (f readerAtFunc) ReadAt(p []byte, off int64) (int, error) { return f(p, off) }
func (f readerAtFunc) Read([]byte) (int, error)                { return 0, errors.New("not for reading in order") }

// TestPutPanics: a panic of the body's Read is the caller's, but the upload
// goes away.
func TestPutPanics(t *testing.T) {
	onServers(t, Config{PartSize: 5 * mib}, func(t *testing.T, b *bucket, _ string) {
		defer func() {
			if recover() == nil {
				t.Error("the panic got lost")
			}
		}()
		body := io.MultiReader(bytes.NewReader(noise(11*mib)), readerFunc(func([]byte) (int, error) { panic("body") }))
		_, err := b.Put(t.Context(), "key", body, putOptions(-1))
		t.Errorf("Put returned %v", err)
	})
}

// TestPutPanicsInReadAt: a body with ReadAt is read by goroutines of this package
// and of the HTTP client, where nobody could recover from a panic. It is an error,
// and nothing is published or left behind.
func TestPutPanicsInReadAt(t *testing.T) {
	onServers(t, Config{PartSize: 5 * mib}, func(t *testing.T, b *bucket, _ string) {
		put(t, b, "key", "old")
		for _, size := range []int64{mib, 12 * mib} {
			type place struct {
				off   int64
				times int64 // that off is read without a panic
			}
			for where, at := range map[string]place{
				"the look for its end":       {size, 0},
				"the first read":             {0, 0},
				"the first read, to send it": {0, 1},
				"the last look at its end":   {size, 1},
				"a part's first read":        {5 * mib, 0},
				"a part's read, to send it":  {5 * mib, 1},
			} {
				if size == mib && (at.off > size || at == place{size, 1}) {
					continue // it has one part, and one look at its end
				}
				var times atomic.Int64
				body := readerAtFunc(func(p []byte, off int64) (int, error) {
					if off == at.off && times.Add(1) > at.times {
						panic("at the disco")
					}
					if off >= size {
						return 0, io.EOF
					}
					return min(len(p), int(size-off)), nil
				})
				_, err := b.Put(t.Context(), "key", body, putOptions(size))
				if err == nil || !strings.Contains(err.Error(), "at the disco") {
					t.Errorf("%d bytes, a panic at %s: error %v", size, where, err)
				}
				if got := read(t, b, "key"); string(got) != "old" {
					t.Errorf("%d bytes, a panic at %s: the old object is %d bytes now", size, where, len(got))
				}
			}
		}
	})
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

// TestStreamMemory counts the buffers that a stream is read into, and weighs
// what is in memory: one part more than are in flight.
func TestStreamMemory(t *testing.T) {
	const parts, workers = 24, 3
	onServers(t, Config{PartSize: 5 * mib, Concurrency: workers}, func(t *testing.T, b *bucket, _ string) {
		live := func() uint64 {
			runtime.GC()
			var m runtime.MemStats
			runtime.ReadMemStats(&m)
			return m.HeapAlloc
		}
		before, most := live(), uint64(0)
		left := parts * 5 * mib
		var seen []uintptr
		body := readerFunc(func(p []byte) (int, error) {
			if left == 0 {
				return 0, io.EOF
			}
			if len(p) == 5*mib { // the start of a part
				most = max(most, live())
				if at := uintptr(unsafe.Pointer(&p[0])); !slices.Contains(seen, at) {
					seen = append(seen, at)
				}
			}
			n := min(left, len(p))
			left -= n
			return n, nil
		})
		if _, err := b.Put(t.Context(), "key", body, putOptions(-1)); err != nil {
			t.Fatal(err)
		}
		// The first part's buffer grows, so it is seen whole when it is used again.
		if len(seen) > workers+1 {
			t.Errorf("%d part buffers for %d workers", len(seen), workers)
		}
		used, limit := int64(most)-int64(before), int64((workers+1)*5*mib+2*mib)
		t.Logf("%d parts of 5 MiB, %d workers: %d buffers, at most %.1f MiB in memory", parts, workers, len(seen), float64(used)/mib)
		if used > limit {
			t.Errorf("%d bytes in memory, more than %d", used, limit)
		}
	})
}

// TestPutFileMemory: what an upload of a file allocates in all does not grow with
// the file, which is sent as it is read.
func TestPutFileMemory(t *testing.T) {
	const size, limit = 64 * mib, 16 * mib
	f := tempFile(t)
	if _, err := f.Write(noise(size)); err != nil {
		t.Fatal(err)
	}
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		if _, err := b.Put(t.Context(), "key", f, putOptions(size)); err != nil {
			t.Fatal(err)
		}
		runtime.ReadMemStats(&after)
		allocated := after.TotalAlloc - before.TotalAlloc
		t.Logf("a file of %d MiB: %.1f MiB allocated in all", size/mib, float64(allocated)/mib)
		if allocated > limit {
			t.Errorf("%d bytes allocated, more than %d", allocated, limit)
		}
	})
}

// TestCanceledWhileReading cancels uploads while a large body is read, for each of
// the reasons to read one: they stop in the middle of it.
func TestCanceledWhileReading(t *testing.T) {
	const size, half, workers = 64 * mib, 32 * mib, 2
	for name, c := range map[string]struct {
		partSize int64
		mode     Compatibility
		lose     bool // the answers to PUT
		stream   bool
		pass     int // at which the half is read
	}{
		"the CRC32C of a put":        {partSize: size, pass: 1},
		"the CRC32C of parts":        {partSize: size - readBuffer, pass: 1},
		"Content-MD5 of a put":       {partSize: size, mode: CompatibilityMD5, pass: 2},
		"Content-MD5 of a part":      {partSize: size - readBuffer, mode: CompatibilityMD5, pass: 2},
		"the MD5 of what was sent":   {partSize: size, lose: true, pass: 3},
		"the first part of a stream": {partSize: size - readBuffer, stream: true, pass: 1},
		"the rest of a stream":       {partSize: 20 * mib, stream: true, pass: 1},
	} {
		s := script(t, Config{PartSize: c.partSize, Concurrency: workers, MaxRetries: -1, Compatibility: c.mode}, func(_ int, w http.ResponseWriter, r *http.Request) {
			switch {
			case c.lose && r.Method == http.MethodPut:
				drain(r)
				hangUp()
			case c.lose && r.Method == http.MethodHead:
				showObject(w, "e", size)
			default:
				honest(w, r)
			}
		})
		ctx, cancel := context.WithCancel(t.Context())
		var passes, late atomic.Int64
		body := readerAtFunc(func(p []byte, off int64) (int, error) {
			switch {
			case off >= size:
				return 0, io.EOF
			case ctx.Err() != nil:
				late.Add(1)
			case off <= half && off+int64(len(p)) > half && int(passes.Add(1)) == c.pass:
				cancel()
			}
			return min(len(p), int(size-off)), nil
		})
		var r io.Reader = body
		if c.stream {
			at := int64(0)
			r = readerFunc(func(p []byte) (int, error) {
				n, err := body.ReadAt(p[:min(len(p), 64<<10)], at)
				at += int64(n)
				return n, err
			})
		}
		_, err := s.Put(ctx, "k", r, putOptions(size))
		wantError(t, name, err, context.Canceled)
		if int(passes.Load()) != c.pass || late.Load() > workers {
			t.Errorf("%s: %d times read to the half, want %d; %d reads after the cancellation", name, passes.Load(), c.pass, late.Load())
		}
		cancel()
	}
}

// TestPutShrinking: a body that ends early when it is read again, to be sent or for
// its MD5, is no failure of the network.
func TestPutShrinking(t *testing.T) {
	const size = 2 * mib
	for name, c := range map[string]struct {
		partSize int64
		mode     Compatibility
		pass     int // at which it has become shorter
	}{
		"put":              {partSize: size, pass: 2},
		"parts":            {partSize: size / 2, pass: 2},
		"put, its MD5":     {partSize: size, mode: CompatibilityMD5, pass: 2},
		"put, after MD5":   {partSize: size, mode: CompatibilityMD5, pass: 3},
		"parts, their MD5": {partSize: size / 2, mode: CompatibilityMD5, pass: 2},
	} {
		s := script(t, Config{MaxRetries: 3, Concurrency: 1, Compatibility: c.mode}, func(_ int, w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodPut {
				if n, err := io.Copy(io.Discard, r.Body); err == nil {
					t.Errorf("%s: all %d bytes of a body were sent", name, n)
				}
				hangUp()
			}
			honest(w, r)
		})
		s.partSize = c.partSize
		var passes atomic.Int64
		body := readerAtFunc(func(p []byte, off int64) (int, error) {
			if off == 0 {
				passes.Add(1)
			}
			end := int64(size)
			if int(passes.Load()) >= c.pass {
				end = size / 4
			}
			switch left := end - off; {
			case left <= 0:
				return 0, io.EOF
			case left < int64(len(p)):
				return int(left), io.EOF
			}
			return len(p), nil
		})
		_, err := s.Put(t.Context(), "k", body, putOptions(size))
		wantError(t, name, err, driver.ErrSizeMismatch)
		if err != nil && !strings.Contains(err.Error(), "byte 524288") || int(passes.Load()) != c.pass {
			t.Errorf("%s: error %v, the body was read %d times, want %d", name, err, passes.Load(), c.pass)
		}
	}
}

// TestPutGrowing: a body that goes on where its end was said to be, but only
// later, is not published.
func TestPutGrowing(t *testing.T) {
	onServers(t, Config{PartSize: 5 * mib}, func(t *testing.T, b *bucket, _ string) {
		old := put(t, b, "key", "old")
		const size = 6 * mib
		var grown atomic.Bool
		body := readerAtFunc(func(p []byte, off int64) (int, error) {
			if off >= size {
				if grown.Load() {
					return 1, nil
				}
				return 0, io.EOF
			}
			grown.Store(true)
			return len(p), nil
		})
		_, err := b.Put(t.Context(), "key", body, putOptions(size))
		wantError(t, "a growing body", err, driver.ErrSizeMismatch)
		if head, err := b.Head(t.Context(), "key", &driver.HeadOptions{}); err != nil || head.ETag != old.ETag {
			t.Errorf("%+v, %v", head, err)
		}
	})
}
