//go:build unix

package filedriver

import (
	"os"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestIrregularHidesNothing puts links and pipes where an object in .s3mio would have
// its natural place, or on the way there: every call finds the object, and none
// touches what is there.
func TestIrregularHidesNothing(t *testing.T) {
	ctx := t.Context()
	outside := t.TempDir()
	target := filepath.Join(outside, "target")
	link := func(to string) func(string) error { return func(at string) error { return os.Symlink(to, at) } }
	pipe := func(at string) error { return syscall.Mkfifo(at, 0o666) }
	for name, test := range map[string]struct {
		key, at string
		place   func(at string) error
		denied  bool // without the object
	}{
		"pipe":                {key: "k", at: "k", place: pipe, denied: true},
		"link":                {key: "k", at: "k", place: link(target), denied: true},
		"dangling link":       {key: "k", at: "k", place: link("nothing"), denied: true},
		"link below":          {key: "d/k", at: "d/k", place: link(target), denied: true},
		"link on the way":     {key: "d/k", at: "d", place: link(outside), denied: true},
		"dangling on the way": {key: "d/e/k", at: "d", place: link("nothing"), denied: true},
		"pipe on the way":     {key: "d/k", at: "d", place: pipe},
	} {
		t.Run(name, func(t *testing.T) {
			if err := os.WriteFile(target, []byte("secret"), 0o666); err != nil {
				t.Fatal(err)
			}
			b := newTestBucket(t)
			put(t, b, "source", "copied")
			doubleOld(test.key)(t, b)
			if err := os.RemoveAll(filepath.Join(b.dir.path, test.at)); err != nil {
				t.Fatal(err)
			}
			mkdirs(t, b, filepath.Dir(test.at))
			if err := test.place(filepath.Join(b.dir.path, test.at)); err != nil {
				t.Fatal(err)
			}
			check := func(body string) {
				t.Helper()
				if got, _ := get(t, b, test.key); got != body {
					t.Errorf("got %q, want %q", got, body)
				}
				head(t, b, test.key)
				if got := keys(t, b); !slices.Equal(got, []string{test.key, "source"}) {
					t.Errorf("listed %q", got)
				}
			}
			check("old")
			put(t, b, test.key, "written over")
			check("written over")
			if _, err := b.Copy(ctx, test.key, b, "source"); err != nil {
				t.Error(err)
			}
			check("copied")
			if err := b.SetTags(ctx, test.key, map[string]string{"a": "b"}); err != nil {
				t.Error(err)
			}
			if info := head(t, b, test.key); info.Tags["a"] != "b" {
				t.Errorf("got %+v", info)
			}
			deleteKey(t, b, test.key)
			_, err := b.Head(ctx, test.key, &driver.HeadOptions{})
			if test.denied {
				wantErr(t, err, driver.ErrAccessDenied)
				_, err = b.Put(ctx, test.key, strings.NewReader("x"), putOptions("x"))
				wantErr(t, err, driver.ErrAccessDenied)
			} else {
				wantErr(t, err, driver.ErrObjectNotFound)
			}
			if got := keys(t, b); !slices.Equal(got, []string{"source"}) {
				t.Errorf("listed %q", got)
			}
			if at, err := os.Lstat(filepath.Join(b.dir.path, test.at)); err != nil || at.Mode().IsRegular() || at.IsDir() {
				t.Errorf("what was in the way is now %v, %v", at, err)
			}
			if text, err := os.ReadFile(target); err != nil || string(text) != "secret" {
				t.Errorf("outside there is %q, %v", text, err)
			}
			if entries, err := os.ReadDir(outside); err != nil || len(entries) != 1 {
				t.Errorf("outside there is %v, %v", entries, err)
			}
		})
	}
}
