package filedriver

import (
	"bufio"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

const (
	writerProcesses = 8
	readerProcesses = 8
	writesEach      = 250
	readsEach       = 500
)

// The keys that all processes share. Those that are only replaced must be found
// by every read; the others are deleted now and then, and two of them want to be
// file and directory.
var (
	replacedKeys = []string{"dir/replaced", "replaced", "replaced//escaped"}
	deletedKeys  = []string{"deleted", "deleted/below", "dir/deleted"}
	copiedKeys   = []string{"copied", "dir//copied"}
)

// versionOptions describe version n of a writer by itself: the body follows
// from the name, everything else names it. Every thirteenth is too large to be held
// in memory until it is put in its place, and of these every other one is copied
// without a look at the bytes.
func versionOptions(writer, n int) (body string, opts *driver.PutOptions) {
	name := fmt.Sprintf("%d-%d", writer, n)
	size := len(name+" ") * (1 + n*37%700)
	if n%13 == 3 {
		size = 3*chunkSize/4 + n%2*chunkSize/2
	}
	body = strings.Repeat(name+" ", 1+size/len(name+" "))
	return body, &driver.PutOptions{
		Size: -1, ContentType: "type/" + name, CacheControl: name, ContentLanguage: name,
		Metadata: map[string]string{"name": name}, Tags: map[string]string{"name": name},
	}
}

func hashOf(body string) string {
	sum := md5.Sum([]byte(body))
	return hex.EncodeToString(sum[:])
}

// versions are all versions that any writer makes, by ETag.
type versions map[string]driver.ObjectInfo

func allVersions() versions {
	all := versions{}
	for w := range writerProcesses + 1 {
		for n := range writesEach {
			body, opts := versionOptions(w, n)
			all[hashOf(body)] = driver.ObjectInfo{
				Size: int64(len(body)), ContentType: opts.ContentType, CacheControl: opts.CacheControl,
				ContentLanguage: opts.ContentLanguage, Metadata: opts.Metadata,
			}
		}
	}
	return all
}

// mixed says what of an object is not of the version that its ETag names.
func (v versions) mixed(info driver.ObjectInfo, entry bool) error {
	want, ok := v[info.ETag]
	switch {
	case !ok:
		return fmt.Errorf("no writer made %+v", info)
	case info.Size != want.Size || info.StorageClass != driver.DefaultStorageClass:
		return fmt.Errorf("%+v has the ETag of %+v", info, want)
	case entry:
	case info.ContentType != want.ContentType || info.CacheControl != want.CacheControl ||
		info.ContentLanguage != want.ContentLanguage || info.Metadata["name"] != want.Metadata["name"]:
		return fmt.Errorf("%+v has the ETag of %+v", info, want)
	}
	return nil
}

// mixedTags says what is wrong with tags: they are those of the version, or a
// whole set that SetTags gave it.
func mixedTags(info driver.ObjectInfo, tags map[string]string) error {
	put := len(tags) == 1 && tags["name"] != "" && (info.Metadata == nil || tags["name"] == info.Metadata["name"])
	set := len(tags) == 2 && tags["first"] != "" && tags["first"] == tags["second"]
	if !put && !set {
		return fmt.Errorf("%+v has the tags %v", info, tags)
	}
	return nil
}

// written counts what a writer did; Large are puts by way of a temporary file that
// is there for the time of the upload.
type written struct{ Puts, Large, Tagged, Copies, Deletes, Missing int }

func playWriter(t *testing.T, r role, orders *bufio.Scanner) {
	b := newTestBucketIn(t, r.Dir)
	order(t, orders, new(string))
	var count written
	shared := slices.Concat(replacedKeys, deletedKeys)
	for n := range writesEach {
		key := shared[(n+r.Number)%len(shared)]
		body, opts := versionOptions(r.Number, n)
		if _, err := b.Put(t.Context(), key, strings.NewReader(body), opts); err != nil {
			t.Errorf("put %q: %v", key, err)
		}
		count.Puts++
		if len(body) > chunkSize/2 {
			count.Large++
		}
		var err error
		switch n % 5 {
		case 1:
			mark := fmt.Sprintf("%d-%d", r.Number, n)
			err = b.SetTags(t.Context(), key, map[string]string{"first": mark, "second": mark})
			count.Tagged++
		case 2:
			_, err = b.Copy(t.Context(), copiedKeys[n%len(copiedKeys)], b, key)
			count.Copies++
		case 3:
			err = b.Delete(t.Context(), deletedKeys[n%len(deletedKeys)])
			count.Deletes++
		}
		if errors.Is(err, driver.ErrObjectNotFound) && slices.Contains(deletedKeys, key) && n%5 != 3 {
			count.Missing++
		} else if err != nil {
			t.Errorf("write %d, %q: %v", n, key, err)
		}
	}
	answer(t, count)
}

// TestProcessesSeeWholeVersions lets writers and readers of many processes loose
// on the same few keys: no read fails, none mixes two versions.
func TestProcessesSeeWholeVersions(t *testing.T) {
	dir := t.TempDir()
	b := newTestBucketIn(t, dir)
	for n, key := range slices.Concat(replacedKeys, copiedKeys) {
		body, opts := versionOptions(writerProcesses, n)
		if _, err := b.Put(t.Context(), key, strings.NewReader(body), opts); err != nil {
			t.Fatal(err)
		}
	}
	var writers, readers []*process
	for n := range writerProcesses {
		writers = append(writers, start(t, role{Part: "writer", Dir: dir, Number: n}))
	}
	for n := range readerProcesses {
		readers = append(readers, start(t, role{Part: "reader", Dir: dir, Number: n}))
	}
	for _, p := range slices.Concat(writers, readers) {
		p.tell(t, "go")
	}
	var wrote written
	for _, p := range writers {
		var c written
		p.hear(t, &c)
		p.finish(t)
		wrote = written{wrote.Puts + c.Puts, wrote.Large + c.Large, wrote.Tagged + c.Tagged, wrote.Copies + c.Copies, wrote.Deletes + c.Deletes, wrote.Missing + c.Missing}
	}
	var saw read
	for _, p := range readers {
		var c read
		p.hear(t, &c)
		p.finish(t)
		saw = read{
			saw.Gets + c.Gets, saw.Heads + c.Heads, saw.Lists + c.Lists, saw.Entries + c.Entries, saw.Changes + c.Changes,
			saw.Missing + c.Missing, saw.Mixed + c.Mixed, saw.Errors + c.Errors,
		}
	}
	t.Logf("%d writer processes: %+v; %d reader processes: %+v", len(writers), wrote, len(readers), saw)
	if saw.Mixed != 0 || saw.Errors != 0 {
		t.Errorf("%d mixed reads and %d errors", saw.Mixed, saw.Errors)
	}
	if wrote.Puts != writerProcesses*writesEach || wrote.Large < wrote.Puts/20 || saw.Gets+saw.Heads+saw.Lists != readerProcesses*readsEach {
		t.Errorf("not every operation was done: %+v, %+v", wrote, saw)
	}
	if saw.Changes == 0 {
		t.Error("no reader saw a key change")
	}
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}
