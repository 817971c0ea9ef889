package memdriver

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"sync"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

func TestBuckets(t *testing.T) {
	d, b := newBucket(t)
	for range 2 {
		if err := d.CreateBucket(t.Context(), "bucket"); err != nil {
			t.Errorf("one's own bucket again: %v", err)
		}
	}
	put(t, b, "key", "data")
	if err := d.DeleteBucket(t.Context(), "bucket"); !errors.Is(err, driver.ErrBucketNotEmpty) {
		t.Errorf("not empty: %v", err)
	}
	if err := b.Delete(t.Context(), "key"); err != nil {
		t.Fatal(err)
	}
	if err := d.DeleteBucket(t.Context(), "bucket"); err != nil {
		t.Error(err)
	}
	if err := d.DeleteBucket(t.Context(), "bucket"); !errors.Is(err, driver.ErrBucketNotFound) {
		t.Errorf("missing: %v", err)
	}
}

func TestListBuckets(t *testing.T) {
	d := New(nil)
	const n = 2*driver.MaxPageSize + 1
	for i := range n {
		if err := d.CreateBucket(t.Context(), fmt.Sprintf("b%05d", (i*7919)%n)); err != nil {
			t.Fatal(err)
		}
	}
	var names, pages int
	for token := ""; ; pages++ {
		page, err := d.ListBuckets(t.Context(), token)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range page.Buckets {
			if b.Name != fmt.Sprintf("b%05d", names) || b.Created.IsZero() {
				t.Fatalf("bucket %d is %v", names, b)
			}
			names++
		}
		if token = page.NextToken; token == "" {
			break
		}
	}
	if names != n || pages != 2 {
		t.Errorf("%d buckets, %d pages before the last", names, pages)
	}
	if err := d.Close(); err != nil {
		t.Error(err)
	}
}

// A put that succeeds beside a DeleteBucket is not lost.
func TestDeleteBucketLosesNoPut(t *testing.T) {
	d, b := newBucket(t)
	for range 200 {
		if err := d.CreateBucket(t.Context(), "bucket"); err != nil {
			t.Fatal(err)
		}
		var putErr, deleteErr error
		var wg sync.WaitGroup
		wg.Go(func() { _, putErr = b.Put(t.Context(), "key", strings.NewReader("data"), textOptions("data")) })
		wg.Go(func() { deleteErr = d.DeleteBucket(t.Context(), "bucket") })
		wg.Wait()
		switch {
		case putErr == nil && errors.Is(deleteErr, driver.ErrBucketNotEmpty):
			if c := content(t, b, "key"); c != "data" {
				t.Fatalf("the put was lost: %q", c)
			}
			if err := b.Delete(t.Context(), "key"); err != nil {
				t.Fatal(err)
			}
		case errors.Is(putErr, driver.ErrBucketNotFound) && deleteErr == nil:
		default:
			t.Fatalf("put: %v, delete: %v", putErr, deleteErr)
		}
	}
}

// The race above, in its decisive order: the bucket goes while the body is read.
func TestPutIntoDeletedBucket(t *testing.T) {
	d, b := newBucket(t)
	body := readerFunc(func([]byte) (int, error) {
		if err := d.DeleteBucket(t.Context(), "bucket"); err != nil {
			t.Error(err)
		}
		// Another bucket of that name is not the one the put went to.
		if err := d.CreateBucket(t.Context(), "bucket"); err != nil {
			t.Error(err)
		}
		return 0, io.EOF
	})
	if _, err := b.Put(t.Context(), "key", body, &driver.PutOptions{Size: -1}); !errors.Is(err, driver.ErrBucketNotFound) {
		t.Errorf("put: %v", err)
	}
	if c := content(t, b, "key"); c != "(none)" {
		t.Errorf("stored %q", c)
	}
}

type readerFunc func([]byte) (int, error)

func (f readerFunc) Read(p []byte) (int, error) { return f(p) }

func TestClose(t *testing.T) {
	d, b := newBucket(t)
	put(t, b, "key", "data")
	ix, err := d.data.find("bucket")
	if err != nil {
		t.Fatal(err)
	}
	o, err := b.Get(t.Context(), "key", &driver.GetOptions{})
	if err != nil {
		t.Fatal(err)
	}
	late := readerFunc(func([]byte) (int, error) {
		if err := d.Close(); err != nil {
			t.Error(err)
		}
		return 0, io.EOF
	})
	if _, err := b.Put(t.Context(), "late", late, &driver.PutOptions{Size: -1}); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("a put that Close overtakes: %v", err)
	}
	if ix.objects.Len() != 0 || d.data.buckets.Len() != 0 {
		t.Error("objects are held after Close")
	}
	for name, call := range calls {
		if err := call(t.Context(), b); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s after Close: %v", name, err)
		}
	}
	if err := d.CreateBucket(t.Context(), "bucket"); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("CreateBucket after Close: %v", err)
	}
	if _, err := d.ListBuckets(t.Context(), ""); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("ListBuckets after Close: %v", err)
	}
	if data, err := io.ReadAll(o.Body); err != nil || string(data) != "data" {
		t.Errorf("an open body after Close: %q, %v", data, err)
	}
}
