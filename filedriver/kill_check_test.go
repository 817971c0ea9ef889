package filedriver

import (
	"crypto/md5"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// raceExit, in the environment, keeps a program with the race detector from
// sleeping for a second before it exits.
const raceExit = "GORACE=atexit_sleep_ms=0"

// scope is a test whose clean-up can be done before the test ends: an open bucket takes
// dozens of descriptors.
type scope struct {
	testing.TB
	cleanups []func()
}

func (s *scope) Cleanup(f func()) { s.cleanups = append(s.cleanups, f) }

func (s *scope) end() {
	for _, f := range slices.Backward(s.cleanups) {
		f()
	}
}

// errTorn says that the parts of an object are not of one version.
var errTorn = errors.New("torn")

// killedState reads an object and finds out which state it is, by parts that
// must all agree.
func killedState(t testing.TB, b *bucket, entry *driver.ObjectInfo) (killState, error) {
	o, err := b.Get(t.Context(), entry.Key, &driver.GetOptions{})
	if err != nil {
		return absent, err
	}
	body, err := io.ReadAll(o.Body)
	if err = errors.Join(err, o.Body.Close()); err != nil {
		return absent, err
	}
	info, err := b.Head(t.Context(), entry.Key, &driver.HeadOptions{Tags: true})
	if err != nil {
		return absent, err
	}
	tags, err := b.GetTags(t.Context(), entry.Key)
	if err != nil {
		return absent, err
	}
	var s killState
	var err1, err2 error
	s.content, err1 = strconv.ParseInt(info.Metadata["version"], 10, 64)
	s.tags, err2 = strconv.ParseInt(tags["version"], 10, 64)
	sum := md5.Sum(body)
	switch {
	case err1 != nil || err2 != nil || s.content == 0 || s.tags == 0:
		err = fmt.Errorf("%w: metadata %v, tags %v", errTorn, info.Metadata, tags)
	case string(body) != killBody(s.content):
		err = fmt.Errorf("%w: %d bytes %.20q are not version %d", errTorn, len(body), body, s.content)
	case info.ETag != hex.EncodeToString(sum[:]) || info.Size != int64(len(body)):
		err = fmt.Errorf("%w: ETag %s, size %d of %d bytes", errTorn, info.ETag, info.Size, len(body))
	case info.ContentType != killType(s.content) || !maps.Equal(info.Metadata, killMetadata(s.content)):
		err = fmt.Errorf("%w: version %d has %s, %v", errTorn, s.content, info.ContentType, info.Metadata)
	case !maps.Equal(tags, killTags(s.tags)) || !maps.Equal(tags, info.Tags):
		err = fmt.Errorf("%w: tags %v, with the head %v", errTorn, tags, info.Tags)
	case o.Info.ETag != info.ETag || !maps.Equal(o.Info.Metadata, info.Metadata) || !o.Info.LastModified.Equal(info.LastModified):
		err = fmt.Errorf("%w: the get's %+v differs from the head's %+v", errTorn, o.Info, info)
	case entry.ETag != info.ETag || entry.Size != info.Size || entry.StorageClass != info.StorageClass || !entry.LastModified.Equal(info.LastModified):
		err = fmt.Errorf("%w: the list's %+v differs from the head's %+v", errTorn, *entry, info)
	}
	return s, err
}

// checkKilled opens a directory afresh, compares every object with the model,
// and looks for leftovers. The model has one state for each key afterwards.
func checkKilled(t *testing.T, dir string, m killModel, n *killCounts) {
	t.Helper()
	sc := &scope{TB: t}
	defer sc.end()
	b := newTestBucketIn(sc, dir)
	seen := killModel{}
	for page := range pages(t.Context(), sc, b, &driver.ListOptions{PageSize: 5}) {
		for _, entry := range page.Objects {
			s, err := killedState(sc, b, &entry)
			switch {
			case errors.Is(err, errTorn):
				n.torn++
			case err != nil:
				n.unreadable++
			case !slices.Contains(m.states(entry.Key), s):
				n.neither++
				err = fmt.Errorf("it is %v, want one of %v", s, m.states(entry.Key))
			}
			if err != nil {
				t.Errorf("%q: %v", entry.Key, err)
			}
			seen[entry.Key] = []killState{s}
			n.objects++
		}
	}
	for key := range m {
		if seen[key] == nil && !slices.Contains(m.states(key), absent) {
			n.neither++
			t.Errorf("%q is gone, want one of %v", key, m.states(key))
		}
	}
	if left := leftovers(sc, b); left != nil {
		n.leftovers += len(left)
		t.Errorf("left %q", left)
	}
	clear(m)
	maps.Copy(m, seen)
}

// traces counts by kind what dead writers left in tmp/, not counting the names
// in old, and gives all names.
func traces(t *testing.T, dir string, old map[string]bool, n *killCounts) map[string]bool {
	t.Helper()
	entries, err := os.ReadDir(filepath.Join(dir, tmpPath))
	if err != nil && !os.IsNotExist(err) {
		t.Fatal(err)
	}
	names := map[string]bool{}
	found := false
	for _, e := range entries {
		names[e.Name()] = true
		if old[e.Name()] {
			continue
		}
		found = true
		switch filepath.Ext(e.Name()) {
		case dataTemp:
			n.dataTraces++
		case attrsTemp:
			n.attrsTraces++
		case intentTemp:
			n.intentTraces++
		}
	}
	if found {
		n.midway++
	}
	return names
}
