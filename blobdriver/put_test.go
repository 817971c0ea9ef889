package blobdriver

import (
	"context"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"gocloud.dev/blob"
	blobdriver "gocloud.dev/blob/driver"
	"gocloud.dev/blob/fileblob"
	"gocloud.dev/blob/memblob"

	"github.com/s3mio/s3mio/driver"
)

// foreign are backends that publish what they have got when a write is simply
// closed.
var foreign = map[string]func(t *testing.T) *blob.Bucket{
	"memblob":             func(*testing.T) *blob.Bucket { return memblob.OpenBucket(nil) },
	"memblob without MD5": func(*testing.T) *blob.Bucket { return memblob.OpenBucket(&memblob.Options{NoMD5: true}) },
	"fileblob": func(t *testing.T) *blob.Bucket {
		b, err := fileblob.OpenBucket(t.TempDir(), &fileblob.Options{NoTempDir: true})
		if err != nil {
			t.Fatal(err)
		}
		return b
	},
}

func TestFailedPutPublishesNothing(t *testing.T) {
	boom := errors.New("boom")
	for name, open := range foreign {
		t.Run(name, func(t *testing.T) {
			b := newBucket(t, open(t), nil)
			ctx, cancel := context.WithCancel(t.Context())
			for name, test := range map[string]struct {
				body io.Reader
				size int64
				want error
			}{
				"broken":            {io.MultiReader(strings.NewReader("new"), iotest.ErrReader(boom)), -1, boom},
				"broken at the end": {io.MultiReader(strings.NewReader("new"), iotest.ErrReader(boom)), 3, boom},
				"short":             {strings.NewReader("new"), 4, driver.ErrSizeMismatch},
				"long":              {strings.NewReader("new"), 2, driver.ErrSizeMismatch},
				"not empty":         {strings.NewReader("new"), 0, driver.ErrSizeMismatch},
				"idle":              {idle{}, -1, io.ErrNoProgress},
				"cancelled":         {io.MultiReader(strings.NewReader("new"), call(cancel)), -1, context.Canceled},
			} {
				ctx := ctx
				if name != "cancelled" {
					ctx = t.Context()
				}
				before := put(t, b, "old", "old content")
				for _, key := range []string{"old", "fresh"} {
					body := test.body
					if key == "fresh" {
						body = iotest.ErrReader(boom)
					}
					_, err := b.Put(ctx, key, body, &driver.PutOptions{Size: test.size, ContentType: "text/new"})
					if want := test.want; key == "old" && !errors.Is(err, want) || err == nil {
						t.Errorf("%s: %v", name, err)
					}
				}
				head, err := b.Head(t.Context(), "old", &driver.HeadOptions{})
				if err != nil || head.ETag != before.ETag || head.ContentType != "text/plain" ||
					content(t, b, "old") != "old content" || content(t, b, "fresh") != "(none)" {
					t.Errorf("%s: the object is now %+v, %v", name, head, err)
				}
			}
			page, err := b.List(t.Context(), &driver.ListOptions{})
			if err != nil || len(page.Objects) != 1 {
				t.Errorf("left behind: %+v, %v", page, err)
			}
		})
	}
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// call is a reader that calls a function and is empty.
type call func()

func (c call) Read([]byte) (int, error) { c(); return 0, io.EOF }

// Put, Head, Get and List agree, whether the backend has MD5s or not.
func TestRoundTrip(t *testing.T) {
	for name, open := range foreign {
		t.Run(name, func(t *testing.T) {
			b := newBucket(t, open(t), nil)
			opts := &driver.PutOptions{
				Size: -1, ContentType: "text/plain; charset=utf-8", CacheControl: "no-cache", ContentDisposition: "inline",
				ContentEncoding: "br", ContentLanguage: "de", Metadata: map[string]string{"a": "b c"}, IfAbsent: true,
			}
			info, err := b.Put(t.Context(), "dir/k", strings.NewReader("content"), opts)
			if err != nil {
				t.Fatal(err)
			}
			head, err := b.Head(t.Context(), "dir/k", &driver.HeadOptions{})
			if err != nil || head.ETag != info.ETag || info.Key != "dir/k" || info.Size != 7 || head.Size != 7 || driver.ValidETag(head.ETag) != nil ||
				head.ContentType != opts.ContentType || head.CacheControl != opts.CacheControl || head.ContentDisposition != opts.ContentDisposition ||
				head.ContentEncoding != opts.ContentEncoding || head.ContentLanguage != opts.ContentLanguage || head.Metadata["a"] != "b c" ||
				head.StorageClass != driver.DefaultStorageClass || head.LastModified.Nanosecond() != 0 {
				t.Errorf("Put gave %+v, Head %+v, %v", info, head, err)
			}
			page, err := b.List(t.Context(), &driver.ListOptions{})
			if err != nil || len(page.Objects) != 1 || page.Objects[0].ETag != head.ETag || page.Objects[0].LastModified != head.LastModified {
				t.Errorf("listed %+v, %v", page, err)
			}
			if content(t, b, "dir/k") != "content" {
				t.Error("the content differs")
			}
			if _, err := b.Put(t.Context(), "dir/k", strings.NewReader("other"), opts); !errors.Is(err, driver.ErrPreconditionFailed) {
				t.Errorf("IfAbsent: %v", err)
			}
			copied, err := b.Copy(t.Context(), "copy", b, "dir/k")
			if err != nil || copied.Size != 7 || copied.Key != "copy" || content(t, b, "copy") != "content" {
				t.Errorf("copied %+v, %v", copied, err)
			}
			for range 2 {
				if err := b.Delete(t.Context(), "dir/k"); err != nil {
					t.Error(err)
				}
			}
			if content(t, b, "dir/k") != "(none)" {
				t.Error("the object is still there")
			}
		})
	}
}

func TestPutRefusals(t *testing.T) {
	b := newMem(t)
	untouched := iotest.ErrReader(errors.New("the body was read"))
	for name, opts := range map[string]driver.PutOptions{
		"tags":          {ContentType: "text/plain", Tags: map[string]string{"a": "b"}},
		"IfMatch":       {ContentType: "text/plain", IfMatch: "0123"},
		"storage class": {ContentType: "text/plain", StorageClass: "STANDARD_IA"},
		"rewritten":     {ContentType: "TEXT/HTML; Charset=UTF-8"},
		"completed":     {ContentType: "text/html;charset=utf-8"},
		"no media type": {ContentType: "application/octet/stream"},
		"empty":         {},
	} {
		if _, err := b.Put(t.Context(), "k", untouched, &opts); !errors.Is(err, driver.ErrUnsupported) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Head(t.Context(), "k", &driver.HeadOptions{Tags: true}); !errors.Is(err, driver.ErrUnsupported) {
		t.Errorf("Head with tags: %v", err)
	}
}

// A write that has succeeded stays a success when the question for its ETag
// fails.
func TestPutWithoutAnswer(t *testing.T) {
	r := newRemote(t)
	b := newBucket(t, blob.NewBucket(r), nil)
	for name, attributes := range map[string]func(string) (*blobdriver.Attributes, error){
		"error":       func(string) (*blobdriver.Attributes, error) { return nil, errors.New("lost") },
		"overwritten": func(string) (*blobdriver.Attributes, error) { return &blobdriver.Attributes{Size: 1, ETag: `"x"`}, nil },
	} {
		r.attributes = attributes
		info, err := b.Put(t.Context(), name, strings.NewReader("content"), &driver.PutOptions{Size: 7, ContentType: "text/plain"})
		if err != nil || info.ETag != "" || info.Size != 7 {
			t.Errorf("%s: %+v, %v", name, info, err)
		}
	}
}
