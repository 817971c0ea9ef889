package main

import (
	"os"
	"os/exec"
	"strings"
	"testing"
)

// childEnv makes TestChild the child.
const childEnv = "S3MIO_BENCH_CHILD"

// TestChild does a child's task in a process of its own, as bench does, and looks
// whether memory it takes counts.
func TestChild(t *testing.T) {
	if os.Getenv(childEnv) != "" {
		if err := child(t.Context(), os.Stdin, os.Stdout); err != nil {
			t.Fatal(err)
		}
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestChild$")
	cmd.Env = append(os.Environ(), childEnv+"=1")
	grown, err := runChild(cmd, task{Row: "memory/large", Client: "map", Dir: t.TempDir(), Quick: true})
	if err != nil {
		t.Fatal(err)
	}
	if grown < 1<<20 {
		t.Errorf("an object of 1 MiB in memory took %d bytes", grown)
	}
	if err := child(t.Context(), strings.NewReader(`{"Row": "none"}`), &strings.Builder{}); err == nil {
		t.Error("a row that there is not was done")
	}
}
