package filedriver

import (
	"context"
	"crypto/rand"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"io/fs"
	mathrand "math/rand/v2"
	"os"
	"strings"
	"time"

	"github.com/s3mio/s3mio/driver"
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
	return fmt.Sprintf("%02x-%x-%s%s", id.lock, id.sum, rand.Text(), kind)
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
	file *os.File
	name string // in tmp/; empty once it is published
	size int64
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
	_ = t.file.Close()
}

// fill writes the body to the file, and gives its size and MD5 in hex.
func (t *temp) fill(ctx context.Context, body io.Reader, size int64) (int64, string, error) {
	h := newHasher()
	defer h.close()
	for empty := 0; ; {
		if err := ctx.Err(); err != nil {
			return 0, "", err
		}
		buf := h.buffer()
		n, readErr := readChunk(body, buf)
		t.size += int64(n)
		if size >= 0 && t.size > size {
			return 0, "", fmt.Errorf("%w: more than %d bytes", driver.ErrSizeMismatch, size)
		}
		if err := t.write(buf[:n]); err != nil {
			return 0, "", err
		}
		h.add(buf[:n])
		if readErr == io.EOF {
			break
		}
		if readErr != nil {
			return 0, "", &bodyError{readErr}
		}
		if empty++; n > 0 {
			empty = 0
		}
		if empty > 100 {
			return 0, "", &bodyError{io.ErrNoProgress}
		}
	}
	if size >= 0 && t.size != size {
		return 0, "", fmt.Errorf("%w: %d instead of %d bytes", driver.ErrSizeMismatch, t.size, size)
	}
	return t.size, h.sum(), nil
}

// readChunk reads once, or on until the buffer is half full if the reader
// gives little at a time, so that small reads do not become small writes.
func readChunk(r io.Reader, buf []byte) (n int, err error) {
	for n < len(buf)/2 {
		m, err := r.Read(buf[n:])
		if m < 0 || m > len(buf)-n {
			return n, errors.New("the reader returned an invalid count")
		}
		n += m
		if err != nil || m == 0 {
			return n, err
		}
	}
	return n, nil
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

// mark gives the file the modification time at and reports the stamp that the
// filesystem made of it.
func (t *temp) mark(at time.Time) (stamp, error) {
	if err := t.s.tmp.Chtimes(t.name, time.Time{}, at); err != nil {
		return stamp{}, err
	}
	fi, err := t.file.Stat()
	if err != nil {
		return stamp{}, err
	}
	return versionOf(fi).stamp, nil
}

// markTime is now, with what lies below a millisecond at random, so that
// writers whose clocks agree make different stamps.
func markTime() time.Time {
	return time.Now().Truncate(time.Millisecond).Add(time.Duration(mathrand.Int64N(int64(time.Millisecond))))
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
	if err := s.drv.reach("small" + kind); err != nil {
		return "", err
	}
	name := tempName(id, kind)
	f, err := s.tmp.OpenFile(name, os.O_WRONLY|os.O_CREATE|os.O_EXCL|openFlags, filePerm)
	if err != nil {
		return "", err
	}
	if err = s.drv.reach("small-write" + kind); err == nil {
		_, err = f.Write(text)
	}
	if err == nil && !s.drv.noSync && kind == attrsTemp {
		err = f.Sync()
	}
	if err = errors.Join(err, f.Close()); err != nil {
		return "", errors.Join(err, s.tmp.Remove(name))
	}
	return name, nil
}
