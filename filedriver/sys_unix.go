//go:build unix

package filedriver

import (
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path"
	"runtime"
	"syscall"

	"golang.org/x/sys/unix"
)

// openFlags keep an open from blocking on a named pipe.
const openFlags = syscall.O_NONBLOCK

// dirsSync says that directories can be synced.
const dirsSync = true

// dirsLock says that directories can be locked, where the filesystem can.
const dirsLock = true

const foldsByDefault = runtime.GOOS == "darwin" || runtime.GOOS == "ios"

var (
	errReadOnly error = syscall.EROFS
	errNoSpace  error = syscall.ENOSPC
	errQuota    error = syscall.EDQUOT
)

// unsyncable lists what systems say of a directory that has no fsync.
var unsyncable = []error{syscall.EINVAL, syscall.ENOTSUP, syscall.EROFS}

// unlockable lists what systems say of a directory that has no lock.
var unlockable = []error{syscall.EBADF, syscall.EINVAL, syscall.ENOTSUP, syscall.EOPNOTSUPP, syscall.ENOSYS, syscall.ENOLCK}

// unplaceable lists what systems say of a name or path that they cannot hold.
var unplaceable = []error{
	syscall.ENAMETOOLONG, syscall.EINVAL, syscall.EILSEQ, syscall.ENOTDIR,
	syscall.EISDIR, syscall.EEXIST, syscall.ENOTEMPTY,
}

// inode gives the device and inode of a file.
func inode(fi fs.FileInfo) (dev, ino uint64) {
	st, ok := fi.Sys().(*syscall.Stat_t)
	if !ok {
		return 0, 0
	}
	return uint64(st.Dev), uint64(st.Ino)
}

// looks is what a look at a name or at an open file shows.
type looks struct {
	version
	mode  fs.FileMode // type and permissions
	links uint64      // its names; 0 once it was removed
}

// look looks at a name in a directory. [os.Root.Lstat] would take twice as long.
func (d *dir) look(name string) (looks, error) {
	f, err := d.asFile()
	if err != nil {
		return looks{}, err
	}
	l, err := statAt(int(f.Fd()), name, unix.AT_SYMLINK_NOFOLLOW)
	switch err {
	case nil:
		return l, nil
	case unix.ENOENT:
		return looks{}, fs.ErrNotExist // which is no more than the caller expects
	}
	return looks{}, &fs.PathError{Op: "fstatat", Path: path.Join(d.path, name), Err: err}
}

// lookPath looks at a path, or at what a symbolic link there leads to.
func lookPath(path string, follow bool) (looks, error) {
	op, flags := "lstat", unix.AT_SYMLINK_NOFOLLOW
	if follow {
		op, flags = "stat", 0
	}
	l, err := statAt(unix.AT_FDCWD, path, flags)
	if err != nil {
		return looks{}, &fs.PathError{Op: op, Path: path, Err: err}
	}
	return l, nil
}

func statAt(dir int, path string, flags int) (looks, error) {
	var st unix.Stat_t
	_, err := retryInterrupted(func() (int, error) { return 0, unix.Fstatat(dir, path, &st, flags) })
	if err != nil {
		return looks{}, err
	}
	return looksOf(&st), nil
}

func looksOf(st *unix.Stat_t) looks {
	sec, nsec := st.Mtim.Unix()
	l := looks{
		version: version{stamp{st.Size, sec, nsec}, uint64(st.Dev), uint64(st.Ino)},
		mode:    fs.FileMode(st.Mode) & fs.ModePerm,
		links:   uint64(st.Nlink),
	}
	switch st.Mode & unix.S_IFMT {
	case unix.S_IFREG:
	case unix.S_IFDIR:
		l.mode |= fs.ModeDir
	case unix.S_IFLNK:
		l.mode |= fs.ModeSymlink
	default:
		l.mode |= fs.ModeIrregular
	}
	return l
}

// is reports whether what was looked at is the file or directory of a FileInfo.
func (l looks) is(fi fs.FileInfo) bool {
	dev, ino := inode(fi)
	return l.dev == dev && l.ino == ino
}

// openEntries opens a directory for reading its entries. A file opened in a
// Root stats every entry that it reads, which would double the cost of a
// listing; one made from its descriptor takes the type from the directory.
func openEntries(dir *os.Root) (*os.File, error) {
	f, err := dir.OpenFile(".", os.O_RDONLY|openFlags, 0)
	if err != nil {
		return nil, err
	}
	defer f.Close()
	fd, err := unix.FcntlInt(f.Fd(), unix.F_DUPFD_CLOEXEC, 0)
	if err != nil {
		return nil, os.NewSyscallError("fcntl", err)
	}
	return os.NewFile(uintptr(fd), f.Name()), nil
}

// removeDir removes a name if it is an empty directory. [os.Root.Remove] would
// remove a file as well, which another writer may have just put there.
func removeDir(parent *dir, name string) error {
	f, err := parent.asFile()
	if err != nil {
		return err
	}
	return os.NewSyscallError("rmdir", unix.Unlinkat(int(f.Fd()), name, unix.AT_REMOVEDIR))
}

// rename moves a file from one directory to another, replacing a file there.
// [os.Root.Rename] would walk to both directories again.
func (s *space) rename(from *dir, name string, to *dir, toName string) error {
	f, t, err := descriptors(from, to)
	if err != nil {
		return err
	}
	err = os.NewSyscallError("rename", unix.Renameat(f, name, t, toName))
	if errors.Is(err, unix.EXDEV) {
		err = fmt.Errorf("another filesystem is mounted inside the bucket: %w", err)
	}
	return err
}

// descriptors gives those of two directories, which keep them.
func descriptors(from, to *dir) (f, t int, err error) {
	file, err := from.asFile()
	if err != nil {
		return 0, 0, err
	}
	other, err := to.asFile()
	if err != nil {
		return 0, 0, err
	}
	return int(file.Fd()), int(other.Fd()), nil
}

// isLinked reports whether an open file still has its name. The file is in dir
// under that name or was removed from there.
func isLinked(f *os.File, _ *dir, _ string) (bool, error) {
	fi, err := f.Stat()
	if err != nil {
		return false, err
	}
	st, ok := fi.Sys().(*syscall.Stat_t)
	return !ok || st.Nlink > 0, nil
}

// tryLock takes the advisory lock of a file, and reports false when somebody
// else has it. Closing the file releases it, and so does the process's end.
func tryLock(f *os.File) (bool, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var locked bool
	var lockErr error
	if err = raw.Control(func(fd uintptr) { locked, lockErr = flock(int(fd)) }); err != nil {
		return false, err
	}
	return locked, lockErr
}

func flock(fd int) (bool, error) {
	_, err := retryInterrupted(func() (int, error) { return 0, unix.Flock(fd, unix.LOCK_EX|unix.LOCK_NB) })
	if err == unix.EWOULDBLOCK {
		return false, nil
	}
	return err == nil, os.NewSyscallError("flock", err)
}
