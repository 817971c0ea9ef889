package filedriver

import (
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"github.com/s3mio/s3mio/driver"
)

// swapSecondsEnv makes TestSwappedLinks and TestSwappedLinksBucket run for some
// seconds each, rather than for swapOperations of each worker.
const swapSecondsEnv = "S3MIO_SWAP_SECONDS"

const (
	swapWorkers    = 4
	swapOperations = 1500
)

// swapped are pairs of names in the bucket, of a real directory or file and of
// a link out: which is which changes all the time.
type swapped struct {
	real, link, target string
	content            string // of a file
	beside             string // a file that is there as well
}

// swap exchanges the two names, in one step or with a moment of nothing.
func (s swapped) swap(n int) error {
	if n%2 == 0 {
		return unix.Renameat2(unix.AT_FDCWD, s.real, unix.AT_FDCWD, s.link, unix.RENAME_EXCHANGE)
	}
	between := s.real + "-between"
	for _, r := range [][2]string{{s.real, between}, {s.link, s.real}, {between, s.link}} {
		if err := os.Rename(r[0], r[1]); err != nil {
			return err
		}
	}
	return nil
}

// swapTally counts the outcomes of operations.
type swapTally struct{ done, denied, missing atomic.Int64 }

// swapping gives what says whether a worker goes on after n calls.
func swapping(t *testing.T) func(n int) bool {
	t.Helper()
	seconds := os.Getenv(swapSecondsEnv)
	if seconds == "" {
		return func(n int) bool { return n < swapOperations }
	}
	n, err := strconv.Atoi(seconds)
	if err != nil {
		t.Fatal(err)
	}
	end := time.Now().Add(time.Duration(n) * time.Second)
	return func(int) bool { return time.Now().Before(end) }
}

// TestSwappedLinks swaps directories and files on the way of keys for links
// that lead out, while all calls go on: nothing outside is opened, created,
// changed or removed.
func TestSwappedLinks(t *testing.T) {
	outer := t.TempDir()
	dir, outside := filepath.Join(outer, "bucket"), filepath.Join(outer, "outside")
	long := strings.Repeat("e", escapedChunk)
	path := func(name string) string { return filepath.Join(dir, filepath.FromSlash(name)) }
	for _, d := range []string{dir, path("top/comp"), path("deep/comp/below"), outside, filepath.Join(outside, "below")} {
		if err := os.MkdirAll(d, 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, name := range []string{"object", "below/object", "f-x%2f%2fobject", "created.attrs"} {
		content := secret
		if strings.HasSuffix(name, sidecarExt) {
			content = `{"user.content_type":"` + secret[:7] + `"}`
		}
		if err := os.WriteFile(filepath.Join(outside, name), []byte(content), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	b := newTestBucketIn(t, dir)
	put(t, b, "seed", "seed")
	escapedDir := keysPath + "/" + escapedName(dirMark, long)
	if err := os.Mkdir(path(escapedDir), 0o777); err != nil {
		t.Fatal(err)
	}
	pairs := []swapped{
		{real: path("top/comp"), link: path("top/away"), target: outside},
		{real: path("deep/comp"), link: path("deep/away"), target: "../../outside"},
		{real: path(escapedDir), link: path(keysPath + "/" + escapedName(dirMark, strings.ToUpper(long))), target: outside},
		{real: path("top/file"), link: path("top/fileaway"), target: filepath.Join(outside, "object"), content: "inside"},
		{real: path("top/file2"), link: path("top/file2away"), target: "../../outside/object", content: "inside"},
		{
			real: path("top/side.attrs"), link: path("top/sideaway.attrs"), target: "../../outside/created.attrs",
			content: `{"user.content_type":"text/inside"}`, beside: path("top/side"),
		},
	}
	for _, p := range pairs {
		if err := p.repair(); err != nil {
			t.Fatal(err)
		}
	}
	keys := []string{
		"top/comp/object", "top/comp/created", "top/comp/new/created", "top/away/object", "deep/comp/below/object", "deep/comp/below/created",
		"deep/away/below/object", long + "x//object", strings.ToUpper(long) + "x//object", "top/file", "top/fileaway", "top/file2", "top/side",
	}
	before := treeOf(t, outer, dir)
	outsideWatch := newWatch(t, outside, filepath.Join(outside, "below"))

	stop, more := make(chan struct{}), swapping(t)
	ctx := t.Context()
	var swaps atomic.Int64
	var swappers, workers sync.WaitGroup
	for _, p := range pairs {
		swappers.Go(func() {
			for n := 0; ; n++ {
				select {
				case <-stop:
					return
				default:
				}
				// A name may be missing because its file was deleted, or taken
				// because one was put while nothing was there, and a put may
				// have replaced a link, without following it.
				if (n%16 != 0 || p.linked()) && p.swap(n) == nil {
					swaps.Add(1)
				} else if err := p.repair(); err != nil {
					t.Errorf("repair: %v", err)
					return
				}
			}
		})
	}
	tallies := map[string]*swapTally{}
	for name := range swapCalls {
		tallies[name] = &swapTally{}
	}
	// What is put is read before it is deleted, or hardly any call would find it.
	names := []string{"put", "get", "head", "list", "settags", "copyfrom", "delete", "copyto", "batch"}
	for w := range swapWorkers {
		own := newTestBucketIn(t, dir)
		workers.Go(func() {
			for n := 0; more(n); n++ {
				key, call := keys[(n/len(names)+w)%len(keys)], names[n%len(names)]
				err := swapCalls[call](ctx, own, key)
				switch tally := tallies[call]; {
				case err == nil:
					tally.done.Add(1)
				case errors.Is(err, driver.ErrAccessDenied):
					tally.denied.Add(1)
				case errors.Is(err, driver.ErrObjectNotFound):
					tally.missing.Add(1)
				default:
					t.Errorf("%s %q: %v", call, key, err)
				}
			}
		})
	}
	workers.Wait()
	close(stop)
	swappers.Wait()
	if events := outsideWatch.events(t); events != nil {
		t.Errorf("noticed outside: %q", events)
	}
	wantTree(t, treeOf(t, outer, dir), before)
	var done, denied int64
	for name, c := range tallies {
		t.Logf("%s: %d done, %d denied, %d missing", name, c.done.Load(), c.denied.Load(), c.missing.Load())
		done, denied = done+c.done.Load(), denied+c.denied.Load()
		if c.done.Load() == 0 {
			t.Errorf("%s never succeeded", name)
		}
		if name == "list" && c.denied.Load() > 0 {
			t.Error("a list was refused because of a link")
		}
	}
	t.Logf("%d swaps; %d calls succeeded, %d met a link", swaps.Load(), done, denied)
	if swaps.Load() == 0 || denied == 0 {
		t.Errorf("%d swaps, %d calls denied: that was no race", swaps.Load(), denied)
	}
	checkNoSecret(t, newTestBucketIn(t, dir))
}

// linked reports whether one of the two names is a link.
func (s swapped) linked() bool {
	for _, name := range []string{s.real, s.link} {
		if fi, err := os.Lstat(name); err == nil && fi.Mode()&os.ModeSymlink != 0 {
			return true
		}
	}
	return false
}

// repair sets up the pair again, while puts and deletes may make directories and
// take them away.
func (s swapped) repair() (err error) {
	for range 1000 {
		if err = os.MkdirAll(filepath.Dir(s.real), 0o777); err == nil {
			err = s.make()
		}
		if !errors.Is(err, os.ErrNotExist) && !errors.Is(err, os.ErrExist) {
			break
		}
	}
	return err
}

func (s swapped) make() error {
	for _, p := range []string{s.real, s.link, s.real + "-between"} {
		// Calls may go on in a directory while it goes.
		if err := os.RemoveAll(p); err != nil && !errors.Is(err, unix.ENOTEMPTY) {
			return err
		}
	}
	err := os.Symlink(s.target, s.link)
	if errors.Is(err, os.ErrExist) {
		err = nil
	}
	if s.content == "" {
		return errors.Join(err, os.MkdirAll(s.real, 0o777))
	}
	for path, content := range map[string]string{s.real: s.content, s.beside: "beside"} {
		if path == "" {
			continue
		}
		if werr := os.WriteFile(path+"-new", []byte(content), 0o666); werr != nil {
			return werr
		}
		if werr := os.Rename(path+"-new", path); werr != nil {
			return werr
		}
	}
	return err
}
