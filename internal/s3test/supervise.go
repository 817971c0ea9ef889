package s3test

import (
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"time"
)

// supervisor runs a server for as long as its standard input is open. The
// other end of that pipe is held by this process alone, so the kernel closes
// it however the process ends, and the supervisor then kills the server and
// removes its directory. It does the same when the server ends by itself.
//
// It ignores SIGPIPE, or it could not write the pid of the server and would
// die before the server when this process is gone already.
//
// Arguments: the directory to remove, then the command of the server.
const supervisor = `
dir=$1; shift
exec 3<&0
"$@" </dev/null >&2 3<&- &
server=$!
trap '' PIPE
echo "$server"
{
	while read -r _; do :; done <&3
	kill -KILL "$server"
} >/dev/null 2>&1 &
watcher=$!
wait "$server"
kill -KILL "$watcher" 2>/dev/null
rm -rf -- "$dir"
`

// stopTimeout is how long the supervisor has to kill and clean up.
const stopTimeout = 30 * time.Second

// A process is a supervised server. It needs no goroutine, so tests that
// check for leaked goroutines need not know about it.
type process struct {
	cmd    *exec.Cmd
	dir    string
	pid    int      // of the server
	hold   *os.File // closing it ends the server
	status *os.File // at its end when the server has ended
	log    *os.File
	ended  bool
}

// supervise starts args, which may use dir; dir is removed at the end. After
// an error it is gone too.
func supervise(dir string, env []string, args ...string) (p *process, err error) {
	p = &process{dir: dir}
	var opened []*os.File
	defer func() {
		if err != nil {
			for _, f := range opened {
				err = errors.Join(err, f.Close())
			}
			err = errors.Join(err, os.RemoveAll(dir))
		}
	}()
	if !canSupervise {
		return nil, errors.New("the test servers run on Unix systems only")
	}
	// The open file is still readable when the supervisor has removed dir.
	p.log, err = os.OpenFile(dir+"/server.log", os.O_RDWR|os.O_CREATE|os.O_APPEND, 0o600)
	if err != nil {
		return nil, err
	}
	opened = append(opened, p.log)
	stdin, hold, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.hold = hold
	opened = append(opened, stdin, hold)
	status, stdout, err := os.Pipe()
	if err != nil {
		return nil, err
	}
	p.status = status
	opened = append(opened, status, stdout)

	p.cmd = exec.Command("/bin/sh", append([]string{"-c", supervisor, "s3test", dir}, args...)...)
	p.cmd.Dir = dir
	p.cmd.Env = env
	p.cmd.Stdin, p.cmd.Stdout, p.cmd.Stderr = stdin, stdout, p.log
	ownGroup(p.cmd)
	if err := p.cmd.Start(); err != nil {
		return nil, err
	}
	opened = nil
	err = errors.Join(stdin.Close(), stdout.Close(), p.readPID())
	if err != nil {
		return nil, errors.Join(err, p.stop())
	}
	return p, nil
}

func (p *process) readPID() error {
	if err := p.status.SetReadDeadline(time.Now().Add(stopTimeout)); err != nil {
		return err
	}
	if _, err := fmt.Fscanln(p.status, &p.pid); err != nil {
		return fmt.Errorf("read the pid of the server: %w", err)
	}
	return nil
}

// wait waits until the server and its supervisor have ended, but not longer
// than d, and tells whether they have.
func (p *process) wait(d time.Duration) (bool, error) {
	if p.ended {
		return true, nil
	}
	if err := p.status.SetReadDeadline(time.Now().Add(d)); err != nil {
		return false, err
	}
	_, err := io.Copy(io.Discard, p.status)
	if errors.Is(err, os.ErrDeadlineExceeded) {
		return false, nil
	}
	p.ended = err == nil
	return p.ended, err
}

// stop ends the server and waits until it and its directory are gone.
func (p *process) stop() error {
	errs := []error{p.hold.Close()}
	ended, err := p.wait(stopTimeout)
	errs = append(errs, err)
	if !ended {
		errs = append(errs,
			fmt.Errorf("the supervisor of process %d did not end in %v", p.pid, stopTimeout),
			killGroup(p.cmd))
	}
	if err := p.cmd.Wait(); ended {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, os.RemoveAll(p.dir), p.status.Close(), p.log.Close())...)
}

// logTail returns the end of what the server has logged.
func (p *process) logTail() string {
	log, err := io.ReadAll(io.NewSectionReader(p.log, 0, 1<<30))
	if err != nil {
		return fmt.Sprintf("(its log cannot be read: %v)", err)
	}
	return tail(log)
}
