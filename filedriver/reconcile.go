package filedriver

import (
	"context"
	"encoding/json"
	"errors"
	"io"
	"io/fs"
	"os"
	"slices"
	"time"
)

// reconcile makes what is kept about a key agree with its data file, the only
// thing that says which of two versions counts: it drops attributes of data
// files that are not there, an escaped file hidden by a natural one, a sidecar
// that is out of date, and empty directories. The caller holds the key's lock.
func (s *space) reconcile(id keyID, key string) error {
	if err := s.drv.reach("reconcile"); err != nil {
		return err
	}
	var current *version
	var at place
	for p := range s.places(key) {
		v, err := s.versionAt(p)
		if err != nil {
			return err
		}
		if v != nil && current != nil {
			if err := s.removeFile(p); err != nil {
				return err
			}
		} else if v != nil {
			current, at = v, p
		}
	}
	text, err := s.readAttrs(id)
	if err != nil {
		return err
	}
	records := decodeAttrs(text)
	var keep []record
	if current != nil {
		if r, ok := match(slices.Values(records), current.stamp); ok {
			keep = []record{r}
		}
	}
	if natural, ok := s.natural(key); ok && (current == nil || at.escaped || len(keep) > 0) {
		if err := s.removeSidecar(natural); err != nil {
			return err
		}
	}
	for p := range s.places(key) {
		if current == nil || p != at {
			s.prune(p.parent(), p.floor())
		}
	}
	if len(keep) == len(records) && len(keep) > 0 {
		return nil
	}
	if err := s.drv.reach("reconcile-attrs"); err != nil {
		return err
	}
	return s.writeAttrs(id, keep)
}

// versionAt gives the version of the data file at a place, nil when there is
// none.
func (s *space) versionAt(p place) (*version, error) {
	d, seen, err := s.lookAt(p, s.openParent)
	if isMissing(err) || unplaceableName(err) || isIrregular(err) {
		return nil, nil
	}
	if err != nil {
		return nil, err
	}
	d.release()
	return &seen.version, nil
}

// removeFile removes the data file at a place, durably, and the directories
// that become empty.
func (s *space) removeFile(p place) error {
	d, err := s.openParent(p)
	if err == nil {
		err = d.Remove(p.name())
		if err == nil {
			err = s.sync(d)
		}
		d.release()
	}
	if err != nil && !isMissing(err) {
		return err
	}
	s.prune(p.parent(), p.floor())
	return nil
}

// How long a sweep waits for locks that living writers hold: for one of them at
// first, and for all in the end.
const (
	sweepGlance   = 5 * time.Millisecond
	sweepPatience = 2 * time.Second
)

// sweepOnce removes what dead processes left in tmp/, the first time that it is
// called for these handles. What cannot be cleared away now, because the
// directory may not be written, the disk is full, or a lock is held for long,
// is harmless: no call fails for it, and the next one to open the directory
// tries again.
func (s *space) sweepOnce(ctx context.Context) error {
	if !s.complete {
		return nil
	}
	select {
	case s.sweep <- struct{}{}:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { <-s.sweep }()
	if s.swept {
		return nil
	}
	patient, cancel := context.WithTimeout(ctx, sweepPatience)
	defer cancel()
	_ = s.sweepTemp(patient)
	if err := ctx.Err(); err != nil {
		return err
	}
	s.swept = true
	return nil
}

func (s *space) sweepTemp(ctx context.Context) error {
	var names []string
	err := eachEntry(s.tmp.Root, func(e fs.DirEntry) error {
		if _, _, ok := parseTempName(e.Name()); ok && (e.Type().IsRegular() || e.Type() == ^fs.FileMode(0)) {
			names = append(names, e.Name())
		}
		return nil
	})
	// First those whose locks are free: a writer that takes its time holds up
	// none but its own.
	names = s.sweepFiles(ctx, names, sweepGlance, &err)
	s.sweepFiles(ctx, names, sweepPatience, &err)
	return err
}

// sweepFiles gives the files whose locks were not to be had in time.
func (s *space) sweepFiles(ctx context.Context, names []string, patience time.Duration, err *error) (busy []string) {
	for _, name := range names {
		if ctx.Err() != nil {
			break
		}
		patient, cancel := context.WithTimeout(ctx, patience)
		ferr := s.sweepFile(patient, name)
		cancel()
		switch {
		case errors.Is(ferr, context.DeadlineExceeded):
			busy = append(busy, name)
		case errors.Is(ferr, fs.ErrNotExist):
			// Its writer was alive and has finished, or another sweep came first.
		default:
			*err = errors.Join(*err, ferr)
		}
	}
	return busy
}

// sweepFile finishes or takes back what the dead writer of a temporary file had
// begun, and removes the file.
func (s *space) sweepFile(ctx context.Context, name string) error {
	id, kind, _ := parseTempName(name)
	f, err := s.tmp.OpenFile(name, os.O_RDWR|openFlags, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	if dead, err := tryLock(f); err != nil || !dead {
		return err
	}
	unlock, err := s.lockKey(ctx, id)
	if err != nil {
		return err
	}
	defer unlock()
	if err := stillThere(f, s.tmp, name); err != nil {
		return err
	}
	text, err := s.readAttrs(id)
	if err != nil {
		return err
	}
	records := decodeAttrs(text)
	switch key, err := keyOfTemp(id, kind, f, records); {
	case err != nil:
		return err
	case key != "":
		if err := s.reconcile(id, key); err != nil {
			return err
		}
	case len(records) == 0: // the file may be there, empty or with a part of a record
		if err := s.removeAttrs(id); err != nil {
			return err
		}
	}
	return s.tmp.Remove(name)
}

// keyOfTemp finds the key that a temporary file belongs to: an intent holds it,
// otherwise the attributes do, if the writer came that far. Without the key the
// writer died before it had done anything that matters.
func keyOfTemp(id keyID, kind string, f *os.File, records []record) (string, error) {
	if kind == intentTemp {
		text, err := io.ReadAll(io.LimitReader(f, maxFileRead))
		if key := string(text); err == nil && idOf(key) == id {
			return key, nil
		}
		return "", err
	}
	for _, r := range records {
		var d details
		if json.Unmarshal([]byte(r.rest), &d) == nil && idOf(d.Key) == id {
			return d.Key, nil
		}
	}
	return "", nil
}
