package s3driver

import (
	"context"
	"crypto/md5"
	"encoding/hex"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
)

// written identifies content that was sent, to recognise it when the answer
// was lost.
type written struct {
	size int64
	crc  uint32

	crcUnknown bool                   // copied parts have none
	md5        func() (string, error) // the ETag of a plain put; nil for other uploads
	etag       string                 // that of a multipart upload or of a copy's source, or ""
	upload     *upload                // whose completion it is, or nil; ensureTags sees to the tags
	fresh      bool                   // only an object made since the write began will do

	tagsUnknown bool // those that a copy is to have may not be seen
}

// is reports whether the object has the content: by its ETag, which is an MD5
// unless the server encrypts with a key service, else by its checksum.
func (w *written) is(out *s3.HeadObjectOutput) (bool, error) {
	if aws.ToInt64(out.ContentLength) != w.size {
		return false, nil
	}
	etag, want := unquote(out.ETag), w.etag
	if w.md5 != nil {
		sum, err := w.md5()
		if err != nil {
			return false, err
		}
		want = sum
	}
	if want != "" && etag == want {
		return true, nil
	}
	crc, ok := decodeCRC(out.ChecksumCRC32C)
	return ok && !w.crcUnknown && crc == w.crc, nil
}

// md5 is the piece's MD5 in hex. It reads the piece again; only a lost answer
// makes that worth it.
func (p *piece) md5(ctx context.Context) (string, error) {
	sum := md5.New()
	if _, err := io.Copy(sum, cancelable{ctx, p.reader()}); err != nil {
		return "", err
	}
	return hex.EncodeToString(sum.Sum(nil)), nil
}

// multipartETag gives the ETag of an object made of parts with these ETags, or
// "" if they are not MD5 sums.
func multipartETag(parts []string) string {
	sum := md5.New()
	for _, part := range parts {
		raw, err := hex.DecodeString(part)
		if err != nil || len(raw) != md5.Size {
			return ""
		}
		sum.Write(raw)
	}
	return strings.Join([]string{hex.EncodeToString(sum.Sum(nil)), strconv.Itoa(len(parts))}, "-")
}
