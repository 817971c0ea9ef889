package localsign

import (
	"net/http"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// checkRead evaluates the conditions of a GET in the order of RFC 9110,
// section 13.2.2, which is S3's: an ETag condition overrides the date
// condition of its kind.
func checkRead(h http.Header, info *driver.ObjectInfo) error {
	if tags := h.Values("If-Match"); len(tags) > 0 {
		if !matchesAny(tags, info.ETag, false) {
			return errPrecondition
		}
	} else if t, err := http.ParseTime(h.Get("If-Unmodified-Since")); err == nil && info.LastModified.After(t) {
		return errPrecondition
	}
	if tags := h.Values("If-None-Match"); len(tags) > 0 {
		if matchesAny(tags, info.ETag, true) {
			return errNotModified
		}
	} else if t, err := http.ParseTime(h.Get("If-Modified-Since")); err == nil && !info.LastModified.After(t) {
		return errNotModified
	}
	return nil
}

// rangeHolds evaluates If-Range: whether a range of this version is wanted, or
// else the whole object. A date never holds: two versions can share a second,
// and a client must not join parts of both (RFC 9110, section 13.1.5).
func rangeHolds(h http.Header, info *driver.ObjectInfo) bool {
	v := h.Get("If-Range")
	return v == "" || v == quote(info.ETag)
}

// quote gives the strong entity tag of an ETag.
func quote(etag string) string { return `"` + etag + `"` }

// matchesAny reports whether a list of entity tags holds the strong tag etag;
// weak tags match only in a weak comparison.
func matchesAny(lines []string, etag string, weak bool) bool {
	for list := strings.Join(lines, ","); ; {
		tag, isWeak, rest := nextTag(list)
		if tag == "" && rest == "" {
			return false
		}
		if tag == "*" || tag == quote(etag) && (weak || !isWeak) {
			return true
		}
		list = rest
	}
}

// nextTag takes the first entity tag off a list. One that came without quotes,
// as S3 tolerates it, gets them.
func nextTag(list string) (tag string, weak bool, rest string) {
	list = strings.TrimLeft(list, " \t,")
	list, weak = strings.CutPrefix(list, "W/")
	if strings.HasPrefix(list, `"`) {
		opaque, rest, _ := strings.Cut(list[1:], `"`)
		return quote(opaque), weak, rest
	}
	tag, rest, _ = strings.Cut(list, ",")
	tag = strings.TrimRight(tag, " \t")
	if tag != "" && tag != "*" {
		tag = quote(tag)
	}
	return tag, weak, rest
}
