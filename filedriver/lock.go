package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"time"
)

// stripes is the number of writer locks of a bucket: keys share them by a byte
// of their hash.
const stripes = 256

// The pause between two tries for a lock that another process has.
const (
	firstPause = 50 * time.Microsecond
	lastPause  = 5 * time.Millisecond
)

// lockKey holds off all other writers of a key, in this process and others,
// until unlock is called. It waits as long as ctx lets it.
func (s *space) lockKey(ctx context.Context, id keyID) (unlock func(), err error) {
	return s.lockStripe(ctx, id.lock)
}

func (s *space) lockStripe(ctx context.Context, stripe byte) (unlock func(), err error) {
	// Goroutines queue here rather than poll for the file's lock.
	inside := s.dir.stripes[stripe]
	select {
	case inside <- struct{}{}:
	case <-ctx.Done():
		return nil, ctx.Err()
	}
	f, err := s.lockFile(ctx, lockName(stripe))
	if err != nil {
		<-inside
		return nil, err
	}
	return func() {
		_ = f.close() // which unlocks it, whatever it says
		<-inside
	}, nil
}

// lockName is the name of a lock's file in locks/.
func lockName(stripe byte) string {
	return string([]byte{hexDigits[stripe>>4], hexDigits[stripe&15]})
}

// lockFile opens a lock's file and waits for its lock.
func (s *space) lockFile(ctx context.Context, name string) (brief, error) {
	f, err := openBrief(s.lock, name, os.O_RDWR)
	if errors.Is(err, fs.ErrNotExist) {
		f, err = s.makeLockFile(ctx, name)
	}
	if err != nil {
		return f, err
	}
	if err = s.await(ctx, f.tryLock); err == nil {
		// Whoever removes a bucket holds all locks: with the file gone, so
		// is what it guarded, or somebody else guards it by another file.
		var fi looks
		if fi, err = f.look(); err == nil && fi.links == 0 {
			err = fmt.Errorf("%s/%s was removed: %w", locksPath, name, fs.ErrNotExist)
		}
	}
	if err != nil {
		return f, errors.Join(err, f.close())
	}
	return f, nil
}

// await tries for a lock until it is there.
func (s *space) await(ctx context.Context, try func() (bool, error)) error {
	for pause := firstPause; ; pause = min(2*pause, lastPause) {
		if ok, err := try(); ok || err != nil {
			return err
		}
		if err := s.drv.reach("lock-busy"); err != nil {
			return err
		}
		if err := sleep(ctx, pause); err != nil {
			return err
		}
	}
}

// stillThere gives fs.ErrNotExist when an open file of a directory was removed.
func stillThere(f *os.File, d *dir, name string) error {
	linked, err := isLinked(f, d, name)
	if err == nil && !linked {
		err = fmt.Errorf("%s was removed: %w", name, fs.ErrNotExist)
	}
	return err
}

// sleep waits for a moment or the end of ctx.
func sleep(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-t.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
