package filedriver

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"reflect"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// stampOf gives the stamp of an object.
func stampOf(t testing.TB, b *bucket, key string) stamp {
	t.Helper()
	s := spaceOf(t, b)
	f, err := s.find(t.Context(), key, idOf(key), wantPlace, s.openParent)
	if err != nil {
		t.Fatal(err)
	}
	return f.version.stamp
}

// TestStampsDiffer checks that no two data files of a key share a stamp.
func TestStampsDiffer(t *testing.T) {
	b := newTestBucket(t)
	seen := map[stamp]bool{}
	for range 100 {
		put(t, b, "k", "same")
		st := stampOf(t, b, "k")
		if seen[st] {
			t.Fatalf("%v again", st)
		}
		seen[st] = true
	}
}

// dropColliding gives a driver's step that puts a file where the object of a key is
// about to be, with the size and time of the data file that is on its way there.
func dropColliding(b *bucket, key string) func(step string) error {
	return func(step string) error {
		if step != "lock" {
			return nil
		}
		made, err := filepath.Glob(filepath.Join(b.dir.path, tmpPath, "*"+dataTemp))
		if err != nil || len(made) != 1 {
			return fmt.Errorf("in tmp/ there is %q, %w", made, err)
		}
		fi, err := os.Stat(made[0])
		if err != nil {
			return err
		}
		path := filepath.Join(b.dir.path, key)
		if err := os.WriteFile(path, make([]byte, fi.Size()), 0o666); err != nil {
			return err
		}
		return os.Chtimes(path, fi.ModTime(), fi.ModTime())
	}
}

// TestStampsCollide checks that a data file that has the stamp of the one in its
// place gets another: what is known of the two would be mixed up.
func TestStampsCollide(t *testing.T) {
	for key, do := range map[string]func(context.Context, *bucket) error{"put": putNew("put"), "copied": copyTo("src", "copied")} {
		b := newTestBucket(t)
		if err := putNew("src")(t.Context(), b); err != nil {
			t.Fatal(err)
		}
		var dropped stamp
		collide := dropColliding(b, key)
		b.drv.step = func(step string) error {
			err := collide(step)
			if err == nil && step == "lock" {
				dropped = stampOf(t, b, key)
			}
			return err
		}
		err := do(t.Context(), b)
		b.drv.step = nil
		if err != nil {
			t.Fatal(err)
		}
		if st := stampOf(t, b, key); st == dropped || st.size != dropped.size {
			t.Errorf("%s has the stamp %v, the file that was dropped had %v", key, st, dropped)
		}
		if info := head(t, b, key); info.ContentType != "text/new" {
			t.Errorf("%s: got %+v", key, info)
		}
	}
}

// TestCoarseStampReplaced replaces a file, between the look at it and that at its
// attributes, by one that has its size and time, as may happen where times are
// coarse: what the attributes say is then not said of the file that was looked at.
func TestCoarseStampReplaced(t *testing.T) {
	at := time.Unix(1_700_000_000, 0)
	b := newTestBucket(t)
	put(t, b, "other", "x") // so that there is a reserved directory
	for _, path := range []string{"k", "later"} {
		drop(t, b, path, "same size")
		if err := os.Chtimes(filepath.Join(b.dir.path, path), at, at); err != nil {
			t.Fatal(err)
		}
	}
	s := spaceOf(t, b)
	r, err := newRecord("k", stampOf(t, b, "k"), &driver.ObjectInfo{ETag: "of-later"})
	if err != nil {
		t.Fatal(err)
	}
	id := idOf("k")
	if done, err := s.appendAttrs(id, &r, true); !done || err != nil {
		t.Fatal(done, err)
	}
	d, seen, err := s.lookAt(place{base: s.root, path: "k"}, s.openParent)
	if err != nil {
		t.Fatal(err)
	}
	defer d.release()
	if err := os.Rename(filepath.Join(b.dir.path, "later"), filepath.Join(b.dir.path, "k")); err != nil {
		t.Fatal(err)
	}
	f := &found{version: seen.version}
	wantErr(t, f.describe(s, d, id, "k", wantHead), errChanged)
	if f, err := s.findOnce("k", id, wantHead, s.openParent); err != nil || f.info.ETag != "of-later" {
		t.Errorf("got %+v, %v", f, err)
	}
}

// TestTimesDoNotSeemCoarse checks that no write is made as on a filesystem whose
// times are coarse, by the way, because its time happens to look like one of those.
func TestTimesDoNotSeemCoarse(t *testing.T) {
	seen := map[stamp]bool{}
	for range 100_000 {
		at := markTime()
		st := stamp{0, at.Unix(), int64(at.Nanosecond())}
		if st.coarse() {
			t.Fatalf("%v seems coarse", at)
		}
		seen[st] = true
	}
	if len(seen) < 90_000 {
		t.Errorf("only %d of the times differ", len(seen))
	}
}

// TestCoarseTimes does every operation with times that seem coarse: its outcome is
// that with others.
func TestCoarseTimes(t *testing.T) {
	fine := markTime
	defer func() { markTime = fine }()
	for name, op := range operations {
		if name == "over-grown" {
			continue // attributes do not grow then
		}
		markTime = fine
		before, after := oldAndNew(t, op)
		markTime = func() time.Time { return fine().Truncate(time.Microsecond) }
		coarseBefore, coarseAfter := oldAndNew(t, op)
		if !reflect.DeepEqual(coarseBefore, before) || !reflect.DeepEqual(coarseAfter, after) {
			t.Errorf("%s: got\n%q and\n%q, want\n%q and\n%q", name, coarseBefore, coarseAfter, before, after)
		}
	}
}
