package filedriver

import (
	"fmt"
	"iter"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/driver"
)

// reference lists sorted keys by the rules alone.
func reference(t testing.TB, sorted []string, opts *driver.ListOptions) []string {
	var out []string
	o := *opts
	for {
		page, err := driver.BuildPage(t.Context(), &o, func(from string) iter.Seq2[driver.ObjectInfo, error] {
			return func(yield func(driver.ObjectInfo, error) bool) {
				i, _ := slices.BinarySearch(sorted, from)
				for _, key := range sorted[i:] {
					if !yield(driver.ObjectInfo{Key: key}, nil) {
						return
					}
				}
			}
		})
		if err != nil {
			t.Fatal(err)
		}
		out = append(out, render(page)...)
		if o.Token = page.NextToken; o.Token == "" {
			return out
		}
	}
}

// render gives a page's entries, common prefixes marked.
func render(page *driver.ListPage) []string {
	var out []string
	for _, o := range page.Objects {
		out = append(out, o.Key)
	}
	for _, p := range page.Prefixes {
		out = append(out, "prefix "+p)
	}
	return out
}

// TestListAgainstReference compares listings of random buckets, with walks kept
// between pages and without.
func TestListAgainstReference(t *testing.T) {
	genKey := rapid.Custom(func(t *rapid.T) string {
		var key strings.Builder
		for range rapid.IntRange(1, 6).Draw(t, "parts") {
			key.WriteString(rapid.SampledFrom([]string{"a", "b", "/", "a/", ".", "A", "-", "é", "%", "//", strings.Repeat("l", 64), "x.attrs", ".s3mio"}).Draw(t, "part"))
		}
		return key.String()
	})
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		sc := &scope{TB: t}
		defer sc.end()
		b := newTestBucketIn(sc, dir)
		mkdirs(t, b, "a/empty/dirs")
		sorted := rapid.SliceOfNDistinct(genKey, 0, 25, rapid.ID).Draw(rt, "keys")
		for _, key := range sorted {
			put(t, b, key, key)
		}
		slices.Sort(sorted)
		for range 8 {
			opts := &driver.ListOptions{
				Prefix:    rapid.OneOf(rapid.Just(""), rapid.Just("a/"), genKey).Draw(rt, "prefix"),
				Delimiter: rapid.SampledFrom([]string{"", "/", "a", "//", "/a"}).Draw(rt, "delimiter"),
				PageSize:  rapid.IntRange(1, 7).Draw(rt, "page"),
			}
			if rapid.Bool().Draw(rt, "after") {
				opts.StartAfter = genKey.Draw(rt, "startAfter")
			}
			want := reference(t, sorted, opts)
			forget := rapid.Bool().Draw(rt, "forget")
			var got []string
			for page := range pages(t.Context(), t, b, opts) {
				got = append(got, render(page)...)
				if forget {
					for len(b.drv.walkers.walks) > 0 {
						b.drv.walkers.drop(b.drv.walkers.walks[0].id)
					}
				}
			}
			if !slices.Equal(got, want) {
				rt.Fatalf("%+v over %q:\n got %q\nwant %q", opts, sorted, got, want)
			}
		}
	})
}

// TestListWhileChanging checks that keys that stay are listed exactly once
// while others come and go, also with several listings at the same keys.
func TestListWhileChanging(t *testing.T) {
	b := newTestBucket(t)
	var stay []string
	for i := range 60 {
		key := fmt.Sprintf("%c/%02d", 'a'+i%3, i)
		stay = append(stay, key)
		put(t, b, key, "stays")
	}
	slices.Sort(stay)
	for range 3 {
		var got []string
		n := 0
		for page := range pages(t.Context(), t, b, &driver.ListOptions{PageSize: 2}) {
			for _, o := range page.Objects {
				if head(t, b, o.Key).Size == 5 {
					got = append(got, o.Key)
				}
			}
			n++
			put(t, b, fmt.Sprintf("%c/%02dx", 'a'+n%3, n%60), "goes")
			put(t, b, stay[n%60], "stays")
			if n > 5 {
				if err := b.Delete(t.Context(), fmt.Sprintf("%c/%02dx", 'a'+(n-5)%3, (n-5)%60)); err != nil {
					t.Fatal(err)
				}
			}
		}
		if !slices.Equal(got, stay) {
			t.Fatalf("got %q", got)
		}
	}
}

// TestNewListingSeesAll checks that a listing never goes on with what another
// one read before it began.
func TestNewListingSeesAll(t *testing.T) {
	b := newTestBucket(t)
	for _, key := range []string{"a", "b", "d"} {
		put(t, b, key, "")
	}
	first, err := b.List(t.Context(), &driver.ListOptions{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	put(t, b, "c", "")
	second, err := b.List(t.Context(), &driver.ListOptions{PageSize: 1})
	if err != nil {
		t.Fatal(err)
	}
	rest, err := b.List(t.Context(), &driver.ListOptions{Token: second.NextToken})
	if err != nil {
		t.Fatal(err)
	}
	if got := render(rest); !slices.Equal(got, []string{"b", "c", "d"}) {
		t.Errorf("got %q", got)
	}
	// A page can be asked for again.
	for range 2 {
		page, err := b.List(t.Context(), &driver.ListOptions{Token: first.NextToken})
		if err != nil || !slices.Contains(render(page), "d") {
			t.Errorf("got %v, %v", page, err)
		}
	}
	_, err = b.List(t.Context(), &driver.ListOptions{Token: "nonsense"})
	wantErr(t, err, driver.ErrValidation)
}

func TestListLeavesOut(t *testing.T) {
	b := newTestBucket(t)
	put(t, b, "dir/object", "x")
	put(t, b, "dir//escaped", "x")
	mkdirs(t, b, "empty/of/objects")
	drop(t, b, "invalid\xff/name", "x")
	drop(t, b, "only/x.attrs", "{}")
	for link, target := range map[string]string{"link": "dir/object", "linked": "dir", "out": "/etc", "dangling": "nothing"} {
		if err := os.Symlink(target, filepath.Join(b.dir.path, link)); err != nil {
			t.Fatal(err)
		}
	}
	if got := keys(t, b); !slices.Equal(got, []string{"dir//escaped", "dir/object"}) {
		t.Errorf("got %q", got)
	}
	page, err := b.List(t.Context(), &driver.ListOptions{Delimiter: "/"})
	if err != nil || !reflect.DeepEqual(page.Prefixes, []string{"dir/"}) || page.Objects != nil {
		t.Errorf("got %v, %v", page, err)
	}
	for page := range pages(t.Context(), t, b, &driver.ListOptions{Prefix: "linked/"}) {
		if len(page.Objects) > 0 {
			t.Errorf("a link was followed: %v", page.Objects)
		}
	}
}

// TestListDoubled checks that of two files for one key a list shows the natural one,
// as other calls do, once.
func TestListDoubled(t *testing.T) {
	b := newTestBucket(t)
	doubleOld("k")(t, b)
	put(t, b, "k-", "")
	for _, delimiter := range []string{"", "/"} {
		for page := range pages(t.Context(), t, b, &driver.ListOptions{PageSize: 1, Delimiter: delimiter}) {
			if len(page.Objects) != 1 || page.Objects[0].ETag != head(t, b, page.Objects[0].Key).ETag {
				t.Errorf("got %+v, want %+v", page, head(t, b, "k"))
			}
		}
		if got := keys(t, b); !slices.Equal(got, []string{"k", "k-"}) {
			t.Errorf("listed %q", got)
		}
	}
}

// TestSuspendedWalks checks the bounds of what is kept between pages.
func TestSuspendedWalks(t *testing.T) {
	b := newTestBucket(t)
	put(t, b, "a", "")
	put(t, b, "b", "")
	for range 3 * maxSuspended {
		if _, err := b.List(t.Context(), &driver.ListOptions{PageSize: 1}); err != nil {
			t.Fatal(err)
		}
	}
	c := &b.drv.walkers
	if len(c.walks) != maxSuspended {
		t.Errorf("%d walks are kept", len(c.walks))
	}
	for _, w := range c.walks {
		for _, walker := range w.lister.walkers {
			for _, f := range walker.stack {
				if f.dir != nil {
					t.Error("a suspended walk holds a directory open")
				}
			}
		}
	}
	// The newest stays, however much it holds; the others have to fit in.
	large := []*frame{{entries: make([]entry, maxNames/3)}}
	for kept, frames := range map[int][]*frame{2: large, 1: {large[0], large[0], large[0], large[0]}} {
		for range 3 {
			if _, err := b.List(t.Context(), &driver.ListOptions{PageSize: 1}); err != nil {
				t.Fatal(err)
			}
			last := c.walks[len(c.walks)-1].lister
			c.drop(c.lastID())
			last.walkers[1].stack = frames
			c.put(last, last.last)
		}
		if len(c.walks) != kept {
			t.Errorf("%d walks are kept with %d names", len(c.walks), c.names)
		}
	}
	c.close()
	if c.names != 0 {
		t.Errorf("%d names are counted in no walks", c.names)
	}
}
