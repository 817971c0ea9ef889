package blobdriver

import (
	"bytes"
	"cmp"
	"encoding/hex"
	"fmt"
	"strings"
	"time"

	"gocloud.dev/blob"

	"github.com/s3mio/s3mio/driver"
)

// describe gives the info of an object, in memory of the caller's own.
func describe(key string, a *blob.Attributes) driver.ObjectInfo {
	return driver.ObjectInfo{
		Key:                key,
		Size:               a.Size,
		LastModified:       wholeSeconds(a.ModTime),
		ETag:               etagOf(a),
		StorageClass:       driver.DefaultStorageClass,
		ContentType:        cmp.Or(a.ContentType, driver.DefaultContentType),
		CacheControl:       a.CacheControl,
		ContentDisposition: a.ContentDisposition,
		ContentEncoding:    a.ContentEncoding,
		ContentLanguage:    a.ContentLanguage,
		Metadata:           a.Metadata, // made for each call
	}
}

func wholeSeconds(t time.Time) time.Time { return t.UTC().Truncate(time.Second) }

// etagOf prefers the MD5: a list entry has that, too.
func etagOf(a *blob.Attributes) string {
	if len(a.MD5) > 0 {
		return hex.EncodeToString(a.MD5)
	}
	if etag := bareETag(a.ETag); driver.ValidETag(etag) == nil {
		return etag
	}
	return fmt.Sprintf("%x-%x", a.ModTime.UnixNano(), a.Size)
}

// bareETag takes the quotes off an ETag. The mark of a weak one stays.
func bareETag(etag string) string { return strings.ReplaceAll(etag, `"`, "") }

// sameVersion reports whether both describe one version of an object, its
// metadata included.
func sameVersion(a, b *blob.Attributes) bool {
	return a.ETag == b.ETag && a.Size == b.Size && a.ModTime.Equal(b.ModTime) && bytes.Equal(a.MD5, b.MD5)
}
