package filedriver

import (
	"os"
	"time"

	"golang.org/x/sys/unix"
)

// setTime gives a file of a directory a modification time. [os.Root.Chtimes] would
// look first whether it is a link.
func setTime(d *dir, name string, at time.Time) error {
	f, err := d.asFile()
	if err != nil {
		return err
	}
	times := []unix.Timespec{{Nsec: unix.UTIME_OMIT}, unix.NsecToTimespec(at.UnixNano())}
	err = unix.UtimesNanoAt(int(f.Fd()), name, times, unix.AT_SYMLINK_NOFOLLOW)
	return os.NewSyscallError("utimensat", err)
}

// renameNew is rename for a file that must not replace another one. Where the
// filesystem has no such thing it may, if that came after the caller looked.
func (s *space) renameNew(from *dir, name string, to *dir, toName string) error {
	f, t, err := descriptors(from, to)
	if err != nil {
		return err
	}
	err = unix.Renameat2(f, name, t, toName, unix.RENAME_NOREPLACE)
	if err == unix.EINVAL || err == unix.ENOSYS || err == unix.EXDEV {
		return s.rename(from, name, to, toName)
	}
	return os.NewSyscallError("renameat2", err)
}

// identify tells a directory from all others that there are, were and will be.
func identify(d *dir) (id dirID, ok bool) {
	f, err := d.asFile()
	if err != nil {
		return dirID{}, false
	}
	var st unix.Statx_t
	err = unix.Statx(int(f.Fd()), "", unix.AT_EMPTY_PATH, unix.STATX_INO|unix.STATX_BTIME, &st)
	if err != nil || st.Mask&unix.STATX_BTIME == 0 {
		return dirID{}, false
	}
	return dirID{uint64(st.Dev_major)<<32 | uint64(st.Dev_minor), st.Ino, st.Btime.Sec*1e9 + int64(st.Btime.Nsec)}, true
}
