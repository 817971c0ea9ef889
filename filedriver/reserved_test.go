package filedriver

import (
	"errors"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestReservedFile puts a file in the place of the reserved directory, or of a
// part of it: every call ends, and says so.
func TestReservedFile(t *testing.T) {
	for _, part := range []string{reserved, tmpPath, attrsPath, keysPath, locksPath} {
		b := newBucketOf(t, newTestDriver(t))
		drop(t, b, "dir/k", "by hand")
		drop(t, b, part, "")
		other := newTestBucket(t)
		put(t, other, "source", "x")
		for name, call := range bucketCalls {
			if err := call(t.Context(), b, other); !errors.Is(err, driver.ErrAccessDenied) || !strings.Contains(err.Error(), part) {
				t.Errorf("%s is a file: %s: %v", part, name, err)
			}
		}
	}
}

// TestAttrsPartFile does so with the directories that share the attributes.
func TestAttrsPartFile(t *testing.T) {
	b := newTestBucket(t)
	put(t, b, "k//", "so that the reserved directory is there")
	drop(t, b, "dir/k", "by hand")
	for _, digit := range strings.Split(hexDigits, "") {
		if err := os.RemoveAll(filepath.Join(b.dir.path, attrsPath, digit)); err != nil {
			t.Fatal(err)
		}
		drop(t, b, attrsPath+"/"+digit, "")
	}
	for _, name := range []string{"put", "head", "get", "delete", "settags", "list"} {
		wantErr(t, bucketCalls[name](t.Context(), newTestBucketIn(t, b.dir.path), nil), driver.ErrAccessDenied)
	}
}

// TestMovedAway takes directories away from a put that is about to make more: it
// does not try for ever.
func TestMovedAway(t *testing.T) {
	for name, c := range map[string]struct {
		key  string
		away func(dir, to string) error
		want error
	}{
		"all": {"dir/k", func(dir, to string) error {
			if err := os.Rename(filepath.Join(dir, reserved), to); err != nil {
				return err
			}
			return os.RemoveAll(dir)
		}, driver.ErrBucketNotFound},
		"keys": {strings.Repeat("k", 2*escapedChunk) + "//", func(dir, _ string) error {
			return os.RemoveAll(filepath.Join(dir, keysPath))
		}, os.ErrNotExist},
	} {
		b := newTestBucket(t)
		put(t, b, "seed", "x")
		tries := 0
		b.drv.step = func(step string) error {
			if step != "mkdir" {
				return nil
			}
			if tries++; tries == 1 {
				return c.away(b.dir.path, filepath.Join(t.TempDir(), "away"))
			}
			if tries > 100*maxTries {
				t.Fatalf("%s: no end", name)
			}
			return nil
		}
		_, err := b.Put(t.Context(), c.key, strings.NewReader("x"), putOptions("x"))
		wantErr(t, err, c.want)
		b.drv.step = nil
		mkdirs(t, b, ".")
		put(t, b, c.key, "again")
	}
}
