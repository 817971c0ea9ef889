package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// oldAndNew gives what a bucket holds before and after an operation.
func oldAndNew(t *testing.T, op operation) (before, after map[string]string) {
	t.Helper()
	sc := &scope{TB: t}
	defer sc.end()
	b := newTestBucket(sc)
	if op.setUp != nil {
		op.setUp(sc, b)
	}
	before = contents(sc, b)
	if err := op.do(t.Context(), b); err != nil {
		t.Fatal(err)
	}
	after = contents(sc, b)
	if left := leftovers(sc, b); left != nil {
		t.Errorf("after success there is left: %q", left)
	}
	return before, after
}

// TestKilledAtEveryStep ends the process at each step of each operation: after
// reopening, everything is as before or as after it, and nothing is left.
func TestKilledAtEveryStep(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := operations[name]
			before, after := oldAndNew(t, op)
			for step := 1; ; step++ {
				dir := t.TempDir()
				sc := &scope{TB: t}
				b := newTestBucketIn(sc, dir)
				if op.setUp != nil {
					op.setUp(sc, b)
				}
				was := leftovers(sc, b)
				done := runTo(t, step, name, dir)
				b = newTestBucketIn(sc, dir)
				got := contents(sc, b)
				if !reflect.DeepEqual(got, before) && !reflect.DeepEqual(got, after) || done && !reflect.DeepEqual(got, after) {
					t.Errorf("killed at step %d: got\n%q, want\n%q or\n%q", step, got, before, after)
				}
				if left := leftovers(sc, b); left != nil && !slices.Equal(left, was) {
					t.Errorf("killed at step %d: left %q", step, left)
				}
				sc.end()
				if done {
					return
				}
			}
		})
	}
}

// TestFailingAtEveryStep injects an error instead. Up to the commit everything
// is as before at once, without reopening.
func TestFailingAtEveryStep(t *testing.T) {
	errInjected := errors.New("injected")
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			op := operations[name]
			before, after := oldAndNew(t, op)
			for fail := 1; ; fail++ {
				dir := t.TempDir()
				sc := &scope{TB: t}
				b := newTestBucketIn(sc, dir)
				b.drv.noSync = false
				if op.setUp != nil {
					op.setUp(sc, b)
				}
				was := leftovers(sc, b)
				var at string
				n := 0
				committed := false
				b.drv.step = func(step string) error {
					switch step {
					case "committed", "deleted", "reconcile", "attrs-renamed":
						committed = true
					}
					if n++; n == fail {
						at = step
						// The tags are committed when their directory is synced.
						committed = committed || at == "sync-dir" && strings.HasPrefix(name, "tags")
						return fmt.Errorf("%s: %w", step, errInjected)
					}
					return nil
				}
				err := op.do(t.Context(), b)
				b.drv.step = nil
				if n < fail {
					if err != nil {
						t.Error(err)
					}
					sc.end()
					return
				}
				wantErr(t, err, errInjected)
				got := contents(sc, b)
				left := leftovers(sc, b)
				old := reflect.DeepEqual(got, before)
				if !old && (!committed || !reflect.DeepEqual(got, after)) {
					t.Errorf("failed at %s: got\n%q, want\n%q", at, got, before)
				}
				if left != nil && !committed && !slices.Equal(left, was) {
					t.Errorf("failed at %s: left %q", at, left)
				}
				b = newTestBucketIn(sc, dir)
				if again := contents(sc, b); !reflect.DeepEqual(again, got) {
					t.Errorf("failed at %s: reopening changed\n%q to\n%q", at, got, again)
				}
				sc.end()
			}
		})
	}
}

// TestFailingBody lets the body fail at every offset, or end early or late.
func TestFailingBody(t *testing.T) {
	b := newTestBucket(t)
	putOld("k")(t, b)
	before := contents(t, b)
	broken := errors.New("broken")
	for n := range 20 {
		for _, err := range []error{broken, fs.ErrNotExist, fs.ErrPermission, io.ErrUnexpectedEOF} {
			body := io.MultiReader(strings.NewReader(strings.Repeat("x", n)), errReader{err})
			_, got := b.Put(t.Context(), "k", body, &driver.PutOptions{Size: -1, ContentType: "a/b"})
			if got != err {
				t.Errorf("got the error %v, want %v", got, err)
			}
		}
		_, err := b.Put(t.Context(), "dir/k", strings.NewReader(strings.Repeat("x", n)), &driver.PutOptions{Size: 10, ContentType: "a/b"})
		if n == 10 {
			if err != nil {
				t.Error(err)
			}
			if err := b.Delete(t.Context(), "dir/k"); err != nil {
				t.Error(err)
			}
			continue
		}
		wantErr(t, err, driver.ErrSizeMismatch)
	}
	ctx, cancel := context.WithCancel(t.Context())
	_, err := b.Put(ctx, "k", io.MultiReader(strings.NewReader("x"), readFunc(func() { cancel() })), &driver.PutOptions{Size: -1, ContentType: "a/b"})
	wantErr(t, err, context.Canceled)
	if got := contents(t, b); !reflect.DeepEqual(got, before) {
		t.Errorf("got %q, want %q", got, before)
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}

type errReader struct{ err error }

func (r errReader) Read([]byte) (int, error) { return 0, r.err }

// readFunc is a body that ends after a call.
type readFunc func()

func (f readFunc) Read([]byte) (int, error) { f(); return 0, io.EOF }
