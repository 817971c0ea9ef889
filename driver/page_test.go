package driver

import (
	"errors"
	"fmt"
	"iter"
	"slices"
	"sort"
	"strings"
	"testing"
)

// seekIn gives the seek function of a sorted list of keys, and counts the keys
// walked.
func seekIn(keys []string, walked *int) func(string) iter.Seq2[ObjectInfo, error] {
	return func(from string) iter.Seq2[ObjectInfo, error] {
		return func(yield func(ObjectInfo, error) bool) {
			for _, k := range keys[sort.SearchStrings(keys, from):] {
				*walked++
				if !yield(ObjectInfo{Key: k}, nil) {
					return
				}
			}
		}
	}
}

// expected is the listing by definition: every key looked at.
func expected(keys []string, opts *ListOptions) (objects, prefixes []string) {
	for _, k := range keys {
		if !strings.HasPrefix(k, opts.Prefix) {
			continue
		}
		if opts.Delimiter != "" {
			if i := strings.Index(k[len(opts.Prefix):], opts.Delimiter); i >= 0 {
				p := k[:len(opts.Prefix)+i+len(opts.Delimiter)]
				if p > opts.StartAfter && !strings.HasPrefix(opts.StartAfter, p) && !slices.Contains(prefixes, p) {
					prefixes = append(prefixes, p)
				}
				continue
			}
		}
		if k > opts.StartAfter {
			objects = append(objects, k)
		}
	}
	return objects, prefixes
}

func TestBuildPageAgainstTheDefinition(t *testing.T) {
	keys := []string{"a", "a/", "a/b", "a/b/c", "a//b", "a//", "b", "b-x", "b/x", "b/y/z", "b0", "c/", "ab", "é", "é/x", "/", "/a", "\x01", "\u07ff", "\U0010ffff", "\U0010ffff/x"}
	slices.Sort(keys)
	for _, prefix := range []string{"", "a", "a/", "b", "b/", "/", "é", "zz", "\U0010ffff"} {
		for _, delimiter := range []string{"", "/", "b", "//", "é"} {
			for _, after := range append([]string{"", "0", "a/b/", "zzz"}, keys...) {
				for _, size := range []int{1, 2, 3, 1000} {
					opts := ListOptions{Prefix: prefix, Delimiter: delimiter, StartAfter: after, PageSize: size}
					wantObjects, wantPrefixes := expected(keys, &opts)
					var objects, prefixes []string
					for pages := 0; ; pages++ {
						if pages > len(keys) {
							t.Fatalf("%+v: no end", opts)
						}
						var walked int
						page, err := BuildPage(t.Context(), &opts, seekIn(keys, &walked))
						if err != nil {
							t.Fatal(err)
						}
						entries := len(page.Objects) + len(page.Prefixes)
						if entries > size {
							t.Fatalf("%+v: %d entries", opts, entries)
						}
						if walked > entries+1 {
							t.Fatalf("%+v: %d keys walked for %d entries", opts, walked, entries)
						}
						for _, o := range page.Objects {
							objects = append(objects, o.Key)
						}
						prefixes = append(prefixes, page.Prefixes...)
						if page.NextToken == "" {
							break
						}
						opts.Token = page.NextToken
					}
					if !slices.Equal(objects, wantObjects) || !slices.Equal(prefixes, wantPrefixes) {
						t.Fatalf("%+v:\n got %q %q\nwant %q %q", opts, objects, prefixes, wantObjects, wantPrefixes)
					}
				}
			}
		}
	}
}

func TestBuildPagePassesErrorsOn(t *testing.T) {
	boom := errors.New("boom")
	page, err := BuildPage(t.Context(), &ListOptions{}, func(string) iter.Seq2[ObjectInfo, error] {
		return func(yield func(ObjectInfo, error) bool) {
			_ = yield(ObjectInfo{Key: "a"}, nil) && yield(ObjectInfo{}, boom)
		}
	})
	if page != nil || err != boom {
		t.Errorf("got %v, %v; want the error alone", page, err)
	}
}

func TestPrefixEnd(t *testing.T) {
	for prefix, want := range map[string]string{"a": "b", "a/": "a0", "a\xff": "b", "\xff\xff": ""} {
		if got, ok := PrefixEnd(prefix); got != want || ok != (want != "") {
			t.Errorf("PrefixEnd(%q) = %q, %v; want %q", prefix, got, ok, want)
		}
	}
}

func ExampleRange_Resolve() {
	fmt.Println((&Range{Offset: 6, Length: 100}).Resolve(10))
	fmt.Println((&Range{Length: 3, Tail: true}).Resolve(10))
	// Output:
	// 6 4 <nil>
	// 7 3 <nil>
}
