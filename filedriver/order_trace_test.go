//go:build linux && (amd64 || arm64)

package filedriver

import (
	"bytes"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"regexp"
	"runtime"
	"strings"
	"syscall"
	"testing"
	"unsafe"

	"golang.org/x/sys/unix"
)

// syscallInfo is struct ptrace_syscall_info.
type syscallInfo struct {
	op     uint8
	_      [3]uint8
	arch   uint32
	ip, sp uint64
	data   [8]uint64 // on entry number and arguments, on exit result and whether it is an error
}

const (
	syscallEntry = 1
	syscallExit  = 2
)

// traceSelf runs the test binary and gives the system calls that succeeded in
// changing, locking or syncing something in dir, between the first two changes of
// the working directory. before, if not nil, is called before each of them is done.
func traceSelf(t *testing.T, dir string, before func(call string) error, env string, args ...string) []string {
	t.Helper()
	// All calls of ptrace, and the start of the process, are one thread's.
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	out, err := os.Create(filepath.Join(t.TempDir(), "out"))
	if err != nil {
		t.Fatal(err)
	}
	defer out.Close()
	pid, err := syscall.ForkExec(os.Args[0], append(os.Args[:1:1], args...), &syscall.ProcAttr{
		Env:   append(os.Environ(), raceExit, env),
		Files: []uintptr{out.Fd(), out.Fd(), out.Fd()},
		Sys:   &syscall.SysProcAttr{Ptrace: true},
	})
	if err != nil {
		t.Fatal(err)
	}
	tr := &tracer{calls: map[int]string{}, before: before}
	if tr.dir, err = filepath.EvalSymlinks(dir); err == nil {
		err = tr.run(pid)
	}
	if err != nil && !tr.ended {
		err = errors.Join(err, syscall.Kill(pid, syscall.SIGKILL))
	}
	if errors.Is(err, syscall.EPERM) && os.Getenv("CI") == "" {
		t.Skip("this machine lets no process trace another, which CI must")
	}
	if err != nil {
		text, rerr := os.ReadFile(out.Name())
		t.Fatalf("%v, %v\n%s", err, rerr, text)
	}
	return tr.done
}

type tracer struct {
	dir    string
	before func(call string) error
	calls  map[int]string // under way, by thread
	on     int            // changes of the working directory
	done   []string
	ended  bool // the process
}

func (tr *tracer) run(pid int) error {
	var ws syscall.WaitStatus
	if _, err := syscall.Wait4(pid, &ws, unix.WALL, nil); err != nil {
		return err
	}
	err := syscall.PtraceSetOptions(pid, unix.PTRACE_O_TRACESYSGOOD|unix.PTRACE_O_TRACECLONE|unix.PTRACE_O_EXITKILL)
	if err != nil {
		return fmt.Errorf("ptrace: %w", err)
	}
	seen := map[int]bool{pid: true}
	for tid, signal := pid, 0; ; {
		// A thread may be gone, with its process.
		if err := syscall.PtraceSyscall(tid, signal); err != nil && err != syscall.ESRCH {
			return fmt.Errorf("ptrace: %w", err)
		}
		for {
			tid, err = syscall.Wait4(-1, &ws, unix.WALL|unix.WNOTHREAD, nil)
			if err != nil && err != syscall.EINTR {
				return err
			}
			if err == nil && ws.Stopped() {
				break
			}
			if err == nil && tid == pid {
				tr.ended = true
				if ws.Exited() && ws.ExitStatus() == 0 {
					return nil
				}
				return fmt.Errorf("the traced process ended with status %#x", ws)
			}
		}
		signal = 0
		switch s := ws.StopSignal(); {
		case s == syscall.SIGTRAP|0x80:
			if err := tr.note(tid); err != nil && err != syscall.ESRCH {
				return err
			}
		case s == syscall.SIGTRAP: // a thread is made
		case s == syscall.SIGSTOP && !seen[tid]: // a thread begins
			seen[tid] = true
		default:
			signal = int(s)
		}
	}
}

// note notes the system call that a thread enters, and again when it leaves it.
func (tr *tracer) note(tid int) error {
	var info syscallInfo
	_, _, errno := unix.Syscall6(unix.SYS_PTRACE, unix.PTRACE_GET_SYSCALL_INFO, uintptr(tid),
		unsafe.Sizeof(info), uintptr(unsafe.Pointer(&info)), 0, 0)
	if errno != 0 {
		return errno
	}
	if info.op == syscallEntry {
		call := tr.describe(tid, info.data[0], info.data[1:])
		tr.calls[tid] = call
		if tr.before == nil || tr.on != 1 || !strings.Contains(call, ":") {
			return nil
		}
		return tr.before(call)
	}
	call := tr.calls[tid]
	delete(tr.calls, tid)
	if info.op != syscallExit || byte(info.data[1]) != 0 || call == "" {
		return nil
	}
	switch last := len(tr.done) - 1; {
	case call == "chdir":
		tr.on++
	case tr.on != 1 || !strings.Contains(call, ":"):
	case last >= 0 && tr.done[last] == call && strings.HasPrefix(call, "write:"):
	default:
		tr.done = append(tr.done, call)
	}
	return nil
}

// describe gives what a system call changes or syncs, "" for others.
func (tr *tracer) describe(tid int, number uint64, args []uint64) string {
	file := func(fd uint64) string { return tr.name(fmt.Sprintf("/proc/%d/fd/%d", tid, int32(fd)), "") }
	entry := func(dirfd, name uint64) string {
		in := fmt.Sprintf("/proc/%d/fd/%d", tid, int32(dirfd))
		if int32(dirfd) == unix.AT_FDCWD {
			in = fmt.Sprintf("/proc/%d/cwd", tid)
		}
		return tr.name(in, text(tid, name))
	}
	call := func(name, file string) string {
		if file == "" {
			return ""
		}
		return name + ":" + file
	}
	switch number {
	case unix.SYS_CHDIR:
		return "chdir"
	case unix.SYS_OPENAT:
		if args[2]&unix.O_CREAT != 0 {
			return call("create", entry(args[0], args[1]))
		}
	case unix.SYS_WRITE, unix.SYS_PWRITE64:
		return call("write", file(args[0]))
	case unix.SYS_COPY_FILE_RANGE:
		return call("write", file(args[2]))
	case unix.SYS_SENDFILE:
		return call("write", file(args[0]))
	case unix.SYS_SPLICE:
		return call("write", file(args[2]))
	case unix.SYS_FTRUNCATE:
		return call("truncate", file(args[0]))
	case unix.SYS_UTIMENSAT:
		return call("stamp", entry(args[0], args[1]))
	case unix.SYS_FLOCK:
		// Who makes a file of locks, or the reserved directory, locks the one it is in.
		if at := file(args[0]); at != "@locks" && at != "." {
			return call("lock", at)
		}
	case unix.SYS_FSYNC, unix.SYS_FDATASYNC:
		return call("fsync", file(args[0]))
	case unix.SYS_RENAMEAT, unix.SYS_RENAMEAT2:
		from, to := entry(args[0], args[1]), entry(args[2], args[3])
		return call("rename", from+">"+to)
	case unix.SYS_LINKAT:
		return call("link", entry(args[2], args[3]))
	case unix.SYS_UNLINKAT:
		return call("remove", entry(args[0], args[1]))
	case unix.SYS_MKDIRAT:
		return call("mkdir", entry(args[0], args[1]))
	}
	return ""
}

var anyHash = regexp.MustCompile(`^(attrs)/[0-9a-f](/[0-9a-f]{64})?$|^(tmp)/.*(\.[a-z]+)$`)

// name gives a path from the bucket's directory, with the reserved directory as
// "@" and names that differ from run to run left out. It is "" for a file
// elsewhere, and for a lock.
func (tr *tracer) name(link, name string) string {
	at, err := os.Readlink(link)
	if err != nil {
		return ""
	}
	if !filepath.IsAbs(name) {
		name = filepath.Join(at, name)
	}
	rel, err := filepath.Rel(tr.dir, name)
	if err != nil || strings.HasPrefix(rel, "..") {
		return ""
	}
	in, ok := strings.CutPrefix(rel, reserved+"/")
	switch {
	case !ok:
		return rel
	case strings.HasPrefix(in, "locks/"):
		return ""
	}
	if m := anyHash.FindStringSubmatch(in); m != nil && m[1] != "" {
		in = "attrs/#" + strings.Repeat("/#", min(1, len(m[2])))
	} else if m != nil {
		in = "tmp/#" + m[4]
	}
	return "@" + in
}

// text reads a string of a stopped thread.
func text(tid int, addr uint64) string {
	var buf [512]byte
	// It may reach the end of what is mapped; what was read then counts.
	n, _ := syscall.PtracePeekData(tid, uintptr(addr), buf[:])
	s, _, _ := bytes.Cut(buf[:n], []byte{0})
	return string(s)
}
