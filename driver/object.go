package driver

import (
	"io"
	"time"
)

// ObjectInfo describes an object. List fills Key, Size, LastModified, ETag and
// StorageClass; Head and Get all but Tags; Head with HeadOptions.Tags all.
type ObjectInfo struct {
	Key          string
	Size         int64
	LastModified time.Time // UTC, whole seconds
	ETag         string    // opaque, without quotes; differs when the content differs
	StorageClass string    // "STANDARD" unless written otherwise

	ContentType        string
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string
	Metadata           map[string]string // keys in lower case; nil when there is none
	Tags               map[string]string // nil when not asked for
}

// DefaultStorageClass is the storage class of an object written without one.
const DefaultStorageClass = "STANDARD"

// DefaultContentType is the content type of an object that has none.
const DefaultContentType = "application/octet-stream"

// Object is an object opened for reading.
type Object struct {
	Info   ObjectInfo    // of the whole object: Info.Size is not the range's length
	Offset int64         // where in the object Body starts
	Length int64         // how many bytes Body delivers
	Body   io.ReadCloser // comes to io.EOF without delay after its last byte
}
