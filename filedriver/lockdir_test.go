package filedriver

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

var errBusy = errors.New("the lock is busy")

// busy makes a bucket's driver give errBusy where it would wait for a lock.
func busy(b *bucket) {
	b.drv.step = func(step string) error {
		if step == "lock-busy" {
			return errBusy
		}
		return nil
	}
}

// TestLockInstead checks that what a delete holds on a full disk, in place of its
// key's lock, holds off those who would make the lock.
func TestLockInstead(t *testing.T) {
	if !dirsLock {
		t.Skip("directories have no locks here")
	}
	ctx := t.Context()
	b := newTestBucket(t)
	other := newTestBucketIn(t, b.dir.path)
	tryPut := func() error {
		busy(other)
		_, err := other.Put(ctx, "k", strings.NewReader("x"), &driver.PutOptions{Size: 1, ContentType: "a/b", IfAbsent: true})
		other.drv.step = nil
		return err
	}
	drop(t, b, "k", "by hand")

	t.Log("without the reserved directory")
	s := spaceOf(t, b)
	unlock, err := s.lockDelete(ctx, idOf("k"))
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, tryPut(), errBusy)
	wantErr(t, other.SetTags(ctx, "missing", nil), driver.ErrObjectNotFound)
	unlock()
	wantErr(t, tryPut(), driver.ErrPreconditionFailed)
	_, err = s.lockDelete(ctx, idOf("k"))
	wantErr(t, err, errRetry)

	t.Log("without the lock's file")
	lock := filepath.Join(b.dir.path, locksPath, lockOf("k"))
	if err := os.Remove(lock); err != nil {
		t.Fatal(err)
	}
	s = spaceOf(t, b)
	unlock, err = s.lockInstead(ctx, s.lock, locksPath+"/"+lockOf("k"), errNoSpace)
	if err != nil {
		t.Fatal(err)
	}
	wantErr(t, tryPut(), errBusy)
	unlock()
	wantErr(t, tryPut(), driver.ErrPreconditionFailed)
	_, err = s.lockInstead(ctx, s.lock, locksPath+"/"+lockOf("k"), errNoSpace)
	wantErr(t, err, errRetry)

	t.Log("in a directory that was removed")
	if err := os.RemoveAll(filepath.Join(b.dir.path, reserved)); err != nil {
		t.Fatal(err)
	}
	_, err = s.lockInstead(ctx, s.lock, locksPath+"/"+lockOf("k"), errNoSpace)
	wantErr(t, err, os.ErrNotExist)
}

// TestDeleteNeedsNoRoom lets the system refuse whatever a delete writes.
func TestDeleteNeedsNoRoom(t *testing.T) {
	for _, full := range []error{errNoSpace, errQuota} {
		b := newTestBucket(t)
		put(t, b, "k", "x")
		b.drv.step = func(step string) error {
			if strings.HasPrefix(step, "small") {
				return full
			}
			return nil
		}
		if err := b.Delete(t.Context(), "k"); err != nil {
			t.Error(err)
		}
		b.drv.step = nil
		if left := leftovers(t, b); left != nil {
			t.Errorf("left %q", left)
		}
	}
}

// lockOf is the name of a key's lock.
func lockOf(key string) string { return fmt.Sprintf("%02x", idOf(key).lock) }
