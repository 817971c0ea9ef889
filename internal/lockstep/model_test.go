package lockstep

import (
	"crypto/md5"
	"encoding/hex"
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"

	"github.com/s3mio/s3mio/store"
)

// The model is a bucket as the contract describes it, in the simplest form: it
// shares no code with the drivers or the core.
type model struct {
	objects map[string]*object

	// previous is the last content of a key that differed from what the key
	// has, or had, now.
	previous map[string]string
	last     map[string]string
}

type object struct {
	content string
	attrs   store.ObjectInfo // what the writer said
	tags    map[string]string
}

func newModel() *model {
	return &model{objects: map[string]*object{}, previous: map[string]string{}, last: map[string]string{}}
}

func (m *model) put(key string, o *object) {
	if last, ok := m.last[key]; ok && last != o.content {
		m.previous[key] = last
	}
	m.last[key] = o.content
	m.objects[key] = o
}

func (m *model) delete(key string) { delete(m.objects, key) }

// keys gives the keys that start with prefix, in order.
func (m *model) keys(prefix string) []string {
	var keys []string
	for key := range m.objects {
		if strings.HasPrefix(key, prefix) {
			keys = append(keys, key)
		}
	}
	slices.Sort(keys)
	return keys
}

// refuse gives the failure of a call that does not get as far as the object:
// because of its arguments, its context, or its bucket.
func (m *model) refuse(c call, op, key string, valid bool) string {
	if f := c.invalid(op, key, valid); f != "" {
		return f
	}
	return c.unreachable(op, c.full(key))
}

// invalid gives the failure of a call with a bad key or other bad arguments.
func (c call) invalid(op, key string, valid bool) string {
	if full := c.full(key); c.on == onEmptySegment || !valid || key == "" || !validKey(full) {
		return c.failure("invalid argument", op, full)
	}
	return ""
}

// unreachable gives the failure of a call whose context is at an end or whose
// bucket does not exist.
func (c call) unreachable(op, fullKey string) string {
	switch {
	case c.canceled:
		return c.failure(classCanceled, op, fullKey)
	case c.on == onMissing:
		return c.failure("bucket not found", op, fullKey)
	}
	return ""
}

func validKey(full string) bool {
	return full != "" && len(full) <= 1024 && utf8.ValidString(full)
}

func validNewKey(full string) bool {
	return validKey(full) && !strings.ContainsFunc(full, func(r rune) bool {
		return r < ' ' || r == '\uFFFE' || r == '\uFFFF'
	})
}

func md5Hex(content string) string {
	sum := md5.Sum([]byte(content))
	return hex.EncodeToString(sum[:])
}

// listed is what a listing says of an object, key relative to the handle.
func (o *object) listed(key string) store.ObjectInfo {
	return store.ObjectInfo{Key: key, Size: int64(len(o.content)), ETag: md5Hex(o.content), StorageClass: o.attrs.StorageClass}
}

// info is what Head says of it.
func (o *object) info(key string, withTags bool) store.ObjectInfo {
	i := o.attrs
	l := o.listed(key)
	i.Key, i.Size, i.ETag = l.Key, l.Size, l.ETag
	if withTags {
		i.Tags = o.tags
		if i.Tags == nil {
			i.Tags = map[string]string{}
		}
	}
	return i
}

// written renders what a write returns.
func written(o store.ObjectInfo) string {
	return fmt.Sprintf("written %s, %d bytes, ETag %q", quote(o.Key), o.Size, o.ETag)
}

// describe renders all of an info but the time.
func describe(o store.ObjectInfo) string {
	var b strings.Builder
	fmt.Fprintf(&b, "{%s %d bytes ETag %q %s", quote(o.Key), o.Size, o.ETag, o.StorageClass)
	for _, h := range []struct{ name, value string }{
		{"Content-Type", o.ContentType}, {"Cache-Control", o.CacheControl}, {"Content-Disposition", o.ContentDisposition},
		{"Content-Encoding", o.ContentEncoding}, {"Content-Language", o.ContentLanguage},
	} {
		if h.value != "" {
			fmt.Fprintf(&b, " %s %s", h.name, quote(h.value))
		}
	}
	if o.Metadata != nil {
		fmt.Fprintf(&b, " metadata %s", showMap(o.Metadata))
	}
	if o.Tags != nil {
		fmt.Fprintf(&b, " tags %s", showMap(o.Tags))
	}
	b.WriteByte('}')
	return b.String()
}

// info renders what the driver says of an object. Its time has to be a UTC
// time in whole seconds, the same for as long as the object is not replaced.
func (w *world) info(h handle, o store.ObjectInfo) string {
	text := describe(o)
	full := h.prefix() + o.Key
	t := o.LastModified
	if t.IsZero() || t.Location() != time.UTC || t.Nanosecond() != 0 {
		text += " with a bad LastModified"
	}
	if seen, ok := w.times[full]; ok && !seen.Equal(t) {
		text += " with another LastModified than before"
	}
	w.times[full] = t
	return text
}

// wrote takes notice of a successful write.
func (w *world) wrote(h handle, o store.ObjectInfo, content string) {
	full := h.prefix() + o.Key
	delete(w.times, full)
	w.etags[[2]string{full, content}] = o.ETag
}
