package driver

import "time"

// HeadOptions modify [Bucket.Head].
type HeadOptions struct {
	// Tags asks for ObjectInfo.Tags (an empty map when there are none).
	Tags bool
}

// GetOptions modify [Bucket.Get].
type GetOptions struct {
	Range       *Range // nil: the whole object
	IfMatch     string // an ETag; otherwise [ErrPreconditionFailed]
	IfNoneMatch string // an ETag; if it matches, [ErrNotModified]
}

// PutOptions modify [Bucket.Put]. A driver that cannot honour a field that is
// set returns [ErrUnsupported] before it reads the body.
type PutOptions struct {
	// Size is the exact length of the body, or negative when not known.
	Size int64

	ContentType        string // never empty; stored and returned verbatim
	CacheControl       string
	ContentDisposition string
	ContentEncoding    string
	ContentLanguage    string
	StorageClass       string            // empty: the default
	Metadata           map[string]string // keys in lower case
	Tags               map[string]string

	// IfAbsent lets the write happen only when no object is there, IfMatch
	// only when the object there has this ETag; otherwise
	// [ErrPreconditionFailed]. IfMatch without an object is
	// [ErrObjectNotFound]. The check and the write are one atomic step among
	// all writers. At most one of the two is set.
	IfAbsent bool
	IfMatch  string
}

// ListOptions modify [Bucket.List].
type ListOptions struct {
	Prefix    string // only keys that start with it
	Delimiter string // keys that hold it after Prefix are rolled up into common prefixes

	// StartAfter excludes keys up to and including it. A common prefix that
	// StartAfter starts with (or equals) is excluded as well.
	StartAfter string

	Token    string // NextToken of the page before; empty for the first
	PageSize int    // at most so many objects and prefixes; 0: up to 1,000
}

// ListPage is one page of a listing. Objects and Prefixes are each in byte
// order; a page may be short or empty without being the last.
type ListPage struct {
	Objects   []ObjectInfo
	Prefixes  []string
	NextToken string // empty on the last page
}

// PresignOptions say what a presigned URL allows.
type PresignOptions struct {
	Method      string        // "GET" or "PUT"
	TTL         time.Duration // how long, from now, in whole seconds; 1 s to 7 days
	ContentType string        // PUT only: the type the request must carry; empty: any
}

// BucketInfo describes a bucket.
type BucketInfo struct {
	Name    string
	Created time.Time // UTC; zero when the backend does not know
}

// BucketPage is one page of bucket names in byte order.
type BucketPage struct {
	Buckets   []BucketInfo
	NextToken string // empty on the last page
}
