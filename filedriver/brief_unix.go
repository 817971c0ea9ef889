//go:build unix

package filedriver

import (
	"errors"
	"io"
	"io/fs"
	"os"
	"path"

	"golang.org/x/sys/unix"
)

// brief is one of our own small files, open for a moment. An [os.File] would cost
// the registration with the poller and a cleanup, which is more than the reading
// or writing. It is opened by a single name in an open directory, and a link
// there is not followed.
type brief struct {
	fd   int
	in   string // the path of its directory from the bucket
	name string
}

// openBrief opens a file of a directory; flags are those of [os.OpenFile].
func openBrief(d *dir, name string, flags int) (brief, error) {
	f, err := d.asFile()
	if err != nil {
		return brief{}, err
	}
	fd, err := retryInterrupted(func() (int, error) {
		return unix.Openat(int(f.Fd()), name, flags|openFlags|unix.O_NOFOLLOW|unix.O_CLOEXEC, filePerm)
	})
	if err == unix.ELOOP {
		err = errSymlink
	}
	if err != nil {
		return brief{}, &fs.PathError{Op: "open", Path: path.Join(d.path, name), Err: err}
	}
	return brief{fd, d.path, name}, nil
}

// read reads once, which gives less than fits into p only at the end of the file.
func (b brief) read(p []byte) (int, error) {
	n, err := retryInterrupted(func() (int, error) { return unix.Read(b.fd, p) })
	if err != nil {
		return 0, b.failed("read", err)
	}
	return n, nil
}

// write writes all of p.
func (b brief) write(p []byte) error {
	for len(p) > 0 {
		n, err := retryInterrupted(func() (int, error) { return unix.Write(b.fd, p) })
		if err == nil && n == 0 {
			err = io.ErrUnexpectedEOF
		}
		if err != nil {
			return b.failed("write", err)
		}
		p = p[n:]
	}
	return nil
}

func (b brief) look() (looks, error) {
	var st unix.Stat_t
	if err := unix.Fstat(b.fd, &st); err != nil {
		return looks{}, b.failed("fstat", err)
	}
	return looksOf(&st), nil
}

func (b brief) chmod(perm fs.FileMode) error {
	if err := unix.Fchmod(b.fd, uint32(perm)); err != nil {
		return b.failed("chmod", err)
	}
	return nil
}

func (b brief) tryLock() (bool, error) { return flock(b.fd) }

// sync makes the content durable. os.File knows how each system does that.
func (b brief) sync() error {
	fd, err := unix.FcntlInt(uintptr(b.fd), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return b.failed("fcntl", err)
	}
	f := os.NewFile(uintptr(fd), b.path())
	return errors.Join(f.Sync(), f.Close())
}

func (b brief) close() error {
	if err := unix.Close(b.fd); err != nil && !errors.Is(err, unix.EINTR) {
		return b.failed("close", err)
	}
	return nil
}

func (b brief) failed(op string, err error) error {
	return &fs.PathError{Op: op, Path: b.path(), Err: err}
}

func (b brief) path() string { return path.Join(b.in, b.name) }

func retryInterrupted(call func() (int, error)) (int, error) {
	for {
		n, err := call()
		if err != unix.EINTR {
			return n, err
		}
	}
}
