package filedriver

import (
	"fmt"
	"maps"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/driver"
)

// TestEveryPageIsUpToDate compares each page of listings of a bucket that changes
// between them with what is there when it is asked for.
func TestEveryPageIsUpToDate(t *testing.T) {
	genKey := rapid.Custom(func(t *rapid.T) string {
		return strings.Join(rapid.SliceOfN(rapid.SampledFrom([]string{"a", "b", "/", "a/", "//", "-", strings.Repeat("l", 64)}), 1, 5).Draw(t, "parts"), "")
	})
	rapid.Check(t, func(rt *rapid.T) {
		dir, err := os.MkdirTemp(t.TempDir(), "")
		if err != nil {
			rt.Fatal(err)
		}
		sc := &scope{TB: t}
		defer sc.end()
		b := newTestBucketIn(sc, dir)
		there := map[string]bool{}
		change := func(n int) {
			for range n {
				if sorted := slices.Sorted(maps.Keys(there)); len(sorted) > 0 && rapid.IntRange(0, 2).Draw(rt, "delete") == 0 {
					key := rapid.SampledFrom(sorted).Draw(rt, "old")
					delete(there, key)
					deleteKey(t, b, key)
				} else {
					key := genKey.Draw(rt, "new")
					there[key] = true
					put(t, b, key, key)
				}
			}
		}
		change(15)
		opts := &driver.ListOptions{
			Prefix:    rapid.OneOf(rapid.Just(""), genKey).Draw(rt, "prefix"),
			Delimiter: rapid.SampledFrom([]string{"", "/", "a", "//", "/a"}).Draw(rt, "delimiter"),
			PageSize:  rapid.IntRange(1, 4).Draw(rt, "page"),
		}
		last := ""
		for {
			page, err := b.List(t.Context(), opts)
			if err != nil {
				rt.Fatal(err)
			}
			sorted := slices.Sorted(maps.Keys(there))
			o := *opts
			o.Token = last
			want := reference(t, sorted, &o)
			if want = want[:min(len(want), len(render(page)))]; page.NextToken == "" || len(render(page)) < opts.PageSize {
				want = reference(t, sorted, &o)
			}
			if got := render(page); !slices.Equal(got, want) {
				rt.Fatalf("after %q, of %q: got %q, want %q", last, sorted, got, want)
			}
			if page.NextToken == "" {
				return
			}
			_, last, _ = strings.Cut(page.NextToken, ":")
			opts.Token = page.NextToken
			change(rapid.IntRange(0, 4).Draw(rt, "changes"))
		}
	})
}

// TestPutsBesidePages lists while other goroutines put: a page has every key of its
// range whose put had ended when it was asked for, and each key once.
func TestPutsBesidePages(t *testing.T) {
	b := newTestBucket(t)
	put(t, b, "0", "")
	var mu sync.Mutex
	var done []string
	var wg sync.WaitGroup
	for w := range 3 {
		wg.Go(func() {
			for i := range 250 {
				n := i * 97 % 250 // in no order
				key := fmt.Sprintf("%d%s%03d-%d", n%5, []string{"-", "/", "//", "/d/"}[n%4], n, w)
				put(t, b, key, "")
				mu.Lock()
				done = append(done, key)
				mu.Unlock()
			}
		})
	}
	ended := make(chan struct{})
	go func() { wg.Wait(); close(ended) }()
	for last := false; !last; {
		select {
		case <-ended:
			last = true
		default:
		}
		opts := &driver.ListOptions{PageSize: 7}
		after := ""
		for more := true; more; {
			mu.Lock()
			want := slices.Clone(done)
			mu.Unlock()
			page, err := b.List(t.Context(), opts)
			if err != nil {
				t.Fatal(err)
			}
			got := render(page)
			if !slices.IsSorted(got) || len(slices.Compact(slices.Clone(got))) != len(got) {
				t.Fatalf("got %q", got)
			}
			opts.Token = page.NextToken
			end := "~"
			if more = page.NextToken != ""; more {
				end = got[len(got)-1]
			}
			for _, key := range want {
				if key > after && key <= end && !slices.Contains(got, key) {
					t.Fatalf("the page of %q to %q has no %q: %q", after, end, key, got)
				}
			}
			after = end
		}
	}
}
