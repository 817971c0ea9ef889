package memdriver

import (
	"context"
	"io"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/s3mio/s3mio/driver"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// newBucket makes a driver with an empty bucket named "bucket".
func newBucket(t testing.TB) (*Driver, *bucket) {
	t.Helper()
	d := New(nil)
	t.Cleanup(func() {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
	})
	if err := d.CreateBucket(context.Background(), "bucket"); err != nil {
		t.Fatal(err)
	}
	return d, &bucket{d, "bucket"}
}

func put(t testing.TB, b driver.Bucket, key, content string) driver.ObjectInfo {
	t.Helper()
	info, err := b.Put(context.Background(), key, strings.NewReader(content), textOptions(content))
	if err != nil {
		t.Fatal(err)
	}
	return info
}

func textOptions(content string) *driver.PutOptions {
	return &driver.PutOptions{Size: int64(len(content)), ContentType: "text/plain"}
}

// content gives what is stored, "(none)" for no object.
func content(t testing.TB, b driver.Bucket, key string) string {
	t.Helper()
	o, err := b.Get(context.Background(), key, &driver.GetOptions{})
	if err != nil {
		return "(none)"
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		t.Fatal(err)
	}
	return string(data)
}

func head(t testing.TB, b driver.Bucket, key string) driver.ObjectInfo {
	t.Helper()
	info, err := b.Head(context.Background(), key, &driver.HeadOptions{Tags: true})
	if err != nil {
		t.Fatal(err)
	}
	return info
}
