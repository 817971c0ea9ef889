package filedriver

import (
	"crypto/sha256"
	"encoding/hex"
	"path/filepath"
	"runtime"
	"strings"
)

// keyID identifies a key in the names of our own files.
type keyID struct {
	sum  [sha256.Size]byte
	lock byte // the lock of the key
}

// idOf gives the identity of a key. Keys that differ only in case share a lock,
// since on some filesystems they compete for one file.
func idOf(key string) keyID {
	id := keyID{sum: sha256.Sum256([]byte(key))}
	id.lock = id.sum[0]
	if folded := strings.ToLower(key); folded != key {
		id.lock = sha256.Sum256([]byte(folded))[0]
	}
	return id
}

// maxSegment is the longest file name of common filesystems, in bytes.
const maxSegment = 255

// isNatural reports whether a key can be the path of a plain file.
func isNatural(key string) bool { return naturalOn(runtime.GOOS, key) }

func naturalOn(goos, key string) bool {
	for segment := range strings.SplitSeq(key, "/") {
		if !naturalSegment(goos, segment) {
			return false
		}
	}
	return true
}

// naturalSegment reports whether a part of a key can be a file's name. That of the
// reserved directory is not, on filesystems that fold names neither, and at no
// depth: below the bucket's directory it is another bucket's. Names that end in
// .attrs are left to fileblob's sidecars: what a file is must not depend on its
// content, which a write could change.
func naturalSegment(goos, name string) bool {
	switch {
	case name == "" || name == "." || name == ".." || strings.EqualFold(name, reserved):
		return false
	case len(name) > maxSegment || strings.IndexByte(name, 0) >= 0:
		return false
	case len(name) >= len(sidecarExt) && strings.EqualFold(name[len(name)-len(sidecarExt):], sidecarExt):
		return false
	}
	if goos != "windows" {
		return true
	}
	if runtime.GOOS == goos {
		if _, err := filepath.Localize(name); err != nil {
			return false
		}
	}
	return windowsSegment(name)
}

// windowsSegment applies the rules of "Naming Files, Paths, and Namespaces"
// (Microsoft Learn).
func windowsSegment(name string) bool {
	for i := range len(name) {
		if name[i] < 0x20 || strings.IndexByte(`<>:"\|?*`, name[i]) >= 0 {
			return false
		}
	}
	if last := name[len(name)-1]; last == '.' || last == ' ' {
		return false
	}
	base, _, _ := strings.Cut(name, ".")
	base = strings.ToUpper(strings.TrimRight(base, " "))
	switch base {
	case "CON", "PRN", "AUX", "NUL", "CONIN$", "CONOUT$":
		return false
	}
	number, com := strings.CutPrefix(base, "COM")
	if !com {
		number, com = strings.CutPrefix(base, "LPT")
	}
	return !com || number == "" || !strings.Contains("0 1 2 3 4 5 6 7 8 9 ¹ ² ³", number)
}

// escapedChunk is how many bytes of a key one escaped name holds.
const escapedChunk = 64

// The marks that begin escaped names: they keep directories and files apart,
// and every name clear of device names.
const (
	dirMark  = "d-"
	fileMark = "f-"
)

// escapedPath gives the path of a key in keys/: one directory for every full
// chunk but the last, then the file.
func escapedPath(key string) string {
	var path strings.Builder
	path.Grow(len(dirMark) + 2*len(key)) // most often enough
	for len(key) > escapedChunk {
		appendEscaped(&path, dirMark, key[:escapedChunk])
		path.WriteByte('/')
		key = key[escapedChunk:]
	}
	appendEscaped(&path, fileMark, key)
	return path.String()
}

func escapedName(mark, chunk string) string {
	var name strings.Builder
	appendEscaped(&name, mark, chunk)
	return name.String()
}

// appendEscaped writes a chunk with every byte but lower-case letters, digits,
// "-" and "_" as % and two lower-case hexadecimal digits.
func appendEscaped(to *strings.Builder, mark, chunk string) {
	const digits = "0123456789abcdef"
	to.WriteString(mark)
	for i := range len(chunk) {
		if c := chunk[i]; plainInEscaped(c) {
			to.WriteByte(c)
		} else {
			to.WriteByte('%')
			to.WriteByte(digits[c>>4])
			to.WriteByte(digits[c&15])
		}
	}
}

func plainInEscaped(c byte) bool {
	return 'a' <= c && c <= 'z' || '0' <= c && c <= '9' || c == '-' || c == '_'
}

// unescapeName reverses [escapedName]; ok is false for a name that it does not
// make.
func unescapeName(mark, name string) (chunk string, ok bool) {
	text, ok := strings.CutPrefix(name, mark)
	if !ok {
		return "", false
	}
	bytes := make([]byte, 0, len(text))
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '%' {
			var b [1]byte
			if i+2 >= len(text) {
				return "", false
			}
			if _, err := hex.Decode(b[:], []byte(text[i+1:i+3])); err != nil {
				return "", false
			}
			c, i = b[0], i+2
		}
		bytes = append(bytes, c)
	}
	chunk = string(bytes)
	full := len(chunk) == escapedChunk
	if len(chunk) == 0 || len(chunk) > escapedChunk || mark == dirMark && !full {
		return "", false
	}
	return chunk, escapedName(mark, chunk) == name
}
