package filedriver

import (
	"bufio"
	"context"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// midwayBody is what playMidway writes: two halves that are each too large to be
// held in memory.
var midwayBody = [2]string{strings.Repeat("begun", chunkSize), strings.Repeat("ended", chunkSize)}

// playMidway puts the first half of an object and waits for an order before the
// second.
func playMidway(t *testing.T, r role, orders *bufio.Scanner) {
	b := newTestBucketIn(t, r.Dir)
	body := io.MultiReader(strings.NewReader(midwayBody[0]), readFunc(func() {
		answer(t, "midway")
		order(t, orders, new(string))
	}), strings.NewReader(midwayBody[1]))
	info, err := b.Put(t.Context(), "dir/k", body, &driver.PutOptions{Size: -1, ContentType: "text/x-test"})
	if err != nil {
		t.Error(err)
	}
	answer(t, info.ETag)
}

// TestSweepSparesTheLiving opens a directory, again and again, in the middle of the
// write of another process, whose temporary file is there.
func TestSweepSparesTheLiving(t *testing.T) {
	dir := t.TempDir()
	p := start(t, role{Part: "midway", Dir: dir})
	var said string
	p.hear(t, &said)
	for range 5 {
		if got := keys(t, newTestBucketIn(t, dir)); got != nil {
			t.Errorf("the unfinished object is listed: %q", got)
		}
		if entries, err := os.ReadDir(filepath.Join(dir, tmpPath)); err != nil || len(entries) != 1 {
			t.Errorf("in tmp/ there is %v, %v", entries, err)
		}
	}
	p.tell(t, "go on")
	p.hear(t, &said)
	p.finish(t)
	b := newTestBucketIn(t, dir)
	body, info := get(t, b, "dir/k")
	if want := midwayBody[0] + midwayBody[1]; body != want || info.ETag != hashOf(want) || info.ETag != said || info.ContentType != "text/x-test" {
		t.Errorf("got %d bytes, %+v, want %d; the writer said %q", len(body), info, len(want), said)
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}

// TestSweepWaitsForTheKey sweeps the file of a dead writer when a living one of the
// same key has written its attributes, and not yet the data file they are of.
func TestSweepWaitsForTheKey(t *testing.T) {
	dir := t.TempDir()
	b := newTestBucketIn(t, dir)
	putOld("k")(t, b)
	keys(t, b) // it has swept
	dead := filepath.Join(tmpPath, tempName(idOf("k"), dataTemp))
	drop(t, b, dead, "dead")
	b.drv.step = func(step string) error {
		if step != "commit" {
			return nil
		}
		other := newTestBucketIn(t, dir)
		ctx, cancel := context.WithCancel(t.Context())
		defer cancel()
		other.drv.step = func(step string) error {
			if step == "lock-busy" {
				cancel()
			}
			return nil
		}
		_, err := other.List(ctx, &driver.ListOptions{})
		wantErr(t, err, context.Canceled)
		return nil
	}
	put(t, b, "k", "new")
	b.drv.step = nil
	if body, info := get(t, b, "k"); body != "new" || info.ETag != hashOf("new") || info.ContentType != "text/x-test" {
		t.Errorf("got %q, %+v", body, info)
	}
	if _, err := os.Stat(filepath.Join(dir, dead)); err != nil {
		t.Errorf("the dead writer's file, which nobody could sweep: %v", err)
	}
	other := newTestBucketIn(t, dir)
	if left := leftovers(t, other); left != nil {
		t.Errorf("left %q", left)
	}
	if info := head(t, other, "k"); info.ContentType != "text/x-test" {
		t.Errorf("swept, it is %+v", info)
	}
}
