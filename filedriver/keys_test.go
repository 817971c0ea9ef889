package filedriver

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// TestHostileKeys takes every hostile key through every call, all of them in
// one bucket, and checks that nothing appears outside of it.
func TestHostileKeys(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "in", "bucket")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	b := newTestBucketIn(t, dir)
	all := slices.Clone(hostileKeys)
	for _, k := range slices.Clone(all) {
		if len(k) < 1000 {
			all = append(all, k+"/copy")
		}
	}
	for _, key := range hostileKeys {
		put(t, b, key, key)
		if err := b.SetTags(t.Context(), key, map[string]string{"k": "v"}); err != nil {
			t.Fatalf("tag %q: %v", key, err)
		}
		if len(key) < 1000 {
			if _, err := b.Copy(t.Context(), key+"/copy", b, key); err != nil {
				t.Fatalf("copy %q: %v", key, err)
			}
		}
	}
	want := slices.Clone(all)
	slices.Sort(want)
	want = slices.Compact(want)
	if got := keys(t, b); !slices.Equal(got, want) {
		t.Errorf("listed\n%q, want\n%q", got, want)
	}
	for _, key := range all {
		body, _ := get(t, b, key)
		if info := head(t, b, key); body != strings.TrimSuffix(key, "/copy") || info.Tags["k"] != "v" || info.ContentType != "text/x-test" {
			t.Errorf("%q has the body %q and is %+v", key, body, info)
		}
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
	results, err := b.DeleteBatch(t.Context(), want)
	if err := errors.Join(append(results, err)...); err != nil {
		t.Error(err)
	}
	if got := keys(t, b); got != nil {
		t.Errorf("still there: %q", got)
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
	for path, want := range map[string]string{outer: "in", filepath.Dir(dir): "bucket", dir: reserved} {
		entries, err := os.ReadDir(path)
		if err != nil || len(entries) != 1 || entries[0].Name() != want {
			t.Errorf("%s holds %v, %v", path, entries, err)
		}
	}
}

// TestNaturalPlaces checks that ordinary keys are files of their names.
func TestNaturalPlaces(t *testing.T) {
	b := newTestBucket(t)
	for _, key := range []string{"logs/2025/app.log", "a b", "é", "UPPER/Case"} {
		put(t, b, key, key)
		if data, err := os.ReadFile(filepath.Join(b.dir.path, key)); err != nil || string(data) != key {
			t.Errorf("%q: %q, %v", key, data, err)
		}
	}
}

// TestStaysWhereItIs checks that an object keeps its place when the natural one
// becomes free, and that a file dropped there counts until it is written over.
func TestStaysWhereItIs(t *testing.T) {
	b := newTestBucket(t)
	put(t, b, "a/b", "x")
	put(t, b, "a", "escaped")
	if err := b.Delete(t.Context(), "a/b"); err != nil {
		t.Fatal(err)
	}
	put(t, b, "a", "again")
	if _, err := os.Stat(filepath.Join(b.dir.path, "a")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the object moved: %v", err)
	}
	drop(t, b, "a", "dropped")
	if got, _ := get(t, b, "a"); got != "dropped" {
		t.Errorf("got %q", got)
	}
	if got := keys(t, b); !slices.Equal(got, []string{"a"}) {
		t.Errorf("listed %q", got)
	}
	put(t, b, "a", "written")
	if got, _ := get(t, b, "a"); got != "written" {
		t.Errorf("got %q", got)
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}

// TestReservedLink checks that a link in the place of the reserved directory is
// not followed.
func TestReservedLink(t *testing.T) {
	b := newTestBucket(t)
	outside := t.TempDir()
	if err := os.Symlink(outside, filepath.Join(b.dir.path, reserved)); err != nil {
		t.Fatal(err)
	}
	if _, err := b.Put(t.Context(), "k", strings.NewReader("x"), putOptions("x")); err == nil {
		t.Error("put succeeded")
	}
	if entries, err := os.ReadDir(outside); err != nil || len(entries) != 0 {
		t.Errorf("outside there is %v, %v", entries, err)
	}
}

// TestFoldedNames plays a filesystem that takes names for one that differ: every
// name is then compared with the directory's.
func TestFoldedNames(t *testing.T) {
	b := newTestBucket(t)
	put(t, b, "seed", "")
	s := spaceOf(t, b)
	s.folds = true
	all := map[string]string{"a": "1", "A": "2", "dir/x": "3", "Dir/x": "4", "é": "5", "e\u0301": "6"}
	for key, body := range all {
		put(t, b, key, body)
	}
	for key, body := range all {
		if got, _ := get(t, b, key); got != body {
			t.Errorf("%q is %q, want %q", key, got, body)
		}
	}
	if _, err := os.Stat(filepath.Join(b.dir.path, "é")); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("a name that may be normalised was used: %v", err)
	}
	all["seed"] = ""
	if got := keys(t, b); !slices.Equal(got, slices.Sorted(maps.Keys(all))) {
		t.Errorf("listed %q", got)
	}
}
