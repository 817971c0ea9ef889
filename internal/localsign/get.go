package localsign

import (
	"context"
	"errors"
	"fmt"
	"io"
	"mime"
	"net/http"
	"strconv"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// get serves an object. A body that fails midway breaks the connection off, so
// that the client cannot take what came for the whole.
func get(w http.ResponseWriter, r *http.Request, b driver.Bucket, key string) error {
	o, status, err := openObject(r.Context(), b, key, r.Header)
	if err != nil {
		return err
	}
	defer o.Body.Close()

	h := w.Header()
	setValidators(h, &o.Info)
	if err := checkRead(r.Header, &o.Info); err != nil {
		return err
	}
	h.Set("Accept-Ranges", "bytes")
	switch status {
	case http.StatusRequestedRangeNotSatisfiable:
		h.Set("Content-Range", fmt.Sprintf("bytes */%d", o.Info.Size))
		return driver.ErrInvalidRange
	case http.StatusPartialContent:
		h.Set("Content-Range", fmt.Sprintf("bytes %d-%d/%d", o.Offset, o.Offset+o.Length-1, o.Info.Size))
	}
	setContentHeaders(h, &o.Info)
	if o.Info.ContentDisposition == "" {
		setIf(h, "Content-Disposition", disposition(key))
	}
	h.Set("Content-Length", strconv.FormatInt(o.Length, 10))
	w.WriteHeader(status)
	if _, err := io.CopyN(w, o.Body, o.Length); err != nil {
		panic(http.ErrAbortHandler)
	}
	return nil
}

// openObject opens what the request's Range and If-Range ask for; status is
// 200, 206 or, with an empty body, 416.
func openObject(ctx context.Context, b driver.Bucket, key string, h http.Header) (o *driver.Object, status int, err error) {
	if rng := parseRange(h); rng != nil {
		o, err = b.Get(ctx, key, &driver.GetOptions{Range: rng})
		switch {
		case errors.Is(err, driver.ErrInvalidRange):
			info, err := driver.Head(ctx, b, key, &driver.HeadOptions{})
			if err != nil {
				return nil, 0, err
			}
			o, status = &driver.Object{Info: info, Body: http.NoBody}, http.StatusRequestedRangeNotSatisfiable
		case err != nil:
			return nil, 0, err
		case o.Length == 0:
			// An empty object: no range of it can be named in Content-Range.
			status = http.StatusRequestedRangeNotSatisfiable
		default:
			status = http.StatusPartialContent
		}
		if rangeHolds(h, &o.Info) {
			return o, status, nil
		}
		if err := o.Body.Close(); err != nil {
			return nil, 0, err
		}
	}
	o, err = b.Get(ctx, key, &driver.GetOptions{})
	return o, http.StatusOK, err
}

// setValidators sets what a 304 carries, too.
func setValidators(h http.Header, info *driver.ObjectInfo) {
	h.Set("ETag", quote(info.ETag))
	h.Set("Last-Modified", info.LastModified.UTC().Format(http.TimeFormat))
	setIf(h, "Cache-Control", info.CacheControl)
}

func setContentHeaders(h http.Header, info *driver.ObjectInfo) {
	h.Set("Content-Type", driver.DefaultContentType)
	setIf(h, "Content-Type", info.ContentType)
	setIf(h, "Content-Disposition", info.ContentDisposition)
	setIf(h, "Content-Encoding", info.ContentEncoding)
	setIf(h, "Content-Language", info.ContentLanguage)
	for k, v := range info.Metadata {
		h.Set("X-Amz-Meta-"+k, v)
	}
}

// disposition gives an object the name under which a client saves it: the key's
// last segment, as S3's URLs end in it. It is "" when that is no name of a file.
func disposition(key string) string {
	name := key[strings.LastIndexByte(key, '/')+1:]
	if name == "" || name == "." || name == ".." {
		return ""
	}
	return mime.FormatMediaType("inline", map[string]string{"filename": name})
}

func setIf(h http.Header, name, value string) {
	if value != "" {
		h.Set(name, value)
	}
}
