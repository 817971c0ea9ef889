package lockstep

import (
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/store"
)

// pick draws one of the values. What is wanted often stands there repeatedly.
func pick[T any](t *rapid.T, values ...T) T {
	return rapid.SampledFrom(values).Draw(t, "")
}

// rarely is true about once in n times, and shrinks to false.
func rarely(t *rapid.T, n int) bool {
	values := make([]bool, n)
	values[n-1] = true
	return pick(t, values...)
}

// An argument is a value and whether it is a valid one.
type argument[T any] struct {
	value T
	bad   bool
}

func good[T any](values ...T) []argument[T] { return arguments(false, values) }
func bad[T any](values ...T) []argument[T]  { return arguments(true, values) }

func arguments[T any](bad bool, values []T) []argument[T] {
	args := make([]argument[T], len(values))
	for i, v := range values {
		args[i] = argument[T]{v, bad}
	}
	return args
}

// maybe draws an argument about once in n times, a bad one seldom.
func maybe[T any](t *rapid.T, n int, goodOnes, badOnes []argument[T]) *argument[T] {
	if !rarely(t, n) {
		return nil
	}
	from := goodOnes
	if rarely(t, 30) {
		from = badOnes
	}
	return new(pick(t, from...))
}

// call draws what a call is made on.
func drawCall(t *rapid.T) call {
	c := call{on: pick(t, onBucket, onBucket, onPrefix, onPrefix)}
	if rarely(t, 25) {
		c.on = pick(t, onMissing, onEmptySegment)
	}
	c.canceled = rarely(t, 40)
	return c
}

// An etag stands for an ETag, which every driver has its own of.
type etag int

const (
	noETag etag = iota
	etagCurrent
	etagQuoted    // the current one in quotes
	etagStale     // of the content before
	etagBogus     // of no content
	etagMalformed // none at all
)

func (e etag) GoString() string {
	return [...]string{"", "current", "quoted", "stale", "bogus", `"bad etag"`}[e]
}

func drawETag(t *rapid.T) etag {
	if rarely(t, 30) {
		return etagMalformed
	}
	return pick(t, etagCurrent, etagCurrent, etagCurrent, etagQuoted, etagStale, etagStale, etagBogus)
}

// content gives the content that the ETag belongs to.
func (m *model) content(e etag, key string) (string, bool) {
	switch e {
	case etagCurrent, etagQuoted:
		if o, ok := m.objects[key]; ok {
			return o.content, true
		}
	case etagStale:
		if previous, ok := m.previous[key]; ok {
			return previous, true
		}
	}
	return "", false
}

// matches reports whether an object has the ETag.
func (m *model) matches(e etag, key string) bool {
	o, exists := m.objects[key]
	content, known := m.content(e, key)
	return exists && known && content == o.content
}

// etag gives the ETag that this driver gave for it.
func (w *world) etag(e etag, key string) string {
	if e == etagMalformed {
		return "bad etag"
	}
	content, known := w.model.content(e, key)
	if !known {
		return md5Hex("content that is never written")
	}
	tag, ok := w.etags[[2]string{key, content}]
	if !ok { // CopyMany gives no ETags
		tag = md5Hex(content)
	}
	if e == etagQuoted {
		return `"` + tag + `"`
	}
	return tag
}

// attrs are the write options beside size and conditions.
type attrs struct {
	contentType, cacheControl, disposition, encoding, language, class *argument[string]
	metadata, tags                                                    *argument[map[string]string]
}

var (
	badHeaders   = bad("", "a\nb", " lead", "trail ", "é", "\x7f")
	contentTypes = good("text/html", "TEXT/HTML; Charset=UTF-8", "application/x-thing", "no type at all", `a/b; c="d,e"`)

	goodMetadata = good(
		map[string]string{"author": "Ada"},
		map[string]string{"Author": "Bob", "X-Note": `a=b;c "d", e`},
		map[string]string{"percent": "%41+%2F", "empty": "", "key": "=?UTF-8?Q?a?="},
		map[string]string{"a.b_c~d": "two  spaces", "1": "\\ ~ {}"},
		map[string]string{},
		map[string]string{"long": strings.Repeat("v", 2048-len("long"))},
	)
	badMetadata = bad(
		map[string]string{"a b": "x"}, map[string]string{"": "x"}, map[string]string{"é": "x"},
		map[string]string{"k": "é"}, map[string]string{"k": "a\nb"}, map[string]string{"k": " lead"},
		map[string]string{"K": "1", "k": "2"},
		map[string]string{"long": strings.Repeat("v", 2049-len("long"))},
	)

	goodTags = good(
		map[string]string{"team": "red"},
		map[string]string{"team": "blue team", "cost": "a+b=c/d"},
		map[string]string{"k": "", "Team": "@x:y_z.-"},
		map[string]string{"ключ": "значение", "é": "日本"},
		map[string]string{},
		manyTags(10),
		map[string]string{strings.Repeat("k", 128): strings.Repeat("v", 256)},
		map[string]string{strings.Repeat("ç", 128): strings.Repeat("語", 256)},
	)
	badTags = bad(
		manyTags(11), map[string]string{"": "x"}, map[string]string{"aws:x": "y"}, map[string]string{"AWS:x": "y"},
		map[string]string{"k": "a&b"}, map[string]string{"a?": "b"}, map[string]string{"k": "a\nb"}, map[string]string{"k": "🙂"},
		map[string]string{strings.Repeat("k", 129): "v"}, map[string]string{"k": strings.Repeat("v", 257)},
	)
)

func manyTags(n int) map[string]string {
	tags := map[string]string{}
	for i := range n {
		tags[fmt.Sprintf("tag %d", i)] = fmt.Sprint(i)
	}
	return tags
}

func drawAttrs(t *rapid.T) attrs {
	return attrs{
		contentType:  maybe(t, 3, contentTypes, badHeaders),
		cacheControl: maybe(t, 6, good("no-cache", "max-age=60, public"), badHeaders),
		disposition:  maybe(t, 6, good("inline", `attachment; filename="a b.txt"`), badHeaders),
		encoding:     maybe(t, 6, good("gzip", "br"), badHeaders),
		language:     maybe(t, 6, good("de-CH", "en, fr"), badHeaders),
		class:        maybe(t, 6, good("STANDARD", "REDUCED_REDUNDANCY"), bad("", "NO CLASS", strings.Repeat("C", 129))),
		metadata:     maybe(t, 2, goodMetadata, badMetadata),
		tags:         maybe(t, 2, goodTags, badTags),
	}
}

// A header is an option with a string for a value.
type header struct {
	name  string
	value *argument[string]
	with  func(string) store.WriteOption
}

func (a *attrs) headers() []header {
	return []header{
		{"ContentType", a.contentType, func(v string) store.WriteOption { return store.ContentType(v) }},
		{"CacheControl", a.cacheControl, store.CacheControl},
		{"ContentDisposition", a.disposition, store.ContentDisposition},
		{"ContentEncoding", a.encoding, store.ContentEncoding},
		{"ContentLanguage", a.language, store.ContentLanguage},
		{"StorageClass", a.class, store.StorageClass},
	}
}

func (a *attrs) options() []store.WriteOption {
	var opts []store.WriteOption
	for _, h := range a.headers() {
		if h.value != nil {
			opts = append(opts, h.with(h.value.value))
		}
	}
	if a.metadata != nil {
		opts = append(opts, store.Metadata(a.metadata.value))
	}
	if a.tags != nil {
		opts = append(opts, store.Tags(a.tags.value))
	}
	return opts
}

func (a *attrs) show() []string {
	var texts []string
	for _, h := range a.headers() {
		if h.value != nil {
			texts = append(texts, fmt.Sprintf("%s(%s)", h.name, quote(h.value.value)))
		}
	}
	if a.metadata != nil {
		texts = append(texts, fmt.Sprintf("Metadata(%s)", showMap(a.metadata.value)))
	}
	if a.tags != nil {
		texts = append(texts, fmt.Sprintf("Tags(%s)", showMap(a.tags.value)))
	}
	return texts
}

func showMap(m map[string]string) string {
	var texts []string
	for k, v := range m {
		texts = append(texts, quote(k)+": "+quote(v))
	}
	slices.Sort(texts)
	return "{" + strings.Join(texts, ", ") + "}"
}

func (a *attrs) valid() bool {
	for _, h := range a.headers() {
		if h.value != nil && h.value.bad {
			return false
		}
	}
	return (a.metadata == nil || !a.metadata.bad) && (a.tags == nil || !a.tags.bad)
}

// object gives the object that is written with these options.
func (a *attrs) object(content, contentType string) *object {
	o := &object{content: content}
	o.attrs.ContentType = contentType
	o.attrs.StorageClass = "STANDARD"
	for i, field := range []*string{
		&o.attrs.ContentType, &o.attrs.CacheControl, &o.attrs.ContentDisposition, &o.attrs.ContentEncoding,
		&o.attrs.ContentLanguage, &o.attrs.StorageClass,
	} {
		if h := a.headers()[i]; h.value != nil {
			*field = h.value.value
		}
	}
	if a.metadata != nil && len(a.metadata.value) > 0 {
		o.attrs.Metadata = map[string]string{}
		for k, v := range a.metadata.value {
			o.attrs.Metadata[strings.ToLower(k)] = v
		}
	}
	if a.tags != nil {
		o.tags = a.tags.value
	}
	return o
}
