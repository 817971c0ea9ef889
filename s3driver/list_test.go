package s3driver

import (
	"fmt"
	"maps"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"

	"github.com/s3mio/s3mio/driver"
)

// TestListInAnotherOrder: of a server that does not list in byte order no key is
// lost or given twice without an error. Within a page the order is put right;
// from page to page it cannot be. A directory bucket has none.
func TestListInAnotherOrder(t *testing.T) {
	locale := []string{"a", "B", "c", "D", "é", "f"} // as a dictionary has it
	for _, c := range []struct {
		name     string
		keys     []string
		page     int
		delim    string
		want     []string // in the order they are given
		anyOrder bool     // as directory buckets have it
		err      string
	}{
		{name: "one page", keys: locale, page: 6, want: []string{"B", "D", "a", "c", "f", "é"}},
		{name: "pages of two", keys: locale, page: 2, want: []string{"B", "a"}, err: `in byte order: "D" comes after "a"`},
		{name: "pages of one", keys: locale, page: 1, want: []string{"a"}, err: `in byte order: "B" comes after "a"`},
		{name: "the last page", keys: []string{"a", "b", "d", "e", "c"}, page: 2, want: []string{"a", "b", "d", "e"}, err: `in byte order: "c" comes after "e"`},
		{name: "order between pages", keys: []string{"b", "a", "d", "c"}, page: 2, want: []string{"a", "b", "c", "d"}},
		{name: "common prefixes", keys: []string{"a/", "B/", "c/"}, page: 2, delim: "/", want: []string{"B/", "a/", "c/"}},
		{name: "common prefix behind", keys: []string{"a/", "c/", "B/"}, page: 2, delim: "/", want: []string{"a/", "c/"}, err: `in byte order: "B/" comes after "c/"`},
		{name: "twice on a page", keys: []string{"a", "c", "a"}, page: 3, err: `the key "a" twice`},
		{name: "twice on two pages", keys: []string{"a", "c", "a", "d"}, page: 2, want: []string{"a", "c"}, err: `in byte order: "a" comes after "c"`},
		{name: "directory bucket", keys: locale, page: 2, anyOrder: true, want: []string{"B", "a", "D", "c", "f", "é"}},
		{name: "directory bucket, twice on a page", keys: []string{"c", "a", "c"}, page: 3, anyOrder: true, err: `the key "c" twice`},
	} {
		t.Run(c.name, func(t *testing.T) {
			s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
				from, _ := strconv.Atoi(r.URL.Query().Get("continuation-token")) // none is 0
				to := min(from+c.page, len(c.keys))
				var parts strings.Builder
				for _, key := range c.keys[from:to] {
					if c.delim == "" {
						parts.WriteString(entry(key))
					} else {
						parts.WriteString("<CommonPrefixes><Prefix>" + key + "</Prefix></CommonPrefixes>")
					}
				}
				if to < len(c.keys) {
					fmt.Fprintf(&parts, "<IsTruncated>true</IsTruncated><NextContinuationToken>%d</NextContinuationToken>", to)
				}
				fmt.Fprintf(w, listOf, parts.String())
			})
			b := s.bucket
			if c.anyOrder {
				opts := s.client.Options()
				opts.DisableS3ExpressSessionAuth = aws.Bool(true)
				b = openBucket(t, newDriver(t, Config{Client: clientWith(opts), MaxRetries: -1}), "bucket--use1-az4--x-s3")
			}
			var got []string
			var err error
			for opts := (driver.ListOptions{Delimiter: c.delim}); ; {
				var page *driver.ListPage
				if page, err = b.List(t.Context(), &opts); err != nil {
					break
				}
				for _, o := range page.Objects {
					got = append(got, o.Key)
				}
				got = append(got, page.Prefixes...)
				if opts.Token = page.NextToken; opts.Token == "" {
					break
				}
			}
			if !slices.Equal(got, c.want) {
				t.Errorf("got %q, want %q", got, c.want)
			}
			if (err != nil) != (c.err != "") || err != nil && !strings.Contains(err.Error(), c.err) {
				t.Errorf("got the error %v, want %q", err, c.err)
			}
			if c.err == "" && !maps.Equal(count(got), count(c.keys)) {
				t.Errorf("got %q of %q", got, c.keys)
			}
		})
	}
}

// count gives how often each key is there.
func count(keys []string) map[string]int {
	n := map[string]int{}
	for _, key := range keys {
		n[key]++
	}
	return n
}

// TestListGoesOn: an answer that does not say whether it is the last, but where
// to go on, is not.
func TestListGoesOn(t *testing.T) {
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.URL.Query().Get("continuation-token") == "" {
			fmt.Fprintf(w, listOf, "<NextContinuationToken>t</NextContinuationToken>"+entry("a"))
			return
		}
		fmt.Fprintf(w, listOf, entry("b"))
	})
	if keys := listAll(t, s.bucket, &driver.ListOptions{}); !slices.Equal(keys, []string{"a", "b"}) {
		t.Errorf("%q", keys)
	}
}

// TestListOfOne has pages of one entry, where MinIO ends a listing too soon.
func TestListOfOne(t *testing.T) {
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		for _, key := range []string{"a/", "a/b", "a0", "b/", "b/c/", "c"} {
			put(t, b, key, "")
		}
		for prefix, want := range map[string][]string{"": {"a/", "a0", "b/", "c"}, "a/": {"a/", "a/b"}, "b/": {"b/", "b/c/"}, "c": {"c"}, "d": nil} {
			var got []string
			opts := &driver.ListOptions{Prefix: prefix, Delimiter: "/", PageSize: 1}
			for more := true; more; more = opts.Token != "" {
				page, err := b.List(t.Context(), opts)
				if err != nil {
					t.Fatal(err)
				}
				for _, o := range page.Objects {
					got = append(got, o.Key)
				}
				got = append(got, page.Prefixes...)
				opts.Token = page.NextToken
			}
			if !slices.Equal(got, want) {
				t.Errorf("of %q: %q, want %q", prefix, got, want)
			}
		}
	})
}
