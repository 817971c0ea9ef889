package s3driver

import (
	"cmp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// unquote gives an ETag without the quotes that some servers leave out anyway,
// and without the mark of a weak one: lists, which proxies do not look into, name
// the version without it, and so do conditions on it.
func unquote(etag *string) string {
	text := aws.ToString(etag)
	if weakETag(etag) {
		text = text[len("W/"):]
	}
	return strings.Trim(text, `"`)
}

// weakETag reports whether the answer's bytes need not be those of another with
// the same ETag (RFC 9110, section 8.8.1). S3 has no weak ETags; proxies that
// change answers make them.
func weakETag(etag *string) bool { return strings.HasPrefix(aws.ToString(etag), `W/"`) }

// weakETagError says that parts of a body cannot be joined.
type weakETagError struct{ err error } // why the rest was asked for, or nil

func (e *weakETagError) Error() string {
	text := "reading cannot be continued by a weak ETag (of a proxy that changes answers?)"
	if e.err != nil {
		text += ": " + e.err.Error()
	}
	return text
}

func (e *weakETagError) Unwrap() error { return e.err }

// wholeSeconds gives the time as HTTP carries it; some servers list fractions.
func wholeSeconds(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return t.UTC().Truncate(time.Second)
}

// storageClass gives the class, which S3 leaves out when it is the default.
func storageClass[S ~string](class S) string {
	return cmp.Or(string(class), driver.DefaultStorageClass)
}

func headInfo(key string, o *s3.HeadObjectOutput) driver.ObjectInfo {
	return driver.ObjectInfo{
		Key:                key,
		Size:               aws.ToInt64(o.ContentLength),
		LastModified:       wholeSeconds(o.LastModified),
		ETag:               unquote(o.ETag),
		StorageClass:       storageClass(o.StorageClass),
		ContentType:        aws.ToString(o.ContentType),
		CacheControl:       aws.ToString(o.CacheControl),
		ContentDisposition: aws.ToString(o.ContentDisposition),
		ContentEncoding:    aws.ToString(o.ContentEncoding),
		ContentLanguage:    aws.ToString(o.ContentLanguage),
		Metadata:           o.Metadata,
	}
}

// getInfo is headInfo for a GET; Size is that of the answer's body.
func getInfo(key string, o *s3.GetObjectOutput) driver.ObjectInfo {
	return driver.ObjectInfo{
		Key:                key,
		Size:               aws.ToInt64(o.ContentLength),
		LastModified:       wholeSeconds(o.LastModified),
		ETag:               unquote(o.ETag),
		StorageClass:       storageClass(o.StorageClass),
		ContentType:        aws.ToString(o.ContentType),
		CacheControl:       aws.ToString(o.CacheControl),
		ContentDisposition: aws.ToString(o.ContentDisposition),
		ContentEncoding:    aws.ToString(o.ContentEncoding),
		ContentLanguage:    aws.ToString(o.ContentLanguage),
		Metadata:           o.Metadata,
	}
}

// optional is nil for an empty string: a header that is not sent.
func optional(s string) *string {
	if s == "" {
		return nil
	}
	return &s
}
