package store

import "github.com/s3mio/s3mio/driver"

// Range reads length bytes from offset on, or all to the end when length is
// negative. What lies past the end is cut off. An offset at or beyond the end
// is [ErrInvalidRange], except that offset 0 of an empty object reads nothing.
func Range(offset, length int64) ReadOption {
	return option{optRange, func(c *config) {
		c.get.Range = &driver.Range{Offset: offset, Length: max(length, -1)}
		if offset < 0 {
			c.refuse(invalid("Range: the offset %d is negative; Tail reads from the end", offset))
		}
	}}
}

// Tail reads the last n bytes, or all of a shorter object. The last 0 bytes
// start at the end, and so are [ErrInvalidRange] unless the object is empty.
func Tail(n int64) ReadOption {
	return option{optTail, func(c *config) {
		c.get.Range = &driver.Range{Length: n, Tail: true}
		if n < 0 {
			c.refuse(invalid("Tail(%d) is negative", n))
		}
	}}
}

// IfNoneMatch lets a read happen only when the object does not have this ETag,
// else [ErrNotModified].
func IfNoneMatch(etag string) ReadOption {
	return option{optIfNoneMatch, func(c *config) { c.get.IfNoneMatch = c.checkETag(etag) }}
}

// Encoding names the character encoding of the text that GetText and Lines
// read, UTF-8 by default. Names are those of the WHATWG Encoding Standard, such
// as "utf-16le", "windows-1252" or "shift_jis", except that "latin1" is ISO 8859-1
// and not windows-1252. A byte order mark at the start decides between the UTF-16
// encodings and is dropped; so is that of UTF-8, when it is named. Without the
// option the text is the object's bytes, which must be valid UTF-8. "latin1" takes
// any bytes, each as the character of that number.
func Encoding(name string) ReadOption {
	return option{optEncoding, func(c *config) {
		c.encoding = name
		if name == "" {
			c.refuse(invalid("Encoding is empty"))
		} else if _, err := findEncoding(name); err != nil {
			c.refuse(err)
		}
	}}
}

const defaultChunkSize = 1 << 20

// ChunkSize sets the size of the chunks that Stream yields, 1 MiB by default.
func ChunkSize(n int) ReadOption {
	return option{optChunkSize, func(c *config) {
		c.chunkSize = n
		if n < 1 {
			c.refuse(invalid("ChunkSize(%d): at least 1 is needed", n))
		}
	}}
}

// WithTags has Head fill in the object's tags, which is a second request on S3.
func WithTags() HeadOption {
	return option{optWithTags, func(c *config) { c.withTags = true }}
}

// KeyPrefix lists only keys that start with prefix, any string; it need not end
// with a slash.
func KeyPrefix(prefix string) ListOption {
	return option{optKeyPrefix, func(c *config) { c.list.Prefix = prefix }}
}

// Delimiter rolls keys that hold the delimiter after the key prefix up into
// common prefixes, which ListDir gives and List and All leave out. An empty
// delimiter lists all keys.
func Delimiter(delimiter string) ListOption {
	return option{optDelimiter, func(c *config) { c.list.Delimiter = delimiter }}
}

// StartAfter lists only keys greater than key. A common prefix that key starts
// with, or equals, is left out.
func StartAfter(key string) ListOption {
	return option{optStartAfter, func(c *config) { c.list.StartAfter = key }}
}

// PageSize sets how many entries are fetched with one request, 1 to 1,000,
// which is the default. It does not limit how many are returned.
func PageSize(n int) ListOption {
	return option{optPageSize, func(c *config) {
		c.list.PageSize = n
		if n < 1 || n > driver.MaxPageSize {
			c.refuse(invalid("PageSize(%d) is not between 1 and %d", n, driver.MaxPageSize))
		}
	}}
}

// To copies to another bucket or prefix, of any backend. Within a backend the
// server copies; across backends the object is streamed through this process.
func To(destination Objects) CopyOption {
	return option{optTo, func(c *config) {
		if c.copyTarget = coreOf(destination); c.copyTarget == nil {
			c.refuse(invalid("To: the destination is nil"))
		}
	}}
}

// coreOf gives what is behind a Bucket or Prefix, nil for a nil one.
func coreOf(o Objects) *core {
	switch o := o.(type) {
	case *Bucket:
		if o != nil {
			return &o.core
		}
	case *Prefix:
		if o != nil {
			return &o.core
		}
	}
	return nil
}
