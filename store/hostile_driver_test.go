package store_test

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/iotest"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// hostile is a bucket in memory whose calls a test replaces.
type hostile struct {
	driver.Bucket
	get  func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error)
	put  func(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error)
	del  func(key string) error
	list func(ctx context.Context, b driver.Bucket, opts *driver.ListOptions) (*driver.ListPage, error)
}

func (h *hostile) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	if h.get == nil {
		return h.Bucket.Get(ctx, key, opts)
	}
	return h.get(ctx, h.Bucket, key, opts)
}

func (h *hostile) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	if h.put == nil {
		return h.Bucket.Put(ctx, key, body, opts)
	}
	return h.put(ctx, key, body, opts)
}

func (h *hostile) Delete(ctx context.Context, key string) error {
	if h.del == nil {
		return h.Bucket.Delete(ctx, key)
	}
	return h.del(key)
}

func (h *hostile) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	if h.list == nil {
		return h.Bucket.List(ctx, opts)
	}
	return h.list(ctx, h.Bucket, opts)
}

// hostileDriver has one bucket, "bucket".
type hostileDriver struct {
	driver.Driver
	h *hostile
}

func (d *hostileDriver) OpenBucket(name string) (driver.Bucket, error) {
	b, err := d.Driver.OpenBucket(name)
	d.h.Bucket = b
	return d.h, err
}

func open(t *testing.T, h *hostile) *store.Bucket {
	t.Helper()
	mem := memdriver.New(nil)
	if err := mem.CreateBucket(t.Context(), "bucket"); err != nil {
		t.Fatal(err)
	}
	s := store.New(&hostileDriver{mem, h})
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s.Bucket("bucket")
}

func mustPut(t *testing.T, b store.Objects, keys ...string) {
	t.Helper()
	for _, key := range keys {
		if _, err := b.Put(t.Context(), key, "content"); err != nil {
			t.Fatal(err)
		}
	}
}

// A checksum is known to be wrong only when all bytes have been delivered.
func TestAnErrorAfterTheLastByteIsNotLost(t *testing.T) {
	damaged := errors.New("checksum mismatch")
	b := open(t, &hostile{get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
		o, err := b.Get(ctx, key, opts)
		if err == nil {
			o.Body = io.NopCloser(io.MultiReader(io.LimitReader(o.Body, o.Length), iotest.ErrReader(damaged)))
		}
		return o, err
	}})
	mustPut(t, b, "k")
	_, bytesErr := b.GetBytes(t.Context(), "k")
	_, textErr := b.GetText(t.Context(), "k")
	r, err := b.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	_, readErr := io.ReadAll(r)
	var streamErr, linesErr error
	for _, streamErr = range b.Stream(t.Context(), "k", store.ChunkSize(7)) {
	}
	for _, linesErr = range b.Lines(t.Context(), "k") {
	}
	downloadErr := b.Download(t.Context(), "k", filepath.Join(t.TempDir(), "k"))
	for what, err := range map[string]error{"GetBytes": bytesErr, "GetText": textErr, "Open": readErr, "Stream": streamErr, "Lines": linesErr, "Download": downloadErr} {
		if !errors.Is(err, damaged) {
			t.Errorf("%s: got %v, want the checksum error", what, err)
		}
	}
}

// net/http's transport may read a request's body after RoundTrip has returned.
func TestADriverMayReadOnAfterPut(t *testing.T) {
	var wg sync.WaitGroup
	var ended *atomic.Bool // the call under way
	refused := errors.New("refused")
	b := open(t, &hostile{put: func(_ context.Context, _ string, body io.Reader, _ *driver.PutOptions) (driver.ObjectInfo, error) {
		ended := ended
		wg.Go(func() {
			for n, buf := 0, make([]byte, 10); n < 1000; {
				if ended.Load() {
					n++
				}
				if _, err := body.Read(buf); err != nil {
					return
				}
			}
			t.Error("the body did not end with the call")
		})
		return driver.ObjectInfo{}, refused
	}})
	for range 50 {
		ended = new(atomic.Bool)
		if _, err := b.Put(t.Context(), "k", iotest.OneByteReader(endless{})); !errors.Is(err, refused) {
			t.Errorf("got %v", err)
		}
		ended.Store(true)
	}
	wg.Wait()
}

type endless struct{}

func (endless) Read(p []byte) (int, error) { return len(p), nil }

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

type quitter struct{}

func (quitter) Read([]byte) (int, error) { runtime.Goexit(); return 0, nil }

func TestPutSurvivesBrokenReaders(t *testing.T) {
	b := open(t, &hostile{})
	other := open(t, &hostile{})
	_, theirs := other.GetBytes(t.Context(), "source")
	for what, r := range map[string]io.Reader{"idle": idle{}, "quitter": quitter{}, "another call's error": iotest.ErrReader(theirs)} {
		_, err := b.Put(t.Context(), "k", r)
		e, ok := errors.AsType[*store.Error](err)
		if !ok || e.Op != "put" || e.Key != "k" {
			t.Errorf("%s: got %v, want an error of put k", what, err)
		}
	}
	if ok, err := b.Exists(t.Context(), "k"); ok || err != nil {
		t.Errorf("Exists = %v, %v", ok, err)
	}
}

func TestDataThatIsNoData(t *testing.T) {
	b := open(t, &hostile{})
	for _, data := range []any{nil, (*bytes.Buffer)(nil), bytes.Buffer{}, (*struct{})(nil), make(chan int), func() {}} {
		if _, err := b.Put(t.Context(), "k", data); !errors.Is(err, store.ErrValidation) {
			t.Errorf("Put of %T: %v, want ErrValidation", data, err)
		}
	}
	mustPut(t, b, "k")
	for _, v := range []any{nil, struct{}{}, (*int)(nil)} {
		if err := b.GetJSON(t.Context(), "k", v); !errors.Is(err, store.ErrValidation) {
			t.Errorf("GetJSON into %T: %v, want ErrValidation", v, err)
		}
	}
}

func TestPrefixThatNoKeyCanHave(t *testing.T) {
	b := open(t, &hostile{})
	for _, segment := range []string{"\xff", strings.Repeat("p", 1024), ""} {
		p := b.Prefix(segment)
		_, listErr := p.List(t.Context())
		_, dirErr := p.ListDir(t.Context())
		_, deleteErr := p.DeleteAll(t.Context())
		_, downErr := p.DownloadDir(t.Context(), "", t.TempDir())
		_, upErr := p.UploadDir(t.Context(), t.TempDir(), "")
		_, copyErr := p.CopyMany(t.Context(), nil)
		_, manyErr := p.DeleteMany(t.Context(), nil)
		for i, err := range []error{listErr, dirErr, deleteErr, downErr, upErr, copyErr, manyErr} {
			if !errors.Is(err, store.ErrValidation) {
				t.Errorf("call %d below %.10q: %v, want ErrValidation", i, segment, err)
			}
		}
	}
}

func TestWriterAfterItsEnd(t *testing.T) {
	b := open(t, &hostile{})
	for _, end := range []func(*store.Writer) error{(*store.Writer).Close, (*store.Writer).Abort} {
		w, err := b.NewWriter(t.Context(), "k")
		if err != nil {
			t.Fatal(err)
		}
		if err := end(w); err != nil {
			t.Error(err)
		}
		if _, err := w.Write([]byte("x")); !errors.Is(err, fs.ErrClosed) || errors.Is(err, context.Canceled) {
			t.Errorf("Write after the end: %v, want fs.ErrClosed alone", err)
		}
	}
}

type threeBytes struct{}

func (threeBytes) Write([]byte) (int, error) { return 3, errors.New("full") }

func TestWriteToCountsWhatWasWritten(t *testing.T) {
	b := open(t, &hostile{})
	mustPut(t, b, "k")
	r, err := b.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if n, err := r.WriteTo(threeBytes{}); n != 3 || err == nil {
		t.Errorf("WriteTo = %d, %v; want 3 and an error", n, err)
	}
}

// Progress never goes back, and ends at what came, when the object is replaced
// between the request for its size and the one for its content.
func TestProgressOfAnObjectThatChanges(t *testing.T) {
	for _, size := range []int{3, 3000} {
		b := open(t, &hostile{get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
			if _, err := b.Put(ctx, key, strings.NewReader(strings.Repeat("x", size)), &driver.PutOptions{Size: int64(size), ContentType: "a/b"}); err != nil {
				return nil, err
			}
			return b.Get(ctx, key, opts)
		}})
		if _, err := b.Put(t.Context(), "k", strings.Repeat("x", 100)); err != nil {
			t.Fatal(err)
		}
		var last store.Progress
		err := b.Download(t.Context(), "k", filepath.Join(t.TempDir(), "k"), store.OnProgress(func(p store.Progress) {
			if p.Bytes < last.Bytes {
				t.Errorf("progress went from %v to %v", last, p)
			}
			last = p
		}))
		if err != nil || last.Bytes != int64(size) || last.Total != int64(size) {
			t.Errorf("%d bytes: error %v, last progress %v", size, err, last)
		}
	}
}

// Transfers that fail must not take away directories that others need.
func TestDownloadDirFailuresSpareTheOthers(t *testing.T) {
	b := open(t, &hostile{get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
		if strings.Contains(key, "bad") {
			return nil, driver.ErrAccessDenied
		}
		return b.Get(ctx, key, opts)
	}})
	mustPut(t, b, "a/b/c/good1", "a/b/c/good2", "x/y/bad")
	if _, err := b.Put(t.Context(), "m/", ""); err != nil {
		t.Fatal(err)
	}
	for i := range 8 {
		mustPut(t, b, fmt.Sprintf("a/b/c/bad%d", i), fmt.Sprintf("m/bad%d", i))
	}
	for range 100 {
		dir := t.TempDir()
		r, err := b.DownloadDir(t.Context(), "", dir, store.Workers(8))
		if r.Len() != 3 || len(r.Failed) != 17 || !errors.Is(err, store.ErrAccessDenied) {
			t.Fatalf("%d done, %d failed: %v", r.Len(), len(r.Failed), err)
		}
		for _, f := range r.Failed {
			if !errors.Is(f, store.ErrAccessDenied) {
				t.Fatalf("%s: %v", f.Key, f)
			}
		}
		for _, want := range []string{"a/b/c/good1", "a/b/c/good2", "m"} {
			if _, err := os.Stat(filepath.Join(dir, want)); err != nil {
				t.Fatal(err)
			}
		}
		if _, err := os.Stat(filepath.Join(dir, "x")); !errors.Is(err, fs.ErrNotExist) {
			t.Fatalf("a directory of failed transfers stays: %v", err)
		}
	}
}

func TestDeleteAllReportsInOrder(t *testing.T) {
	b := open(t, &hostile{del: func(string) error { return driver.ErrAccessDenied }})
	for i := range 6500 { // more than the batches in flight
		mustPut(t, b, fmt.Sprintf("p/%04d", i))
	}
	r, err := b.Prefix("p").DeleteAll(t.Context())
	if r.Len() != 0 || len(r.Failed) < 1000 || !errors.Is(err, store.ErrAccessDenied) {
		t.Fatalf("%d deleted, %d failed: %v", r.Len(), len(r.Failed), err)
	}
	for i := range r.Failed[1:] {
		if r.Failed[i].Key >= r.Failed[i+1].Key {
			t.Fatalf("%q before %q", r.Failed[i].Key, r.Failed[i+1].Key)
		}
	}
	batch, ok := errors.AsType[*store.BatchError](err)
	if !ok || !strings.Contains(batch.Errors[len(batch.Errors)-1].Error(), "gave up") {
		t.Errorf("%v does not say that it gave up", err)
	}
}

func TestCloseHasItsError(t *testing.T) {
	s := store.New(failingClose{memdriver.New(nil)})
	err := s.Close()
	if e, ok := errors.AsType[*store.Error](err); !ok || e.Op != "close" {
		t.Errorf("got %v, want a *store.Error of close", err)
	}
}

type failingClose struct{ driver.Driver }

func (failingClose) Close() error { return errors.New("no") }

func TestTheCauseOfAnEndedContext(t *testing.T) {
	cause := errors.New("shutting down")
	ctx, cancel := context.WithCancelCause(t.Context())
	cancel(cause)
	b := open(t, &hostile{})
	mustPut(t, b, "k")
	_, missing := b.Head(t.Context(), "none")
	for _, cause := range []error{missing, store.ErrObjectNotFound} {
		other, cancelOther := context.WithCancelCause(t.Context())
		cancelOther(cause) // as errgroup does with the first failure
		if ok, err := b.Exists(other, "k"); ok || !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
			t.Errorf("Exists = %v, %v; want context.Canceled", ok, err)
		}
	}
	_, err := b.Head(ctx, "k")
	if !errors.Is(err, context.Canceled) || !errors.Is(err, cause) {
		t.Errorf("got %v, want both context.Canceled and its cause", err)
	}
}

func TestReadAt(t *testing.T) {
	b := open(t, &hostile{})
	if _, err := b.Put(t.Context(), "k", "0123456789"); err != nil {
		t.Fatal(err)
	}
	r, err := b.Open(t.Context(), "k", store.Range(2, 6)) // "234567"
	if err != nil {
		t.Fatal(err)
	}
	tests := []struct {
		off  int64
		n    int
		want string
		err  error
	}{
		{0, 3, "234", nil}, {4, 2, "67", nil}, {4, 3, "67", io.EOF}, {6, 1, "", io.EOF}, {9, 1, "", io.EOF}, {0, 0, "", nil}, {-1, 1, "", store.ErrValidation},
	}
	var wg sync.WaitGroup
	for _, tt := range tests {
		wg.Go(func() {
			p := make([]byte, tt.n)
			n, err := r.ReadAt(p, tt.off)
			if string(p[:n]) != tt.want || !errors.Is(err, tt.err) {
				t.Errorf("ReadAt(%d bytes, %d) = %q, %v; want %q, %v", tt.n, tt.off, p[:n], err, tt.want, tt.err)
			}
		})
	}
	wg.Wait()
	if all, err := io.ReadAll(r); string(all) != "234567" || err != nil {
		t.Errorf("Read after ReadAt: %q, %v", all, err)
	}
	mustPut(t, b, "k") // another version
	if _, err := r.ReadAt(make([]byte, 1), 0); !errors.Is(err, store.ErrObjectChanged) || errors.Is(err, store.ErrPreconditionFailed) {
		t.Errorf("ReadAt of a replaced object: %v, want ErrObjectChanged alone", err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if _, err := r.ReadAt(make([]byte, 1), 0); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("ReadAt after Close: %v", err)
	}
}

// Downloads that fail must not take away directories that others need.
func TestParallelDownloadsSpareEachOther(t *testing.T) {
	b := open(t, &hostile{})
	mustPut(t, b, "good")
	dir := t.TempDir()
	for round := range 200 {
		base := filepath.Join(dir, fmt.Sprint(round), "a", "b")
		var wg sync.WaitGroup
		for i := range 3 {
			wg.Go(func() {
				if err := b.Download(t.Context(), "good", filepath.Join(base, fmt.Sprint("good", i))); err != nil {
					t.Error(err)
				}
			})
			wg.Go(func() {
				if err := b.Download(t.Context(), "none", filepath.Join(base, fmt.Sprint("bad", i))); !errors.Is(err, store.ErrObjectNotFound) {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		if left, err := os.ReadDir(base); err != nil || len(left) != 3 {
			t.Fatalf("%d files, %v; want 3", len(left), err)
		}
	}
}

func TestReaderAfterAnError(t *testing.T) {
	b := open(t, &hostile{get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
		o, err := b.Get(ctx, key, opts)
		if err == nil {
			o.Body = io.NopCloser(io.MultiReader(o.Body, strings.NewReader(strings.Repeat("X", 16))))
		}
		return o, err
	}})
	mustPut(t, b, "k")
	r, err := b.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	for range 5 {
		if n, err := r.Read(make([]byte, 7)); n != 0 || err == nil {
			t.Errorf("Read = %d, %v; want the error to stand", n, err)
		}
	}
}

// sometimes returns (0, nil) before each end, as io.Reader may.
type sometimes struct {
	r    io.Reader
	idle int
}

func (s *sometimes) Read(p []byte) (int, error) {
	if s.idle++; s.idle%2 == 0 {
		return 0, nil
	}
	return s.r.Read(p)
}

func TestBodiesMayPause(t *testing.T) {
	b := open(t, &hostile{get: func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error) {
		o, err := b.Get(ctx, key, opts)
		if err == nil {
			o.Body = io.NopCloser(&sometimes{r: o.Body})
		}
		return o, err
	}})
	mustPut(t, b, "k")
	if text, err := b.GetText(t.Context(), "k"); text != "content" || err != nil {
		t.Errorf("GetText = %q, %v", text, err)
	}
	r, err := b.Open(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	defer r.Close()
	if data, err := io.ReadAll(r); string(data) != "content" || err != nil {
		t.Errorf("ReadAll = %q, %v", data, err)
	}
}

func TestEmptyWrites(t *testing.T) {
	b := open(t, &hostile{})
	w, err := b.NewWriter(t.Context(), "k")
	if err != nil {
		t.Fatal(err)
	}
	for range 300 {
		if _, err := w.Write(nil); err != nil {
			t.Fatal(err)
		}
	}
	if err := w.Close(); err != nil {
		t.Error(err)
	}
}
