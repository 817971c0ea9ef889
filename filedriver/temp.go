package filedriver

import (
	"context"
	"encoding/hex"
	"errors"
	"io/fs"
	"math/rand/v2"
	"os"
	"strconv"
	"strings"
	"time"
)

// The kinds of temporary files, by how their names end.
const (
	dataTemp   = ".data"   // a body on its way; locked while its writer lives
	attrsTemp  = ".attrs"  // attributes on their way; made under the key's lock
	intentTemp = ".intent" // a key whose object is being removed or tidied; likewise
)

// tempName makes a new name in tmp/: it tells the key's lock and hash, by which
// a sweep finds what else a dead writer left.
func tempName(id keyID, kind string) string {
	name := hex.AppendEncode(make([]byte, 0, 128), []byte{id.lock})
	name = hex.AppendEncode(append(name, '-'), id.sum[:])
	name = strconv.AppendUint(append(name, '-'), rand.Uint64(), 36)
	name = strconv.AppendUint(name, rand.Uint64(), 36)
	return string(append(name, kind...))
}

// parseTempName reverses [tempName].
func parseTempName(name string) (id keyID, kind string, ok bool) {
	stem, ext, _ := strings.Cut(name, ".")
	kind = "." + ext
	parts := strings.Split(stem, "-")
	if len(parts) != 3 || kind != dataTemp && kind != attrsTemp && kind != intentTemp {
		return id, "", false
	}
	lock, err1 := hex.DecodeString(parts[0])
	sum, err2 := hex.DecodeString(parts[1])
	if err1 != nil || err2 != nil || len(lock) != 1 || len(sum) != len(id.sum) {
		return id, "", false
	}
	id.lock = lock[0]
	copy(id.sum[:], sum)
	return id, kind, true
}

// temp is the data file of an object not yet published.
type temp struct {
	s    *space
	file *os.File    // nil for one written under the key's lock
	name string      // in tmp/; empty once it is published
	perm fs.FileMode // of file, once it is marked
}

// newTemp makes a data file and locks it, so that a sweep by another process
// knows that its writer is alive.
func (s *space) newTemp(id keyID) (*temp, error) {
	for {
		if err := s.drv.reach("temp"); err != nil {
			return nil, err
		}
		name := tempName(id, dataTemp)
		f, err := s.tmp.OpenFile(name, os.O_RDWR|os.O_CREATE|os.O_EXCL|openFlags, filePerm)
		if err != nil {
			return nil, err
		}
		// Between the two a sweep can take the file for a dead writer's.
		locked, err := tryLock(f)
		if locked {
			err = stillThere(f, s.tmp, name)
		}
		if locked && err == nil {
			t := &temp{s: s, file: f, name: name}
			if err := s.drv.reach("temp-made"); err != nil {
				t.discard()
				return nil, err
			}
			return t, nil
		}
		f.Close()
		if err != nil && !errors.Is(err, fs.ErrNotExist) {
			return nil, errors.Join(err, s.tmp.Remove(name))
		}
		if !s.alive() {
			return nil, fs.ErrNotExist
		}
	}
}

// discard closes the file, and removes it unless it was published. A failure
// leaves it to the next sweep.
func (t *temp) discard() {
	if t.name != "" {
		_ = t.s.tmp.Remove(t.name)
	}
	if t.file != nil {
		_ = t.file.Close()
	}
}

// fill writes the chunk and the rest of the body to the file.
func (t *temp) fill(ctx context.Context, chunk []byte, in *incoming) error {
	for {
		if err := t.write(chunk); err != nil || in.ended {
			return err
		}
		var err error
		if chunk, err = in.next(ctx); err != nil {
			return err
		}
	}
}

func (t *temp) write(p []byte) error {
	if len(p) == 0 {
		return nil
	}
	if err := t.s.drv.reach("write"); err != nil {
		return err
	}
	_, err := t.file.Write(p)
	return err
}

// writeData makes a data file of a small content, marked, whole and durable, under
// the key's lock.
func (s *space) writeData(id keyID, content []byte, at time.Time, perm fs.FileMode) (*temp, stamp, error) {
	name := tempName(id, dataTemp)
	st, err := s.writeBrief(name, dataTemp, content, at, perm)
	if err != nil {
		return nil, stamp{}, err
	}
	return &temp{s: s, name: name}, st, nil
}

// allow gives the file the permissions of the one that it replaces.
func (t *temp) allow(perm fs.FileMode) error {
	if t.file == nil || perm == t.perm {
		return nil // it was made with them
	}
	if err := t.file.Chmod(perm); err != nil {
		return err
	}
	return t.sync()
}

// gone gives fs.ErrNotExist when the file was removed, with its bucket.
func (t *temp) gone() error {
	if t.file == nil {
		_, err := t.s.tmp.look(t.name)
		return err
	}
	return stillThere(t.file, t.s.tmp, t.name)
}

// mark gives the file the modification time at and reports the stamp that the
// filesystem made of it.
func (t *temp) mark(at time.Time) (stamp, error) {
	if err := setTime(t.s.tmp, t.name, at); err != nil {
		return stamp{}, err
	}
	fi, err := t.file.Stat()
	if err != nil {
		return stamp{}, err
	}
	t.perm = fi.Mode().Perm()
	return versionOf(fi).stamp, nil
}

// stampOf gives the stamp of a file that was given a size and a time. Where times
// have once been kept to the nanosecond there is no need to look.
func (s *space) stampOf(f brief, size int64, at time.Time) (stamp, error) {
	want := stamp{size, at.Unix(), int64(at.Nanosecond())}
	if s.keepsTimes.Load() {
		return want, nil
	}
	fi, err := f.look()
	if err != nil {
		return stamp{}, err
	}
	if fi.stamp == want && !want.coarse() {
		s.keepsTimes.Store(true)
	}
	return fi.stamp, nil
}

// markTime is now, with what lies below a millisecond at random, so that
// writers whose clocks agree make different stamps. It is no whole microsecond, which
// would seem coarse.
var markTime = func() time.Time {
	below := time.Duration(rand.IntN(1000))*time.Microsecond + time.Duration(1+rand.IntN(999))
	return time.Now().Truncate(time.Millisecond).Add(below)
}

func (t *temp) sync() error {
	if t.s.drv.noSync {
		return nil
	}
	return t.file.Sync()
}

// writeTemp makes a small temporary file, whole and durable, and gives its name
// in tmp/. It needs no lock of its own: a sweep touches it only with the key's
// lock, which the caller holds.
func (s *space) writeTemp(id keyID, kind string, text []byte) (string, error) {
	name := tempName(id, kind)
	if _, err := s.writeBrief(name, kind, text, time.Time{}, umaskPerm); err != nil {
		return "", err
	}
	return name, nil
}

// umaskPerm stands for the permissions that the umask leaves a new file.
const umaskPerm = ^fs.FileMode(0)

// writeBrief writes a file in tmp/, with a modification time unless that is zero, and
// permissions unless they are umaskPerm.
func (s *space) writeBrief(name, kind string, text []byte, at time.Time, perm fs.FileMode) (st stamp, err error) {
	if err := s.drv.reach("small" + kind); err != nil {
		return stamp{}, err
	}
	f, err := openBrief(s.tmp, name, os.O_WRONLY|os.O_CREATE|os.O_EXCL)
	if err != nil {
		return stamp{}, err
	}
	if err = s.drv.reach("small-write" + kind); err == nil {
		err = f.write(text)
	}
	if err == nil && !at.IsZero() {
		if err = setTime(s.tmp, name, at); err == nil {
			st, err = s.stampOf(f, int64(len(text)), at)
		}
	}
	if err == nil && perm != umaskPerm {
		var fi looks // the umask may have changed since any other file was made
		if fi, err = f.look(); err == nil && fi.mode.Perm() != perm {
			err = f.chmod(perm)
		}
	}
	if err == nil && !s.drv.noSync && kind != intentTemp {
		err = f.sync()
	}
	if err = errors.Join(err, f.close()); err != nil {
		return stamp{}, errors.Join(err, s.tmp.Remove(name))
	}
	return st, nil
}
