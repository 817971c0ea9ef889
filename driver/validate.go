package driver

import (
	"fmt"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// Limits of Amazon S3 that hold on every backend.
const (
	MaxKeyBytes      = 1024
	MaxMetadataBytes = 2048 // keys and values together
	MaxTags          = 10
	MaxTagKeyRunes   = 128
	MaxTagValueRunes = 256
	MaxPresignTTL    = 7 * 24 * time.Hour
)

// ValidKey checks a key that a call reads, describes, tags or deletes: 1 to
// 1,024 bytes of valid UTF-8. The error matches [ErrValidation].
func ValidKey(key string) error {
	switch {
	case key == "":
		return fmt.Errorf("%w: the key is empty", ErrValidation)
	case len(key) > MaxKeyBytes:
		return fmt.Errorf("%w: the key has %d bytes, at most %d are allowed", ErrValidation, len(key), MaxKeyBytes)
	case !utf8.ValidString(key):
		return fmt.Errorf("%w: the key is not valid UTF-8", ErrValidation)
	}
	return nil
}

// ValidNewKey checks a key that a call creates: [ValidKey], and no C0 control
// character, U+FFFE or U+FFFF, which the XML of the S3 protocol cannot carry.
func ValidNewKey(key string) error {
	if err := ValidKey(key); err != nil {
		return err
	}
	for _, r := range key {
		if r < 0x20 || r == 0xFFFE || r == 0xFFFF {
			return fmt.Errorf("%w: the key holds the character %U", ErrValidation, r)
		}
	}
	return nil
}

// ValidMetadata checks user metadata: keys are HTTP tokens (RFC 9110, section
// 5.6.2), unique without regard to case; values are printable ASCII without
// outer spaces; all together at most 2 KiB.
func ValidMetadata(metadata map[string]string) error {
	total := 0
	seen := make(map[string]bool, len(metadata))
	for k, v := range metadata {
		if !isToken(k) {
			return fmt.Errorf("%w: metadata key %q is not an HTTP token", ErrValidation, k)
		}
		lower := strings.ToLower(k)
		if seen[lower] {
			return fmt.Errorf("%w: metadata key %q is given twice, differing only in case", ErrValidation, lower)
		}
		seen[lower] = true
		if err := ValidHeaderValue("the metadata value of "+k, v); err != nil {
			return err
		}
		total += len(k) + len(v)
	}
	if total > MaxMetadataBytes {
		return fmt.Errorf("%w: metadata has %d bytes, at most %d are allowed", ErrValidation, total, MaxMetadataBytes)
	}
	return nil
}

// maxHeaderBytes is how much S3 takes of all headers of a PUT together (Amazon S3
// User Guide, "Working with object metadata"), in bytes.
const maxHeaderBytes = 8 << 10

// ValidHeaderValue checks a value that travels as an HTTP header: at most 8 KiB of
// printable ASCII without outer spaces. The error calls it by the name what.
func ValidHeaderValue(what, value string) error {
	if len(value) > maxHeaderBytes {
		return fmt.Errorf("%w: %s has %d bytes, headers have at most %d", ErrValidation, what, len(value), maxHeaderBytes)
	}
	for i := range len(value) {
		if value[i] < 0x20 || value[i] > 0x7e {
			return fmt.Errorf("%w: %s holds the byte %#02x, only printable ASCII is allowed", ErrValidation, what, value[i])
		}
	}
	if strings.Trim(value, " ") != value {
		return fmt.Errorf("%w: %s starts or ends with a space", ErrValidation, what)
	}
	return nil
}

// ValidTags checks a tag set: at most 10, keys of 1 to 128 and values of 0 to
// 256 characters, which are Unicode letters, digits, spaces and + - = . _ : / @,
// and no key that starts with "aws:".
func ValidTags(tags map[string]string) error {
	if len(tags) > MaxTags {
		return fmt.Errorf("%w: %d tags, at most %d are allowed", ErrValidation, len(tags), MaxTags)
	}
	for k, v := range tags {
		switch {
		case k == "":
			return fmt.Errorf("%w: a tag key is empty", ErrValidation)
		case utf8.RuneCountInString(k) > MaxTagKeyRunes:
			return fmt.Errorf("%w: a tag key has more than %d characters", ErrValidation, MaxTagKeyRunes)
		case utf8.RuneCountInString(v) > MaxTagValueRunes:
			return fmt.Errorf("%w: the value of tag %q has more than %d characters", ErrValidation, k, MaxTagValueRunes)
		case strings.HasPrefix(strings.ToLower(k), "aws:"):
			return fmt.Errorf("%w: tag key %q has the prefix aws:, which is reserved", ErrValidation, k)
		}
		if c, bad := notTagText(k); bad {
			return fmt.Errorf("%w: tag key %q holds %q, which tags must not", ErrValidation, k, c)
		}
		if c, bad := notTagText(v); bad {
			return fmt.Errorf("%w: the value of tag %q holds %q, which tags must not", ErrValidation, k, c)
		}
	}
	return nil
}

// ValidETag checks an ETag that a condition names: the opaque text of a strong
// entity tag (RFC 9110, section 8.8.3) without its quotes.
func ValidETag(etag string) error {
	if etag == "" {
		return fmt.Errorf("%w: the ETag is empty", ErrValidation)
	}
	if etag == "*" {
		return fmt.Errorf("%w: %q is not an ETag", ErrValidation, etag)
	}
	for i := range len(etag) {
		if c := etag[i]; c <= 0x20 || c > 0x7e || c == '"' {
			return fmt.Errorf("%w: the ETag holds the byte %#02x", ErrValidation, c)
		}
	}
	return nil
}

// ValidPresign checks what a presigned URL is to allow.
func ValidPresign(opts *PresignOptions) error {
	switch {
	case opts.Method != "GET" && opts.Method != "PUT":
		return fmt.Errorf("%w: cannot presign method %q", ErrValidation, opts.Method)
	case opts.TTL < time.Second || opts.TTL > MaxPresignTTL:
		return fmt.Errorf("%w: a presigned URL lives 1 s to 7 days, not %v", ErrValidation, opts.TTL)
	case opts.Method != "PUT" && opts.ContentType != "":
		return fmt.Errorf("%w: a content type binds a PUT only", ErrValidation)
	}
	return ValidHeaderValue("the content type", opts.ContentType)
}

// isToken reports whether s is an HTTP token.
func isToken(s string) bool {
	for i := range len(s) {
		c := s[i]
		alnum := 'a' <= c && c <= 'z' || 'A' <= c && c <= 'Z' || '0' <= c && c <= '9'
		if !alnum && !strings.ContainsRune("!#$%&'*+-.^_`|~", rune(c)) {
			return false
		}
	}
	return s != ""
}

// notTagText finds a character that a tag must not hold.
func notTagText(s string) (c rune, found bool) {
	for _, r := range s {
		if !unicode.IsLetter(r) && !unicode.IsDigit(r) && !unicode.Is(unicode.Zs, r) &&
			!strings.ContainsRune("+-=._:/@", r) {
			return r, true
		}
	}
	return 0, false
}
