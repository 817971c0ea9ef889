//go:build darwin || dragonfly || freebsd || linux || netbsd || openbsd

package s3test

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"testing"
	"time"
)

// goneTimeout is generous: it only bounds how long a failing test takes.
const goneTimeout = 60 * time.Second

func running(pid int) bool { return !errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) }

func exists(path string) bool {
	_, err := os.Lstat(path)
	return !errors.Is(err, fs.ErrNotExist)
}

// waitFor polls until ok, and fails the test if that takes too long.
func waitFor(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(goneTimeout)
	for !ok() {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("not within %v: %s", goneTimeout, what)
		}
	}
}

func TestStop(t *testing.T) {
	for _, shared := range All(t) {
		if os.Getenv("S3MIO_TEST_S3_ENDPOINT") != "" {
			t.Skip("a custom server is not ours to stop")
		}
		s, err := Start(t.Context(), shared.Name)
		if err != nil {
			t.Fatal(err)
		}
		pid, dir := s.proc.pid, s.proc.dir
		if !running(pid) || !exists(dir) {
			t.Errorf("%s: process %d and directory %s are not there", s.Name, pid, dir)
		}
		if err := s.Stop(); err != nil {
			t.Error(err)
		}
		if running(pid) || exists(dir) {
			t.Errorf("%s: process %d or directory %s is still there", s.Name, pid, dir)
		}
		if err := s.Stop(); err != nil {
			t.Errorf("second Stop: %v", err)
		}
	}
}

// script returns a kind whose server is a shell script.
func script(text string) kind {
	return kind{
		name: "script",
		args: func(_, _, _ string) []string { return []string{"-c", text} },
		env:  func(*Server) []string { return nil },
	}
}

func TestServerThatEndsEarly(t *testing.T) {
	t.Setenv("TMPDIR", t.TempDir())
	_, err := script("echo the disk is on fire >&2; exit 3").start(t.Context(), "/bin/sh", freeAddr)
	if err == nil || !strings.Contains(err.Error(), "the disk is on fire") {
		t.Errorf("error %v does not hold the log of the server", err)
	}
	_, err = script("").start(t.Context(), "/no/such/server", freeAddr)
	if err == nil || !strings.Contains(err.Error(), "/no/such/server") {
		t.Errorf("error %v does not name the missing binary", err)
	}
	left, err := os.ReadDir(os.TempDir())
	if err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

func TestServerThatDiesLater(t *testing.T) {
	dir := t.TempDir()
	p, err := supervise(dir, nil, "/bin/sh", "-c", "echo last words; kill -KILL $$")
	if err != nil {
		t.Fatal(err)
	}
	waitFor(t, "the end of the supervisor", func() bool {
		ended, err := p.wait(pollInterval)
		return ended || err != nil
	})
	// As if nobody had noticed so far.
	p.ended = false
	s := &Server{Name: "script", proc: p}
	if err := s.Stop(); err == nil || !strings.Contains(err.Error(), "last words") {
		t.Errorf("Stop of a dead server: %v, want its log", err)
	}
	if exists(dir) {
		t.Errorf("%s is still there", dir)
	}
}

// childEnv tells a copy of this test binary how it shall end.
const childEnv = "S3TEST_CHILD"

// childReport is what that copy tells about its server.
type childReport struct {
	PID int
	Dir string
}

// TestChild is not a test of its own, see TestEndOfTestBinary.
func TestChild(t *testing.T) {
	end := os.Getenv(childEnv)
	if end == "" {
		t.Skip("runs as a child of TestEndOfTestBinary only")
	}
	name, end, _ := strings.Cut(end, ":")
	s := binary.named(t, name)
	if err := json.NewEncoder(os.Stdout).Encode(childReport{s.proc.pid, s.proc.dir}); err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(io.Discard, os.Stdin); err != nil { // until the parent has looked
		t.Fatal(err)
	}
	switch end {
	case "fail":
		t.Fatal("as told")
	case "panic":
		panic("as told")
	case "exit":
		os.Exit(7) // past Main
	}
}

// TestEndOfTestBinary runs copies of this test binary that end in every way,
// and checks that the server always goes away with them.
func TestEndOfTestBinary(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	for _, shared := range All(t) {
		if os.Getenv("S3MIO_TEST_S3_ENDPOINT") != "" {
			t.Skip("a custom server is not started by this package")
		}
		for _, end := range []string{"pass", "fail", "panic", "exit", "kill"} {
			t.Run(fmt.Sprintf("%s/%s", shared.Name, end), func(t *testing.T) {
				child := exec.CommandContext(t.Context(), self, "-test.run=^TestChild$", "-test.timeout=2m")
				child.Env = append(os.Environ(), childEnv+"="+shared.Name+":"+end)
				stdin, err := child.StdinPipe()
				if err != nil {
					t.Fatal(err)
				}
				stdout, err := child.StdoutPipe()
				if err != nil {
					t.Fatal(err)
				}
				if err := child.Start(); err != nil {
					t.Fatal(err)
				}
				var report childReport
				if err := json.NewDecoder(stdout).Decode(&report); err != nil {
					t.Fatal(errors.Join(err, child.Process.Kill(), child.Wait()))
				}
				if !running(report.PID) || !exists(report.Dir) {
					t.Errorf("the child has no running server: %+v", report)
				}

				if end == "kill" {
					err = child.Process.Kill()
				} else {
					err = stdin.Close()
				}
				if err != nil {
					t.Error(err)
				}
				output, err := io.ReadAll(stdout)
				if err != nil {
					t.Error(err)
				}
				if err := child.Wait(); (err == nil) != (end == "pass") {
					t.Errorf("the child ended with %v\n%s", err, output)
				}
				if end == "pass" || end == "fail" {
					// Main has waited for it.
					if running(report.PID) || exists(report.Dir) {
						t.Errorf("still there after Main: %+v", report)
					}
				}
				waitFor(t, fmt.Sprintf("the end of process %d", report.PID), func() bool { return !running(report.PID) })
				waitFor(t, "the removal of "+report.Dir, func() bool { return !exists(report.Dir) })
			})
		}
	}
}
