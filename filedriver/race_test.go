package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestConditionalWritesHaveOneWinner lets goroutines on several drivers race.
func TestConditionalWritesHaveOneWinner(t *testing.T) {
	dir := t.TempDir()
	var buckets []*bucket
	for range 3 {
		buckets = append(buckets, newTestBucketIn(t, dir))
	}
	for round := range 50 {
		key := fmt.Sprintf("dir/%d", round)
		etag := ""
		for _, condition := range []string{"absent", "match"} {
			var wins atomic.Int32
			var won atomic.Pointer[driver.ObjectInfo]
			var wg sync.WaitGroup
			for i := range 16 {
				wg.Go(func() {
					opts := &driver.PutOptions{Size: -1, ContentType: "a/b", IfAbsent: etag == "", IfMatch: etag}
					info, err := buckets[i%3].Put(t.Context(), key, strings.NewReader(fmt.Sprint(condition, i)), opts)
					if err == nil {
						wins.Add(1)
						won.Store(&info)
					} else if !errors.Is(err, driver.ErrPreconditionFailed) {
						t.Error(err)
					}
				})
			}
			wg.Wait()
			if wins.Load() != 1 {
				t.Fatalf("%s has %d winners in round %d", condition, wins.Load(), round)
			}
			if etag = head(t, buckets[0], key).ETag; etag != won.Load().ETag {
				t.Fatalf("the winner wrote %s, there is %s", won.Load().ETag, etag)
			}
		}
	}
}

// TestReadersSeeWholeVersions checks body, metadata and tags of every read
// against each other while writers of two drivers replace, tag and delete.
func TestReadersSeeWholeVersions(t *testing.T) {
	dir := t.TempDir()
	ctx, cancel := context.WithCancel(t.Context())
	defer cancel()
	keys := []string{"k", "dir/k", "k//escaped"}
	var wg sync.WaitGroup
	for w := range 2 {
		b := newTestBucketIn(t, dir)
		wg.Go(func() {
			defer cancel()
			for n := range 300 {
				mark := fmt.Sprintf("%d-%d", w, n)
				body := strings.Repeat(mark, 1+n%50)
				key := keys[n%len(keys)]
				_, err := b.Put(t.Context(), key, strings.NewReader(body), &driver.PutOptions{
					Size: -1, ContentType: "type/" + mark, Metadata: map[string]string{"mark": mark}, Tags: map[string]string{"mark": mark},
				})
				if err != nil {
					t.Errorf("put: %v", err)
				}
				if n%7 == 0 {
					if err := b.Delete(t.Context(), key); err != nil {
						t.Errorf("delete: %v", err)
					}
				}
			}
		})
	}
	for r := range 3 {
		b := newTestBucketIn(t, dir)
		wg.Go(func() {
			for n := 0; ctx.Err() == nil; n++ {
				key := keys[(n+r)%len(keys)]
				if err := readWhole(t.Context(), b, key); err != nil {
					t.Errorf("read %q: %v", key, err)
				}
			}
		})
	}
	wg.Wait()
	b := newTestBucketIn(t, dir)
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}

func readWhole(ctx context.Context, b *bucket, key string) error {
	o, err := b.Get(ctx, key, &driver.GetOptions{})
	if errors.Is(err, driver.ErrObjectNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		return err
	}
	mark := o.Info.Metadata["mark"]
	if mark == "" || string(data) != strings.Repeat(mark, len(data)/len(mark)) || o.Info.ContentType != "type/"+mark {
		return fmt.Errorf("%q has the attributes of %q", data, mark)
	}
	info, err := b.Head(ctx, key, &driver.HeadOptions{Tags: true})
	if errors.Is(err, driver.ErrObjectNotFound) {
		return nil
	}
	if err == nil && info.Tags["mark"] != info.Metadata["mark"] {
		err = fmt.Errorf("tags and metadata differ: %+v", info)
	}
	return err
}

// TestKeysThatBlockEachOther lets writers come and go on keys that want to be
// file and directory.
func TestKeysThatBlockEachOther(t *testing.T) {
	dir := t.TempDir()
	all := []string{"a", "a/b", "a/b/c", "a/b/c/d"}
	var wg sync.WaitGroup
	for w, key := range all {
		b := newTestBucketIn(t, dir)
		wg.Go(func() {
			for n := range 100 {
				body := fmt.Sprint(w, "-", n)
				if _, err := b.Put(t.Context(), key, strings.NewReader(body), putOptions(body)); err != nil {
					t.Errorf("put %q: %v", key, err)
					return
				}
				o, err := b.Get(t.Context(), key, &driver.GetOptions{})
				if err != nil {
					t.Errorf("get %q: %v", key, err)
					return
				}
				data, err := io.ReadAll(o.Body)
				o.Body.Close()
				if err != nil || string(data) != body {
					t.Errorf("%q is %q, %v, want %q", key, data, err, body)
				}
				if err := b.Delete(t.Context(), key); err != nil {
					t.Errorf("delete %q: %v", key, err)
				}
			}
		})
	}
	wg.Wait()
	b := newTestBucketIn(t, dir)
	if left := append(leftovers(t, b), keys(t, b)...); left != nil {
		t.Errorf("left %q", left)
	}
}

// TestDirectoryGoesAndComes checks the errors of a bucket that is removed,
// replaced and robbed of its reserved directory.
func TestDirectoryGoesAndComes(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "bucket")
	b := newTestBucketIn(t, dir)
	ctx := t.Context()
	missing := func() {
		t.Helper()
		_, err := b.Head(ctx, "k", &driver.HeadOptions{})
		wantErr(t, err, driver.ErrBucketNotFound)
		_, err = b.Get(ctx, "k", &driver.GetOptions{})
		wantErr(t, err, driver.ErrBucketNotFound)
		_, err = b.Put(ctx, "k", strings.NewReader("x"), putOptions("x"))
		wantErr(t, err, driver.ErrBucketNotFound)
		wantErr(t, b.Delete(ctx, "k"), driver.ErrBucketNotFound)
		_, err = b.List(ctx, &driver.ListOptions{})
		wantErr(t, err, driver.ErrBucketNotFound)
		wantErr(t, b.SetTags(ctx, "k", nil), driver.ErrBucketNotFound)
		_, err = b.GetTags(ctx, "k")
		wantErr(t, err, driver.ErrBucketNotFound)
		_, err = b.Copy(ctx, "l", b, "k")
		wantErr(t, err, driver.ErrBucketNotFound)
		_, err = b.DeleteBatch(ctx, []string{"k"})
		wantErr(t, err, driver.ErrBucketNotFound)
		if errors.Is(err, driver.ErrObjectNotFound) {
			t.Error("the error says that the object is missing")
		}
	}
	missing()
	mkdirs(t, b, ".")
	put(t, b, "k", "first")
	if err := os.RemoveAll(dir); err != nil {
		t.Fatal(err)
	}
	missing()
	mkdirs(t, b, ".")
	_, err := b.Head(ctx, "k", &driver.HeadOptions{})
	wantErr(t, err, driver.ErrObjectNotFound)
	put(t, b, "k", "second")
	if err := os.Rename(dir, dir+"2"); err != nil {
		t.Fatal(err)
	}
	missing()
	if err := os.Rename(dir+"2", dir); err != nil {
		t.Fatal(err)
	}
	if err := os.RemoveAll(filepath.Join(dir, reserved)); err != nil {
		t.Fatal(err)
	}
	if got, info := get(t, b, "k"); got != "second" || isMD5(info.ETag) {
		t.Errorf("got %q, %+v", got, info)
	}
	put(t, b, "k", "third")
	put(t, b, "k/escaped", "fourth")
	// Removed in the middle of a write.
	body := io.MultiReader(readFunc(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	}), strings.NewReader("x"))
	_, err = b.Put(ctx, "k", body, putOptions("x"))
	wantErr(t, err, driver.ErrBucketNotFound)
}
