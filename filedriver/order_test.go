//go:build linux && (amd64 || arm64)

package filedriver

import (
	"context"
	"os"
	"slices"
	"strings"
	"testing"
)

// orderEnv makes TestOrderOfSystemCalls do one synced operation on a directory:
// "operation:directory".
const orderEnv = "S3MIO_FILEDRIVER_ORDER"

// Parts of the traces. "@" is the reserved directory, "#" a name that differs
// from run to run.
const (
	traceBody      = "create:@tmp/#.data write:@tmp/#.data stamp:@tmp/#.data fsync:@tmp/#.data "
	traceAppended  = "create:@attrs/#/# write:@attrs/#/# fsync:@attrs/#/# fsync:@attrs/# "
	traceReplaced  = "create:@tmp/#.attrs write:@tmp/#.attrs fsync:@tmp/#.attrs rename:@tmp/#.attrs>@attrs/#/# fsync:@attrs/# "
	traceSettle    = "fsync:. fsync:.s3mio fsync:@attrs " // the first time in a process
	traceAttrs     = traceSettle + traceAppended
	traceAttrsPart = "mkdir:@attrs/# "
	traceIntent    = "create:@tmp/#.intent write:@tmp/#.intent "
	traceCleared   = "remove:@attrs/#/# remove:@tmp/#.intent"
	traceReserved  = "mkdir:.s3mio mkdir:@tmp mkdir:@attrs mkdir:@keys mkdir:@locks " +
		"create:@format write:@format fsync:@format "
)

// traceOfFirst is that of the operation new in a directory nobody wrote to.
const traceOfFirst = traceReserved + traceBody + traceAttrsPart + traceAttrs + "rename:@tmp/#.data>k fsync:."

// again marks an operation that the process has done before.
const again = "again-"

// traceOf has the traces of operations. An earlier process has made the
// directories and may have ended before it synced them.
var traceOf = map[string]string{
	"new": traceBody + traceAttrsPart + traceAttrs + "rename:@tmp/#.data>k fsync:.",
	"new-deep": traceBody + traceAttrsPart + traceAttrs + "mkdir:deep mkdir:deep/er fsync:. fsync:deep " +
		"rename:@tmp/#.data>deep/er/k fsync:deep/er",
	"new-small": traceBody + traceAttrsPart + traceAttrs + "mkdir:deep mkdir:deep/er fsync:. fsync:deep " +
		"rename:@tmp/#.data>deep/er/k fsync:deep/er",
	"new-blocked": traceBody + traceAttrsPart + traceAttrs + "fsync:.s3mio rename:@tmp/#.data>@keys/f-k%2fbelow fsync:@keys",
	"over":        traceBody + traceAttrs + "rename:@tmp/#.data>k fsync:.",
	"over-grown":  traceBody + traceSettle + "create:@attrs/#/# " + traceReplaced + "rename:@tmp/#.data>k fsync:.",
	"over-deep":   traceBody + traceAttrs + "fsync:. fsync:deep rename:@tmp/#.data>deep/er/k fsync:deep/er",
	"over-fileblob": traceBody + traceIntent + traceAttrsPart + traceAttrs + "fsync:. " +
		"rename:@tmp/#.data>deep/k fsync:deep remove:deep/k.attrs remove:@tmp/#.intent",
	again + "over":      traceBody + traceAppended + "rename:@tmp/#.data>k fsync:.",
	again + "over-deep": traceBody + traceAppended + "rename:@tmp/#.data>deep/er/k fsync:deep/er",
	again + "tags":      traceReplaced,
	"tags":              traceSettle + traceReplaced,
	"tags-foreign":      traceAttrsPart + traceSettle + traceReplaced,
	"copy": traceBody + traceAttrsPart + traceAttrs + "mkdir:deep mkdir:deep/er fsync:. fsync:deep " +
		"rename:@tmp/#.data>deep/er/dst fsync:deep/er",
	"copy-over":      traceBody + traceAttrs + "rename:@tmp/#.data>dst fsync:.",
	"delete":         traceIntent + "remove:k fsync:. " + traceCleared,
	"delete-deep":    traceIntent + "remove:deep/er/k fsync:deep/er remove:deep/er remove:deep " + traceCleared,
	"delete-doubled": traceIntent + "remove:@keys/f-k fsync:@keys remove:k fsync:. " + traceCleared,
}

// TestOrderOfSystemCalls traces, in a process of its own, the system calls that
// change or sync files: what a step relies on is on the disk before it.
func TestOrderOfSystemCalls(t *testing.T) {
	if name, dir, ok := strings.Cut(os.Getenv(orderEnv), ":"); ok {
		name, again := strings.CutPrefix(name, again)
		doTraced(t, dir, operations[name], again)
		return
	}
	check := func(t *testing.T, dir, operation, want string) {
		got := traceSelf(t, dir, orderEnv+"="+operation+":"+dir, "-test.run=^TestOrderOfSystemCalls$")
		if want := strings.Fields(want); !slices.Equal(got, want) {
			t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	}
	t.Run("first", func(t *testing.T) { check(t, t.TempDir(), "new", traceOfFirst) })
	for name, want := range traceOf {
		t.Run(name, func(t *testing.T) {
			dir := t.TempDir()
			b := newTestBucketIn(t, dir)
			put(t, b, "other", "so that the reserved directory is there")
			if setUp := operations[strings.TrimPrefix(name, again)].setUp; setUp != nil {
				setUp(t, b)
			}
			check(t, dir, name, want)
		})
	}
}

// doTraced does the operation between two changes of the working directory,
// which show in the trace.
func doTraced(t *testing.T, dir string, op operation, again bool) {
	d, err := newDriver(&Driver{single: dir}, nil)
	if err != nil {
		t.Fatal(err)
	}
	b := &bucket{drv: d, name: "test", dir: d.directory(dir)}
	settleAge = 0
	keys(t, b) // opens what is opened once
	if again {
		if err := op.do(context.Background(), b); err != nil {
			t.Fatal(err)
		}
	}
	t.Chdir(dir)
	if err := op.do(context.Background(), b); err != nil {
		t.Fatal(err)
	}
	if err := os.Chdir(os.TempDir()); err != nil {
		t.Fatal(err)
	}
	if err := d.Close(); err != nil {
		t.Fatal(err)
	}
}
