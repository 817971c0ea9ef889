package filedriver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

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
	"new-small":      {nil, putSmall("deep/er/k")},
	"new-deep":       {nil, putNew("deep/er/k")},
	"new-escaped":    {nil, putNew(longKey)},
	"new-blocked":    {func(t testing.TB, b *bucket) { put(t, b, "k", "file") }, putNew("k/below")},
	"new-over-dirs":  {func(t testing.TB, b *bucket) { mkdirs(t, b, "k/empty/dirs") }, putNew("k")},
	"over":           {putOld("k"), putNew("k")},
	"over-small":     {putOld("k"), putSmall("k")},
	"over-grown":     {putGrown("k"), putNew("k")},
	"over-deep":      {putOld("deep/er/k"), putNew("deep/er/k")},
	"over-escaped":   {putOld(longKey), putNew(longKey)},
	"over-foreign":   {dropOld("k"), putNew("k")},
	"over-fileblob":  {fileblobOld("deep/k"), putNew("deep/k")},
	"over-notes":     {both(dropOld("k"), dropNotes("k")), putNew("k")},
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
	"delete-notes":   {both(putOld("k"), dropNotes("k")), remove("k")},
	"new-orphan":     {fileblobOrphan("deep/k"), putNew("deep/k")},
	"delete-doubled": {doubleOld("k"), remove("k")},
}

func putNew(key string) func(context.Context, *bucket) error {
	return putRepeated(key, 100_000)
}

// putSmall puts what is held in memory until the lock is taken.
func putSmall(key string) func(context.Context, *bucket) error { return putRepeated(key, 1) }

func putRepeated(key string, count int) func(context.Context, *bucket) error {
	return func(ctx context.Context, b *bucket) error {
		body := strings.Repeat("new", count)
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

// putGrown writes until the attributes are not appended to any more.
func putGrown(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) {
		for range 100 {
			putOld(key)(t, b)
			fi, err := os.Stat(filepath.Join(b.dir.path, attrsPath, attrsFile(idOf(key))))
			if err != nil {
				t.Fatal(err)
			}
			if fi.Size() > maxAppended {
				return
			}
		}
		t.Fatal("the attributes do not grow")
	}
}

// attrsFile is the path of a key's attributes in attrs/.
func attrsFile(id keyID) string { return fmt.Sprintf("%x/%s", id.sum[0]>>4, id.attrsName()) }

func dropOld(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) { drop(t, b, key, "dropped") }
}

func fileblobOld(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) {
		drop(t, b, key, "of fileblob")
		drop(t, b, key+sidecarExt, `{"user.content_type":"text/old","user.metadata":{"is":"old"},"md5":"AAAA"}`)
	}
}

// fileblobOrphan leaves a sidecar whose file is gone.
func fileblobOrphan(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) {
		fileblobOld(key)(t, b)
		if err := os.Remove(filepath.Join(b.dir.path, key)); err != nil {
			t.Fatal(err)
		}
	}
}

// notes is what somebody wrote down in a file named like a sidecar.
const notes = "notes of mine"

func dropNotes(key string) func(testing.TB, *bucket) {
	return func(t testing.TB, b *bucket) { drop(t, b, key+sidecarExt, notes) }
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

// dropAged writes a file by hand as if an hour ago: many systems give the same time to
// all changes within a tick of their clock, so that a later one might not show.
func dropAged(t testing.TB, b *bucket, path, content string) {
	t.Helper()
	drop(t, b, path, content)
	past := time.Now().Add(-time.Hour)
	if err := os.Chtimes(filepath.Join(b.dir.path, path), past, past); err != nil {
		t.Fatal(err)
	}
}

func mkdirs(t testing.TB, b *bucket, path string) {
	t.Helper()
	if err := os.MkdirAll(filepath.Join(b.dir.path, path), 0o777); err != nil {
		t.Fatal(err)
	}
}
