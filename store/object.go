package store

import (
	"time"

	"github.com/s3mio/s3mio/driver"
)

// ObjectInfo describes an object. Listings fill the first five fields, Head
// all but Tags, Head with [WithTags] all. Put, Upload and Copy fill Key, Size
// and ETag.
type ObjectInfo struct {
	Key          string    // relative to the Bucket or Prefix that was asked
	Size         int64     // in bytes
	LastModified time.Time // UTC, in whole seconds
	ETag         string    // opaque, without quotes; differs when the content differs
	StorageClass string    // "STANDARD" unless written otherwise

	ContentType        string
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string
	Metadata           map[string]string // keys in lower case
	Tags               map[string]string
}

// BucketInfo describes a bucket.
type BucketInfo struct {
	Name    string
	Created time.Time // UTC; zero when the backend does not know
}

// Listing is what [Bucket.ListDir] gives: the objects at one level and the
// common prefixes ("folders") below it, each in byte order and relative to the
// Bucket or Prefix that was asked.
type Listing struct {
	Objects  []ObjectInfo
	Prefixes []string // each ends with the delimiter
}

// info gives a driver's description with the key relative to this handle.
func (c *core) info(o driver.ObjectInfo) ObjectInfo {
	i := ObjectInfo(o)
	i.Key = i.Key[min(len(c.prefix), len(i.Key)):]
	return i
}
