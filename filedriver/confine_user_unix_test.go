//go:build unix

package filedriver

import (
	"os"
	"syscall"
	"testing"
)

func init() { parts["unreadable"] = playUnreadable }

// nobody is a user without any rights.
const nobody = 65534

// becomeOrdinary gives up root's rights, if this process has them.
func becomeOrdinary(t *testing.T) {
	t.Helper()
	if os.Geteuid() != 0 {
		return
	}
	if err := syscall.Setgroups(nil); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setgid(nobody); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Setuid(nobody); err != nil {
		t.Fatal(err)
	}
}
