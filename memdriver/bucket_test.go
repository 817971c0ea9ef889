package memdriver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"strings"
	"sync"
	"testing"
	"testing/iotest"
	"testing/synctest"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// calls are all methods of a bucket that look at it.
var calls = map[string]func(ctx context.Context, b *bucket) error{
	"Head": func(ctx context.Context, b *bucket) error {
		_, err := b.Head(ctx, "key", &driver.HeadOptions{})
		return err
	},
	"Get": func(ctx context.Context, b *bucket) error {
		_, err := b.Get(ctx, "key", &driver.GetOptions{})
		return err
	},
	"Put": func(ctx context.Context, b *bucket) error {
		_, err := b.Put(ctx, "key", strings.NewReader("new"), textOptions("new"))
		return err
	},
	"Delete":  func(ctx context.Context, b *bucket) error { return b.Delete(ctx, "key") },
	"SetTags": func(ctx context.Context, b *bucket) error { return b.SetTags(ctx, "key", map[string]string{"a": "b"}) },
	"GetTags": func(ctx context.Context, b *bucket) error { _, err := b.GetTags(ctx, "key"); return err },
	"Copy":    func(ctx context.Context, b *bucket) error { _, err := b.Copy(ctx, "copy", b, "key"); return err },
	"List": func(ctx context.Context, b *bucket) error {
		_, err := b.List(ctx, &driver.ListOptions{})
		return err
	},
	"DeleteBatch": func(ctx context.Context, b *bucket) error {
		_, err := b.DeleteBatch(ctx, []string{"key"})
		return err
	},
}

func TestMissingBucket(t *testing.T) {
	d, _ := newBucket(t)
	b := &bucket{d, "missing"}
	for name, call := range calls {
		if err := call(t.Context(), b); !errors.Is(err, driver.ErrBucketNotFound) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := b.Presign(t.Context(), "key", &driver.PresignOptions{Method: "GET", TTL: time.Minute}); err != nil {
		t.Errorf("Presign: %v", err)
	}
	// The handle works as soon as there is a bucket.
	if err := d.CreateBucket(t.Context(), "missing"); err != nil {
		t.Fatal(err)
	}
	put(t, b, "key", "data")
}

func TestCancelledBeforehand(t *testing.T) {
	d, b := newBucket(t)
	put(t, b, "key", "old")
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	all := maps.Clone(calls)
	all["Presign"] = func(ctx context.Context, b *bucket) error {
		_, err := b.Presign(ctx, "key", &driver.PresignOptions{Method: "GET", TTL: time.Minute})
		return err
	}
	all["CreateBucket"] = func(ctx context.Context, _ *bucket) error { return d.CreateBucket(ctx, "another") }
	all["DeleteBucket"] = func(ctx context.Context, _ *bucket) error { return d.DeleteBucket(ctx, "bucket") }
	all["ListBuckets"] = func(ctx context.Context, _ *bucket) error { _, err := d.ListBuckets(ctx, ""); return err }
	for name, call := range all {
		if err := call(ctx, b); !errors.Is(err, context.Canceled) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if c := content(t, b, "key") + content(t, b, "copy"); c != "old(none)" || len(head(t, b, "key").Tags) != 0 {
		t.Errorf("a cancelled call changed something: %q", c)
	}
	if page, err := d.ListBuckets(t.Context(), ""); err != nil || len(page.Buckets) != 1 {
		t.Errorf("buckets: %v, %v", page, err)
	}
}

func TestNothingIsAliased(t *testing.T) {
	_, b := newBucket(t)
	data := []byte("content")
	metadata := map[string]string{"m": "1"}
	tags := map[string]string{"t": "1"}
	_, err := b.Put(t.Context(), "key", bytes.NewReader(data), &driver.PutOptions{
		Size: int64(len(data)), ContentType: "text/plain", Metadata: metadata, Tags: tags})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := b.Copy(t.Context(), "copy", b, "key"); err != nil {
		t.Fatal(err)
	}
	data[0], metadata["m"], tags["t"] = 'X', "X", "X"
	for range 2 {
		for _, key := range []string{"key", "copy"} {
			info := head(t, b, key)
			o, err := b.Get(t.Context(), key, &driver.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			got, err := b.GetTags(t.Context(), key)
			if err != nil {
				t.Fatal(err)
			}
			if _, ok := o.Body.(io.WriterTo); ok {
				t.Error("the body hands its memory to writers")
			}
			body, err := io.ReadAll(o.Body)
			if err != nil || string(body) != "content" || info.Metadata["m"] != "1" || o.Info.Metadata["m"] != "1" ||
				info.Tags["t"] != "1" || got["t"] != "1" {
				t.Errorf("%q holds %q, %v, %v, %v, %v", key, body, info, o.Info, got, err)
			}
			body[0], info.Metadata["m"], o.Info.Metadata["m"], info.Tags["t"], got["t"] = 'X', "X", "X", "X", "X"
		}
	}
}

func TestBody(t *testing.T) {
	_, b := newBucket(t)
	put(t, b, "key", "0123456789")
	ctx, cancel := context.WithCancel(t.Context())
	get := func() *driver.Object {
		t.Helper()
		o, err := b.Get(ctx, "key", &driver.GetOptions{Range: &driver.Range{Offset: 2, Length: 5}})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	if err := iotest.TestReader(get().Body, []byte("23456")); err != nil {
		t.Error(err)
	}

	o := get()
	put(t, b, "key", "overwritten")
	if err := b.Delete(ctx, "key"); err != nil {
		t.Fatal(err)
	}
	if data, err := io.ReadAll(o.Body); err != nil || string(data) != "23456" {
		t.Errorf("after an overwrite the body is %q, %v", data, err)
	}
	if err := o.Body.Close(); err != nil {
		t.Error(err)
	}
	if _, err := o.Body.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("read after Close: %v", err)
	}

	put(t, b, "key", "0123456789")
	o = get()
	cancel()
	if _, err := o.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("read after cancelling: %v", err)
	}
}

func TestTimes(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		_, b := newBucket(t)
		<-time.After(1500 * time.Millisecond)
		put(t, b, "key", "data")
		first := head(t, b, "key")
		if want := time.Now().UTC().Truncate(time.Second); first.LastModified != want {
			t.Errorf("LastModified %v, want %v", first.LastModified, want)
		}
		<-time.After(time.Minute)
		if err := b.SetTags(t.Context(), "key", map[string]string{"a": "b"}); err != nil {
			t.Fatal(err)
		}
		if info := head(t, b, "key"); info.LastModified != first.LastModified || info.ETag != first.ETag || info.Tags["a"] != "b" {
			t.Errorf("SetTags made %v of %v", info, first)
		}
		if _, err := b.Copy(t.Context(), "copy", b, "key"); err != nil {
			t.Fatal(err)
		}
		info := head(t, b, "copy")
		if want := first.LastModified.Add(time.Minute); info.LastModified != want || info.ETag != first.ETag || info.Tags["a"] != "b" {
			t.Errorf("Copy made %v of %v", info, first)
		}
	})
}

func TestCopyErrors(t *testing.T) {
	d, b := newBucket(t)
	put(t, b, "key", "data")
	_, other := newBucket(t)
	missing := &bucket{d, "missing"}
	for _, test := range []struct {
		name    string
		dst     *bucket
		dstKey  string
		src     driver.Bucket
		srcKey  string
		err     error
		sources bool
	}{
		{"self", b, "key", &bucket{d, "bucket"}, "key", driver.ErrValidation, false},
		{"missing source", b, "copy", b, "none", driver.ErrObjectNotFound, true},
		{"missing source bucket", b, "copy", missing, "key", driver.ErrBucketNotFound, true},
		{"missing bucket", missing, "copy", b, "key", driver.ErrBucketNotFound, false},
		{"both buckets missing", missing, "copy", missing, "key", driver.ErrBucketNotFound, true},
		{"other driver", b, "copy", other, "key", driver.ErrUnsupported, false},
		{"foreign type", b, "copy", struct{ driver.Bucket }{b}, "key", driver.ErrUnsupported, false},
	} {
		var source *driver.SourceError
		_, err := test.dst.Copy(t.Context(), test.dstKey, test.src, test.srcKey)
		if !errors.Is(err, test.err) || errors.As(err, &source) != test.sources {
			t.Errorf("%s: %v", test.name, err)
		}
	}
	if c := content(t, b, "copy"); c != "(none)" {
		t.Errorf("a failed copy stored %q", c)
	}
	// Through the helper, the other driver's bucket is streamed.
	put(t, other, "key", "other")
	if _, err := driver.Copy(t.Context(), b, "copy", other, "key"); err != nil || content(t, b, "copy") != "other" {
		t.Errorf("across drivers: %v", err)
	}
}

func TestOneWriterWins(t *testing.T) {
	_, b := newBucket(t)
	for round := range 50 {
		key := fmt.Sprint(round)
		for _, opts := range []driver.PutOptions{{IfAbsent: true}, {IfMatch: "set below"}} {
			if opts.IfMatch != "" {
				opts.IfMatch = head(t, b, key).ETag
			}
			errs := make([]error, 8)
			var wg sync.WaitGroup
			for i := range errs {
				wg.Go(func() {
					opts := opts
					opts.Size = -1
					_, errs[i] = b.Put(t.Context(), key, strings.NewReader(fmt.Sprint("writer", i, opts)), &opts)
				})
			}
			wg.Wait()
			won := 0
			for _, err := range errs {
				if err == nil {
					won++
				} else if !errors.Is(err, driver.ErrPreconditionFailed) {
					t.Fatal(err)
				}
			}
			if won != 1 {
				t.Fatalf("%d winners", won)
			}
		}
	}
}

// A reader sees content, ETag, metadata and tags of one version.
func TestVersionsAreWhole(t *testing.T) {
	_, b := newBucket(t)
	write := func(v string) error {
		_, err := b.Put(t.Context(), "key", strings.NewReader(strings.Repeat(v, 1000)), &driver.PutOptions{
			Size: 1000, ContentType: v, Metadata: map[string]string{"v": v}, Tags: map[string]string{"v": v}})
		return err
	}
	if err := write("a"); err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	for _, v := range []string{"a", "b", "c"} {
		wg.Go(func() {
			for range 300 {
				if err := write(v); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for range 2 {
		wg.Go(func() {
			for range 300 {
				o, err := b.Get(t.Context(), "key", &driver.GetOptions{})
				if err != nil {
					t.Error(err)
					return
				}
				v := o.Info.ContentType
				data, err := io.ReadAll(o.Body)
				info, herr := b.Head(t.Context(), "key", &driver.HeadOptions{Tags: true})
				if err != nil || herr != nil || string(data) != strings.Repeat(v, 1000) || o.Info.Metadata["v"] != v ||
					info.Tags["v"] != info.ContentType || info.Metadata["v"] != info.ContentType {
					t.Errorf("torn: %q with %v, %v", data[:3], o.Info, info)
					return
				}
			}
		})
	}
	wg.Wait()
}
