package faults

import (
	"bytes"
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"
	"testing/iotest"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// TestUploadSources has sources that are not what they seem, at every size of
// upload: a typed error, the old object, no upload.
func TestUploadSources(t *testing.T) {
	broken := errors.New("broken source")
	calls := 0
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		s := storeAt(t, server.Endpoint, server, s3driver.Config{PartSize: 5 * mib, Concurrency: 2})
		bucket := s.Bucket(direct.Name())
		mustPut(t, direct, "key", "old")
		for _, size := range []int{10, 6 * mib, 16 * mib} {
			content := noise(size)
			half := func() io.Reader { return bytes.NewReader(content[:size/2]) }
			release := make(chan struct{})
			type source struct {
				put  func(ctx context.Context) error
				want error // nil: any
			}
			sources := map[string]source{
				"shorter": {func(ctx context.Context) error {
					_, err := bucket.Put(ctx, "key", half(), store.Size(int64(size)))
					return err
				}, store.ErrSizeMismatch},
				"longer": {func(ctx context.Context) error {
					_, err := bucket.Put(ctx, "key", bytes.NewReader(content), store.Size(int64(size-1)))
					return err
				}, store.ErrSizeMismatch},
				"failing": {func(ctx context.Context) error {
					_, err := bucket.Put(ctx, "key", io.MultiReader(half(), iotest.ErrReader(broken)))
					return err
				}, broken},
				"failing, sized": {func(ctx context.Context) error {
					_, err := bucket.Put(ctx, "key", io.MultiReader(half(), iotest.ErrReader(broken)), store.Size(int64(size)))
					return err
				}, broken},
				"panicking": {func(ctx context.Context) error {
					_, err := bucket.Put(ctx, "key", io.MultiReader(half(), readerFunc(func([]byte) (int, error) { panic("body") })))
					return err
				}, nil},
				"blocked": {func(ctx context.Context) error {
					ctx, cancel := context.WithCancel(ctx)
					defer cancel()
					_, err := bucket.Put(ctx, "key", io.MultiReader(half(), readerFunc(func([]byte) (int, error) {
						cancel()
						<-release
						return 0, io.EOF
					})))
					return err
				}, context.Canceled},
			}
			if size > mib { // a small file is read before its change could be noticed, or matter
				sources["growing file"] = source{func(ctx context.Context) error { return uploadChanging(t, ctx, bucket, content, 1) }, store.ErrSizeMismatch}
				sources["shrinking file"] = source{func(ctx context.Context) error { return uploadChanging(t, ctx, bucket, content, -1) }, store.ErrSizeMismatch}
			}
			for name, c := range sources {
				began := time.Now()
				err := c.put(t.Context())
				if err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Errorf("%s, %s, %d bytes: error %v, want %v", server.Name, name, size, err, c.want)
				}
				if took := time.Since(began); took > 10*time.Second {
					t.Errorf("%s, %s, %d bytes: took %v", server.Name, name, size, took)
				}
				if got, err := direct.GetText(t.Context(), "key"); got != "old" {
					t.Errorf("%s, %s, %d bytes: the object has %d bytes now, %v", server.Name, name, size, len(got), err)
				}
				calls++
			}
			close(release)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if n := len(uploads(t, server, direct.Name())); n != 0 {
			t.Errorf("%s: %d uploads left behind", server.Name, n)
		}
	}
	t.Logf("%d bad sources: an error each time, nothing published, no upload left behind", calls)
}

// uploadChanging uploads a file that changes its length by a byte while it is
// read.
func uploadChanging(t *testing.T, ctx context.Context, b *store.Bucket, content []byte, by int64) error {
	path := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(path, content, 0o600); err != nil {
		t.Fatal(err)
	}
	changed := false
	_, err := b.Upload(ctx, path, "key", store.OnProgress(func(store.Progress) {
		if !changed {
			changed = true
			if err := os.Truncate(path, int64(len(content))+by); err != nil {
				t.Error(err)
			}
		}
	}))
	return err
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }
