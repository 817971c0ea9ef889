package filedriver

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"testing"

	"golang.org/x/sys/unix"

	"github.com/s3mio/s3mio/driver"
)

// TestSwappedLinksBucket swaps the directory of a bucket itself for a link to
// another one, within the directory of the buckets and out of it, while all calls
// go on: nothing there is read, created, changed or removed. A directory within may
// be opened, to find that it is another one.
func TestSwappedLinksBucket(t *testing.T) {
	for name, target := range map[string]string{"out": "../outside", "within": "other-bucket"} {
		t.Run(name, func(t *testing.T) { testSwappedBucket(t, target) })
	}
}

// What a [watch] notices of a directory that is opened and closed.
var (
	openedDir = fmt.Sprintf("%#x ", unix.IN_ISDIR|unix.IN_OPEN)
	closedDir = fmt.Sprintf("%#x ", unix.IN_ISDIR|unix.IN_CLOSE_NOWRITE)
)

func testSwappedBucket(t *testing.T, target string) {
	root := filepath.Join(t.TempDir(), "root")
	pair := swapped{real: filepath.Join(root, "bucket"), link: filepath.Join(root, "link"), target: target}
	outside := filepath.Join(root, target)
	for _, dir := range []string{pair.real, filepath.Join(outside, "below")} {
		if err := os.MkdirAll(dir, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"object", "below/object"} {
		if err := os.WriteFile(filepath.Join(outside, name), []byte(secret), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Symlink(target, pair.link); err != nil {
		t.Fatal(err)
	}
	open := func() *bucket {
		d, err := New(root, &Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { d.Close() })
		b, err := d.OpenBucket("bucket")
		if err != nil {
			t.Fatal(err)
		}
		return b.(*bucket)
	}
	put(t, open(), "seed", "seed")
	keys := []string{"object", "created", "below/object", "below/created", "new/created", "esc//aped"}
	before := treeOf(t, outside, "")
	outsideWatch := newWatch(t, outside, filepath.Join(outside, "below"))

	ctx, stop, more := t.Context(), make(chan struct{}), swapping(t)
	var swaps, calls, done, missing atomic.Int64
	var swapper, workers sync.WaitGroup
	swapper.Go(func() {
		for n := 0; ; n++ {
			select {
			case <-stop:
				return
			default:
			}
			if err := pair.swap(n); err != nil {
				t.Errorf("swap: %v", err)
				return
			}
			swaps.Add(1)
			// Or hardly any call would find the bucket there from beginning to end.
			for was := calls.Load(); n%4 == 3 && calls.Load() < was+swapWorkers; runtime.Gosched() {
				select {
				case <-stop:
					return
				default:
				}
			}
		}
	})
	names := slices.Sorted(maps.Keys(swapCalls))
	for w := range swapWorkers {
		own := open()
		workers.Go(func() {
			for n := 0; more(n); n++ {
				key, call := keys[(n/len(names)+w)%len(keys)], names[n%len(names)]
				err := swapCalls[call](ctx, own, key)
				switch {
				case err == nil:
					done.Add(1)
				case errors.Is(err, driver.ErrBucketNotFound):
					missing.Add(1)
				case !errors.Is(err, driver.ErrObjectNotFound):
					t.Errorf("%s %q: %v", call, key, err)
				}
				if err := own.drv.DeleteBucket(ctx, "bucket"); !errors.Is(err, driver.ErrBucketNotEmpty) && !errors.Is(err, driver.ErrBucketNotFound) {
					t.Errorf("delete bucket: %v", err)
				}
				calls.Add(1)
				own.dir.drop() // what is open is not opened again
			}
		})
	}
	workers.Wait()
	close(stop)
	swapper.Wait()
	for _, event := range outsideWatch.events(t) {
		if target == "../outside" || event != openedDir && event != closedDir {
			t.Errorf("noticed outside: %s", event)
		}
	}
	wantTree(t, treeOf(t, outside, ""), before)
	t.Logf("%d swaps; %d calls succeeded, %d found no bucket", swaps.Load(), done.Load(), missing.Load())
	if swaps.Load() == 0 || done.Load() == 0 || missing.Load() == 0 {
		t.Error("that was no race")
	}
}
