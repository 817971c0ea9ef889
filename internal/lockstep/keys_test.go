package lockstep

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"
)

// families are keys that some backend takes for one another, or cannot hold
// beside one another. A sequence plays with a few keys of one or two of them.
var families = map[string][]string{
	"slashes": {"a", "a/", "a/b", "a//b", "a/b/", "a/b/c", "a/b//", "/a", "//a", "/", "//", "a//"},
	"dots":    {"a", "./a", "a/.", "a/./b", "a/b", "..", ".", "a/..", "a/b/..", "../a", "../../a", "...", "a/...", "a.", "a/b/../c", "./", "../", `..\a`, `a\.\b`, `a\b`},
	"names": {"con", "NUL.txt", "x", "x.attrs", "x.attrs.attrs", "x/con", "x.", "x ", " x", "x\u00a0", "~", ".s3mio", ".s3mio/x", ".s3mio/objects/x",
		".minio.sys/x", ".sgwtmp/x", "x.tmp", ".tmp", "lost+found", "x:y", "x::$DATA"},
	"case":    {"a", "A", "a/B", "A/b", "a/b", "é", "e\u0301", "É", "ß", "SS", "ﬁ", "fi", "K", "\u212a"},
	"order":   {"a", "a!", "a-b", "a.b", "a/", "a/b", "a0", "ab", "z", "a\u00e9", "\u007f"},
	"planes":  {"\uff5e", "\U0001f642", "\ue000", "\ufffd", "\U00010000", "a\uff5e", "a\U0001f642", "é", "z"},
	"escapes": {"a b", "a+b", "a%20b", "a%2Fb", "a%2fb", "%41", "A", "a__0x2f__b", "a/b", "a%", "%00"},
	"symbols": {"a&b", "a?b=c", "a#b", "a;b", "a\\b", "a=b", "&amp;", "<x>", "\"'", "a,b", "%", "+", "*", "|", "$a", "a@b", "a^b`{}", "\u0085", "\u2028"},
	"prefix":  {"p", "p/", "p/q", "p/q/", "p/q/a", "p/q/a/b", "p/qa", "p/q//a", "p/q/p/q/a", "p//q/a", "p/Q/a", "a", "a/b"},
	"long": {
		strings.Repeat("k", 255), strings.Repeat("k", 256), strings.Repeat("k", 1024), strings.Repeat("k", 255) + "/a", strings.Repeat("k", 256) + "/a",
		strings.Repeat("fifteen-letters/", 63) + "fifteen-letters!", strings.Repeat("é", 127) + "a", strings.Repeat("é", 512), strings.Repeat("%", 255), strings.Repeat("%", 1024),
		strings.Repeat("d/", 50) + "e", "k",
	},
}

var (
	// notNew are keys that can be asked for, but not created.
	notNew = []string{"a\x01b", "a\nb", "\x00", "a\uFFFE", "\uFFFF", "\t"}
	// noKeys are not keys at all.
	noKeys = []string{"", strings.Repeat("k", 1025), "a\xff", "\xc0\xaf", "\xed\xa0\x80"}
)

// A pool is the keys of one sequence.
type pool struct {
	keys []string
	hot  []string // those of them that half of the steps take
	// deep says which of two keys a backend gets that cannot hold both: the
	// longer or the shorter.
	deep bool
	full bool // the sequence begins with objects under all keys
}

func (p *pool) GoString() string {
	return fmt.Sprintf("%s, deep: %t, full: %t", quoted(p.keys), p.deep, p.full)
}

var pools = rapid.Custom(func(t *rapid.T) *pool {
	p := &pool{deep: rapid.Bool().Draw(t, ""), full: rapid.Bool().Draw(t, "")}
	// What no server holds is never all that there is.
	plain := []string{"names", "case", "order", "planes", "escapes", "symbols", "prefix"}
	for _, names := range [][]string{plain, append([]string{"slashes", "dots", "long"}, plain...)} {
		from := rapid.Permutation(families[pick(t, names...)]).Draw(t, "")
		p.keys = append(p.keys, from[:min(4, len(from))]...)
	}
	p.hot = []string{pick(t, p.keys...), pick(t, p.keys...)}
	slices.Sort(p.keys)
	p.keys = slices.Compact(p.keys)
	return p
})

// universe gives all full keys that the sequence can create, in the order in
// which a backend that cannot hold all of them takes them.
func (p *pool) universe() []string {
	var all []string
	for _, key := range p.keys {
		all = append(all, key, onPrefix.prefix()+key)
	}
	slices.Sort(all)
	all = slices.Compact(all)
	if p.deep {
		slices.Reverse(all)
	}
	return all
}

// drawKey draws a key for a call that does not create it.
func (p *pool) drawKey(t *rapid.T, on handle) string {
	if rarely(t, 25) {
		return pick(t, notNew...)
	}
	return p.drawNewKey(t, on)
}

// drawNewKey draws a key for a call that creates it; seldom one that it refuses.
func (p *pool) drawNewKey(t *rapid.T, on handle) string {
	if rarely(t, 30) {
		return pick(t, append(slices.Clone(notNew), noKeys...)...)
	}
	key := pick(t, p.hot...)
	if rapid.Bool().Draw(t, "") {
		key = pick(t, p.keys...)
	}
	if on == onBucket && rarely(t, 4) {
		key = onPrefix.prefix() + key
	}
	return key
}
