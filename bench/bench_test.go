package main

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

// TestLocalRows has every row that needs no server done once, in small.
func TestLocalRows(t *testing.T) {
	s := &settings{quick: true, rounds: 1, dir: t.TempDir(), budget: time.Minute, run: regexp.MustCompile(`^(file|memory)/`)}
	var out strings.Builder
	if err := bench(t.Context(), s, &out); err != nil {
		t.Fatal(err)
	}
	if got := out.String(); got != "13 rows work\n" {
		t.Errorf("it says %q", got)
	}
	left, err := os.ReadDir(s.dir)
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("%d directories are left behind", len(left))
	}
}

func TestRowNamesAreUnique(t *testing.T) {
	seen := map[string]bool{}
	for _, r := range allRows(&settings{}) {
		if seen[r.name] {
			t.Errorf("two rows are called %s", r.name)
		}
		seen[r.name] = true
	}
}

// TestFiguresNameClients looks for figures that no row would ever answer.
func TestFiguresNameClients(t *testing.T) {
	rows := map[string]*row{}
	for _, r := range allRows(&settings{}) {
		rows[r.name] = r
	}
	for _, f := range figures() {
		r := rows[f.row]
		if r == nil {
			t.Errorf("a figure is about %s, which is no row", f.row)
			continue
		}
		for _, name := range append([]string{ours}, f.of...) {
			if !slices.ContainsFunc(r.clients, func(c client) bool { return c.name == name }) {
				t.Errorf("%s: a figure names %s, which is no client there", f.row, name)
			}
		}
	}
}

// TestWrongListings checks that each fault of a listing is found.
func TestWrongListings(t *testing.T) {
	since := time.Now().Truncate(time.Second)
	want, err := tree(3)
	if err != nil {
		t.Fatal(err)
	}
	check := func(objects []object, at time.Time) error {
		c := &checker{want: want, since: since}
		for _, o := range objects {
			if err := c.entry(o.key, o.size, at, o.etag); err != nil {
				return err
			}
		}
		_, err := c.end()
		return err
	}
	with := func(change func(o []object) []object) []object { return change(slices.Clone(want)) }
	if err := check(want, since); err != nil {
		t.Fatalf("a right listing: %v", err)
	}
	if err := check(want, since.Add(-time.Second)); err == nil {
		t.Error("times before the objects were written pass")
	}
	for name, objects := range map[string][]object{
		"nothing":     nil,
		"one missing": with(func(o []object) []object { return slices.Delete(o, 1, 2) }),
		"the last":    with(func(o []object) []object { return o[:2] }),
		"one twice":   with(func(o []object) []object { return slices.Insert(o, 1, o[0]) }),
		"one more":    with(func(o []object) []object { return append(o, object{key: "zzz"}) }),
		"out of order": with(func(o []object) []object {
			slices.Reverse(o)
			return o
		}),
		"a size": with(func(o []object) []object {
			o[2].size++
			return o
		}),
		"an ETag": with(func(o []object) []object {
			o[0].etag = ""
			return o
		}),
	} {
		if err := check(objects, since); err == nil {
			t.Errorf("%s: the listing passes", name)
		}
	}
}

func TestLossIsReported(t *testing.T) {
	want := []object{{key: "a"}, {key: "b"}, {key: "c"}}
	l := &loss{}
	for _, key := range []string{"b", "a", "b"} {
		l.entry(key, key == "a")
	}
	const report = "1 missing, 1 listed twice, 1 out of order, 2 without a checksum"
	if got := l.report(want); got != report {
		t.Errorf("report %q, not %q", got, report)
	}
}

// listing is a result of one row: what s3mio and fileblob reached.
func listing(mine, theirs float64) *report {
	r := &row{name: "file/list/16k", title: "list 16k keys", unit: keys, clients: []client{{name: ours}, {name: "fileblob"}}}
	result := newRowResult(r)
	for i, rate := range []float64{mine, theirs} {
		result.Clients[i].add(sample{units: rate, wall: time.Second, cpu: time.Second})
	}
	result.Rounds = 1
	return &report{Rows: []*rowResult{result}}
}

// TestPublish measures nothing: it puts results into a file, and newer ones in
// their place.
func TestPublish(t *testing.T) {
	path := filepath.Join(t.TempDir(), "performance.md")
	if err := os.WriteFile(path, []byte("before\n"+regionBegin+"old\n"+regionEnd+"after\n"), 0o666); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		r    *report
		want string
	}{
		{listing(16_000, 1_000), "keys/s ≥ 8 × fileblob | must | 16 | reached |"},
		{listing(4_000, 1_000), "keys/s ≥ 8 × fileblob | must | 4 | **missed** |"},
	} {
		if err := c.r.publish(path); err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		doc := string(text)
		if !strings.Contains(doc, c.want) {
			t.Errorf("no %q in\n%s", c.want, doc)
		}
		if !strings.HasPrefix(doc, "before\n") || !strings.HasSuffix(doc, "after\n") || strings.Contains(doc, "old\n") || strings.Count(doc, "| list 16k keys: ") != 1 {
			t.Errorf("the region is not what is replaced:\n%s", doc)
		}
	}
	for _, name := range []string{"performance.json", "performance.svg"} {
		if fi, err := os.Stat(filepath.Join(filepath.Dir(path), name)); err != nil || fi.Size() == 0 {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestNumber(t *testing.T) {
	for v, want := range map[float64]string{1234567: "1,230,000", 999.6: "1000", 1000: "1,000", 123.4: "123", 12.34: "12.3", 1.5: "1.5", 0.01234: "0.0123", 0: "0"} {
		if got := number(v); got != want {
			t.Errorf("number(%v) = %q, not %q", v, got, want)
		}
	}
}
