package filedriver

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// TestKeepsPermissions checks that writing an object does not open its file to
// others, or take a right away.
func TestKeepsPermissions(t *testing.T) {
	if runtime.GOOS == "windows" {
		t.Skip("permissions of Unix")
	}
	for _, op := range []string{"over-small", "over", "copy-over"} {
		for _, perm := range []fs.FileMode{0o600, 0o755, 0o444, 0} {
			b := newTestBucket(t)
			operations[op].setUp(t, b)
			key := "k"
			if op == "copy-over" {
				key = "dst"
			}
			path := filepath.Join(b.dir.path, key)
			if err := os.Chmod(path, perm); err != nil {
				t.Fatal(err)
			}
			if err := operations[op].do(t.Context(), b); err != nil {
				t.Fatal(err)
			}
			if fi, err := os.Stat(path); err != nil || fi.Mode() != perm {
				t.Errorf("%s: a file of mode %v has become %v, %v", op, perm, fi.Mode(), err)
			}
		}
	}
}

// TestFileRemoved removes an object's file by hand: what is left of its attributes is
// in nobody's way.
func TestFileRemoved(t *testing.T) {
	b := newTestBucket(t)
	for _, body := range []string{"one", "other", "one"} {
		put(t, b, "k", body)
		got, info := get(t, b, "k")
		if got != body || info.ContentType != putOptions("").ContentType {
			t.Errorf("got %q of type %q, want %q", got, info.ContentType, body)
		}
		if err := os.Remove(filepath.Join(b.dir.path, "k")); err != nil {
			t.Fatal(err)
		}
	}
	text, err := spaceOf(t, b).readAttrs(idOf("k"))
	if err != nil || !strings.HasPrefix(text, attrsHeader) || strings.Count(text, attrsHeader) != 1 {
		t.Errorf("the attributes are %q, %v", text, err)
	}
}

// TestIfAbsentByHand drops something in the place of a new object at the last
// moment: a put that must not replace anything does not.
func TestIfAbsentByHand(t *testing.T) {
	if runtime.GOOS != "linux" {
		t.Skip("this system has no rename that replaces nothing")
	}
	for name, c := range map[string]struct {
		make func(t *testing.T, b *bucket)
		want error
		body string // after that
	}{
		"file":      {func(t *testing.T, b *bucket) { drop(t, b, "k", "by hand") }, driver.ErrPreconditionFailed, "by hand"},
		"link":      {func(t *testing.T, b *bucket) { symlink(t, "seed", filepath.Join(b.dir.path, "k")) }, driver.ErrPreconditionFailed, ""},
		"directory": {func(t *testing.T, b *bucket) { mkdirs(t, b, "k/below") }, nil, "new"},
		"files":     {func(t *testing.T, b *bucket) { drop(t, b, "k/below", "by hand") }, nil, "new"},
	} {
		t.Run(name, func(t *testing.T) {
			for _, absent := range []bool{true, false} {
				b := newTestBucket(t)
				put(t, b, "seed", "x")
				b.drv.step = func(step string) error {
					if step == "commit" {
						b.drv.step = nil
						c.make(t, b)
					}
					return nil
				}
				_, err := b.Put(t.Context(), "k", strings.NewReader("new"), &driver.PutOptions{Size: 3, ContentType: "a/b", IfAbsent: absent})
				want, body := c.want, c.body
				if !absent {
					want, body = nil, "new"
				}
				if !errors.Is(err, want) {
					t.Errorf("absent %v: got the error %v, want %v", absent, err, want)
				}
				if body == "" {
					if err := os.Remove(filepath.Join(b.dir.path, "k")); err != nil {
						t.Error(err)
					}
				} else if got, _ := get(t, b, "k"); got != body {
					t.Errorf("absent %v: got %q, want %q", absent, got, body)
				}
				if left := leftovers(t, b); left != nil {
					t.Errorf("absent %v: left %q", absent, left)
				}
			}
		})
	}
}

func symlink(t testing.TB, target, path string) {
	t.Helper()
	if err := os.Symlink(target, path); err != nil {
		t.Fatal(err)
	}
}

// TestBucketInBucket opens a directory that has a bucket somewhere in it: what
// that one keeps for itself is not objects of the outer one.
func TestBucketInBucket(t *testing.T) {
	outer := newTestBucket(t)
	mkdirs(t, outer, "in/ner")
	inner := newTestBucketIn(t, filepath.Join(outer.dir.path, "in/ner"))
	put(t, inner, "plain", "")
	put(t, inner, "esc//aped", "")
	want := []string{"in/ner/.s3mio/format", "in/ner/plain"}
	put(t, outer, want[0], "a key like any other")
	if got := keys(t, outer); !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if got, _ := get(t, outer, want[0]); got != "a key like any other" {
		t.Errorf("got %q", got)
	}
	if got := keys(t, newTestBucketIn(t, inner.dir.path)); !slices.Equal(got, []string{"esc//aped", "plain"}) {
		t.Errorf("the inner bucket has %q", got)
	}
}

// TestEditedWhileRead edits a file in place, or cuts it off, after a read has begun.
func TestEditedWhileRead(t *testing.T) {
	b := newTestBucket(t)
	body := strings.Repeat("old", 100_000)
	path := filepath.Join(b.dir.path, "k")
	for name, read := range map[string]func(io.Reader) error{
		"Read":    func(r io.Reader) error { _, err := io.ReadAll(r); return err },
		"WriteTo": func(r io.Reader) error { _, err := io.Copy(io.Discard, r); return err },
	} {
		for way, edit := range map[string]func() error{
			"untouched": func() error { return nil },
			"edited":    func() error { return overwrite(path, "new") },
			"cut off":   func() error { return os.Truncate(path, 200_000) },
			"emptied":   func() error { return os.Truncate(path, 0) },
		} {
			put(t, b, "k", body)
			o, err := b.Get(t.Context(), "k", &driver.GetOptions{})
			if err != nil {
				t.Fatal(err)
			}
			if _, err := io.CopyN(io.Discard, o.Body, 1000); err != nil {
				t.Fatal(err)
			}
			if err := edit(); err != nil {
				t.Fatal(err)
			}
			var want error
			if way != "untouched" {
				want = driver.ErrObjectChanged
			}
			err = read(o.Body)
			if !errors.Is(err, want) {
				t.Errorf("%s, %s: got the error %v, want %v", name, way, err, want)
			}
			if short := way == "cut off" || way == "emptied"; errors.Is(err, io.ErrUnexpectedEOF) != short {
				t.Errorf("%s, %s: got the error %v", name, way, err)
			}
			if err := o.Body.Close(); err != nil {
				t.Error(err)
			}
		}
	}
}

// overwrite changes the beginning of a file.
func overwrite(path, text string) error {
	f, err := os.OpenFile(path, os.O_WRONLY, 0)
	if err != nil {
		return err
	}
	_, err = f.WriteString(text)
	return errors.Join(err, f.Close())
}

// TestEditedWhileDownloaded edits a file in place, or cuts it off, in the middle of
// its download, which then leaves no file.
func TestEditedWhileDownloaded(t *testing.T) {
	b := newTestBucket(t)
	path := filepath.Join(b.dir.path, "k")
	sb := store.New(b.drv).Bucket(filepath.Base(b.dir.path))
	for way, edit := range map[string]func() error{
		"edited":  func() error { return overwrite(path, "new") },
		"cut off": func() error { return os.Truncate(path, 1_500_000) },
	} {
		put(t, b, "k", strings.Repeat("old", 1_000_000))
		target := filepath.Join(t.TempDir(), "made", "target")
		edited := false
		err := sb.Download(t.Context(), "k", target, store.OnProgress(func(p store.Progress) {
			if edited {
				return
			}
			if edited = true; p.Bytes >= p.Total/2 {
				t.Errorf("%s: the download begins with %d bytes", way, p.Bytes)
			}
			if err := edit(); err != nil {
				t.Error(err)
			}
		}))
		if !edited {
			t.Errorf("%s: it was not edited", way)
		}
		wantErr(t, err, driver.ErrObjectChanged)
		if _, err := os.Lstat(filepath.Dir(target)); !errors.Is(err, os.ErrNotExist) {
			t.Errorf("%s: the target's directory: %v", way, err)
		}
	}
}

// TestEditedWhileCopied edits the source of a copy in place, in the middle of it: one
// of ours, which is copied without a look at the bytes, and one made by hand.
func TestEditedWhileCopied(t *testing.T) {
	body := strings.Repeat("old", chunkSize)
	for what, make := range map[string]func(b *bucket){
		"ours":    func(b *bucket) { put(t, b, "src", body) },
		"dropped": func(b *bucket) { dropAged(t, b, "src", body) },
	} {
		b := newTestBucket(t)
		put(t, b, "dst", "before")
		make(b)
		edited := false
		b.drv.step = func(step string) error {
			if edited || step != "write" {
				return nil
			}
			edited = true
			return overwrite(filepath.Join(b.dir.path, "src"), "new")
		}
		_, err := b.Copy(t.Context(), "dst", b, "src")
		b.drv.step = nil
		if !edited {
			t.Errorf("%s: it was not edited", what)
		}
		wantErr(t, err, driver.ErrObjectChanged)
		if _, ok := errors.AsType[*driver.SourceError](err); !ok {
			t.Errorf("%s: the error is not the source's: %v", what, err)
		}
		if got, _ := get(t, b, "dst"); got != "before" {
			t.Errorf("%s: the destination is %.20q", what, got)
		}
		deleteKey(t, b, "src") // and what was known of it before the edit
		if left := leftovers(t, b); left != nil {
			t.Errorf("%s: left %q", what, left)
		}
	}
}
