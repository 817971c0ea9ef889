package store

import (
	"bufio"
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/htmlindex"
	"golang.org/x/text/encoding/unicode"
)

// findEncoding gives the encoding of a name, nil for UTF-8, which needs no
// decoding, only checking.
func findEncoding(name string) (encoding.Encoding, error) {
	if name == "" {
		return nil, nil
	}
	switch strings.ToLower(strings.TrimSpace(name)) {
	case "latin1", "iso-8859-1", "l1":
		// The standard means windows-1252 by these, which leaves five bytes
		// without a meaning; everywhere else they are what they say.
		return charmap.ISO8859_1, nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, invalid("unknown encoding %q", name)
	}
	if canonicalName(e) == "utf-8" {
		return nil, nil
	}
	return e, nil
}

// canonicalName gives the standard's name of an encoding that htmlindex gave.
func canonicalName(e encoding.Encoding) string {
	name, err := htmlindex.Name(e)
	if err != nil {
		return ""
	}
	return name
}

// withoutBOM drops the byte order mark that UTF-8 text may start with, and gives
// its length.
func withoutBOM(r io.Reader) (io.Reader, int) {
	const bom = "\ufeff"
	b := bufio.NewReader(r)
	// What keeps Peek from three bytes shows again when they are read.
	if start, _ := b.Peek(len(bom)); string(start) != bom {
		return b, 0
	}
	n, _ := b.Discard(len(bom)) // they are in the buffer
	return b, n
}

// decodeText gives data, which has the offset in its object, as UTF-8.
func decodeText(data []byte, offset int64, name string) (string, error) {
	r, check, err := textReader(bytes.NewReader(data), offset, name)
	if err != nil {
		return "", err
	}
	var b strings.Builder
	b.Grow(len(data))
	if _, err := io.Copy(&b, r); err != nil {
		return "", err
	}
	if err := check(b.String()); err != nil {
		return "", err
	}
	return b.String(), nil
}

// textReader gives r, which starts at the offset in its object, as UTF-8, and a
// function that checks what was read of it, piece after piece.
func textReader(r io.Reader, offset int64, name string) (io.Reader, func(string) error, error) {
	e, err := findEncoding(name)
	if err != nil {
		return nil, nil, err
	}
	if e == nil {
		if name != "" {
			var n int
			r, n = withoutBOM(r)
			offset += int64(n)
		}
		return r, func(s string) error {
			if !utf8.ValidString(s) {
				i := firstInvalid(s)
				return fmt.Errorf("the text is not valid UTF-8: byte %#02x at offset %d", s[i], offset+int64(i))
			}
			offset += int64(len(s))
			return nil
		}, nil
	}
	decoder := e.NewDecoder()
	if strings.HasPrefix(canonicalName(e), "utf-16") {
		// The mark says which of the two byte orders it is.
		decoder.Transformer = unicode.BOMOverride(decoder.Transformer)
	}
	return decoder.Reader(r), func(s string) error {
		// Decoders put U+FFFD for what they cannot decode. Only the UTF-16
		// encodings could hold it in earnest; it is refused there as well.
		if strings.ContainsRune(s, utf8.RuneError) {
			return fmt.Errorf("the text is not valid %s", name)
		}
		return nil
	}, nil
}

// firstInvalid gives the index of the first byte that is not UTF-8, in a string
// that has one.
func firstInvalid(s string) int {
	i := 0
	for {
		r, n := utf8.DecodeRuneInString(s[i:])
		if r == utf8.RuneError && n <= 1 {
			return i
		}
		i += n
	}
}
