package filedriver

import (
	"errors"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// notSidecars are contents of files named like sidecars that fileblob did not
// write.
var notSidecars = map[string]string{
	"text":         "learning rate 0.1\n",
	"empty":        "",
	"no keys":      "{}",
	"null":         "null",
	"list":         `[{"md5":""}]`,
	"another key":  `{"user.content_type":"text/x-sidecar","owner":"me"}`,
	"another case": `{"User.Content_Type":"text/x-sidecar"}`,
	"another type": `{"user.content_type":"text/x-sidecar","user.metadata":{"a":1}}`,
	"no base64":    `{"user.content_type":"text/x-sidecar","md5":"?"}`,
	"two values":   `{"user.content_type":"text/x-sidecar"}{}`,
	"torn":         `{"user.content_type":"text/x-sidecar"`,
	"large":        `{"user.content_type":"text/x-sidecar"}` + strings.Repeat(" ", maxSidecar),
}

// writers are the calls that clear away a sidecar of the key "model", or might.
var writers = map[string]func(t *testing.T, b *bucket){
	"first put": func(t *testing.T, b *bucket) {
		if err := os.Remove(filepath.Join(b.dir.path, "model")); err != nil {
			t.Fatal(err)
		}
		put(t, b, "model", "new")
	},
	"put": func(t *testing.T, b *bucket) { put(t, b, "model", "new") },
	"put twice": func(t *testing.T, b *bucket) {
		put(t, b, "model", "new")
		put(t, b, "model", "newer")
	},
	"copy": func(t *testing.T, b *bucket) {
		put(t, b, "source", "new")
		if _, err := b.Copy(t.Context(), "model", b, "source"); err != nil {
			t.Fatal(err)
		}
	},
	"tags": func(t *testing.T, b *bucket) {
		if err := b.SetTags(t.Context(), "model", map[string]string{"a": "b"}); err != nil {
			t.Fatal(err)
		}
	},
	"delete": func(t *testing.T, b *bucket) {
		if err := b.Delete(t.Context(), "model"); err != nil {
			t.Fatal(err)
		}
	},
	"put and delete": func(t *testing.T, b *bucket) {
		put(t, b, "model", "new")
		if err := b.Delete(t.Context(), "model"); err != nil {
			t.Fatal(err)
		}
	},
	"delete missing": func(t *testing.T, b *bucket) {
		if err := os.Remove(filepath.Join(b.dir.path, "model")); err != nil {
			t.Fatal(err)
		}
		if err := b.Delete(t.Context(), "model"); err != nil {
			t.Fatal(err)
		}
	},
	"put the name": func(t *testing.T, b *bucket) {
		put(t, b, "model.attrs", "new")
		if err := b.Delete(t.Context(), "model.attrs"); err != nil {
			t.Fatal(err)
		}
	},
}

// TestKeepsForeignAttrs checks that a file named like a sidecar that is none
// is neither believed nor touched.
func TestKeepsForeignAttrs(t *testing.T) {
	for what, content := range notSidecars {
		t.Run(what, func(t *testing.T) {
			for name, write := range writers {
				b := newTestBucket(t)
				drop(t, b, "model", "weights")
				drop(t, b, "model.attrs", content)
				if info := head(t, b, "model"); info.ContentType != driver.DefaultContentType || isMD5(info.ETag) {
					t.Errorf("before %s: %+v", name, info)
				}
				write(t, b)
				if data, err := os.ReadFile(filepath.Join(b.dir.path, "model.attrs")); err != nil || string(data) != content {
					t.Errorf("after %s: %.40q, %v", name, data, err)
				}
				if got := keys(t, b); slices.Contains(got, "model.attrs") {
					t.Errorf("after %s: listed %q", name, got)
				}
			}
		})
	}
}

// TestKeepsIrregularAttrs does so for what is no regular file.
func TestKeepsIrregularAttrs(t *testing.T) {
	target := filepath.Join(t.TempDir(), "target")
	if err := os.WriteFile(target, []byte(`{"user.content_type":"text/x-sidecar"}`), 0o666); err != nil {
		t.Fatal(err)
	}
	for what, make := range map[string]func(path string) error{
		"directory": func(path string) error { return os.Mkdir(path, 0o777) },
		"link":      func(path string) error { return os.Symlink(target, path) },
	} {
		for name, write := range writers {
			b := newTestBucket(t)
			drop(t, b, "model", "weights")
			path := filepath.Join(b.dir.path, "model.attrs")
			if err := make(path); err != nil {
				t.Fatal(err)
			}
			write(t, b)
			if _, err := os.Lstat(path); err != nil {
				t.Errorf("a %s after %s: %v", what, name, err)
			}
		}
	}
}

// TestRemovesSidecars checks what becomes of sidecars that are fileblob's: they
// stay until their file is written over or deleted. One whose file is gone goes
// with the next write.
func TestRemovesSidecars(t *testing.T) {
	for _, content := range []string{
		`{"user.content_type":"text/x-sidecar"}`,
		`{"user.cache_control":"","user.content_disposition":"","user.content_encoding":"","user.content_language":"",` +
			`"user.content_type":"text/x-sidecar","user.metadata":null,"md5":"CY9rzUYh03PK3k6DJie09g=="}` + "\n",
	} {
		for name, write := range writers {
			b := newTestBucket(t)
			drop(t, b, "model", "weights")
			drop(t, b, "model.attrs", content)
			if info := head(t, b, "model"); info.ContentType != "text/x-sidecar" {
				t.Errorf("before %s: %+v", name, info)
			}
			write(t, b)
			stays := slices.Contains([]string{"tags", "delete missing", "put the name"}, name)
			if _, err := os.Stat(filepath.Join(b.dir.path, "model.attrs")); errors.Is(err, os.ErrNotExist) == stays {
				t.Errorf("after %s: %v", name, err)
			}
		}
	}
	// It does not matter where the object is.
	b := newTestBucket(t)
	put(t, b, "a/b", "")
	put(t, b, "a", "escaped")
	drop(t, b, "a.attrs", `{"md5":null}`)
	put(t, b, "a", "again")
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}

// TestSidecarMetadataNames checks that names of metadata are in lower case, which
// fileblob itself writes.
func TestSidecarMetadataNames(t *testing.T) {
	b := newTestBucket(t)
	drop(t, b, "k", "x")
	drop(t, b, "k.attrs", `{"user.metadata":{"Name":"Value"}}`)
	if got := head(t, b, "k").Metadata; !reflect.DeepEqual(got, map[string]string{"name": "Value"}) {
		t.Errorf("got %v", got)
	}
}

// TestEntriesAlike checks that a list tells the same of every object, whoever
// made it.
func TestEntriesAlike(t *testing.T) {
	b := newTestBucket(t)
	drop(t, b, "dropped.html", "x")
	drop(t, b, "fileblob.html", "x")
	drop(t, b, "fileblob.html.attrs", `{"user.content_type":"text/x","user.cache_control":"no-cache","user.metadata":{"a":"b"},"md5":"nd0Zo6PMQ3u2TWgASNHUiA=="}`)
	putOld("ours.html")(t, b)
	putOld("ours//escaped")(t, b)
	page, err := b.List(t.Context(), &driver.ListOptions{})
	if err != nil || len(page.Objects) != 4 {
		t.Fatalf("got %+v, %v", page, err)
	}
	for _, got := range page.Objects {
		full := head(t, b, got.Key)
		want := driver.ObjectInfo{Key: got.Key, Size: full.Size, LastModified: full.LastModified, ETag: full.ETag, StorageClass: full.StorageClass}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("got %+v, want %+v", got, want)
		}
	}
}

// TestSidecarNamesOfTwoCases reads metadata of which two names are one here: it is
// the same on every call.
func TestSidecarNamesOfTwoCases(t *testing.T) {
	b := newTestBucket(t)
	drop(t, b, "k", "x")
	drop(t, b, "k.attrs", `{"user.metadata":{"name":"lower","Name":"capital","NAME":"upper","OTHER":"1"}}`)
	want := map[string]string{"name": "lower", "other": "1"}
	for range 50 {
		if got := head(t, b, "k").Metadata; !maps.Equal(got, want) {
			t.Fatalf("got %q, want %q", got, want)
		}
	}
}
