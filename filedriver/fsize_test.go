//go:build linux || darwin

package filedriver

import (
	"fmt"
	"maps"
	"os"
	"os/exec"
	"reflect"
	"slices"
	"strings"
	"syscall"
	"testing"

	"golang.org/x/sys/unix"
)

// fsizeEnv makes TestFileSizeLimit limit its own process.
const fsizeEnv = "S3MIO_FILEDRIVER_FSIZE"

// TestFileSizeLimit lets the system refuse each byte of each file that is
// written on the way (RLIMIT_FSIZE), in a process of its own. The signal that
// comes with the refusal does nothing in a Go program.
func TestFileSizeLimit(t *testing.T) {
	if os.Getenv(fsizeEnv) != "" {
		testWritesRefused(t)
		return
	}
	cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestFileSizeLimit$")
	cmd.Env = append(os.Environ(), raceExit, fsizeEnv+"=1")
	out, err := cmd.CombinedOutput()
	if err != nil || !strings.Contains(string(out), "writes were refused") {
		t.Fatalf("%v\n%s", err, out)
	}
	t.Logf("%s", out)
}

// limitFiles sets the largest size to which this process can write a file.
func limitFiles(t *testing.T, size uint64) {
	t.Helper()
	var lim unix.Rlimit
	err := unix.Getrlimit(unix.RLIMIT_FSIZE, &lim)
	if err == nil {
		lim.Cur = min(size, lim.Max)
		err = unix.Setrlimit(unix.RLIMIT_FSIZE, &lim)
	}
	if err != nil {
		t.Fatal(err)
	}
}

const noLimit = ^uint64(0)

// testWritesRefused tries every operation under one limit after the other, until
// it succeeds. While it fails, everything is as before at once, without
// reopening.
func testWritesRefused(t *testing.T) {
	refused := 0
	for _, name := range slices.Sorted(maps.Keys(operations)) {
		op := operations[name]
		before, after := oldAndNew(t, op)
		all := &scope{TB: t}
		b := newTestBucket(all)
		if op.setUp != nil {
			op.setUp(all, b)
		}
		was := leftovers(all, b)
		for limit := uint64(0); ; limit = nextLimit(limit, everyByte[name]) {
			sc := &scope{TB: t}
			limitFiles(t, limit)
			err := op.do(t.Context(), b)
			limitFiles(t, noLimit)
			want := after
			if err != nil {
				refused++
				want = before
				wantErr(t, err, syscall.EFBIG)
			}
			if got := contents(sc, b); !reflect.DeepEqual(got, want) {
				t.Errorf("%s, limit %d, %v: got\n%q, want\n%q", name, limit, err, got, want)
			}
			if left := leftovers(sc, b); left != nil && !(err != nil && slices.Equal(left, was)) {
				t.Errorf("%s, limit %d, %v: left %q", name, limit, err, left)
			}
			sc.end()
			if t.Failed() {
				return
			}
			if err == nil {
				break
			}
		}
		all.end()
	}
	fmt.Printf("%d writes were refused\n", refused)
}

// everyByte has the operations that are refused every byte of the small files.
var everyByte = map[string]bool{"new": true, "over-fileblob": true, "copy-over": true, "tags": true, "delete": true}

// nextLimit goes through the small files byte by byte or in short steps, and
// through a body in larger ones, not in step with its writes.
func nextLimit(limit uint64, everyByte bool) uint64 {
	switch {
	case limit >= 700:
		return limit*2 + 1
	case everyByte:
		return limit + 1
	}
	return limit + 29
}
