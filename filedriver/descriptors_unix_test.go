//go:build unix

package filedriver

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/s3mio/s3mio/driver"
)

// nextDescriptor gives the lowest number that is free.
func nextDescriptor(t *testing.T) int {
	t.Helper()
	next, err := os.Open(os.DevNull)
	if err != nil {
		t.Fatal(err)
	}
	defer next.Close()
	return int(next.Fd())
}

// fewDescriptors lets f open no more than n files at a time, beside those open now.
func fewDescriptors(t *testing.T, n int, f func()) {
	t.Helper()
	var was unix.Rlimit
	if err := unix.Getrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
		t.Fatal(err)
	}
	limited := was
	limited.Cur = uint64(nextDescriptor(t) + n)
	if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &limited); err != nil {
		t.Fatal(err)
	}
	defer func() {
		if err := unix.Setrlimit(unix.RLIMIT_NOFILE, &was); err != nil {
			t.Fatal(err)
		}
	}()
	f()
}

// TestDeepDescriptors lists objects at every depth, and searches directories without
// any, with less files open than there are levels.
func TestDeepDescriptors(t *testing.T) {
	const depth = 511
	b := newTestBucket(t)
	want := 1
	put(t, b, deepKey(depth), "x")
	for n := 1; n < depth; n += 50 {
		put(t, b, strings.Repeat("d/", n)+"x", "x")
		want++
	}
	mkdirs(t, b, "e/"+strings.Repeat("e/", 200)+"f/"+strings.Repeat("f/", 200))
	mkdirs(t, b, "e/"+strings.Repeat("e/", 100)+"f/"+strings.Repeat("f/", 100))
	put(t, b, "g/"+strings.Repeat("g/", 400)+"x", "x")
	mkdirs(t, b, "g/"+strings.Repeat("g/", 100)+"f/"+strings.Repeat("f/", 100))
	want++
	for _, key := range []string{strings.Repeat("l", driver.MaxKeyBytes), strings.Repeat("d//", 341)} {
		put(t, b, key, "x")
		want++
	}
	b = newTestBucketIn(t, b.dir.path)
	head(t, b, "d/x")
	fewDescriptors(t, 200, func() {
		for _, size := range []int{1, 3, 1000} {
			n := 0
			for page := range pages(t.Context(), t, b, &driver.ListOptions{PageSize: size}) {
				n += len(page.Objects)
			}
			if n != want {
				t.Errorf("pages of %d: %d objects of %d", size, n, want)
			}
			var got []string
			for page := range pages(t.Context(), t, b, &driver.ListOptions{PageSize: size, Delimiter: "/"}) {
				got = append(got, render(page)...)
			}
			if len(got) != 3 {
				t.Errorf("pages of %d with a delimiter: got %q", size, got)
			}
		}
	})
}

// TestIncompleteDescriptors checks that nothing stays open of handles on a reserved
// directory that lacks parts.
func TestIncompleteDescriptors(t *testing.T) {
	before := nextDescriptor(t)
	for _, part := range reservedParts {
		b := newTestBucket(t)
		put(t, b, "k", "x")
		if err := os.RemoveAll(filepath.Join(b.dir.path, part)); err != nil {
			t.Fatal(err)
		}
		b.dir.drop()
		for range 3 {
			keys(t, b)
		}
		if b.dir.current.reserved == nil {
			t.Errorf("without %s the reserved directory is not watched", part)
		}
		put(t, b, "k", "y")
		if b.dir.current.reserved != nil {
			t.Errorf("%s was made again, and the reserved directory is watched", part)
		}
		if err := b.drv.Close(); err != nil {
			t.Fatal(err)
		}
	}
	if after := nextDescriptor(t); after > before { // others may close theirs
		t.Errorf("the next descriptor is %d, it was %d", after, before)
	}
}
