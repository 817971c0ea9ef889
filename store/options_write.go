package store

import (
	"maps"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// ContentType sets the content type of a write, stored and returned verbatim.
// On PresignPut it binds the type that the request must carry.
func ContentType(contentType string) WritePresignOption {
	return headerOption(optContentType, contentType, func(c *config) *string { return &c.put.ContentType })
}

// CacheControl sets the Cache-Control header with which the object is served.
func CacheControl(value string) WriteOption {
	return headerOption(optCacheControl, value, func(c *config) *string { return &c.put.CacheControl })
}

// ContentDisposition sets the Content-Disposition header.
func ContentDisposition(value string) WriteOption {
	return headerOption(optContentDisposition, value, func(c *config) *string { return &c.put.ContentDisposition })
}

// ContentEncoding sets the Content-Encoding header. The content is stored and
// returned as it is: nothing is compressed or decompressed.
func ContentEncoding(value string) WriteOption {
	return headerOption(optContentEncoding, value, func(c *config) *string { return &c.put.ContentEncoding })
}

// ContentLanguage sets the Content-Language header.
func ContentLanguage(value string) WriteOption {
	return headerOption(optContentLanguage, value, func(c *config) *string { return &c.put.ContentLanguage })
}

// headerOption makes an option whose value travels as an HTTP header.
func headerOption(bit optionSet, value string, field func(*config) *string) option {
	return option{bit, func(c *config) {
		*field(c) = value
		if value == "" {
			c.refuse(invalid("%s is empty", bit.name()))
		} else if err := driver.ValidHeaderValue(bit.name(), value); err != nil {
			c.refuse(err)
		}
	}}
}

// StorageClass sets the storage class, "STANDARD" by default. Memory and
// filesystem keep the name of any class that Amazon S3 has.
func StorageClass(class string) WriteOption {
	return option{optStorageClass, func(c *config) {
		c.put.StorageClass = class
		if err := driver.ValidStorageClass(class); err != nil {
			c.refuse(err)
		}
	}}
}

// Metadata sets the user metadata. Keys are HTTP tokens and come back in lower
// case; values are printable ASCII without outer spaces; all together at most
// 2 KiB.
func Metadata(metadata map[string]string) WriteOption {
	metadata = maps.Clone(metadata)
	return option{optMetadata, func(c *config) {
		c.put.Metadata = metadata
		if err := driver.ValidMetadata(metadata); err != nil {
			c.refuse(err)
		}
	}}
}

// Tags sets the tags: at most 10, keys of 1 to 128 and values of 0 to 256
// letters, digits, spaces and + - = . _ : / @.
func Tags(tags map[string]string) WriteOption {
	tags = maps.Clone(tags)
	return option{optTags, func(c *config) {
		c.put.Tags = tags
		if err := driver.ValidTags(tags); err != nil {
			c.refuse(err)
		}
	}}
}

// IfAbsent lets a write happen only when no object has the key. Of several
// writers at once exactly one wins, the others get [ErrPreconditionFailed]. On S3 a
// small body is sent to be refused; one that goes up in parts is not, if the object
// is there from the start: it is asked for before the first part. With UploadDir
// the option resumes a transfer that broke off.
func IfAbsent() WriteOption {
	return option{optIfAbsent, func(c *config) { c.put.IfAbsent = true }}
}

// IfMatch lets a call happen only while the object has this ETag, else
// [ErrPreconditionFailed]; without an object, [ErrObjectNotFound]. Of several
// writers with the same ETag exactly one wins. The ETag may have the quotes that
// HTTP puts around it.
func IfMatch(etag string) ReadWriteOption {
	return option{optIfMatch, func(c *config) { c.etag = c.checkETag(etag) }}
}

// checkETag takes an ETag with or without the quotes it has in HTTP.
func (c *config) checkETag(etag string) string {
	if bare, ok := strings.CutPrefix(etag, `"`); ok {
		etag = strings.TrimSuffix(bare, `"`)
	}
	if err := driver.ValidETag(etag); err != nil {
		c.refuse(err)
	}
	return etag
}

// Size announces the exact number of bytes of a write. When the data turns out
// shorter or longer, the write fails with [ErrSizeMismatch] and nothing is
// stored. Announcing the size of a reader saves buffering it on S3.
func Size(n int64) WriteOption {
	return option{optSize, func(c *config) {
		c.put.Size = n
		if n < 0 {
			c.refuse(invalid("Size(%d) is negative", n))
		}
	}}
}

// defaultWorkers is how many objects UploadDir and DownloadDir move at once.
const defaultWorkers = 4

// Workers sets how many objects UploadDir and DownloadDir (default 4) or
// CopyMany (default 1) work on at once.
func Workers(n int) WorkersOption {
	return option{optWorkers, func(c *config) {
		c.workers = n
		if n < 1 {
			c.refuse(invalid("Workers(%d): at least 1 is needed", n))
		}
	}}
}

// OnProgress has a call report how far it is. The function is called from one
// goroutine at a time, with Bytes never going down, and with Bytes equal to
// Total when the call has succeeded. It must not block for long.
func OnProgress(report func(Progress)) ReadWriteOption {
	return option{optOnProgress, func(c *config) {
		c.progress = report
		if report == nil {
			c.refuse(invalid("OnProgress: the function is nil"))
		}
	}}
}
