package blobdriver

import (
	"errors"
	"fmt"
	"slices"
	"sync/atomic"
	"testing"

	"gocloud.dev/blob"
	blobdriver "gocloud.dev/blob/driver"
	"gocloud.dev/blob/memblob"

	"github.com/s3mio/s3mio/driver"
)

// keys lists everything, page by page, common prefixes included.
func keys(t *testing.T, b driver.Bucket, opts driver.ListOptions) []string {
	t.Helper()
	var all []string
	for range 100 {
		page, err := b.List(t.Context(), &opts)
		if err != nil {
			t.Fatal(err)
		}
		if len(page.Objects)+len(page.Prefixes) > opts.PageSize && opts.PageSize > 1 {
			t.Errorf("a page of %d", len(page.Objects)+len(page.Prefixes))
		}
		for _, o := range page.Objects {
			all = append(all, o.Key)
		}
		all = append(all, page.Prefixes...)
		if opts.Token = page.NextToken; opts.Token == "" {
			return all
		}
	}
	t.Fatal("the listing does not end")
	return nil
}

// A key that looks like the Go CDK's token of the first page is listed once,
// and the keys behind it are not forgotten.
func TestKeyNamedFirstPage(t *testing.T) {
	want := []string{"a", "b", "first page", "g", "h"}
	for name, b := range map[string]driver.Bucket{"memblob": newMem(t), "ours": newDriverBucket(t)} {
		for _, key := range want {
			put(t, b, key, "x")
		}
		for size := 1; size <= 6; size++ {
			var got []string
			if name == "memblob" {
				got = keys(t, b, driver.ListOptions{PageSize: size})
			} else {
				got = cdkKeys(t, OpenBucket(b), size)
			}
			if !slices.Equal(got, want) {
				t.Errorf("%s by %d: %q", name, size, got)
			}
		}
	}
}

func cdkKeys(t *testing.T, b *blob.Bucket, size int) (all []string) {
	t.Helper()
	for token := blob.FirstPageToken; len(token) > 0; {
		page, next, err := b.ListPage(t.Context(), token, size, nil)
		if err != nil || len(all) > 100 {
			t.Fatal(all, err)
		}
		for _, o := range page {
			all = append(all, o.Key)
		}
		token = next
	}
	return all
}

func TestStartAfter(t *testing.T) {
	b := newMem(t)
	for _, key := range []string{"a", "b/1", "b/2", "b/3", "c/1", "d"} {
		put(t, b, key, "x")
	}
	for _, test := range []struct {
		opts driver.ListOptions
		want []string
	}{
		{driver.ListOptions{StartAfter: "b/2"}, []string{"b/3", "c/1", "d"}},
		{driver.ListOptions{StartAfter: "b/2", Prefix: "b/"}, []string{"b/3"}},
		{driver.ListOptions{StartAfter: "b/2", Delimiter: "/"}, []string{"c/", "d"}},
		{driver.ListOptions{StartAfter: "b/", Delimiter: "/"}, []string{"c/", "d"}},
		{driver.ListOptions{StartAfter: "b", Delimiter: "/"}, []string{"b/", "c/", "d"}},
		{driver.ListOptions{StartAfter: "z"}, nil},
	} {
		for size := range 4 {
			test.opts.PageSize = size
			got := keys(t, b, test.opts)
			slices.Sort(got) // prefixes and objects of a page apart
			if !slices.Equal(got, test.want) {
				t.Errorf("%+v: %q, want %q", test.opts, got, test.want)
			}
		}
	}
}

// Entries without an MD5 get the ETag that Head gives, for a request each.
func TestListETags(t *testing.T) {
	r := newRemote(t)
	var looks atomic.Int64
	r.attributes = func(key string) (*blobdriver.Attributes, error) {
		looks.Add(1)
		if key == "k05" {
			return nil, driver.ErrObjectNotFound // gone since it was listed
		}
		return nil, nil
	}
	b := newBucket(t, blob.NewBucket(r), nil)
	for i := range 40 {
		put(t, r.b, fmt.Sprintf("k%02d", i), fmt.Sprint(i))
	}
	page, err := b.List(t.Context(), &driver.ListOptions{PageSize: 20})
	if err != nil || len(page.Objects) != 19 || looks.Load() != 20 {
		t.Fatalf("%d objects, %d requests, %v", len(page.Objects), looks.Load(), err)
	}
	for _, o := range page.Objects {
		if head, err := b.Head(t.Context(), o.Key, &driver.HeadOptions{}); err != nil || head.ETag != o.ETag || head.Size != o.Size {
			t.Errorf("listed %+v, Head %+v, %v", o, head, err)
		}
	}

	looks.Store(0)
	b = newBucket(t, blob.NewBucket(r), &Options{ListETag: func(o *blob.ListObject) string {
		var info driver.ObjectInfo
		if !o.As(&info) || o.Key == "k07" {
			return ""
		}
		return `"` + info.ETag + `"`
	}})
	with, err := b.List(t.Context(), &driver.ListOptions{PageSize: 5})
	if err != nil || !slices.EqualFunc(with.Objects, page.Objects[:5], func(x, y driver.ObjectInfo) bool { return x.ETag == y.ETag }) || looks.Load() != 0 {
		t.Errorf("%+v, %d requests, %v", with, looks.Load(), err)
	}
	if page, err := b.List(t.Context(), &driver.ListOptions{PageSize: 10}); err != nil || page.Objects[7].ETag == "" || looks.Load() != 1 {
		t.Errorf("%+v, %d requests, %v", page, looks.Load(), err)
	}

	b = newBucket(t, blob.NewBucket(r), nil)
	r.attributes = func(key string) (*blobdriver.Attributes, error) { return nil, errCoded(8) }
	if _, err := b.List(t.Context(), &driver.ListOptions{}); !errors.Is(err, driver.ErrAccessDenied) {
		t.Errorf("a failing look: %v", err)
	}

	// With MD5s there is nothing to look up.
	b = newBucket(t, memblob.OpenBucket(nil), &Options{ListETag: func(*blob.ListObject) string { panic("called") }})
	put(t, b, "k", "x")
	if page, err := b.List(t.Context(), &driver.ListOptions{}); err != nil || page.Objects[0].ETag == "" {
		t.Errorf("%+v, %v", page, err)
	}
}

// A page is sorted, as it is not on every backend.
func TestListSorts(t *testing.T) {
	r := newRemote(t)
	r.list = func() (*blobdriver.ListPage, error) {
		return &blobdriver.ListPage{Objects: []*blobdriver.ListObject{
			{Key: "b", MD5: []byte{1}}, {Key: "a/", IsDir: true}, {Key: "a", MD5: []byte{2}}}}, nil
	}
	b := newBucket(t, blob.NewBucket(r), nil)
	if got := keys(t, b, driver.ListOptions{}); !slices.Equal(got, []string{"a", "b", "a/"}) {
		t.Errorf("%q", got)
	}
}
