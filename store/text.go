package store

import (
	"bytes"
	"fmt"
	"io"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/htmlindex"
)

// findEncoding gives the encoding of a name, nil for UTF-8, which needs no
// decoding, only checking.
func findEncoding(name string) (encoding.Encoding, error) {
	if name == "" {
		return nil, nil
	}
	e, err := htmlindex.Get(name)
	if err != nil {
		return nil, invalid("unknown encoding %q", name)
	}
	if canonical, err := htmlindex.Name(e); err == nil && canonical == "utf-8" {
		return nil, nil
	}
	return e, nil
}

func decodeText(data []byte, name string) (string, error) {
	r, check, err := textReader(bytes.NewReader(data), name)
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

// textReader gives r as UTF-8, and a function that checks what was read.
func textReader(r io.Reader, name string) (io.Reader, func(string) error, error) {
	e, err := findEncoding(name)
	if err != nil {
		return nil, nil, err
	}
	if e == nil {
		return r, func(s string) error {
			if !utf8.ValidString(s) {
				return fmt.Errorf("the text is not valid UTF-8")
			}
			return nil
		}, nil
	}
	return e.NewDecoder().Reader(r), func(s string) error {
		// Decoders put U+FFFD for what they cannot decode. Only the UTF-16
		// encodings could hold it in earnest; it is refused there as well.
		if strings.ContainsRune(s, utf8.RuneError) {
			return fmt.Errorf("the text is not valid %s", name)
		}
		return nil
	}, nil
}
