package s3driver

import (
	"bytes"
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"io"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"go.uber.org/goleak"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

func TestMain(m *testing.M) {
	os.Exit(s3test.Main(m, func() error { return goleak.Find() }))
}

// onServers runs the test on each server, with a bucket of its own.
func onServers(t *testing.T, cfg Config, test func(t *testing.T, b *bucket, server string)) {
	t.Helper()
	for _, server := range s3test.All(t) {
		t.Run(server.Name, func(t *testing.T) { test(t, newBucket(t, server, cfg), server.Name) })
	}
}

// newBucket makes a bucket that goes away with the test, which fails if the
// bucket still holds unfinished uploads then.
func newBucket(t *testing.T, server *s3test.Server, cfg Config) *bucket {
	t.Helper()
	cfg.Endpoint, cfg.Region = server.Endpoint, server.Region
	cfg.AccessKeyID, cfg.SecretAccessKey = server.AccessKey, server.SecretKey
	d := newDriver(t, cfg)
	var random [6]byte
	_, _ = rand.Read(random[:]) // never fails
	name := "s3driver-" + hex.EncodeToString(random[:])
	if err := d.CreateBucket(t.Context(), name); err != nil {
		t.Fatal(err)
	}
	b := openBucket(t, d, name)
	t.Cleanup(func() { removeBucket(t, b) })
	return b
}

func newDriver(t *testing.T, cfg Config) *Driver {
	t.Helper()
	d, err := New(t.Context(), cfg)
	if err != nil {
		t.Fatal(err)
	}
	d.reclaimDelay = 20 * time.Millisecond
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	return d
}

func openBucket(t *testing.T, d *Driver, name string) *bucket {
	t.Helper()
	b, err := d.OpenBucket(name)
	if err != nil {
		t.Fatal(err)
	}
	return b.(*bucket)
}

func removeBucket(t *testing.T, b *bucket) {
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	b.background.Wait()
	if n := pendingUploads(t, b); n != 0 {
		t.Errorf("%d uploads left behind", n)
	}
	for token := ""; ; {
		page, err := b.List(ctx, &driver.ListOptions{Token: token})
		if err != nil {
			t.Error(err)
			return
		}
		for _, o := range page.Objects {
			if err := b.Delete(ctx, o.Key); err != nil {
				t.Error(err)
			}
		}
		if token = page.NextToken; token == "" {
			break
		}
	}
	if err := b.DeleteBucket(ctx, b.name); err != nil {
		t.Error(err)
	}
}

func pendingUploads(t *testing.T, b *bucket) int {
	t.Helper()
	out, err := b.client.ListMultipartUploads(context.Background(), &s3.ListMultipartUploadsInput{Bucket: &b.name})
	if err != nil {
		t.Error(err)
		return 0
	}
	return len(out.Uploads)
}

func putOptions(size int64) *driver.PutOptions {
	return &driver.PutOptions{Size: size, ContentType: driver.DefaultContentType}
}

func put(t *testing.T, b driver.Bucket, key, content string) driver.ObjectInfo {
	t.Helper()
	info, err := b.Put(t.Context(), key, strings.NewReader(content), putOptions(int64(len(content))))
	if err != nil {
		t.Fatalf("Put(%q): %v", key, err)
	}
	return info
}

func read(t *testing.T, b driver.Bucket, key string) []byte {
	t.Helper()
	o, err := b.Get(t.Context(), key, &driver.GetOptions{})
	if err != nil {
		t.Fatalf("Get(%q): %v", key, err)
	}
	return readAll(t, o)
}

func readAll(t *testing.T, o *driver.Object) []byte {
	t.Helper()
	data, err := io.ReadAll(o.Body)
	if err := errors.Join(err, o.Body.Close()); err != nil {
		t.Fatal(err)
	}
	if int64(len(data)) != o.Length {
		t.Errorf("the body has %d bytes, Length is %d", len(data), o.Length)
	}
	return data
}

// noise gives n bytes that do not repeat.
func noise(n int) []byte {
	b := make([]byte, n)
	_, _ = mathrand.NewChaCha8([32]byte{1}).Read(b) // never fails
	return b
}

// plainReader is a body without ReadAt.
func plainReader(b []byte) io.Reader { return struct{ io.Reader }{bytes.NewReader(b)} }

func wantError(t *testing.T, what string, err, want error) {
	t.Helper()
	if !errors.Is(err, want) {
		t.Errorf("%s: error %v, want %v", what, err, want)
	}
}
