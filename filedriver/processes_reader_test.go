package filedriver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// read counts what a reader saw.
type read struct {
	Gets, Heads, Lists, Entries int
	Changes                     int // reads of a key that found another version than the one before
	Missing                     int // of keys that are deleted now and then
	Mixed, Errors               int
}

func playReader(t *testing.T, r role, orders *bufio.Scanner) {
	b := newTestBucketIn(t, r.Dir)
	all := allVersions()
	order(t, orders, new(string))
	var count read
	last := map[string]string{}
	shared := slices.Concat(replacedKeys, deletedKeys, copiedKeys)
	for n := range readsEach {
		if n%50 == 49 {
			b = newTestBucketIn(t, r.Dir) // which sweeps
		}
		key := shared[(n/4+r.Number)%len(shared)]
		var info driver.ObjectInfo
		var err error
		switch n % 4 {
		case 0, 2:
			count.Gets++
			info, err = readVersion(t.Context(), b, all, key)
		case 1:
			count.Heads++
			if info, err = b.Head(t.Context(), key, &driver.HeadOptions{Tags: true}); err == nil {
				err = errors.Join(asMixed(all.mixed(info, false)), asMixed(mixedTags(info, info.Tags)))
			}
			if err == nil {
				var tags map[string]string
				if tags, err = b.GetTags(t.Context(), key); err == nil {
					err = asMixed(mixedTags(driver.ObjectInfo{Key: key}, tags))
				}
			}
		case 3:
			count.Lists++
			var entries int
			entries, err = listVersions(t, b, all, n)
			count.Entries += entries
		}
		if info.ETag != "" && info.ETag != last[key] {
			if last[key] != "" {
				count.Changes++
			}
			last[key] = info.ETag
		}
		switch {
		case err == nil:
		case errors.Is(err, errMixed):
			count.Mixed++
			t.Errorf("%q: %v", key, err)
		case n%4 != 3 && errors.Is(err, driver.ErrObjectNotFound) && slices.Contains(deletedKeys, key):
			count.Missing++
		default:
			count.Errors++
			t.Errorf("%q: %v", key, err)
		}
	}
	answer(t, count)
}

var errMixed = errors.New("mixed versions")

func asMixed(err error) error {
	if err == nil {
		return nil
	}
	return fmt.Errorf("%w: %w", errMixed, err)
}

// readVersion gets an object, which must be of one version.
func readVersion(ctx context.Context, b *bucket, all versions, key string) (driver.ObjectInfo, error) {
	o, err := b.Get(ctx, key, &driver.GetOptions{})
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	if hash := hashOf(string(data)); hash != o.Info.ETag {
		err = fmt.Errorf("%w: %d bytes with the MD5 %s and %+v", errMixed, len(data), hash, o.Info)
	}
	return o.Info, errors.Join(err, asMixed(all.mixed(o.Info, false)))
}

// listVersions lists all keys and compares the entries with heads: the versions of
// keys that are put have ETags of their own, so the same ETag means the same
// entry.
func listVersions(t *testing.T, b *bucket, all versions, n int) (int, error) {
	var entries []driver.ObjectInfo
	opts := &driver.ListOptions{PageSize: []int{0, 1, 2, 3}[n/4%4]}
	for page := range pages(t.Context(), t, b, opts) {
		entries = append(entries, page.Objects...)
	}
	var names []string
	for _, e := range entries {
		names = append(names, e.Key)
		if err := all.mixed(e, true); err != nil {
			return 0, asMixed(err)
		}
		info, err := b.Head(t.Context(), e.Key, &driver.HeadOptions{})
		switch {
		case errors.Is(err, driver.ErrObjectNotFound) && slices.Contains(deletedKeys, e.Key):
		case err != nil:
			return 0, err
		case slices.Contains(copiedKeys, e.Key):
		case info.ETag == e.ETag && (info.Size != e.Size || !info.LastModified.Equal(e.LastModified)):
			return 0, fmt.Errorf("%w: %+v is listed as %+v", errMixed, info, e)
		}
	}
	if !slices.IsSorted(names) || len(slices.Compact(slices.Clone(names))) != len(names) {
		return 0, fmt.Errorf("%w: the list is %q", errMixed, names)
	}
	for _, key := range slices.Concat(replacedKeys, copiedKeys) {
		if !slices.Contains(names, key) {
			return 0, fmt.Errorf("%w: %q is not in the list %q", errMixed, key, names)
		}
	}
	return len(entries), nil
}
