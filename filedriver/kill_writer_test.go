package filedriver

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"

	"golang.org/x/sync/errgroup"

	"github.com/s3mio/s3mio/driver"
)

// writerEnv makes TestKilledAtRandom the writer that is to be killed. It holds
// a writerConfig.
const writerEnv = "S3MIO_FILEDRIVER_WRITER"

type writerConfig struct {
	Dir    string
	First  int64 // the first version number that is free
	Synced bool
}

// killWorkers is how many goroutines of a writer work side by side, on keys of
// their own in directories that they share.
const killWorkers = 2

// killKeys are the keys of a worker. The last one is in the way of the other
// worker's.
func killKeys(worker int) []string {
	suffixes := []string{
		"plain-%d", "dir/file-%d", "dir/er/file-%d", "very/deep/er/and/deep/er/file-%d.txt", // natural
		"empty//segment-%d", "slash-%d/", "../up-%d", "notes-%d.attrs", ".s3mio/own-%d", "long/" + strings.Repeat("segment", 40) + "/%d", // escaped
	}
	keys := make([]string, 0, len(suffixes)+1)
	for _, s := range suffixes {
		keys = append(keys, fmt.Sprintf(s, worker))
	}
	return append(keys, "both"+strings.Repeat("/below", worker))
}

// action is one thing that a worker does. Contents and tags are made of its
// version number, see killBody and killTags.
type action struct {
	Kind    string // put, absent, match, copy, tags or delete
	Key     string
	From    string // of a copy
	Version int64
}

// The ways in which an action ends, other than by the process's death.
const (
	endedWell    = "ok"
	endedRefused = "refused" // its condition did not hold
	endedMissing = "missing" // there was no object to work on
)

// journalEntry is a line of what the writer tells, before and after each
// action.
type journalEntry struct {
	Worker int
	Begun  *action `json:",omitempty"`
	Ended  string  `json:",omitempty"`
}

// runWriter works until it is killed or something fails. A line of its output is
// one write to a pipe, so all that were written arrive, whole.
func runWriter(config string) error {
	var c writerConfig
	if err := json.Unmarshal([]byte(config), &c); err != nil {
		return err
	}
	d, err := newDriver(&Driver{single: c.Dir}, &Options{NoSync: !c.Synced})
	if err != nil {
		return err
	}
	b := &bucket{drv: d, name: "test", dir: d.directory(c.Dir)}
	if err := tell(journalEntry{}); err != nil {
		return err
	}
	var g errgroup.Group
	for w := range killWorkers {
		g.Go(func() error { return runWorker(b, w, c.First+int64(w)) })
	}
	return g.Wait()
}

func tell(e journalEntry) error {
	line, err := json.Marshal(e)
	if err == nil {
		_, err = os.Stdout.Write(append(line, '\n'))
	}
	return err
}

func runWorker(b *bucket, worker int, version int64) error {
	r := rand.New(rand.NewPCG(uint64(version), 0))
	keys := killKeys(worker)
	kinds := []string{"put", "put", "put", "absent", "match", "copy", "copy", "tags", "tags", "delete", "delete", "delete"}
	for ; ; version += killWorkers {
		k := r.Perm(len(keys))
		a := &action{Kind: kinds[r.IntN(len(kinds))], Key: keys[k[0]], From: keys[k[1]], Version: version}
		if err := tell(journalEntry{Worker: worker, Begun: a}); err != nil {
			return err
		}
		ended := endedWell
		switch err := a.do(context.Background(), b); {
		case errors.Is(err, driver.ErrPreconditionFailed):
			ended = endedRefused
		case errors.Is(err, driver.ErrObjectNotFound):
			ended = endedMissing
		case err != nil:
			return fmt.Errorf("%s %q: %w", a.Kind, a.Key, err)
		}
		if err := tell(journalEntry{Worker: worker, Ended: ended}); err != nil {
			return err
		}
	}
}

func (a *action) do(ctx context.Context, b *bucket) error {
	body := killBody(a.Version)
	opts := &driver.PutOptions{
		Size: int64(len(body)), ContentType: killType(a.Version), Metadata: killMetadata(a.Version), Tags: killTags(a.Version),
	}
	switch a.Kind {
	case "copy":
		_, err := b.Copy(ctx, a.Key, b, a.From)
		return err
	case "tags":
		return b.SetTags(ctx, a.Key, killTags(a.Version))
	case "delete":
		return b.Delete(ctx, a.Key)
	case "absent":
		opts.IfAbsent = true
	case "match":
		info, err := b.Head(ctx, a.Key, &driver.HeadOptions{})
		if err != nil {
			return err
		}
		opts.IfMatch = info.ETag
	}
	_, err := b.Put(ctx, a.Key, strings.NewReader(body), opts)
	return err
}

// killBody gives the content of a version: mostly short, at times empty or of
// several writes.
func killBody(version int64) string {
	sizes := []int{0, 1, 10, 100, 1000, 10_000, 100_000}
	unit := fmt.Sprintf("version %d;", version)
	return strings.Repeat(unit, sizes[version/killWorkers%int64(len(sizes))])
}

func killType(version int64) string { return fmt.Sprintf("type/%d", version) }

func killMetadata(version int64) map[string]string {
	return map[string]string{"version": fmt.Sprint(version), "filler": strings.Repeat("x", int(version%100))}
}

func killTags(version int64) map[string]string {
	return map[string]string{"version": fmt.Sprint(version), "filler": strings.Repeat("y", int(version%100))}
}
