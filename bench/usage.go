package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"os"
	"os/exec"
	"runtime/debug"
	"time"

	"golang.org/x/sys/unix"

	"github.com/s3mio/s3mio/internal/s3test"
)

// cpuTime is the CPU time of this process so far, user and system. Servers are
// other processes.
func cpuTime() time.Duration {
	var u unix.Rusage
	if err := unix.Getrusage(unix.RUSAGE_SELF, &u); err != nil {
		panic(err) // it cannot fail with these arguments
	}
	return time.Duration(u.Utime.Nano() + u.Stime.Nano())
}

// childFlag makes this program a child that does one client's work once.
const childFlag = "-child"

// task is what a child is to do, as JSON on its standard input.
type task struct {
	Row, Client, Dir string
	S3               *s3test.Server
	Quick            bool
}

// measurePeaks has each client do its work once more, in a process of its own,
// and takes down how much memory that took above what the process had before.
func measurePeaks(ctx context.Context, r *row, e *env, result *rowResult) error {
	self, err := os.Executable()
	if err != nil {
		return err
	}
	for _, c := range result.Clients {
		grown, err := runChild(exec.CommandContext(ctx, self, childFlag), task{r.name, c.Name, e.dir, e.s3, e.settings.quick})
		if err != nil {
			return fmt.Errorf("%s, in a process of its own: %w", c.Name, err)
		}
		c.Peak = float64(grown) / (1 << 20)
		log.Printf("%s: peak memory: %s: %s MiB", r.name, c.Name, number(c.Peak))
	}
	return nil
}

// runChild has cmd, a child, do a task, and gives what it prints.
func runChild(cmd *exec.Cmd, t task) (grown uint64, err error) {
	in, err := json.Marshal(t)
	if err != nil {
		return 0, err
	}
	cmd.Stdin, cmd.Stderr = bytes.NewReader(in), os.Stderr
	out, err := cmd.Output()
	if err == nil {
		_, err = fmt.Sscan(string(out), &grown)
	}
	if err != nil {
		return 0, fmt.Errorf("%q: %w", out, err)
	}
	return grown, nil
}

// child does a task and prints by how many bytes the peak of its memory rose.
func child(ctx context.Context, in io.Reader, out io.Writer) (err error) {
	var t task
	if err := json.NewDecoder(in).Decode(&t); err != nil {
		return err
	}
	s := &settings{quick: t.Quick}
	for _, r := range allRows(s) {
		for _, c := range r.clients {
			if r.name != t.Row || c.name != t.Client {
				continue
			}
			e := &env{settings: s, row: r, dir: t.Dir, s3: t.S3}
			defer func() { err = errors.Join(err, e.closeAll()) }()
			w, err := c.open(ctx, e)
			if err != nil {
				return err
			}
			if w.close != nil {
				e.atEnd(w.close)
			}
			if w.before != nil {
				if err := w.before(ctx); err != nil {
					return err
				}
			}
			debug.FreeOSMemory() // what is free would be used again without being seen
			idle, err := resetPeak()
			if err != nil {
				return err
			}
			if _, err := w.run(ctx); err != nil {
				return err
			}
			high, err := peakMemory()
			if err != nil {
				return err
			}
			_, err = fmt.Fprintln(out, high-idle)
			return err
		}
	}
	return fmt.Errorf("no client %s in row %s", t.Client, t.Row)
}

// peakMemory is the most memory this process has had resident. The maximum of
// getrusage is no use: a new process begins with that of the one it comes from.
func peakMemory() (uint64, error) { return procField("/proc/self/status", "VmHWM:") }

// resetPeak forgets the peak so far and gives what is resident now.
func resetPeak() (uint64, error) {
	const resetPeakRSS = "5" // proc(5)
	if err := os.WriteFile("/proc/self/clear_refs", []byte(resetPeakRSS), 0); err != nil {
		return 0, err
	}
	return peakMemory()
}
