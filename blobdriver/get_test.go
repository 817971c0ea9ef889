package blobdriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"strings"
	"testing"
	"testing/iotest"

	"gocloud.dev/blob"
	blobdriver "gocloud.dev/blob/driver"

	"github.com/s3mio/s3mio/driver"
)

// A version that appears while the object is opened is described by its own
// ETag, whichever moment it picks.
func TestGetWhileChanging(t *testing.T) {
	for _, moment := range []string{"before the reader is opened", "after the reader is opened"} {
		r := newRemote(t)
		b := newBucket(t, blob.NewBucket(r), nil)
		put(t, r.b, "k", "old version")
		changes := 3
		change := func() {
			if changes--; changes >= 0 {
				put(t, r.b, "k", fmt.Sprint("new version ", changes))
			}
		}
		looks := 0
		if moment == "before the reader is opened" {
			r.read = func(string) (blobdriver.Reader, error) { change(); return nil, nil }
		} else {
			r.attributes = func(string) (*blobdriver.Attributes, error) {
				if looks++; looks > 1 {
					change()
				}
				return nil, nil
			}
		}
		o, err := b.Get(t.Context(), "k", &driver.GetOptions{})
		if err != nil {
			t.Fatal(err)
		}
		data, err := io.ReadAll(o.Body)
		head, herr := b.Head(t.Context(), "k", &driver.HeadOptions{})
		if err != nil || herr != nil || string(data) != "new version 0" || o.Info.ETag != head.ETag || o.Info.Size != int64(len(data)) {
			t.Errorf("%s: %q as %+v, now %+v, %v, %v", moment, data, o.Info, head, err, herr)
		}
		if err := o.Body.Close(); err != nil {
			t.Error(err)
		}
	}
}

func TestGetFails(t *testing.T) {
	r := newRemote(t)
	b := newBucket(t, blob.NewBucket(r), nil)
	version := 0
	for name, test := range map[string]struct {
		read func(string) (blobdriver.Reader, error)
		get  driver.GetOptions
		want error
	}{
		"changed for ever": {func(string) (blobdriver.Reader, error) {
			version++
			put(t, r.b, "k", fmt.Sprintf("version %03d", version))
			return nil, nil
		}, driver.GetOptions{}, driver.ErrObjectChanged},
		"changed under a condition": {func(string) (blobdriver.Reader, error) {
			put(t, r.b, "k", "another")
			return nil, nil
		}, driver.GetOptions{IfMatch: put(t, r.b, "k", "version 000").ETag}, driver.ErrPreconditionFailed},
		"shrunk under a range": {func(string) (blobdriver.Reader, error) {
			put(t, r.b, "k", "short")
			return nil, errors.New("416")
		}, driver.GetOptions{Range: &driver.Range{Offset: 8, Length: 2}}, driver.ErrInvalidRange},
		"deleted": {func(string) (blobdriver.Reader, error) {
			return nil, r.b.Delete(t.Context(), "k")
		}, driver.GetOptions{}, driver.ErrObjectNotFound},
		"deleted when asked for": {func(string) (blobdriver.Reader, error) {
			return nil, errors.Join(r.b.Delete(t.Context(), "k"), errCoded(2))
		}, driver.GetOptions{}, driver.ErrObjectNotFound},
		"re-coded": {func(string) (blobdriver.Reader, error) {
			return &reader{io.NopCloser(strings.NewReader("x")), driver.ObjectInfo{Size: -1}}, nil
		}, driver.GetOptions{}, driver.ErrUnsupported},
		"refused": {func(string) (blobdriver.Reader, error) { return nil, errCoded(8) }, driver.GetOptions{}, driver.ErrAccessDenied},
	} {
		put(t, r.b, "k", "version 000")
		r.read = test.read
		if o, err := b.Get(t.Context(), "k", &test.get); !errors.Is(err, test.want) {
			t.Errorf("%s: %v, %v", name, o, err)
		}
	}
}

func TestEmptyRangeOpensNothing(t *testing.T) {
	r := newRemote(t)
	r.read = func(string) (blobdriver.Reader, error) { return nil, errors.New("opened") }
	b := newBucket(t, blob.NewBucket(r), nil)
	put(t, r.b, "k", "content")
	put(t, r.b, "empty", "")
	for key, rng := range map[string]*driver.Range{"k": {Offset: 3}, "empty": nil} {
		o, err := b.Get(t.Context(), key, &driver.GetOptions{Range: rng})
		if err != nil {
			t.Fatal(err)
		}
		if data, err := io.ReadAll(o.Body); err != nil || len(data) > 0 {
			t.Errorf("%q, %v", data, err)
		}
		if err := errors.Join(o.Body.Close(), o.Body.Close()); err != nil {
			t.Error(err)
		}
	}
}

func TestBody(t *testing.T) {
	b := newMem(t)
	put(t, b, "k", "0123456789")
	ctx, cancel := context.WithCancel(t.Context())
	get := func() *driver.Object {
		t.Helper()
		o, err := b.Get(ctx, "k", &driver.GetOptions{Range: &driver.Range{Offset: 2, Length: 5}})
		if err != nil {
			t.Fatal(err)
		}
		return o
	}
	o := get()
	if err := iotest.TestReader(o.Body, []byte("23456")); err != nil {
		t.Error(err)
	}
	if err := errors.Join(o.Body.Close(), o.Body.Close()); err != nil {
		t.Error(err)
	}
	if _, err := o.Body.Read(make([]byte, 1)); !errors.Is(err, fs.ErrClosed) {
		t.Errorf("after Close: %v", err)
	}
	o = get()
	cancel()
	if _, err := o.Body.Read(make([]byte, 1)); !errors.Is(err, context.Canceled) {
		t.Errorf("after cancelling: %v", err)
	}
	if err := o.Body.Close(); err != nil {
		t.Error(err)
	}

	for name, test := range map[string]struct {
		r    io.Reader
		want error
	}{
		"short":  {strings.NewReader("0123"), io.ErrUnexpectedEOF},
		"long":   {strings.NewReader("0123456"), errTooLong},
		"bad":    {io.MultiReader(strings.NewReader("01234"), iotest.ErrReader(errCoded(8))), errCoded(8)},
		"broken": {io.MultiReader(strings.NewReader("01"), iotest.ErrReader(errCoded(8))), errCoded(8)},
		"late":   {iotest.DataErrReader(strings.NewReader("01234")), nil},
	} {
		data, err := io.ReadAll(&body{ctx: t.Context(), r: io.NopCloser(test.r), left: 5})
		if !errors.Is(err, test.want) || err == nil && string(data) != "01234" {
			t.Errorf("%s: %q, %v", name, data, err)
		}
	}
}
