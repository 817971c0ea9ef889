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
