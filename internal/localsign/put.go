package localsign

import (
	"bytes"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"hash"
	"io"
	"net/http"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// put stores the request's body, all of it or nothing.
func (s *Service) put(w http.ResponseWriter, r *http.Request, b driver.Bucket, g grant) error {
	opts, err := putOptions(r, g)
	if err != nil {
		return err
	}
	switch {
	case len(r.TransferEncoding) > 0: // S3 takes no body of unknown length
		return errHeader
	case r.ContentLength < 0:
		return errNoLength
	case r.ContentLength > s.MaxPut:
		return errTooLarge
	}
	var body io.Reader = requestBody{r.Body}
	if v := r.Header.Get("Content-MD5"); v != "" {
		sum, err := base64.StdEncoding.DecodeString(v)
		if err != nil || len(sum) != md5.Size {
			return &refusal{http.StatusBadRequest, "InvalidDigest", "The Content-MD5 you specified is not valid"}
		}
		body = &digestReader{body: body, hash: md5.New(), want: sum, rest: r.ContentLength}
	}
	info, err := driver.Put(r.Context(), b, g.key, body, opts)
	if err != nil {
		return err
	}
	w.Header().Set("ETag", quote(info.ETag))
	w.Header().Set("Content-Length", "0")
	w.WriteHeader(http.StatusOK)
	return nil
}

// putOptions takes from the request's headers what describes the object.
func putOptions(r *http.Request, g grant) (*driver.PutOptions, error) {
	opts := &driver.PutOptions{Size: r.ContentLength}
	for name := range r.Header {
		// S3 refuses these unless they are part of the signature.
		if strings.HasPrefix(name, "X-Amz-") {
			return nil, denied("AccessDenied", "There were headers present in the request which were not signed")
		}
	}
	if r.Header.Get("Content-Range") != "" || r.Header.Get("If-Unmodified-Since") != "" {
		return nil, errHeader
	}
	if err := setContentType(opts, r.Header.Values("Content-Type"), g.contentType); err != nil {
		return nil, err
	}
	for name, field := range map[string]*string{
		"Cache-Control":       &opts.CacheControl,
		"Content-Disposition": &opts.ContentDisposition,
		"Content-Encoding":    &opts.ContentEncoding,
		"Content-Language":    &opts.ContentLanguage,
	} {
		*field = strings.Join(r.Header.Values(name), ", ")
		if err := driver.ValidHeaderValue(name, *field); err != nil {
			return nil, err
		}
	}
	return opts, setConditions(opts, r.Header)
}

// untyped is what S3 gives an object that comes without a Content-Type.
const untyped = "binary/octet-stream"

// setContentType takes the one Content-Type header, which must be the bound
// type if there is one.
func setContentType(opts *driver.PutOptions, given []string, bound string) error {
	if len(given) == 0 {
		given = []string{""}
	}
	switch {
	case bound != "" && (len(given) != 1 || given[0] != bound):
		return denied("SignatureDoesNotMatch", "The Content-Type is not the one that the URL was signed for")
	case len(given) != 1:
		return invalid("There is more than one Content-Type")
	}
	if opts.ContentType = given[0]; opts.ContentType == "" {
		opts.ContentType = untyped
	}
	return driver.ValidHeaderValue("Content-Type", opts.ContentType)
}

// setConditions takes If-None-Match: * and an If-Match of one ETag, what S3
// knows on a write.
func setConditions(opts *driver.PutOptions, h http.Header) error {
	match, none := h.Values("If-Match"), h.Values("If-None-Match")
	switch {
	case len(match) == 0 && len(none) == 0:
		return nil
	case len(match) == 0 && len(none) == 1 && none[0] == "*":
		opts.IfAbsent = true
		return nil
	case len(match) != 1 || len(none) != 0:
		return errHeader
	}
	tag, weak, rest := nextTag(match[0])
	if weak || tag == "*" || rest != "" {
		return errHeader
	}
	opts.IfMatch = strings.Trim(tag, `"`)
	return driver.ValidETag(opts.IfMatch)
}

// requestBody marks the errors of reading the request as the client's.
type requestBody struct{ io.ReadCloser }

func (b requestBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if err != nil && err != io.EOF {
		err = fmt.Errorf("%w: %w", errIncomplete, err)
	}
	return n, err
}

// digestReader fails, in place of the end of the body, when its MD5 is not the
// one announced.
type digestReader struct {
	body io.Reader
	hash hash.Hash
	want []byte
	rest int64 // bytes still to come
}

func (d *digestReader) Read(p []byte) (int, error) {
	n, err := d.body.Read(p)
	d.hash.Write(p[:n])
	d.rest -= int64(n)
	// Whoever knows the length need not read on to the end of file.
	if (err == io.EOF || err == nil && d.rest == 0) && !bytes.Equal(d.hash.Sum(nil), d.want) {
		return 0, errBadDigest
	}
	return n, err
}
