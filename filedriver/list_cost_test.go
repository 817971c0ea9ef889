package filedriver

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestPagesReadOnce checks that a directory is read for the first page of a listing
// alone, with several listings side by side. Every name read allocates.
func TestPagesReadOnce(t *testing.T) {
	const names, size, listings = 20_000, 10, 3
	b := newTestBucket(t)
	put(t, b, "dir/last", "x") // so that there is a reserved directory
	for i := range names {
		if err := os.WriteFile(filepath.Join(b.dir.path, "dir", fmt.Sprintf("%05d", i)), nil, 0o666); err != nil {
			t.Fatal(err)
		}
	}
	var opts [listings]driver.ListOptions
	var next [listings]int
	page := func(i int) {
		p, err := b.List(t.Context(), &opts[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, o := range p.Objects {
			if want := fmt.Sprintf("dir/%05d", next[i]); o.Key != want {
				t.Fatalf("listed %q, want %q", o.Key, want)
			}
			next[i]++
		}
		opts[i].Token = p.NextToken
	}
	for i := range opts {
		opts[i] = driver.ListOptions{Prefix: "dir/", PageSize: size}
		n := 0
		// It calls twice and counts the second call.
		first := testing.AllocsPerRun(1, func() {
			if n++; n == 2 {
				page(i)
			}
		})
		if first < names {
			t.Errorf("the first page took %v allocations: that tells nothing of %d names", first, names)
		}
	}
	const rounds = 20
	later := testing.AllocsPerRun(rounds, func() {
		for i := range opts {
			page(i)
		}
	}) / listings
	t.Logf("a later page takes %v allocations", later)
	if later > names/20 {
		t.Errorf("a page of %d takes %v allocations: it reads all %d names", size, later, names)
	}
	if want := (rounds + 2) * size; next[0] != want {
		t.Errorf("listed %d names, want %d", next[0], want)
	}
}
