package filedriver

import (
	"errors"
	"io/fs"
	"os"
	"path"
	"syscall"
	"unsafe"

	"golang.org/x/sys/windows"
)

const openFlags = 0

// dirsSync says that directories can be synced; NTFS journals their changes.
const dirsSync = false

// dirsLock says that directories can be locked; LockFileEx takes files only.
const dirsLock = false

const foldsByDefault = true

var (
	errReadOnly error = windows.ERROR_WRITE_PROTECT
	errNoSpace  error = windows.ERROR_DISK_FULL
	errQuota    error = windows.ERROR_DISK_QUOTA_EXCEEDED
)

// unsyncable would list what the system says of a directory that has no fsync.
var unsyncable []error

// unlockable would list what the system says of a directory that has no lock.
var unlockable []error

// unplaceable lists what the system says of a name or path that it cannot hold.
var unplaceable = []error{
	windows.ERROR_INVALID_NAME, windows.ERROR_FILENAME_EXCED_RANGE, windows.ERROR_BAD_PATHNAME,
	windows.ERROR_ALREADY_EXISTS, windows.ERROR_FILE_EXISTS, windows.ERROR_DIR_NOT_EMPTY,
	windows.ERROR_DIRECTORY, syscall.ENOTDIR, syscall.EISDIR, windows.ERROR_PATH_NOT_FOUND,
}

// inode is not in a FileInfo here: an identity is size and time alone.
func inode(fs.FileInfo) (dev, ino uint64) { return 0, 0 }

// looks is what a look at a name or at an open file shows.
type looks struct {
	version
	mode  fs.FileMode // type and permissions
	links uint64      // its names; 0 once it was removed
	info  fs.FileInfo // which file it is: version does not say
}

// look looks at a name in a directory, without counting the names of the file.
func (d *dir) look(name string) (looks, error) {
	return looksOf(d.Lstat(name))
}

// lookPath looks at a path, or at what a symbolic link there leads to.
func lookPath(path string, follow bool) (looks, error) {
	if follow {
		return looksOf(os.Stat(path))
	}
	return looksOf(os.Lstat(path))
}

func looksOf(fi fs.FileInfo, err error) (looks, error) {
	if err != nil {
		return looks{}, err
	}
	return looks{version: versionOf(fi), mode: fi.Mode(), info: fi}, nil
}

// is reports whether what was looked at is the file or directory of a FileInfo.
func (l looks) is(fi fs.FileInfo) bool { return os.SameFile(l.info, fi) }

// openEntries opens a directory for reading its entries.
func openEntries(dir *os.Root) (*os.File, error) { return dir.Open(".") }

// removeDir removes a name if it is an empty directory. [os.Root.Remove] would
// remove a file as well, which another writer may have just put there.
func removeDir(parent *dir, name string) error {
	f, err := parent.asFile()
	if err != nil {
		return err
	}
	object, err := windows.NewNTUnicodeString(name)
	if err != nil {
		return err
	}
	attributes := windows.OBJECT_ATTRIBUTES{RootDirectory: windows.Handle(f.Fd()), ObjectName: object}
	attributes.Length = uint32(unsafe.Sizeof(attributes))
	var h windows.Handle
	var status windows.IO_STATUS_BLOCK
	err = windows.NtCreateFile(&h, windows.DELETE|windows.SYNCHRONIZE, &attributes, &status, nil, 0,
		windows.FILE_SHARE_READ|windows.FILE_SHARE_WRITE|windows.FILE_SHARE_DELETE, windows.FILE_OPEN,
		windows.FILE_DIRECTORY_FILE|windows.FILE_OPEN_REPARSE_POINT|windows.FILE_SYNCHRONOUS_IO_NONALERT, 0, 0)
	if err != nil {
		if nt, ok := errors.AsType[windows.NTStatus](err); ok {
			err = nt.Errno()
		}
		return os.NewSyscallError("NtCreateFile", err)
	}
	defer windows.CloseHandle(h)
	remove := byte(1) // FILE_DISPOSITION_INFO
	return os.NewSyscallError("SetFileInformationByHandle",
		windows.SetFileInformationByHandle(h, windows.FileDispositionInfo, &remove, 1))
}

// rename moves a file from one directory to another, replacing a file there.
func (s *space) rename(from *dir, name string, to *dir, toName string) error {
	return s.root.Rename(path.Join(from.path, name), path.Join(to.path, toName))
}

// isLinked reports whether an open file still has its name in a directory.
func isLinked(f *os.File, d *dir, name string) (bool, error) {
	at, err := d.Lstat(name)
	if errors.Is(err, fs.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	opened, err := f.Stat()
	return err == nil && os.SameFile(at, opened), err
}

// tryLock takes the lock of a file, and reports false when somebody else has
// it. Locks are mandatory here: the byte locked is one that no file has.
func tryLock(f *os.File) (bool, error) {
	raw, err := f.SyscallConn()
	if err != nil {
		return false, err
	}
	var lockErr error
	err = raw.Control(func(fd uintptr) {
		at := windows.Overlapped{Offset: 0xfffffffe, OffsetHigh: 0x7fffffff}
		lockErr = windows.LockFileEx(windows.Handle(fd),
			windows.LOCKFILE_EXCLUSIVE_LOCK|windows.LOCKFILE_FAIL_IMMEDIATELY, 0, 1, 0, &at)
	})
	if err != nil {
		return false, err
	}
	if errors.Is(lockErr, windows.ERROR_LOCK_VIOLATION) {
		return false, nil
	}
	return lockErr == nil, os.NewSyscallError("LockFileEx", lockErr)
}
