package filedriver

import (
	"context"
	"errors"

	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
)

// Delete implements [driver.Bucket].
func (b *bucket) Delete(ctx context.Context, key string) error {
	id := idOf(key)
	// What does not exist needs no lock, nor the right to write.
	if err := b.exists(ctx, key, id); err != nil {
		if errors.Is(err, driver.ErrObjectNotFound) {
			return nil
		}
		return err
	}
	for tries := 1; ; tries++ {
		s, err := b.writable(ctx)
		if isNoSpace(err) {
			s, err = b.dir.acquire(ctx) // it does without the reserved directory
		}
		if err != nil {
			return err
		}
		err = s.classify(s.delete(ctx, key, id))
		s.release()
		if !errors.Is(err, errRetry) || tries == maxTries {
			return err
		}
	}
}

// delete removes an object under its key's lock. Removing the data file is the
// commit; the intent lets a sweep finish after a crash.
func (s *space) delete(ctx context.Context, key string, id keyID) error {
	unlock, err := s.lockDelete(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	old, err := s.find(ctx, key, id, wantPlace, s.openParent)
	if errors.Is(err, driver.ErrObjectNotFound) {
		return nil
	}
	if err != nil {
		return err
	}
	intent := ""
	if s.tmp != nil {
		intent, err = s.writeTemp(id, intentTemp, []byte(key))
		if err != nil && !isNoSpace(err) { // a full disk must not keep us from making room
			return err
		}
	}
	err = errors.Join(s.remove(key, old), s.reconcile(id, key))
	if err == nil {
		err = s.drv.reach("delete-intent")
	}
	if intent == "" {
		return err
	}
	return errors.Join(err, s.tmp.Remove(intent))
}

// remove removes the data file, and before it an escaped one that it hides.
func (s *space) remove(key string, old *found) error {
	if !old.escaped && s.hasEscaped(key) {
		if err := s.removeFile(s.escaped(key)); err != nil {
			return err
		}
	}
	if err := s.drv.reach("delete"); err != nil {
		return err
	}
	if err := s.removeFile(old.place); err != nil {
		return err
	}
	return s.drv.reach("deleted")
}

// hasEscaped reports whether there is a file at the key's escaped place.
func (s *space) hasEscaped(key string) bool {
	if s.keys == nil {
		return false
	}
	v, err := s.versionAt(s.escaped(key))
	return err == nil && v != nil
}

// deleteWorkers is how many deletes of a batch wait for the disk at once.
const deleteWorkers = 8

// DeleteBatch implements [driver.BatchDeleter]: the deletes run side by side, so
// that they share the waits for the disk.
func (b *bucket) DeleteBatch(ctx context.Context, keys []string) ([]error, error) {
	s, err := b.dir.acquire(ctx)
	if err != nil {
		return nil, err
	}
	s.release()
	results := make([]error, len(keys))
	var g errgroup.Group
	g.SetLimit(deleteWorkers)
	for i, key := range keys {
		g.Go(func() error {
			results[i] = b.Delete(ctx, key)
			return nil
		})
	}
	return results, g.Wait()
}
