package filedriver

import (
	"encoding/binary"
	"errors"
	"fmt"
	"os"
	"strings"
	"testing"

	"golang.org/x/sys/unix"
)

// watch notices every opening, reading, changing and removing in directories.
type watch struct{ file *os.File }

func newWatch(t *testing.T, dirs ...string) *watch {
	t.Helper()
	fd, err := unix.InotifyInit1(unix.IN_CLOEXEC | unix.IN_NONBLOCK)
	if err != nil {
		t.Fatal(err)
	}
	w := &watch{file: os.NewFile(uintptr(fd), "inotify")}
	t.Cleanup(func() { w.file.Close() })
	for _, dir := range dirs {
		if _, err := unix.InotifyAddWatch(fd, dir, unix.IN_ALL_EVENTS); err != nil {
			t.Fatal(err)
		}
	}
	return w
}

// events gives what was noticed.
func (w *watch) events(t *testing.T) (all []string) {
	t.Helper()
	raw, err := w.file.SyscallConn()
	if err != nil {
		t.Fatal(err)
	}
	buf := make([]byte, 1<<16)
	n := 0
	if cerr := raw.Control(func(fd uintptr) { n, err = unix.Read(int(fd), buf) }); cerr != nil {
		t.Fatal(cerr)
	}
	if errors.Is(err, unix.EAGAIN) {
		return nil
	}
	if err != nil {
		t.Fatal(err)
	}
	for buf = buf[:n]; len(buf) > 0; {
		size := unix.SizeofInotifyEvent + binary.NativeEndian.Uint32(buf[12:])
		name := strings.TrimRight(string(buf[unix.SizeofInotifyEvent:size]), "\x00")
		all = append(all, fmt.Sprintf("%#x %s", binary.NativeEndian.Uint32(buf[4:]), name))
		buf = buf[size:]
	}
	return all
}
