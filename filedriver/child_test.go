package filedriver

import (
	"context"
	"fmt"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"testing"
)

// childEnv makes the test binary do one operation on a directory and die at a
// step of it.
const childEnv = "S3MIO_FILEDRIVER_CHILD"

// died is the exit status of a child that got to its step.
const died = 7

// runChild reads "step:operation:directory".
func runChild() int {
	parts := strings.SplitN(os.Getenv(childEnv), ":", 3)
	last, err := strconv.Atoi(parts[0])
	if err != nil {
		return 1
	}
	d, err := newDriver(&Driver{single: parts[2]}, nil)
	if err != nil {
		return 1
	}
	b := &bucket{drv: d, name: "test", dir: d.directory(parts[2])}
	step := 0
	d.step = func(string) error {
		if step++; step == last {
			os.Exit(died)
		}
		return nil
	}
	if err := operations[parts[1]].do(context.Background(), b); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	return 0
}

// runTo runs an operation in a child up to a step and reports whether it got to
// the end before.
func runTo(t *testing.T, step int, operation, dir string) (done bool) {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), fmt.Sprintf("%s=%d:%s:%s", childEnv, step, operation, dir))
	out, err := cmd.CombinedOutput()
	if err != nil && cmd.ProcessState.ExitCode() != died {
		t.Fatalf("%s: %v\n%s", operation, err, out)
	}
	return err == nil
}
