package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// operation is something that can fail or be killed at any of its steps.
type operation struct {
	setUp func(t testing.TB, b *bucket)
	do    func(ctx context.Context, b *bucket) error
}

const longKey = "a/b//" + "0123456789012345678901234567890123456789012345678901234567890123456789" + "/c"

var operations = map[string]operation{
	"new":            {nil, putNew("k")},
	"new-deep":       {nil, putNew("deep/er/k")},
	"new-escaped":    {nil, putNew(longKey)},
	"new-blocked":    {func(t testing.TB, b *bucket) { put(t, b, "k", "file") }, putNew("k/below")},
	"new-over-dirs":  {func(t testing.TB, b *bucket) { mkdirs(t, b, "k/empty/dirs") }, putNew("k")},
	"over":           {putOld("k"), putNew("k")},
	"over-deep":      {putOld("deep/er/k"), putNew("deep/er/k")},
	"over-escaped":   {putOld(longKey), putNew(longKey)},
	"over-foreign":   {dropOld("k"), putNew("k")},
	"over-fileblob":  {fileblobOld("deep/k"), putNew("deep/k")},
	"over-doubled":   {doubleOld("k"), putNew("k")},
	"tags":           {putOld("k"), setTags("k")},
	"tags-foreign":   {dropOld("k"), setTags("k")},
	"copy":           {putOld("src"), copyTo("src", "deep/er/dst")},
	"copy-over":      {both(putOld("src"), putOld("dst")), copyTo("src", "dst")},
	"delete":         {putOld("k"), remove("k")},
	"delete-deep":    {putOld("deep/er/k"), remove("deep/er/k")},
	"delete-escaped": {putOld(longKey), remove(longKey)},
	"delete-foreign": {dropOld("deep/k"), remove("deep/k")},
	"delete-blob":    {fileblobOld("deep/k"), remove("deep/k")},
	"delete-doubled": {doubleOld("k"), remove("k")},
}

func putNew(key string) func(context.Context, *bucket) error {
	return func(ctx context.Context, b *bucket) error {
		body := strings.Repeat("new", 100_000)
		_, err := b.Put(ctx, key, strings.NewReader(body), &driver.PutOptions{
			Size: int64(len(body)), ContentType: "text/new", Metadata: map[string]string{"is": "new"}, Tags: map[string]string{"is": "new"},
		})
		return err
	}
}

func putOld(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) {
		_, err := b.Put(t.Context(), key, strings.NewReader("old"), &driver.PutOptions{
			Size: -1, ContentType: "text/old", Metadata: map[string]string{"is": "old"}, Tags: map[string]string{"is": "old"},
		})
		if err != nil {
			t.Fatal(err)
		}
	}
}

func dropOld(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) { drop(t, b, key, "dropped") }
}

func fileblobOld(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) {
		drop(t, b, key, "of fileblob")
		drop(t, b, key+sidecarExt, `{"user.content_type":"text/old","user.metadata":{"is":"old"},"md5":"AAAA"}`)
	}
}

// doubleOld has the key at both places, as when somebody drops a file beside an
// escaped one.
func doubleOld(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) {
		mkdirs(t, b, key)
		drop(t, b, key+"/blocks", "")
		putOld(key)(t, b)
		if err := os.RemoveAll(filepath.Join(b.dir.path, key)); err != nil {
			t.Fatal(err)
		}
		drop(t, b, key, "dropped")
	}
}

func both(a, b func(testing.TB, *bucket)) func(testing.TB, *bucket) {
	return func(t testing.TB, bucket *bucket) { a(t, bucket); b(t, bucket) }
}

func setTags(key string) func(context.Context, *bucket) error {
	return func(ctx context.Context, b *bucket) error {
		return b.SetTags(ctx, key, map[string]string{"is": "new"})
	}
}

func copyTo(src, dst string) func(context.Context, *bucket) error {
	return func(ctx context.Context, b *bucket) error {
		_, err := b.Copy(ctx, dst, b, src)
		return err
	}
}

func remove(key string) func(context.Context, *bucket) error {
	return func(ctx context.Context, b *bucket) error { return b.Delete(ctx, key) }
}

// drop writes a file by hand.
func drop(t testing.TB, b *bucket, path, content string) {
	t.Helper()
	full := filepath.Join(b.dir.path, path)
	mkdirs(t, b, filepath.Dir(path))
	if err := os.WriteFile(full, []byte(content), 0o666); err != nil {
		t.Fatal(err)
	}
}

func mkdirs(t testing.TB, b *bucket, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(b.dir.path, path), 0o777); err != nil {
		t.Fatal(err)
	}
}

// contents describes all objects of a bucket, times left out.
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
	return all
}

// leftovers lists what nothing needs: temporary files, attributes and sidecars
// without an object, hidden files, empty directories.
func leftovers(t testing.TB, b *bucket) []string {
	t.Helper()
	want := map[string]bool{}
	for _, key := range keys(t, b) {
		f, err := spaceOf(t, b).find(t.Context(), key, idOf(key), wantHead)
		if err != nil {
			t.Fatal(err)
		}
		want[filepath.Join(f.base.path, f.path)] = true
		if f.record != nil {
			id := idOf(key)
			want[fmt.Sprintf("%s/%x/%s", attrsPath, id.sum[0]>>4, id.attrsName())] = true
		} else {
			want[f.path+sidecarExt] = true
		}
	}
	var left []string
	err := fs.WalkDir(os.DirFS(b.dir.path), ".", func(path string, e fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		ours := path == "." || path == reserved || filepath.Dir(path) == reserved || filepath.Dir(path) == attrsPath
		switch {
		case filepath.Dir(path) == locksPath:
		case e.IsDir() && !ours:
			if entries, err := os.ReadDir(filepath.Join(b.dir.path, path)); err != nil || len(entries) == 0 {
				left = append(left, path+"/")
			}
		case !e.IsDir() && !want[path] && path != formatPath:
			left = append(left, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
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

// oldAndNew gives what a bucket holds before and after an operation.
func oldAndNew(t *testing.T, op operation) (before, after map[string]string) {
	t.Helper()
	b := newTestBucket(t)
	if op.setUp != nil {
		op.setUp(t, b)
	}
	before = contents(t, b)
	if err := op.do(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	after = contents(t, b)
	if left := leftovers(t, b); left != nil {
		t.Errorf("after success there is left: %q", left)
	}
	return before, after
}

// TestKilledAtEveryStep ends the process at each step of each operation: after
// reopening, everything is as before or as after it, and nothing is left.
func TestKilledAtEveryStep(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := operations[name]
			before, after := oldAndNew(t, op)
			for step := 1; ; step++ {
				dir := t.TempDir()
				b := newTestBucketIn(t, dir)
				if op.setUp != nil {
					op.setUp(t, b)
				}
				was := leftovers(t, b)
				done := runTo(t, step, name, dir)
				b = newTestBucketIn(t, dir)
				got := contents(t, b)
				if !reflect.DeepEqual(got, before) && !reflect.DeepEqual(got, after) || done && !reflect.DeepEqual(got, after) {
					t.Errorf("killed at step %d: got\n%q, want\n%q or\n%q", step, got, before, after)
				}
				if left := leftovers(t, b); left != nil && !slices.Equal(left, was) {
					t.Errorf("killed at step %d: left %q", step, left)
				}
				if done {
					return
				}
			}
		})
	}
}

// TestFailingAtEveryStep injects an error instead. Up to the commit everything
// is as before at once, without reopening.
func TestFailingAtEveryStep(t *testing.T) {
	errInjected := errors.New("injected")
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := operations[name]
			before, after := oldAndNew(t, op)
			for fail := 1; ; fail++ {
				dir := t.TempDir()
				b := newTestBucketIn(t, dir)
				b.drv.noSync = false
				if op.setUp != nil {
					op.setUp(t, b)
				}
				was := leftovers(t, b)
				var at string
				n := 0
				committed := false
				b.drv.step = func(step string) error {
					switch step {
					case "committed", "deleted", "reconcile", "attrs-renamed":
						committed = true
					}
					if n++; n == fail {
						at = step
						// The tags are committed when their directory is synced.
						committed = committed || at == "sync-dir" && strings.HasPrefix(name, "tags")
						return fmt.Errorf("%s: %w", step, errInjected)
					}
					return nil
				}
				err := op.do(t.Context(), b)
				b.drv.step = nil
				if n < fail {
					if err != nil {
						t.Error(err)
					}
					return
				}
				wantErr(t, err, errInjected)
				got := contents(t, b)
				left := leftovers(t, b)
				old := reflect.DeepEqual(got, before)
				if !old && (!committed || !reflect.DeepEqual(got, after)) {
					t.Errorf("failed at %s: got\n%q, want\n%q", at, got, before)
				}
				if left != nil && !committed && !slices.Equal(left, was) {
					t.Errorf("failed at %s: left %q", at, left)
				}
				b = newTestBucketIn(t, dir)
				if again := contents(t, b); !reflect.DeepEqual(again, got) {
					t.Errorf("failed at %s: reopening changed\n%q to\n%q", at, got, again)
				}
			}
		})
	}
}

// TestFailingBody lets the body fail at every offset, or end early or late.
func TestFailingBody(t *testing.T) {
	b := newTestBucket(t)
	putOld("k")(t, b)
	before := contents(t, b)
	broken := errors.New("broken")
	for n := range 20 {
		for _, err := range []error{broken, fs.ErrNotExist, fs.ErrPermission, io.ErrUnexpectedEOF} {
			body := io.MultiReader(strings.NewReader(strings.Repeat("x", n)), errReader{err})
			_, got := b.Put(t.Context(), "k", body, &driver.PutOptions{Size: -1, ContentType: "a/b"})
			if got != err {
				t.Errorf("got the error %v, want %v", got, err)
			}
		}
		_, err := b.Put(t.Context(), "dir/k", strings.NewReader(strings.Repeat("x", n)), &driver.PutOptions{Size: 10, ContentType: "a/b"})
		if n == 10 {
			if err != nil {
				t.Error(err)
			}
			if err := b.Delete(t.Context(), "dir/k"); err != nil {
				t.Error(err)
			}
			continue
		}
		wantErr(t, err, driver.ErrSizeMismatch)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.Put(ctx, "k", io.MultiReader(strings.NewReader("x"), readFunc(func() { cancel() })), &driver.PutOptions{Size: -1, ContentType: "a/b"})
	wantErr(t, err, context.Canceled)
	if got := contents(t, b); !reflect.DeepEqual(got, before) {
		t.Errorf("got %q, want %q", got, before)
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// readFunc is a body that ends after a call.
type readFunc func()

func (f readFunc) Read([]byte) (int, error) { f(); return 0, io.EOF }
