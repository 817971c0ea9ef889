//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package s3test

import (
	"errors"
	"os"
	"os/exec"
	"syscall"
)

// canSupervise tells whether supervise works on this system.
const canSupervise = true

func tryLock(f *os.File) (bool, error) {
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		switch {
		case err == nil:
			return true, nil
		case errors.Is(err, syscall.EWOULDBLOCK):
			return false, nil
		case !errors.Is(err, syscall.EINTR):
			return false, err
		}
	}
}

// ownGroup makes cmd the leader of a new process group, out of reach of a
// Ctrl-C at the terminal and of signals to the group of the tests.
func ownGroup(cmd *exec.Cmd) {
	cmd.SysProcAttr = &syscall.SysProcAttr{Setpgid: true}
}

// killGroup kills the group that cmd leads. Only valid before cmd.Wait.
func killGroup(cmd *exec.Cmd) error {
	return syscall.Kill(-cmd.Process.Pid, syscall.SIGKILL)
}
