package filedriver

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestListSeesPutsBetweenPages checks that a page has what was put before it was
// asked for, whether the listing has read the directory it went to or not.
func TestListSeesPutsBetweenPages(t *testing.T) {
	long := strings.Repeat("l", 3*escapedChunk)
	for name, test := range map[string]struct {
		before []string // the first is the first page
		put    []string
		hook   string // instead of between the pages: at this step of the first
	}{
		"same directory":       {before: []string{"a", "b", "c"}, put: []string{"bb"}},
		"same directory below": {before: []string{"d/a", "d/b", "d/c"}, put: []string{"d/bb", "d/d"}},
		"new directory":        {before: []string{"a", "z"}, put: []string{"m/x", "m/y/z"}},
		"new directory below":  {before: []string{"d/a", "d/z", "e"}, put: []string{"d/m/x", "d/m/y/z"}},
		"directory passed":     {before: []string{"a/a", "a/b", "c"}, put: []string{"a/c/d", "aa/b"}},
		"directory to come":    {before: []string{"a", "d/a", "d/c"}, put: []string{"d/b"}},
		"escaped":              {before: []string{"a//a", "a//c"}, put: []string{"a//b", "a//b/c"}},
		"first escaped":        {before: []string{"a", "c"}, put: []string{"b//b", "z//"}},
		"escaped below":        {before: []string{long + "a", long + "c"}, put: []string{long + "b", long[1:] + "b"}},
		"escaped, blocked":     {before: []string{"a", "b", "c"}, put: []string{"b/below"}},
		"over another":         {before: []string{"a", "b", "c"}, put: []string{"b", "c", "bb", "bb"}},
		"behind":               {before: []string{"m", "n", "o"}, put: []string{"a", "a/b", "m"}},
		"at the end":           {before: []string{"a", "b"}, put: []string{"c", "d/e"}},
		"while a page is made": {before: []string{"a", "c", "d/a", "e//x"}, put: []string{"b", "cc/x", "e//a"}, hook: "read-dir"},
	} {
		for _, delimiter := range []string{"", "/", "b"} {
			for how, putBy := range map[string]func(t *testing.T, b *bucket, key string){
				"put": func(t *testing.T, b *bucket, key string) { put(t, b, key, "new") },
				"copy": func(t *testing.T, b *bucket, key string) {
					if _, err := b.Copy(t.Context(), key, b, test.before[0]); err != nil && key != test.before[0] {
						t.Fatal(err)
					}
				},
				"another driver": func(t *testing.T, b *bucket, key string) {
					put(t, newTestBucketIn(t, b.dir.path), key, "new")
				},
				"put and deleted": func(t *testing.T, b *bucket, key string) {
					put(t, b, key, "new")
					deleteKey(t, b, key)
				},
			} {
				t.Run(name+"/"+delimiter+"/"+how, func(t *testing.T) {
					b := newTestBucket(t)
					for _, key := range test.before {
						put(t, b, key, "old")
					}
					change := func() {
						for _, key := range test.put {
							putBy(t, b, key)
						}
					}
					if test.hook != "" {
						n := 0
						b.drv.step = func(step string) error {
							// By then the natural tree's directory has been read.
							if step == test.hook {
								if n++; n == 2 {
									b.drv.step = nil
									change()
								}
							}
							return nil
						}
					}
					opts := &driver.ListOptions{PageSize: 1, Delimiter: delimiter}
					first, err := b.List(t.Context(), opts)
					if err != nil {
						t.Fatal(err)
					}
					if test.hook == "" {
						change()
					}
					if b.drv.step != nil {
						t.Fatal("nothing was put")
					}
					if first.NextToken == "" && delimiter != "" {
						return // everything has one common prefix
					}
					opts.StartAfter = render(first)[0]
					opts.StartAfter = strings.TrimPrefix(opts.StartAfter, "prefix ")
					want := reference(t, keys(t, newTestBucketIn(t, b.dir.path)), opts)
					opts.StartAfter, opts.Token, opts.PageSize = "", first.NextToken, 2
					var got []string
					for page := range pages(t.Context(), t, b, opts) {
						got = append(got, render(page)...)
						for _, o := range page.Objects {
							if full := head(t, b, o.Key); o.ETag != full.ETag || o.Size != full.Size {
								t.Errorf("%q lists as %+v, has the head %+v", o.Key, o, full)
							}
						}
					}
					if !slices.Equal(sortedPages(got), sortedPages(want)) {
						t.Errorf("got %q, want %q", got, want)
					}
				})
			}
		}
	}
}

// sortedPages puts entries of pages of different sizes in one order.
func sortedPages(entries []string) []string { return slices.Sorted(slices.Values(entries)) }

// TestManyPutsBetweenPages puts more than a listing keeps in mind.
func TestManyPutsBetweenPages(t *testing.T) {
	for _, batches := range [][]int{{maxAdded + 1}, {maxAdded/2 + 1, maxAdded/2 + 1}} {
		b := newTestBucket(t)
		put(t, b, "a", "")
		put(t, b, "z", "")
		opts := &driver.ListOptions{PageSize: 1}
		n := 0
		for _, batch := range append([]int{0}, batches...) {
			for range batch {
				n++
				put(t, b, fmt.Sprintf("k%06d", n), "")
			}
			page, err := b.List(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			opts.Token = page.NextToken
			if added := len(b.drv.walkers.walks[0].lister.added); added > maxAdded {
				t.Errorf("%d keys are kept in mind", added)
			}
		}
		opts.PageSize = 0
		for page := range pages(t.Context(), t, b, opts) {
			n -= len(page.Objects)
		}
		if want := len(batches) - 1; n != want {
			t.Errorf("%d keys were missing", n-want)
		}
	}
}

// TestNobodyIsTold checks that listings that have ended, one way or the other, hear
// of no more keys, and that puts then cost nothing for them.
func TestNobodyIsTold(t *testing.T) {
	listening := func() int { return int(underWay.n.Load()) }
	before := listening()
	b := newTestBucket(t)
	for _, key := range []string{"a", "b", "c"} {
		put(t, b, key, "")
	}
	list := func(opts driver.ListOptions) string {
		page, err := b.List(t.Context(), &opts)
		if err != nil {
			return ""
		}
		return page.NextToken
	}
	for range 5 {
		list(driver.ListOptions{}) // all of it
	}
	token := list(driver.ListOptions{PageSize: 1})
	if n := listening() - before; n != 1 {
		t.Errorf("one listing is under way, and %d are told", n)
	}
	other := newTestBucket(t)
	put(t, other, "bb", "")
	put(t, b, "a", "")
	put(t, b, "aa", "")
	l := b.drv.walkers.walks[0].lister
	if !slices.Equal(l.additions.keys, []string{"aa"}) {
		t.Errorf("it was told of %q", l.additions.keys)
	}
	list(driver.ListOptions{Token: token, Prefix: "other"}) // not what it was for
	b.drv.step = func(step string) error {
		if step == "read-dir" {
			return os.ErrInvalid
		}
		return nil
	}
	list(driver.ListOptions{}) // fails
	b.drv.step = nil
	for range maxSuspended + 2 {
		list(driver.ListOptions{PageSize: 1}) // is evicted, or dropped
	}
	b.drv.walkers.drop(b.drv.walkers.lastID())
	if n := listening() - before; n != maxSuspended-1 {
		t.Errorf("%d listings are told", n)
	}
	b.drv.walkers.close()
	list(driver.ListOptions{PageSize: 1}) // is not kept
	if n := listening() - before; n != 0 {
		t.Errorf("%d listings are told, and none is under way", n)
	}
}

// TestNoPrefixOfDeleted checks that a page has no common prefix whose objects were
// deleted before it was asked for.
func TestNoPrefixOfDeleted(t *testing.T) {
	b := newTestBucket(t)
	for _, key := range []string{"a", "d/x", "d/y", "e"} {
		put(t, b, key, "")
	}
	opts := &driver.ListOptions{Delimiter: "/", PageSize: 1}
	first, err := b.List(t.Context(), opts)
	if err != nil {
		t.Fatal(err)
	}
	deleteKey(t, b, "d/x")
	deleteKey(t, b, "d/y")
	opts.Token = first.NextToken
	if rest, err := b.List(t.Context(), opts); err != nil || !slices.Equal(render(rest), []string{"e"}) {
		t.Errorf("got %+v, %v", rest, err)
	}
}
