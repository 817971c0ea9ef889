package filedriver

import (
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// contents describes all objects of a bucket, times left out, and where there
// are notes.
func contents(t testing.TB, b *bucket) map[string]string {
	t.Helper()
	all := map[string]string{}
	for page := range pages(t.Context(), t, b, &driver.ListOptions{PageSize: 1}) {
		for _, entry := range page.Objects {
			body, info := get(t, b, entry.Key)
			full := head(t, b, entry.Key)
			if entry.ETag != full.ETag || entry.Size != full.Size || !entry.LastModified.Equal(full.LastModified) ||
				entry.StorageClass != full.StorageClass || info.ETag != full.ETag {
				t.Errorf("%q lists as %+v, has the head %+v", entry.Key, entry, full)
			}
			if !isMD5(full.ETag) {
				full.ETag = "identity"
			}
			all[entry.Key] = fmt.Sprint(len(body), body[:min(3, len(body))], full.ETag, full.ContentType, full.Metadata, full.Tags)
		}
	}
	eachFile(t, b, func(path string, _ fs.DirEntry) {
		if isNotes(t, b, path) {
			all[path] = notes
		}
	})
	return all
}

func isNotes(t testing.TB, b *bucket, path string) bool {
	if filepath.Ext(path) != sidecarExt {
		return false
	}
	data, err := os.ReadFile(filepath.Join(b.dir.path, path))
	if err != nil {
		t.Fatal(err)
	}
	return string(data) == notes
}

// eachFile calls f for everything in the bucket's directory.
func eachFile(t testing.TB, b *bucket, f func(path string, e fs.DirEntry)) {
	t.Helper()
	err := fs.WalkDir(os.DirFS(b.dir.path), ".", func(path string, e fs.DirEntry, err error) error {
		if err == nil {
			f(path, e)
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

// leftovers lists what nothing needs: temporary files, attributes and sidecars
// without an object, hidden files, empty directories.
func leftovers(t testing.TB, b *bucket) []string {
	t.Helper()
	want := map[string]bool{}
	for _, key := range keys(t, b) {
		s := spaceOf(t, b)
		f, err := s.find(t.Context(), key, idOf(key), wantHead, s.openParent)
		if err != nil {
			t.Fatal(err)
		}
		want[filepath.Join(f.base.path, f.path)] = true
		if f.record != nil {
			want[filepath.Join(attrsPath, attrsFile(idOf(key)))] = true
		} else {
			want[f.path+sidecarExt] = true
		}
	}
	var left []string
	eachFile(t, b, func(path string, e fs.DirEntry) {
		ours := path == "." || path == reserved || filepath.Dir(path) == reserved || filepath.Dir(path) == attrsPath
		switch {
		case filepath.Dir(path) == locksPath:
		case e.IsDir() && !ours:
			if entries, err := os.ReadDir(filepath.Join(b.dir.path, path)); err != nil || len(entries) == 0 {
				left = append(left, path+"/")
			}
		case !e.IsDir() && !want[path] && path != formatPath && !isNotes(t, b, path):
			left = append(left, path)
		}
	})
	return left
}

func spaceOf(t testing.TB, b *bucket) *space {
	t.Helper()
	s, err := b.dir.acquire(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.release)
	return s
}
