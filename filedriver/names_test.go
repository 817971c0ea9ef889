package filedriver

import (
	"math/rand/v2"
	"net/url"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/driver"
)

// hostileKeys are keys that name files badly.
var hostileKeys = []string{
	"a", "a/b", "a//b", "/a", "a/", "./a", "a/.", "a/..", "..", ".", "../a", "../../etc/passwd", "a/b/../../..", "/", "//",
	"con", "CON", "nul.txt", "a.", "a ", "a:b", `a\b`, `..\a`, "A", "a/B", "é", "e\u0301", "x.attrs", "x", "x.ATTRS", "y.attrs/z",
	".s3mio", ".S3MIO", ".s3mio/attrs/0", ".s3mio/../a", "z/.s3mio/q", "%2e", "f-a", "d-a", "f-%61", "a\nb", "a\x7f",
	strings.Repeat("n", 255), strings.Repeat("n", 256), strings.Repeat("n", 1024), strings.Repeat("日", 341), strings.Repeat("a/", 512),
	strings.Repeat("p", 64), strings.Repeat("p", 65), strings.Repeat("P", 64), strings.Repeat("P", 128) + "x", strings.Repeat("n", 249),
	strings.Repeat("../", 300), strings.Repeat("q", 64) + "/r", "q//" + strings.Repeat("q", 61) + "/", "q//" + strings.Repeat("q", 61) + "/r",
}

func FuzzEscapedPath(f *testing.F) {
	for _, key := range hostileKeys {
		f.Add(key, key+"x")
	}
	f.Fuzz(checkEscapedPaths)
}

func checkEscapedPaths(t *testing.T, a, b string) {
	for _, key := range []string{a, b} {
		if key == "" {
			return
		}
		p := escapedPath(key)
		if got, ok := unescapePath(p); !ok || got != key {
			t.Errorf("%q is held as %q, which reads %q, %v", key, p, got, ok)
		}
		if !filepath.IsLocal(p) || path.Clean(p) != p || strings.ToLower(p) != p {
			t.Errorf("%q is held as %q", key, p)
		}
		for name := range strings.SplitSeq(p, "/") {
			if len(name) > 255 || !windowsSegment(name) || !isASCII(name) {
				t.Errorf("%q is held under the name %q", key, name)
			}
		}
	}
	if a != b && escapedPath(a) == escapedPath(b) {
		t.Errorf("%q and %q are both held as %q", a, b, escapedPath(a))
	}
	// No file may be where another key needs a directory.
	if strings.HasPrefix(escapedPath(b)+"/", escapedPath(a)+"/") && a != b {
		t.Errorf("%q is below %q", escapedPath(b), escapedPath(a))
	}
}

// TestNamesOfRandomKeys checks what the fuzz tests do, of keys made of what names
// and escapes are made of, and of others that differ from them by little.
func TestNamesOfRandomKeys(t *testing.T) {
	seed := rand.Uint64()
	r := rand.New(rand.NewPCG(seed, 0))
	parts := []string{
		"/", "//", ".", "..", "%", "%2f", "%2F", "%41", "a", "A", "q", "Q", "é", "e\u0301", "É", "\x00", "\x7f", " ", "~", "-", "f-", "d-", ":", `\`,
		".attrs", ".ATTRS", ".s3mio", ".S3mio", "con", "COM¹", "nul.txt", "x", "\u2028", "😀", strings.Repeat("l", 60), strings.Repeat("ü", 70),
	}
	part := func() string { return parts[r.IntN(len(parts))] }
	natural := 0
	for range 100_000 {
		var a strings.Builder
		for range 1 + r.IntN(6) {
			a.WriteString(part())
		}
		at := r.IntN(a.Len() + 1)
		near := [...]string{
			a.String() + part(), part() + a.String(), a.String()[:at] + part() + a.String()[at:], a.String()[:at],
			strings.ToUpper(a.String()), strings.ToLower(a.String()), escapedPath(a.String()), url.QueryEscape(a.String()),
		}
		checkEscapedPaths(t, a.String(), near[r.IntN(len(near))])
		checkNatural(t, a.String())
		if naturalOn("linux", a.String()) {
			natural++
		}
		if t.Failed() {
			t.Fatalf("seed %d", seed)
		}
	}
	if natural < 1000 {
		t.Errorf("only %d of the keys are natural", natural)
	}
}

// unescapePath reverses escapedPath.
func unescapePath(p string) (key string, ok bool) {
	for {
		name, rest, more := strings.Cut(p, "/")
		mark := fileMark
		if more {
			mark = dirMark
		}
		chunk, ok := unescapeName(mark, name)
		if !ok {
			return "", false
		}
		if key += chunk; !more {
			return key, true
		}
		p = rest
	}
}

// FuzzUnescapeName checks that every name read is the one that is written.
func FuzzUnescapeName(f *testing.F) {
	for _, name := range []string{"f-a", "f-%41", "f-%61", "f-%4", "f-", "d-a", "f-%2F", "f-A", "x"} {
		f.Add(name)
	}
	f.Fuzz(func(t *testing.T, name string) {
		for _, mark := range []string{dirMark, fileMark} {
			if chunk, ok := unescapeName(mark, name); ok && escapedName(mark, chunk) != name {
				t.Errorf("%q reads %q, which is written %q", name, chunk, escapedName(mark, chunk))
			}
		}
	})
}

// FuzzNatural checks that a natural key is a path that stays where it is put.
func FuzzNatural(f *testing.F) {
	for _, key := range hostileKeys {
		f.Add(key)
	}
	f.Fuzz(checkNatural)
}

func checkNatural(t *testing.T, key string) {
	for _, goos := range []string{"linux", "windows"} {
		if !naturalOn(goos, key) {
			continue
		}
		if path.Clean(key) != key || !filepath.IsLocal(key) || strings.IndexByte(key, 0) >= 0 {
			t.Errorf("%q is natural on %s", key, goos)
		}
		for name := range strings.SplitSeq(key, "/") {
			if len(name) > 255 || strings.EqualFold(name, reserved) || strings.HasSuffix(strings.ToLower(name), sidecarExt) {
				t.Errorf("%q is natural on %s", key, goos)
			}
		}
		if goos == "windows" && strings.ContainsAny(key, `\:*?"<>|`) {
			t.Errorf("%q is natural on windows", key)
		}
	}
}

func TestNatural(t *testing.T) {
	for key, want := range map[string]bool{
		"a": true, "logs/2025/app.log": true, "a b": true, "é": true, ".hidden": true, "a/.s3mio": false, "..a": true,
		"": false, "a/": false, "/a": false, "a//b": false, "a/../b": false, ".": false, ".s3mio/x": false, ".S3mio": false,
		"x.attrs": false, "x.attrs/y": false, "x.ATTRS": false, "x.aTTrs/y": false, ".attrs": false, ".ATTRS": false, "attrs": true, "x.attrs.gz": true,
		"UPPER/Case.TXT": true, "a/.S3MIO/x": false, "a/.s3mio.x": true, ".S3MIO": false, ".s3mi": true, "CON": true, "a\x00b": false, strings.Repeat("n", 256): false, strings.Repeat("n", 255): true,
	} {
		if got := naturalOn("linux", key); got != want {
			t.Errorf("%q: %v, want %v", key, got, want)
		}
	}
	for _, key := range []string{"con", "CON.txt", "a/lpt1", "com¹", "a.", "a ", "a:b", `a\b`, "a?", "a\x01"} {
		if naturalOn("windows", key) {
			t.Errorf("%q is natural on windows", key)
		}
	}
}

// TestFoldedKeysShareALock checks that keys that some filesystems take for one have
// one lock, and no more in common.
func TestFoldedKeysShareALock(t *testing.T) {
	for _, keys := range [][]string{
		{"a", "A"}, {"dir/name", "Dir/name", "dir/NAME", "DIR/NAME"}, {"report.TXT", "Report.txt"}, {"É", "é"}, {"k.Attrs", "k.attrs"},
	} {
		sums := map[[32]byte]bool{}
		for _, key := range keys {
			id := idOf(key)
			sums[id.sum] = true
			if id.lock != idOf(keys[0]).lock {
				t.Errorf("%q and %q have different locks", key, keys[0])
			}
		}
		if len(sums) != len(keys) {
			t.Errorf("%q are told apart by %d hashes", keys, len(sums))
		}
	}
}

func TestTempNames(t *testing.T) {
	for _, kind := range []string{dataTemp, attrsTemp, intentTemp} {
		id := idOf("A/b")
		got, gotKind, ok := parseTempName(tempName(id, kind))
		if !ok || got != id || gotKind != kind {
			t.Errorf("%v %q %v", got, gotKind, ok)
		}
	}
	if _, _, ok := parseTempName("notes.txt"); ok {
		t.Error("a foreign name was taken for ours")
	}
}

func TestAttrsFormat(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		var records []record
		key := rapid.String().Draw(t, "key")
		for range rapid.IntRange(0, 3).Draw(t, "records") {
			info := driver.ObjectInfo{
				ETag:        rapid.StringMatching(`[0-9a-f-]{1,40}`).Draw(t, "etag"),
				ContentType: rapid.String().Draw(t, "type"),
				Tags:        rapid.MapOf(rapid.String(), rapid.String()).Draw(t, "tags"),
			}
			r, err := newRecord(key, stamp{rapid.Int64().Draw(t, "size"), rapid.Int64().Draw(t, "sec"), rapid.Int64Range(0, 999_999_999).Draw(t, "nsec")}, &info)
			if err != nil {
				t.Fatal(err)
			}
			records = append(records, r)
		}
		text := encodeAttrs(records)
		got := decodeAttrs(string(text))
		if len(got) != len(records) {
			t.Fatalf("%d records, want %d", len(got), len(records))
		}
		for i := range got {
			if got[i].stamp != records[i].stamp || got[i].etag != records[i].etag || string(got[i].rest) != string(records[i].rest) {
				t.Errorf("got %+v, want %+v", got[i], records[i])
			}
		}
		// A torn file has the records before the tear, also when others follow.
		cut := rapid.IntRange(0, len(text)-1).Draw(t, "cut")
		torn := decodeAttrs(string(text[:cut]))
		whole := 0
		for n := range records {
			if len(encodeAttrs(records[:n+1])) <= cut {
				whole = n + 1
			}
		}
		if len(torn) != whole {
			t.Errorf("%d records, %d are whole", len(torn), whole)
		}
		if whole < len(records) {
			again := decodeAttrs(string(records[whole].appendText(text[:cut:cut])))
			want := whole + 1
			if cut == len(encodeAttrs(records[:whole+1]))-1 { // only the end of the line was missing
				want++
			}
			if len(again) != want || string(again[want-1].rest) != string(records[whole].rest) {
				t.Errorf("got %+v after a tear", again)
			}
		}
	})
}

// TestTornAttrs tears a record at every byte, of every length: the next one, which
// has the length of the torn line's neighbour at times, is read.
func TestTornAttrs(t *testing.T) {
	made := func(sec int64, n int) record {
		info := driver.ObjectInfo{ETag: strings.Repeat("a", 32), ContentType: strings.Repeat("x", n)}
		r, err := newRecord("k", stamp{3, sec, 123456789}, &info)
		if err != nil {
			t.Fatal(err)
		}
		return r
	}
	old, next := made(1700000000, 10), made(1700000002, 10)
	base := encodeAttrs([]record{old})
	for n := range 200 {
		torn := made(1700000001, n*4)
		text := torn.appendText(nil)
		for cut := range text {
			got := decodeAttrs(string(next.appendText(slices.Concat(base, text[:cut]))))
			for _, want := range []record{old, next} {
				if r, ok := match(slices.Values(got), want.stamp); !ok || string(r.rest) != string(want.rest) {
					t.Fatalf("torn at %d of %d: %+v is lost", cut, len(text), want)
				}
			}
		}
	}
}
