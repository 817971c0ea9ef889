package filedriver

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// countReads counts the directories read by lists from now on.
func countReads(b *bucket) *int {
	n := new(int)
	b.drv.step = func(step string) error {
		if step == "read-dir" {
			*n++
		}
		return nil
	}
	return n
}

// TestPagesReadOnce checks that a page costs its entries, whatever else goes on:
// listings side by side read each directory once, not once a page.
func TestPagesReadOnce(t *testing.T) {
	const trees = 2 // the natural and the escaped one
	removeParts := func(t *testing.T, b *bucket, parts ...string) {
		for _, part := range parts {
			if err := os.RemoveAll(filepath.Join(b.dir.path, part)); err != nil {
				t.Fatal(err)
			}
		}
		b.dir.drop() // it would not notice
	}
	for name, test := range map[string]struct {
		listings, reads int
		prepare         func(t *testing.T, b *bucket)
		between         func(t *testing.T, b *bucket, page int)
	}{
		"many listings": {listings: 100, reads: trees},
		"written over": {listings: 3, reads: trees, between: func(t *testing.T, b *bucket, _ int) {
			for _, key := range []string{"a", "b", "c", "d", "e"} {
				put(t, b, key, "again")
			}
		}},
		"many buckets": {listings: 3, reads: trees, between: func(t *testing.T, b *bucket, _ int) {
			for i := range maxOpen + 1 {
				name := fmt.Sprintf("other-%02d", i)
				if err := b.drv.CreateBucket(t.Context(), name); err != nil {
					t.Fatal(err)
				}
				other, err := b.drv.OpenBucket(name)
				if err != nil {
					t.Fatal(err)
				}
				if _, err := other.List(t.Context(), &driver.ListOptions{}); err != nil {
					t.Fatal(err)
				}
			}
			if b.dir.isOpen() {
				t.Error("the handles of the bucket were kept")
			}
		}},
		"incomplete reserved directory": {listings: 3, reads: 1, prepare: func(t *testing.T, b *bucket) {
			removeParts(t, b, tmpPath, keysPath, locksPath)
		}},
		"completed meanwhile": {listings: 3, reads: trees, prepare: func(t *testing.T, b *bucket) {
			removeParts(t, b, tmpPath, keysPath, locksPath)
		}, between: func(t *testing.T, b *bucket, page int) {
			if page == 2 {
				put(t, newTestBucketIn(t, b.dir.path), "e//x", "x")
			}
		}},
		"no reserved directory": {listings: 3, reads: 1, prepare: func(t *testing.T, b *bucket) { removeParts(t, b, reserved) }},
		"made meanwhile": {listings: 3, reads: trees, prepare: func(t *testing.T, b *bucket) {
			removeParts(t, b, reserved)
		}, between: func(t *testing.T, b *bucket, page int) {
			if page == 2 {
				put(t, b, "e//x", "x")
			}
		}},
	} {
		t.Run(name, func(t *testing.T) {
			b := newBucketOf(t, newTestDriver(t))
			want := []string{"a", "b", "c", "d", "e"}
			for _, key := range want {
				put(t, b, key, "x")
			}
			if test.prepare != nil {
				test.prepare(t, b)
			}
			reads := countReads(b)
			tokens, got := make([]string, test.listings), make([][]string, test.listings)
			for page := range want {
				for i := range tokens {
					p, err := b.List(t.Context(), &driver.ListOptions{PageSize: 1, Token: tokens[i]})
					if err != nil {
						t.Fatal(err)
					}
					tokens[i] = p.NextToken
					got[i] = append(got[i], render(p)...)
				}
				if test.between != nil {
					was := *reads
					test.between(t, b, page)
					*reads = was
				}
			}
			for _, got := range got {
				if !slices.Equal(got, want) {
					t.Fatalf("listed %q", got)
				}
			}
			if *reads != test.listings*test.reads {
				t.Errorf("%d listings read %d directories, want %d each", test.listings, *reads, test.reads)
			}
		})
	}
}

// TestIncompleteReserved checks that a reserved directory that lacks parts, as in an
// archive without empty directories, is opened once by readers, and again when
// somebody makes a part.
func TestIncompleteReserved(t *testing.T) {
	parts := map[string]func(t *testing.T, b *bucket){
		"attrs": func(t *testing.T, b *bucket) { mkdirs(t, b, attrsPath) },
		"keys": func(t *testing.T, b *bucket) {
			mkdirs(t, b, keysPath)
			drop(t, b, keysPath+"/f-e%2f%2fx", "x")
		},
		"format":       func(t *testing.T, b *bucket) { drop(t, b, formatPath, formatText[:5]) },
		"whole format": func(t *testing.T, b *bucket) { dropAged(t, b, formatPath, formatText) },
	}
	b := newTestBucket(t)
	mkdirs(t, b, reserved)
	drop(t, b, "k", "x")
	for _, part := range []string{"attrs", "keys", "format", "whole format"} {
		before := spaceOf(t, b)
		if spaceOf(t, b) != before {
			t.Errorf("without %s, every call opens the directory", part)
		}
		parts[part](t, b)
		if spaceOf(t, b) == before {
			t.Errorf("%s was made, and is not noticed", part)
		}
	}
	if got := keys(t, b); !slices.Equal(got, []string{"e//x", "k"}) {
		t.Errorf("listed %q", got)
	}
	drop(t, b, formatPath, strings.Replace(formatText, "1", "2", 1))
	if _, err := b.Head(t.Context(), "k", &driver.HeadOptions{}); err == nil {
		t.Error("another format is not noticed")
	}
}
