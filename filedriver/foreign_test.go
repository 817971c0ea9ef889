package filedriver

import (
	"bytes"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/s3mio/s3mio/driver"
)

// TestDroppedFiles checks what a file made by hand looks like, and that one
// edited by hand never shows what was known of its old content.
func TestDroppedFiles(t *testing.T) {
	b := newTestBucket(t)
	drop(t, b, "docs/page.html", "<p>")
	info := head(t, b, "docs/page.html")
	if info.ContentType != "text/html; charset=utf-8" || info.Metadata != nil || len(info.Tags) != 0 || info.Size != 3 ||
		info.StorageClass != "STANDARD" || isMD5(info.ETag) || info.LastModified.Location() != time.UTC || info.LastModified.Nanosecond() != 0 {
		t.Errorf("got %+v", info)
	}
	// Reading makes nothing.
	if _, err := os.Stat(filepath.Join(b.dir.path, reserved)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the reserved directory: %v", err)
	}
	if err := b.SetTags(t.Context(), "docs/page.html", map[string]string{"a": "b"}); err != nil {
		t.Fatal(err)
	}
	if tagged := head(t, b, "docs/page.html"); tagged.ETag != info.ETag || tagged.LastModified != info.LastModified ||
		tagged.ContentType != info.ContentType || tagged.Tags["a"] != "b" {
		t.Errorf("tagged, it is %+v", tagged)
	}

	putOld("k")(t, b)
	was := head(t, b, "k")
	drop(t, b, "k", "new") // of the same length
	now := head(t, b, "k")
	if now.ETag == was.ETag || now.Metadata != nil || len(now.Tags) != 0 || now.ContentType == "text/old" {
		t.Errorf("edited, it is %+v", now)
	}
	_, err := b.Put(t.Context(), "k", bytes.NewReader(nil), &driver.PutOptions{ContentType: "a/b", IfMatch: was.ETag})
	wantErr(t, err, driver.ErrPreconditionFailed)
	_, err = b.Put(t.Context(), "k", bytes.NewReader(nil), &driver.PutOptions{ContentType: "a/b", IfMatch: now.ETag})
	if err != nil {
		t.Error(err)
	}
}

func TestOpensFileblob(t *testing.T) {
	b := newTestBucket(t)
	ctx := t.Context()
	theirs, err := fileblob.OpenBucket(b.dir.path, &fileblob.Options{NoTempDir: true})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	if err := theirs.WriteAll(ctx, "dir/theirs", []byte("theirs"), &blob.WriterOptions{ContentType: "text/x-theirs"}); err != nil {
		t.Fatal(err)
	}
	body, info := get(t, b, "dir/theirs")
	if body != "theirs" || info.ContentType != "text/x-theirs" || info.ETag != hashOf("theirs") {
		t.Errorf("got %q, %+v", body, info)
	}
	if got := keys(t, b); !slices.Equal(got, []string{"dir/theirs"}) {
		t.Errorf("listed %q", got)
	}
	copied, err := b.Copy(ctx, "copy", b, "dir/theirs")
	if err != nil || copied.ETag != info.ETag {
		t.Errorf("got %+v, %v, want the ETag %s", copied, err, info.ETag)
	}

	// Written over by us, the sidecar goes, and fileblob reads the bytes.
	put(t, b, "dir/theirs", "ours")
	if data, err := theirs.ReadAll(ctx, "dir/theirs"); err != nil || string(data) != "ours" {
		t.Errorf("fileblob reads %q, %v", data, err)
	}
	if _, err := os.Stat(filepath.Join(b.dir.path, "dir/theirs"+sidecarExt)); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the sidecar: %v", err)
	}
	// Written over by fileblob, it shows fileblob's attributes.
	if err := theirs.WriteAll(ctx, "dir/theirs", []byte("back"), &blob.WriterOptions{ContentType: "text/x-back"}); err != nil {
		t.Fatal(err)
	}
	if body, info := get(t, b, "dir/theirs"); body != "back" || info.ContentType != "text/x-back" {
		t.Errorf("got %q, %+v", body, info)
	}
	// Deleted by us, it is gone for both.
	if err := b.Delete(ctx, "dir/theirs"); err != nil {
		t.Fatal(err)
	}
	if ok, err := theirs.Exists(ctx, "dir/theirs"); ok || err != nil {
		t.Errorf("fileblob says %v, %v", ok, err)
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}

// TestOpensAllOfFileblob reads all that fileblob keeps of an object, under names that
// it escapes and such that it does not: ours is the name of the file.
func TestOpensAllOfFileblob(t *testing.T) {
	b := newTestBucket(t)
	theirs, err := fileblob.OpenBucket(b.dir.path, &fileblob.Options{NoTempDir: true})
	if err != nil {
		t.Fatal(err)
	}
	defer theirs.Close()
	odd := []string{
		"plain", "a/b/c", "ünï/ködé", "e\u0301", "sp ace", "x__0x2f__y", "ctl\x01", "x//y", "trail/", "../up", `back\slash`, "UP/Case",
		"a:b*c?", "%41", "line\nbreak", "q?x=1&y#z", strings.Repeat("s", 234),
	}
	for _, key := range odd {
		err := theirs.WriteAll(t.Context(), key, []byte(key), &blob.WriterOptions{
			ContentType: "text/x-" + hashOf(key), CacheControl: "cache " + key, ContentDisposition: "disposition " + key,
			ContentEncoding: "encoding " + key, ContentLanguage: "language " + key, Metadata: map[string]string{"Key": key, "other": "ü"},
		})
		if err != nil {
			t.Fatalf("%q: %v", key, err)
		}
	}
	var got []string
	for _, name := range keys(t, b) {
		key, info := get(t, b, name)
		got = append(got, key)
		if name != key && !strings.Contains(name, "__0x") {
			t.Errorf("%q is listed as %q", key, name)
		}
		want := driver.ObjectInfo{
			Key: name, Size: int64(len(key)), ETag: hashOf(key), LastModified: info.LastModified, StorageClass: driver.DefaultStorageClass,
			ContentType: "text/x-" + hashOf(key), CacheControl: "cache " + key, ContentDisposition: "disposition " + key,
			ContentEncoding: "encoding " + key, ContentLanguage: "language " + key, Metadata: map[string]string{"key": key, "other": "ü"},
		}
		if !reflect.DeepEqual(info, want) {
			t.Errorf("got %+v, want %+v", info, want)
		}
		// A copy keeps it all.
		if _, err := b.Copy(t.Context(), "copy", b, name); err != nil {
			t.Fatal(err)
		}
		want.Key = "copy"
		if _, info := get(t, b, "copy"); !reflect.DeepEqual(info, withTime(want, info.LastModified)) {
			t.Errorf("copied, it is %+v, want %+v", info, want)
		}
		deleteKey(t, b, "copy")
	}
	slices.Sort(got)
	if slices.Sort(odd); !slices.Equal(got, odd) {
		t.Errorf("got %q, want %q", got, odd)
	}
}

func withTime(info driver.ObjectInfo, at time.Time) driver.ObjectInfo {
	info.LastModified = at
	return info
}

// TestStaleSidecars checks that a sidecar older than its file, or a damaged one,
// does not count, and that one which is a link is not followed.
func TestStaleSidecars(t *testing.T) {
	b := newTestBucket(t)
	for _, key := range []string{"old", "damaged", "linked"} {
		drop(t, b, key, "x")
	}
	const attrs = `{"user.content_type":"text/stale","md5":"AAAA"}`
	dropAged(t, b, "old"+sidecarExt, attrs)
	drop(t, b, "damaged"+sidecarExt, attrs[:20])
	target := filepath.Join(t.TempDir(), "attrs")
	if err := os.WriteFile(target, []byte(attrs), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Symlink(target, filepath.Join(b.dir.path, "linked"+sidecarExt)); err != nil {
		t.Fatal(err)
	}
	for _, key := range keys(t, b) {
		if info := head(t, b, key); info.ContentType != driver.DefaultContentType {
			t.Errorf("%q is %+v", key, info)
		}
	}
	// A nanosecond counts, and a second more than all nanoseconds.
	written := time.Date(2024, 5, 6, 7, 8, 9, 500_000_000, time.UTC)
	for after, counts := range map[time.Duration]bool{
		-time.Nanosecond: false, 0: true, time.Nanosecond: true,
		-time.Second + 9*time.Nanosecond: false, time.Second - 9*time.Nanosecond: true,
		-time.Second: false, time.Second: true,
	} {
		drop(t, b, "k", "x")
		drop(t, b, "k"+sidecarExt, attrs)
		for path, at := range map[string]time.Time{"k": written, "k" + sidecarExt: written.Add(after)} {
			path = filepath.Join(b.dir.path, path)
			if err := os.Chtimes(path, at, at); err != nil {
				t.Fatal(err)
			}
			if fi, err := os.Stat(path); err != nil || !fi.ModTime().Equal(at) {
				t.Skipf("this filesystem keeps no nanoseconds: %v, %v", fi.ModTime(), err)
			}
		}
		if info := head(t, b, "k"); (info.ContentType == "text/stale") != counts || isMD5(info.ETag) {
			t.Errorf("a sidecar %v after its file: %+v", after, info)
		}
	}
}

// TestArchives checks that a copy of the directory that keeps times keeps
// attributes, also when it loses empty directories, and that one which does not
// keep times has the bytes.
func TestArchives(t *testing.T) {
	b := newTestBucket(t)
	for _, key := range []string{"k", "deep/k", longKey} {
		putOld(key)(t, b)
	}
	want := contents(t, b)
	to := filepath.Join(t.TempDir(), "copy")
	if err := exec.CommandContext(t.Context(), "cp", "-a", b.dir.path, to).Run(); err != nil {
		t.Fatal(err)
	}
	for _, part := range []string{tmpPath, locksPath} {
		if err := os.RemoveAll(filepath.Join(to, part)); err != nil {
			t.Fatal(err)
		}
	}
	c := newTestBucketIn(t, to)
	if got := contents(t, c); !reflect.DeepEqual(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	put(t, c, "more", "x")

	if err := os.Chtimes(filepath.Join(to, "k"), time.Now(), time.Now()); err != nil {
		t.Fatal(err)
	}
	if body, info := get(t, c, "k"); body != "old" || info.Metadata != nil {
		t.Errorf("got %q, %+v", body, info)
	}
}
