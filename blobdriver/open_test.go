package blobdriver

import (
	"bytes"
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/gcerrors"

	"github.com/s3mio/s3mio/driver"
)

// open makes a *blob.Bucket, closed at the end of the test.
func open(t *testing.T, b driver.Bucket) *blob.Bucket {
	t.Helper()
	bb := OpenBucket(b)
	t.Cleanup(func() {
		if err := bb.Close(); err != nil {
			t.Error(err)
		}
	})
	return bb
}

func wantCode(t *testing.T, what string, err error, code gcerrors.ErrorCode) {
	t.Helper()
	if gcerrors.Code(err) != code {
		t.Errorf("%s: %v, want %v", what, err, code)
	}
}

// A blob.Reader never continues in another version. On the Go CDK's own
// backends it does.
func TestSeekStaysInOneVersion(t *testing.T) {
	inner := newDriverBucket(t)
	b := open(t, inner)
	put(t, inner, "k", "0123456789")
	opened := 0
	r, err := b.NewReader(t.Context(), "k", &blob.ReaderOptions{BeforeRead: func(func(any) bool) error { opened++; return nil }})
	if err != nil {
		t.Fatal(err)
	}
	read := func(offset int64) (string, error) {
		if _, err := r.Seek(offset, io.SeekStart); err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(r)
		return string(data), err
	}
	for _, offset := range []int64{5, 0, 9, 10} {
		if data, err := read(offset); err != nil || data != "0123456789"[offset:] {
			t.Errorf("from %d: %q, %v", offset, data, err)
		}
	}
	if opened != 4 { // not again at the end, where it was
		t.Errorf("the program's BeforeRead was called %d times", opened)
	}
	put(t, inner, "k", "abcdefghij")
	for _, offset := range []int64{5, 1} {
		data, err := read(offset)
		if data != "" || !errors.Is(err, driver.ErrObjectChanged) {
			t.Errorf("from %d after an overwrite: %q, %v", offset, data, err)
		}
		wantCode(t, "after an overwrite", err, gcerrors.FailedPrecondition)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
}

func TestRangesPastTheEnd(t *testing.T) {
	inner := newDriverBucket(t)
	b := open(t, inner)
	put(t, inner, "k", "0123")
	for _, rng := range [][2]int64{{4, -1}, {4, 0}, {5, 3}, {100, -1}, {2, 0}} {
		r, err := b.NewRangeReader(t.Context(), "k", rng[0], rng[1], nil)
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(r); err != nil || len(data) != 0 || r.Size() != 4 {
			t.Errorf("%v: %q of %d, %v", rng, data, r.Size(), err)
		}
		if err := r.Close(); err != nil {
			t.Error(err)
		}
	}
	_, err := b.NewRangeReader(t.Context(), "none", 4, -1, nil)
	wantCode(t, "a missing object", err, gcerrors.NotFound)
}

func TestWriterOptions(t *testing.T) {
	inner := newDriverBucket(t)
	b := open(t, inner)
	write := func(set func(*driver.PutOptions)) error {
		return b.WriteAll(t.Context(), "k", []byte("content"), &blob.WriterOptions{BeforeWrite: func(as func(any) bool) error {
			var put *driver.PutOptions
			if !as(&put) {
				return errors.New("no options")
			}
			set(put)
			return nil
		}})
	}
	if err := write(func(o *driver.PutOptions) { o.Tags = map[string]string{"a": "b"}; o.StorageClass = "GLACIER" }); err != nil {
		t.Fatal(err)
	}
	info, err := driver.Head(t.Context(), inner, "k", &driver.HeadOptions{Tags: true})
	if err != nil || info.Tags["a"] != "b" || info.StorageClass != "GLACIER" {
		t.Errorf("%+v, %v", info, err)
	}
	if err := write(func(o *driver.PutOptions) { o.IfMatch = info.ETag }); err != nil {
		t.Error(err)
	}
	for name, set := range map[string]func(*driver.PutOptions){
		"content type": func(o *driver.PutOptions) { o.ContentType = "a\nb" },
		"header":       func(o *driver.PutOptions) { o.CacheControl = "a\nb" },
		"metadata":     func(o *driver.PutOptions) { o.Metadata = map[string]string{"a b": "c"} },
		"tags":         func(o *driver.PutOptions) { o.Tags = map[string]string{"aws:a": "c"} },
		"class":        func(o *driver.PutOptions) { o.StorageClass = "A B" },
		"ETag":         func(o *driver.PutOptions) { o.IfMatch = "*" },
		"both":         func(o *driver.PutOptions) { o.IfMatch, o.IfAbsent = "x", true },
		"size":         func(o *driver.PutOptions) { o.Size = 7 },
	} {
		wantCode(t, name, write(set), gcerrors.InvalidArgument)
	}
	wantCode(t, "another ETag", write(func(o *driver.PutOptions) { o.IfMatch = "x" }), gcerrors.FailedPrecondition)
	if err := b.Delete(t.Context(), "k"); err != nil {
		t.Error(err)
	}
	wantCode(t, "an ETag of nothing", write(func(o *driver.PutOptions) { o.IfMatch = info.ETag }), gcerrors.NotFound)
}

func TestFailedUploadPublishesNothing(t *testing.T) {
	boom := errors.New("boom")
	inner := newDriverBucket(t)
	b := open(t, inner)
	put(t, inner, "k", "old")
	broken := func() io.Reader { return io.MultiReader(strings.NewReader("new"), iotest.ErrReader(boom)) }
	if err := b.Upload(t.Context(), "k", broken(), &blob.WriterOptions{ContentType: "text/new"}); !errors.Is(err, boom) {
		t.Errorf("Upload: %v", err)
	}
	if err := b.Upload(t.Context(), "k", broken(), &blob.WriterOptions{ContentType: "text/new", ContentMD5: make([]byte, 16)}); !errors.Is(err, boom) {
		t.Errorf("Upload with an MD5: %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	w, err := b.NewWriter(ctx, "k", &blob.WriterOptions{ContentType: "text/new"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := w.Write([]byte("new")); err != nil {
		t.Error(err)
	}
	cancel()
	if _, err := w.Write(bytes.Repeat([]byte("new"), 1<<20)); !errors.Is(err, context.Canceled) {
		t.Errorf("Write after cancelling: %v", err)
	}
	if err := w.Close(); !errors.Is(err, context.Canceled) {
		t.Errorf("Close after cancelling: %v", err)
	}
	if got := content(t, inner, "k"); got != "old" {
		t.Errorf("the object is now %q", got)
	}
}

// A write that fails early says why, and Close does not publish what came
// through.
func TestFailingPut(t *testing.T) {
	b := open(t, denied{newDriverBucket(t)})
	w, err := b.NewWriter(t.Context(), "k", &blob.WriterOptions{ContentType: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	_, err = w.Write([]byte("new"))
	wantCode(t, "Write", err, gcerrors.PermissionDenied)
	wantCode(t, "Close", w.Close(), gcerrors.PermissionDenied)
}

type denied struct{ driver.Bucket }

func (denied) Put(context.Context, string, io.Reader, *driver.PutOptions) (driver.ObjectInfo, error) {
	return driver.ObjectInfo{}, driver.ErrAccessDenied
}

// Close of an abandoned write ends a Put that looks at nothing but its body.
func TestBlockedPut(t *testing.T) {
	b := open(t, heedless{newDriverBucket(t)})
	ctx, cancel := context.WithCancel(t.Context())
	w, err := b.NewWriter(ctx, "k", &blob.WriterOptions{ContentType: "text/plain"})
	if err != nil {
		t.Fatal(err)
	}
	cancel()
	if err := w.Close(); !errors.Is(err, context.Canceled) {
		t.Error(err)
	}
}

type heedless struct{ driver.Bucket }

func (heedless) Put(_ context.Context, _ string, body io.Reader, _ *driver.PutOptions) (driver.ObjectInfo, error) {
	_, err := io.ReadAll(body)
	return driver.ObjectInfo{}, err
}

func TestInvalidArguments(t *testing.T) {
	inner := newDriverBucket(t)
	b := open(t, inner)
	put(t, inner, "k", "content")
	for _, key := range []string{"", strings.Repeat("k", 1025)} {
		_, err := b.Attributes(t.Context(), key)
		wantCode(t, "Attributes", err, gcerrors.InvalidArgument)
		_, err = b.NewReader(t.Context(), key, nil)
		wantCode(t, "NewReader", err, gcerrors.InvalidArgument)
		wantCode(t, "Delete", b.Delete(t.Context(), key), gcerrors.InvalidArgument)
		_, err = b.SignedURL(t.Context(), key, nil)
		wantCode(t, "SignedURL", err, gcerrors.InvalidArgument)
		wantCode(t, "Copy", b.Copy(t.Context(), "new", key, nil), gcerrors.InvalidArgument)
	}
	wantCode(t, "a new key", b.WriteAll(t.Context(), "a\n", nil, nil), gcerrors.InvalidArgument)
	wantCode(t, "Copy to a new key", b.Copy(t.Context(), "a\n", "k", nil), gcerrors.InvalidArgument)
	wantCode(t, "Copy onto itself", b.Copy(t.Context(), "k", "k", nil), gcerrors.InvalidArgument)
	for name, opts := range map[string]*blob.SignedURLOptions{
		"long": {Expiry: 8 * 24 * time.Hour}, "short": {Expiry: time.Millisecond},
	} {
		_, err := b.SignedURL(t.Context(), "k", opts)
		wantCode(t, name, err, gcerrors.InvalidArgument)
	}
	_, err := b.SignedURL(t.Context(), "a\n", &blob.SignedURLOptions{Method: "PUT"})
	wantCode(t, "PUT", err, gcerrors.InvalidArgument)
	_, err = b.SignedURL(t.Context(), "k", &blob.SignedURLOptions{Method: "DELETE"})
	wantCode(t, "DELETE", err, gcerrors.Unimplemented)
}

// Hooks can end a call before it does anything.
func TestHooksRefuse(t *testing.T) {
	inner := newDriverBucket(t)
	b := open(t, inner)
	put(t, inner, "k", "old")
	no := errors.New("no")
	refuse := func(func(any) bool) error { return no }
	_, readErr := b.NewReader(t.Context(), "k", &blob.ReaderOptions{BeforeRead: refuse})
	_, _, listErr := b.ListPage(t.Context(), blob.FirstPageToken, 10, &blob.ListOptions{BeforeList: refuse})
	_, signErr := b.SignedURL(t.Context(), "k", &blob.SignedURLOptions{BeforeSign: refuse})
	for name, err := range map[string]error{
		"read":   readErr,
		"list":   listErr,
		"sign":   signErr,
		"write":  b.WriteAll(t.Context(), "k", []byte("new"), &blob.WriterOptions{BeforeWrite: refuse}),
		"copy":   b.Copy(t.Context(), "copy", "k", &blob.CopyOptions{BeforeCopy: refuse}),
		"delete": b.DeleteWithOptions(t.Context(), "k", &blob.DeleteOptions{BeforeDelete: refuse}),
	} {
		if !errors.Is(err, no) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if got := content(t, inner, "k") + content(t, inner, "copy"); got != "old(none)" {
		t.Errorf("something changed: %q", got)
	}
}

func TestListOptions(t *testing.T) {
	inner := newDriverBucket(t)
	b := open(t, inner)
	for _, key := range []string{"a", "b/1", "b0", "c/1", "d", "e/1"} {
		put(t, inner, key, "x")
	}
	page, _, err := b.ListPage(t.Context(), blob.FirstPageToken, 10, &blob.ListOptions{
		Delimiter: "/",
		BeforeList: func(as func(any) bool) error {
			var list *driver.ListOptions
			if !as(&list) {
				return errors.New("no options")
			}
			list.StartAfter = "a"
			return nil
		},
	})
	var got []string
	for _, o := range page {
		got = append(got, o.Key)
		if o.IsDir != strings.HasSuffix(o.Key, "/") {
			t.Errorf("%+v", o)
		}
	}
	if want := "b/ b0 c/ d e/"; err != nil || strings.Join(got, " ") != want {
		t.Errorf("%q, want %q, %v", got, want, err)
	}
}

// Closing the *blob.Bucket leaves the driver open.
func TestCloseLeavesTheDriver(t *testing.T) {
	inner := newDriverBucket(t)
	b := OpenBucket(inner)
	if err := b.Close(); err != nil {
		t.Error(err)
	}
	put(t, inner, "k", "content")
	_, err := b.Attributes(t.Context(), "k")
	wantCode(t, "after Close", err, gcerrors.FailedPrecondition)
}
