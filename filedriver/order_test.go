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
	traceSmall     = "create:@tmp/#.data write:@tmp/#.data stamp:@tmp/#.data fsync:@tmp/#.data "
	traceBody      = "create:@tmp/#.data lock:@tmp/#.data write:@tmp/#.data stamp:@tmp/#.data fsync:@tmp/#.data "
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
	"new-small": traceSmall + traceAttrsPart + traceAttrs + "mkdir:deep mkdir:deep/er fsync:. fsync:deep " +
		"rename:@tmp/#.data>deep/er/k fsync:deep/er",
	"new-colliding": traceBody + "create:k write:k stamp:k " + "stamp:@tmp/#.data fsync:@tmp/#.data " +
		traceAttrsPart + traceAttrs + "rename:@tmp/#.data>k fsync:.",
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
	"copy": traceSmall + traceAttrsPart + traceAttrs + "mkdir:deep mkdir:deep/er fsync:. fsync:deep " +
		"rename:@tmp/#.data>deep/er/dst fsync:deep/er",
	"copy-over":      traceSmall + traceAttrs + "rename:@tmp/#.data>dst fsync:.",
	"delete":         traceIntent + "remove:k fsync:. " + traceCleared,
	"delete-deep":    traceIntent + "remove:deep/er/k fsync:deep/er remove:deep/er remove:deep " + traceCleared,
	"delete-doubled": traceIntent + "remove:@keys/f-k fsync:@keys remove:k fsync:. " + traceCleared,
}

// tracedOnly are operations that use the driver's steps themselves.
var tracedOnly = map[string]operation{
	"new-colliding": {nil, func(ctx context.Context, b *bucket) error {
		b.drv.step = dropColliding(b, "k")
		return putNew("k")(ctx, b)
	}},
}

func tracedOperation(name string) operation {
	name = strings.TrimPrefix(name, again)
	if op, ok := tracedOnly[name]; ok {
		return op
	}
	return operations[name]
}

// TestOrderOfSystemCalls traces, in a process of its own, the system calls that
// change or sync files: what a step relies on is on the disk before it.
func TestOrderOfSystemCalls(t *testing.T) {
	if name, dir, ok := strings.Cut(os.Getenv(orderEnv), ":"); ok {
		doTraced(t, dir, tracedOperation(name), strings.HasPrefix(name, again))
		return
	}
	t.Run("first", func(t *testing.T) {
		checkTrace(t, "new", traceOfFirst, func(testing.TB, *bucket) {})
	})
	for name, want := range traceOf {
		t.Run(name, func(t *testing.T) {
			checkTrace(t, name, want, func(t testing.TB, b *bucket) {
				put(t, b, "other", "so that the reserved directory is there")
				if setUp := tracedOperation(name).setUp; setUp != nil {
					setUp(t, b)
				}
			})
		})
	}
}

// checkTrace compares the trace of an operation.
func checkTrace(t *testing.T, operation, want string, setUp func(testing.TB, *bucket)) {
	dir := t.TempDir()
	b := newTestBucketIn(t, dir)
	setUp(t, b)
	wantTrace(t, traceSelf(t, dir, nil, orderEnv+"="+operation+":"+dir, "-test.run=^TestOrderOfSystemCalls$"), want)
}

func wantTrace(t *testing.T, got []string, want string) {
	t.Helper()
	if want := strings.Fields(want); !slices.Equal(got, want) {
		t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
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

// TestTempRemovedBeforeItsLock lets a sweep take the new file of a large body for a
// dead writer's, after it was made and before it is locked: the writer makes another.
func TestTempRemovedBeforeItsLock(t *testing.T) {
	dir := t.TempDir()
	b := newTestBucketIn(t, dir)
	put(t, b, "other", "so that the reserved directory is there")
	swept := false
	sweep := func(call string) error {
		if call != "lock:@tmp/#.data" || swept {
			return nil
		}
		swept = true
		d, err := newDriver(&Driver{single: dir}, nil)
		if err != nil {
			return err
		}
		s, err := d.directory(dir).acquire(t.Context())
		if err != nil {
			return err
		}
		s.release()
		return d.Close()
	}
	got := traceSelf(t, dir, sweep, orderEnv+"=new:"+dir, "-test.run=^TestOrderOfSystemCalls$")
	want := "create:@tmp/#.data lock:@tmp/#.data create:@tmp/#.data lock:@tmp/#.data write:@tmp/#.data "
	if !swept || !strings.HasPrefix(strings.Join(got, " "), want) {
		t.Errorf("got\n%s\nwant, in the beginning, %s", strings.Join(got, "\n"), want)
	}
	if _, info := get(t, b, "k"); info.ContentType != "text/new" || info.Size != 300_000 {
		t.Errorf("got %+v", info)
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}
