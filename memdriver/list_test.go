package memdriver

import (
	"fmt"
	"slices"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// walk gives all keys and prefixes of a listing in the order they came, and
// calls between after each page.
func walk(t *testing.T, b *bucket, opts driver.ListOptions, between func(*driver.ListPage)) (entries []string) {
	t.Helper()
	for {
		page, err := b.List(t.Context(), &opts)
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range page.Objects {
			want := head(t, b, o.Key)
			if o.Size != want.Size || o.ETag != want.ETag || !o.LastModified.Equal(want.LastModified) || o.StorageClass != want.StorageClass {
				t.Errorf("listed %v, head says %v", o, want)
			}
			entries = append(entries, o.Key)
		}
		entries = append(entries, page.Prefixes...)
		if opts.Token = page.NextToken; opts.Token == "" {
			return entries
		}
		between(page)
	}
}

func TestList(t *testing.T) {
	_, b := newBucket(t)
	keys := []string{"", "-", "/", "/a", "//", "a", "a-b", "a/b", "a/c", "a0", "b", "\u00e9", "\U0001f9c0"}[1:]
	for _, key := range keys {
		put(t, b, key, "content of "+key)
	}
	slices.Sort(keys)
	nothing := func(*driver.ListPage) {}
	for size := range len(keys) + 2 {
		if got := walk(t, b, driver.ListOptions{PageSize: size}, nothing); !slices.Equal(got, keys) {
			t.Errorf("pages of %d: %q", size, got)
		}
		got := walk(t, b, driver.ListOptions{PageSize: size, Prefix: "a", Delimiter: "/"}, nothing)
		slices.Sort(got) // a page gives its objects first
		if want := []string{"a", "a-b", "a/", "a0"}; !slices.Equal(got, want) {
			t.Errorf("with a delimiter, pages of %d: %q", size, got)
		}
	}
}

// What is listed can be deleted, and anything inserted, between two pages.
func TestListWhileChanging(t *testing.T) {
	_, b := newBucket(t)
	const n = 100
	for i := range n {
		put(t, b, fmt.Sprintf("k%03d", i), "")
	}
	got := walk(t, b, driver.ListOptions{PageSize: 7}, func(page *driver.ListPage) {
		batch := []string{"missing"}
		for _, o := range page.Objects {
			batch = append(batch, o.Key)
			put(t, b, o.Key+"-inserted-behind", "")
			batch = append(batch, o.Key+"-inserted-behind")
		}
		for _, err := range driver.DeleteBatch(t.Context(), b, batch) {
			if err != nil {
				t.Error(err)
			}
		}
	})
	for i := range n {
		if i >= len(got) || got[i] != fmt.Sprintf("k%03d", i) {
			t.Fatalf("listed %q", got)
		}
	}
}
