package localsign

import (
	"math"
	"net/http"
	"strconv"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// parseRange gives the one byte range that the request asks for (RFC 9110,
// section 14.1.2). It is nil, for the whole object, when there is none, when
// it is malformed and when there are several.
func parseRange(h http.Header) *driver.Range {
	lines := h.Values("Range")
	if len(lines) != 1 {
		return nil
	}
	unit, spec, ok := strings.Cut(lines[0], "=")
	if !ok || !strings.EqualFold(unit, "bytes") {
		return nil
	}
	from, to, ok := strings.Cut(spec, "-")
	if !ok {
		return nil
	}
	first, okFirst := parsePos(from)
	last, okLast := parsePos(to)
	switch {
	case from == "" && okLast:
		return &driver.Range{Length: last, Tail: true}
	case okFirst && to == "":
		return &driver.Range{Offset: first, Length: -1}
	case okFirst && okLast && first <= last:
		// One less than the greatest number is far enough and cannot overflow.
		return &driver.Range{Offset: first, Length: min(last, math.MaxInt64-1) - first + 1}
	}
	return nil
}

// parsePos reads a byte position: digits alone. One beyond int64 is as good as
// the greatest, since it is past the end of every object.
func parsePos(s string) (pos int64, ok bool) {
	if s == "" || strings.Trim(s, "0123456789") != "" {
		return 0, false
	}
	pos, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		return math.MaxInt64, true // digits alone can only be out of range
	}
	return pos, true
}
