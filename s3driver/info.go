package s3driver

import (
	"cmp"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// unquote gives an ETag without the quotes that some servers leave out anyway.
func unquote(etag *string) string { return strings.Trim(aws.ToString(etag), `"`) }

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
