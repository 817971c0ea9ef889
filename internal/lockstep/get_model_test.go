package lockstep

import (
	"encoding/json"
	"fmt"
	"strings"
	"unicode/utf8"
)

func (s *getStep) predict(m *model) string {
	text, failed := s.predicted(m)
	if failed && s.by == "Lines" {
		return showList([]string{text})
	}
	return text
}

func (s *getStep) predicted(m *model) (text string, failed bool) {
	full, op := s.full(s.key), "get"
	if s.by == "Download" {
		op = "download"
	}
	valid := s.ifMatch != etagMalformed && s.ifNone != etagMalformed
	tails := 0
	for _, r := range s.ranges {
		if r.tail {
			tails++
			valid = valid && r.length >= 0
		} else {
			valid = valid && r.offset >= 0
		}
	}
	if tails == 1 && len(s.ranges) == 2 {
		valid = false
	}
	if f := m.refuse(s.call, op, s.key, valid); f != "" {
		return f, true
	}
	o, exists := m.objects[full]
	class := ""
	switch {
	case !exists:
		class = "object not found"
	case s.ifMatch != noETag && !m.matches(s.ifMatch, full):
		class = "precondition failed"
	case s.ifNone != noETag && m.matches(s.ifNone, full):
		class = "not modified"
	}
	if class != "" {
		return s.failure(class, op, full), true
	}
	part := o.content
	if n := len(s.ranges); n > 0 { // the last one counts
		var ok bool
		if part, ok = s.ranges[n-1].of(part); !ok {
			return s.failure("range starts at or beyond the end of the object", op, full), true
		}
	}
	return s.made(o, part)
}

// of cuts the range out of the content.
func (r byteRange) of(content string) (string, bool) {
	size := int64(len(content))
	if content == "" && (r.tail || r.offset == 0) {
		return "", true
	}
	if r.tail {
		return content[size-max(0, min(size, r.length)):], r.length > 0
	}
	if r.offset < 0 || r.offset >= size {
		return "", false
	}
	rest := content[r.offset:]
	if r.length >= 0 && r.length < int64(len(rest)) {
		rest = rest[:r.length]
	}
	return rest, true
}

// made renders what the call makes of the part it reads.
func (s *getStep) made(o *object, part string) (text string, failed bool) {
	notText := s.failure(classOther, "get", s.full(s.key))
	switch s.by {
	case "GetText":
		if !utf8.ValidString(part) {
			return notText, true
		}
	case "GetJSON":
		var v any
		if json.Unmarshal([]byte(part), &v) != nil {
			return notText, true
		}
		return fmt.Sprintf("%#v", v), false
	case "Open", "Seek":
		return describe(o.info(s.key, false)) + " " + showContent(part), false
	case "Stream":
		var chunks []string
		for part != "" {
			n := min(len(part), chunkSize)
			chunks = append(chunks, showContent(part[:n]))
			part = part[n:]
		}
		return showList(chunks), false
	case "Lines":
		var lines []string
		for line := range strings.Lines(part) {
			if !utf8.ValidString(line) {
				return showList(append(lines, notText)), false
			}
			line, ended := strings.CutSuffix(line, "\n")
			if ended {
				line = strings.TrimSuffix(line, "\r")
			}
			lines = append(lines, quote(line))
		}
		return showList(lines), false
	}
	return showContent(part), false
}
