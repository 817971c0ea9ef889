package blobdriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	blobdriver "gocloud.dev/blob/driver"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/gcerrors"

	"github.com/s3mio/s3mio/driver"
)

// calls are all methods of a bucket that make a request.
var calls = map[string]func(ctx context.Context, b *bucket) error{
	"Head": func(ctx context.Context, b *bucket) error {
		_, err := b.Head(ctx, "k", &driver.HeadOptions{})
		return err
	},
	"Get": func(ctx context.Context, b *bucket) error {
		_, err := b.Get(ctx, "k", &driver.GetOptions{})
		return err
	},
	"Put": func(ctx context.Context, b *bucket) error {
		_, err := b.Put(ctx, "k", strings.NewReader("new"), &driver.PutOptions{Size: 3, ContentType: "text/plain"})
		return err
	},
	"Delete": func(ctx context.Context, b *bucket) error { return b.Delete(ctx, "k") },
	"List":   func(ctx context.Context, b *bucket) error { _, err := b.List(ctx, &driver.ListOptions{}); return err },
	"Copy":   func(ctx context.Context, b *bucket) error { _, err := b.Copy(ctx, "copy", b, "k"); return err },
}

func TestNoSideEffects(t *testing.T) {
	b := newMem(t)
	put(t, b, "k", "old")
	cancelled, cancel := context.WithCancel(t.Context())
	cancel()
	other, err := b.d.OpenBucket("other")
	if err != nil {
		t.Fatal(err)
	}
	sign := &driver.PresignOptions{Method: "GET", TTL: time.Minute}
	if _, err := b.Presign(cancelled, "k", sign); !errors.Is(err, context.Canceled) {
		t.Errorf("Presign, cancelled: %v", err)
	}
	for name, call := range calls {
		if err := call(cancelled, b); !errors.Is(err, context.Canceled) {
			t.Errorf("%s, cancelled: %v", name, err)
		}
		if err := call(t.Context(), other.(*bucket)); !errors.Is(err, driver.ErrBucketNotFound) {
			t.Errorf("%s on another bucket: %v", name, err)
		}
	}
	if got := content(t, b, "k") + content(t, b, "copy"); got != "old(none)" {
		t.Errorf("something changed: %q", got)
	}
	if err := b.d.Close(); err != nil {
		t.Error(err)
	}
	for name, call := range calls {
		if err := call(t.Context(), b); !errors.Is(err, fs.ErrClosed) {
			t.Errorf("%s, closed: %v", name, err)
		}
	}
	if _, err := b.Presign(t.Context(), "k", sign); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("Presign, closed: %v", err)
	}
}

// A bucket that has never been seen is listed when an object is missing.
func TestMissingBucket(t *testing.T) {
	for name, call := range calls {
		if name == "Put" {
			continue // has no missing object
		}
		r := newRemote(t)
		missing := errCoded(gcerrors.NotFound)
		r.attributes = func(string) (*blobdriver.Attributes, error) { return nil, missing }
		r.delete = func() error { return missing }
		looks := 0
		r.list = func() (*blobdriver.ListPage, error) { looks++; return nil, missing }
		b := newBucket(t, blob.NewBucket(r), nil)
		if err := call(t.Context(), b); !errors.Is(err, driver.ErrBucketNotFound) || name != "Copy" && errors.Is(err, driver.ErrObjectNotFound) {
			t.Errorf("%s: %v", name, err)
		}
		r.list = func() (*blobdriver.ListPage, error) { looks++; return nil, errCoded(gcerrors.PermissionDenied) }
		if err := call(t.Context(), b); name != "List" && name != "Delete" && !errors.Is(err, driver.ErrObjectNotFound) {
			t.Errorf("%s when the bucket may not be listed: %v", name, err)
		}
		looks = 0
		r.list = func() (*blobdriver.ListPage, error) { looks++; return &blobdriver.ListPage{}, nil }
		for range 3 {
			_, err := b.Head(t.Context(), "k", &driver.HeadOptions{})
			if !errors.Is(err, driver.ErrObjectNotFound) {
				t.Errorf("%s: Head when the bucket is there: %v", name, err)
			}
		}
		if looks != 1 {
			t.Errorf("%s: the bucket was listed %d times", name, looks)
		}
	}
	// From a missing bucket of this module, every call says so by itself.
	inner := newDriverBucket(t)
	missing := New(OpenBucket(gone{inner}), nil)
	for name, call := range calls {
		if err := call(t.Context(), &bucket{missing, DefaultName}); !errors.Is(err, driver.ErrBucketNotFound) || errors.Is(err, driver.ErrObjectNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// gone is a bucket that does not exist.
type gone struct{ driver.Bucket }

func (gone) Head(context.Context, string, *driver.HeadOptions) (driver.ObjectInfo, error) {
	return driver.ObjectInfo{}, driver.ErrBucketNotFound
}

func (gone) Get(context.Context, string, *driver.GetOptions) (*driver.Object, error) {
	return nil, driver.ErrBucketNotFound
}

func (gone) Put(context.Context, string, io.Reader, *driver.PutOptions) (driver.ObjectInfo, error) {
	return driver.ObjectInfo{}, driver.ErrBucketNotFound
}

func (gone) List(context.Context, *driver.ListOptions) (*driver.ListPage, error) {
	return nil, driver.ErrBucketNotFound
}

func TestClassify(t *testing.T) {
	ended, cancel := context.WithCancel(t.Context())
	cancel()
	raw := errors.New("raw")
	if err := classify(ended, raw); !errors.Is(err, context.Canceled) || !errors.Is(err, raw) {
		t.Errorf("after the end: %v", err)
	}
	r := newRemote(t)
	b := newBucket(t, blob.NewBucket(r), nil)
	for code, want := range map[gcerrors.ErrorCode]error{
		gcerrors.NotFound:         driver.ErrObjectNotFound,
		gcerrors.PermissionDenied: driver.ErrAccessDenied,
		gcerrors.InvalidArgument:  driver.ErrValidation,
		gcerrors.Unimplemented:    driver.ErrUnsupported,
	} {
		r.attributes = func(string) (*blobdriver.Attributes, error) { return nil, errCoded(code) }
		_, err := b.Head(t.Context(), "k", &driver.HeadOptions{})
		if !errors.Is(err, want) || !errors.Is(err, errCoded(code)) {
			t.Errorf("%v: %v", code, err)
		}
	}
	r.attributes = func(string) (*blobdriver.Attributes, error) { return nil, errCoded(gcerrors.FailedPrecondition) }
	if _, err := b.Head(t.Context(), "k", &driver.HeadOptions{}); codeOf(err) != gcerrors.Unknown {
		t.Errorf("a failed precondition: %v", err)
	}
}

// An error shows no query, in which Azure has its signatures.
func TestErrorsHideQueries(t *testing.T) {
	r := newRemote(t)
	b := newBucket(t, blob.NewBucket(r), nil)
	refused := errors.New("connection refused")
	r.attributes = func(string) (*blobdriver.Attributes, error) {
		return nil, &url.Error{Op: "Get", URL: "https://host/k?sv=1&sig=SECRET%2B", Err: refused}
	}
	_, err := b.Head(t.Context(), "k", &driver.HeadOptions{})
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err), fmt.Sprintf("%v", err)} {
		if strings.Contains(text, "SECRET") || !strings.Contains(text, "https://host/k?") {
			t.Error(text)
		}
	}
	if !errors.Is(err, refused) {
		t.Errorf("the cause is lost: %v", err)
	}
}

func TestCopyErrors(t *testing.T) {
	b := newMem(t)
	put(t, b, "k", "content")
	var source *driver.SourceError
	for _, test := range []struct {
		name     string
		dst      *bucket
		dstKey   string
		src      driver.Bucket
		srcKey   string
		want     error
		isSource bool
	}{
		{"self", b, "k", &bucket{b.d, b.name}, "k", driver.ErrValidation, false},
		{"no source", b, "copy", b, "none", driver.ErrObjectNotFound, true},
		{"no source bucket", b, "copy", &bucket{b.d, "other"}, "k", driver.ErrBucketNotFound, true},
		{"no bucket", &bucket{b.d, "other"}, "copy", b, "k", driver.ErrBucketNotFound, false},
		{"another backend", b, "copy", newMem(t), "k", driver.ErrUnsupported, false},
		{"another kind", b, "copy", newDriverBucket(t), "k", driver.ErrUnsupported, false},
	} {
		_, err := test.dst.Copy(t.Context(), test.dstKey, test.src, test.srcKey)
		if !errors.Is(err, test.want) || errors.As(err, &source) != test.isSource {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if got := content(t, b, "copy"); got != "(none)" {
		t.Errorf("a failed copy stored %q", got)
	}
	// A second driver of the same *blob.Bucket is the same backend.
	again := &bucket{New(b.d.blob, &Options{Name: "again"}), "again"}
	if _, err := b.Copy(t.Context(), "copy", again, "k"); err != nil || content(t, b, "copy") != "content" {
		t.Error(err)
	}
}

func TestNames(t *testing.T) {
	d := New(nil, &Options{Name: "My_Container"})
	for name, want := range map[string]error{"My_Container": nil, "other": nil, "Other_Container": driver.ErrValidation, "": driver.ErrValidation} {
		if _, err := driver.OpenBucket(d, name); !errors.Is(err, want) {
			t.Errorf("%q: %v", name, err)
		}
	}
	b, err := driver.OpenBucket(d, "My_Container")
	if err != nil || b.URL() != "blob://My_Container" {
		t.Errorf("%v, %v", b, err)
	}
}

func TestPresign(t *testing.T) {
	sign := &driver.PresignOptions{Method: "PUT", TTL: time.Minute, ContentType: "TEXT/x"}
	if _, err := driver.Presign(t.Context(), newMem(t), "k", sign); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("memblob: %v", err)
	}
	base := &url.URL{Scheme: "http", Host: "host"}
	fb, err := fileblob.OpenBucket(t.TempDir(), &fileblob.Options{URLSigner: fileblob.NewURLSignerHMAC(base, []byte("key"))})
	if err != nil {
		t.Fatal(err)
	}
	b := newBucket(t, fb, nil)
	u, err := driver.Presign(t.Context(), b, "a b", sign)
	if err != nil || !strings.Contains(u, "method=PUT") || !strings.Contains(u, "obj=a+b") || !strings.Contains(u, "contentType=TEXT%2Fx") {
		t.Errorf("%q, %v", u, err)
	}
	if _, err := driver.Presign(t.Context(), &bucket{b.d, "other"}, "k", sign); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("another bucket: %v", err)
	}
}
