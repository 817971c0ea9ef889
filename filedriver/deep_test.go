package filedriver

import (
	"errors"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// deepKey is a key of so many segments.
func deepKey(segments int) string { return strings.Repeat("d/", segments-1) + "k" }

// TestDeepCosts checks that calls cost in proportion to a key's depth. Every
// directory opened allocates.
func TestDeepCosts(t *testing.T) {
	const shallow, deep = 50, 400
	list := func(opts driver.ListOptions) func(*testing.T, *bucket, string) {
		return func(t *testing.T, b *bucket, _ string) {
			for page := range pages(t.Context(), t, b, &opts) {
				if len(page.Objects)+len(page.Prefixes) != 1 {
					t.Errorf("got %+v", page)
				}
			}
		}
	}
	for name, call := range map[string]func(*testing.T, *bucket, string){
		"put":         func(t *testing.T, b *bucket, key string) { put(t, b, "new/"+key, "x") },
		"put over":    func(t *testing.T, b *bucket, key string) { put(t, b, key, "x") },
		"head":        func(t *testing.T, b *bucket, key string) { head(t, b, key) },
		"list":        list(driver.ListOptions{}),
		"list prefix": list(driver.ListOptions{Prefix: "d/d/"}),
		"list after":  list(driver.ListOptions{StartAfter: strings.Repeat("d/", shallow-2)}),
		"list dir":    list(driver.ListOptions{Delimiter: "/"}),
		"delete":      func(t *testing.T, b *bucket, key string) { deleteKey(t, b, key) },
		"delete two": func(t *testing.T, b *bucket, key string) {
			half := strings.Repeat("d/", strings.Count(key, "/")/2)
			put(t, b, half+"beside", "x")
			deleteKey(t, b, key)
		},
	} {
		costs := map[int]float64{}
		for _, depth := range []int{shallow, deep} {
			sc := &scope{TB: t}
			b := newTestBucket(sc)
			b.drv.noSync = false
			put(t, b, deepKey(depth), "x")
			n := 0
			// It calls twice and counts the second call.
			costs[depth] = testing.AllocsPerRun(1, func() {
				if n++; n == 2 {
					call(t, b, deepKey(depth))
				}
			})
			sc.end()
		}
		if factor := costs[deep] / costs[shallow]; factor > 1.5*deep/shallow {
			t.Errorf("%s: %v and %v allocations, %.1f times as many", name, costs[shallow], costs[deep], factor)
		}
	}
}

func deleteKey(t *testing.T, b *bucket, key string) {
	t.Helper()
	if err := b.Delete(t.Context(), key); err != nil {
		t.Fatal(err)
	}
}

// TestPruneDeep checks where removing empty directories begins and ends.
func TestPruneDeep(t *testing.T) {
	const depth = 3*maxPruned + 5
	dirAt := func(n int) string { return strings.TrimSuffix(strings.Repeat("d/", n), "/") }
	for _, test := range []struct{ made, from, floor, file, want int }{
		{made: depth, from: depth, want: 0},
		{made: depth, from: depth, floor: 7, want: 7},
		{made: depth, from: depth, file: maxPruned, want: maxPruned},
		{made: depth, from: depth, file: depth - 1, want: depth - 1},
		{made: depth, from: depth, file: depth, want: depth},
		{made: 10, from: depth, want: 0},
		{made: 10, from: depth, floor: 3, file: 4, want: 4},
		{made: 10, from: depth, floor: 12, want: 10},
		{made: depth, from: 5, want: depth}, // it is not empty
		{made: 0, from: depth, want: 0},
		{made: 6, from: 6, floor: 6, want: 6},
	} {
		b := newTestBucket(t)
		mkdirs(t, b, dirAt(test.made))
		if test.file > 0 {
			drop(t, b, dirAt(test.file)+"/file", "x")
		}
		floor := "."
		if test.floor > 0 {
			floor = dirAt(test.floor)
		}
		spaceOf(t, b).prune(dirAt(test.from), floor)
		for n, want := range map[int]bool{test.want: true, test.want + 1: false} {
			if _, err := os.Stat(filepath.Join(b.dir.path, dirAt(n))); errors.Is(err, os.ErrNotExist) == want && n > 0 {
				t.Errorf("%+v: directory %d: %v", test, n, err)
			}
		}
	}
	// Nothing is removed through a link.
	b := newTestBucket(t)
	mkdirs(t, b, "real/empty")
	if err := os.Symlink("real", filepath.Join(b.dir.path, "link")); err != nil {
		t.Fatal(err)
	}
	spaceOf(t, b).prune("link/empty", ".")
	if _, err := os.Stat(filepath.Join(b.dir.path, "real/empty")); err != nil {
		t.Error(err)
	}
}

// TestListDeep lists page by page what lies at all depths.
func TestListDeep(t *testing.T) {
	b := newTestBucket(t)
	var want []string
	for n := 1; n <= 60; n++ {
		want = append(want, deepKey(n), strings.Repeat("d/", n-1)+"a", strings.Repeat("d/", n-1)+"d//x")
	}
	for _, key := range want {
		put(t, b, key, "x")
	}
	slices.Sort(want)
	for _, size := range []int{1, 7, 1000} {
		var got []string
		for page := range pages(t.Context(), t, b, &driver.ListOptions{PageSize: size}) {
			got = append(got, render(page)...)
			if size == 7 {
				b.drv.walkers.drop(b.drv.walkers.lastID())
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("in pages of %d: got %q", size, got)
		}
	}
}

// lastID is the id of the walk put last.
func (c *walkerCache) lastID() string {
	if len(c.walks) == 0 {
		return ""
	}
	return c.walks[len(c.walks)-1].id
}
