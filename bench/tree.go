package main

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"golang.org/x/sync/errgroup"
)

// object is what a listing must give of an object.
type object struct {
	key  string
	size int64
	etag string
}

// perDirectory is how many numbered files a directory of the tree has; there is
// an index besides.
const perDirectory = 1000

// tree gives the first n objects of a realistic tree, in the order of a
// listing:
//
//	region-00/part-00000/000000.bin
//	…
//	region-00/part-00000/000999.bin
//	region-00/part-00000/index.json
//	region-00/part-00001/000000.bin
//	…
//
// No name is that of a directory and more, such as part-00000.json: fileblob
// would list most objects twice, and slower for that.
func tree(n int) ([]object, error) {
	objects := make([]object, n)
	for i := range objects {
		part, at := i/(perDirectory+1), i%(perDirectory+1)
		name := "index.json"
		if at < perDirectory {
			name = fmt.Sprintf("%06d.bin", at)
		}
		key := fmt.Sprintf("region-%02d/part-%05d/%s", part/50, part, name)
		objects[i].key = key
		body := objects[i].body(i)
		sum := md5.Sum(body)
		objects[i].size, objects[i].etag = int64(len(body)), hex.EncodeToString(sum[:])
		if i > 0 && objects[i-1].key >= key {
			return nil, fmt.Errorf("%q does not come after %q", key, objects[i-1].key)
		}
	}
	return objects, nil
}

// body is the content of the i-th object: its key, and more, of several sizes.
func (o object) body(i int) []byte {
	return []byte(o.key + "\n" + strings.Repeat("x", i%64))
}

// fill writes the objects, a few at once.
func fill(ctx context.Context, objects []object, put func(ctx context.Context, key string, body []byte) error) error {
	const writers = 4
	g, ctx := errgroup.WithContext(ctx)
	for w := range writers {
		g.Go(func() error {
			for i := w; i < len(objects); i += writers {
				if err := put(ctx, objects[i].key, objects[i].body(i)); err != nil {
					return err
				}
			}
			return nil
		})
	}
	return g.Wait()
}

// lists fills a bucket with n objects and lists it.
func lists(n int) func(ctx context.Context, e *env, t *target) (*work, error) {
	return func(ctx context.Context, _ *env, t *target) (*work, error) {
		want, err := tree(n)
		if err != nil {
			return nil, err
		}
		since := time.Now().Truncate(time.Second)
		if err := fill(ctx, want, t.put); err != nil {
			return nil, err
		}
		return listWork(t, want, since), nil
	}
}

// listWork lists a bucket to the end and checks every entry: all keys in order,
// with sizes, times and ETags.
func listWork(t *target, want []object, since time.Time) *work {
	return &work{run: func(ctx context.Context) (float64, error) {
		c := &checker{want: want, since: since, keysOnly: t.keysOnly}
		if err := t.list(ctx, "", c.entry); err != nil {
			return 0, err
		}
		return c.end()
	}}
}

// checker compares a listing with what there is, entry by entry.
type checker struct {
	want     []object
	since    time.Time // when the objects were written
	keysOnly bool
	n        int
}

// entry takes the next entry of a listing.
func (c *checker) entry(key string, size int64, modified time.Time, etag string) error {
	if c.n == len(c.want) {
		return fmt.Errorf("listed %q after the end", key)
	}
	want := &c.want[c.n]
	c.n++
	switch {
	case key != want.key:
		return fmt.Errorf("entry %d is %q, not %q", c.n-1, key, want.key)
	case size != want.size:
		return fmt.Errorf("%s: listed with %d bytes, not %d", key, size, want.size)
	case c.keysOnly:
	case etag != want.etag:
		return fmt.Errorf("%s: listed with the ETag %q, not %q", key, etag, want.etag)
	case modified.Before(c.since):
		return fmt.Errorf("%s: listed with the time %v, before it was written", key, modified)
	}
	return nil
}

// end says how many entries there were, all there are.
func (c *checker) end() (units float64, err error) {
	if c.n != len(c.want) {
		return 0, fmt.Errorf("the listing ended after %d of %d entries", c.n, len(c.want))
	}
	return float64(c.n), nil
}

// loss is a listing that is known to be wrong, to be compared with the objects.
type loss struct {
	keys  []string
	noTag int
}

func (l *loss) entry(key string, hasTag bool) {
	l.keys = append(l.keys, key)
	if !hasTag {
		l.noTag++
	}
}

// report tells what was wrong, "" when nothing was.
func (l *loss) report(want []object) string {
	disordered, twice, missing := 0, 0, 0
	seen := map[string]bool{}
	for i, key := range l.keys {
		if i > 0 && key < l.keys[i-1] {
			disordered++
		}
		if seen[key] {
			twice++
		}
		seen[key] = true
	}
	for _, o := range want {
		if !seen[o.key] {
			missing++
		}
	}
	var faults []string
	for _, f := range []struct {
		n    int
		what string
	}{{missing, "missing"}, {twice, "listed twice"}, {disordered, "out of order"}, {l.noTag, "without a checksum"}} {
		if f.n > 0 {
			faults = append(faults, fmt.Sprintf("%d %s", f.n, f.what))
		}
	}
	return strings.Join(faults, ", ")
}
