package s3driver

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// Head describes an object with one request, and one more for its tags.
func (b *bucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
	out, err := b.head(ctx, key, "")
	if err != nil {
		return driver.ObjectInfo{}, err
	}
	info := headInfo(key, out)
	if opts.Tags {
		if info.Tags, err = b.GetTags(ctx, key); err != nil {
			return driver.ObjectInfo{}, err
		}
	}
	return info, nil
}

// head describes an object, if it has the ETag when one is given.
func (b *bucket) head(ctx context.Context, key, ifMatch string, optFns ...func(*s3.Options)) (*s3.HeadObjectOutput, error) {
	in := &s3.HeadObjectInput{Bucket: &b.name, Key: &key, IfMatch: optional(ifMatch)}
	out, _, err := call(ctx, b.Driver, func(ctx context.Context) (*s3.HeadObjectOutput, error) {
		return b.client.HeadObject(ctx, in, optFns...)
	})
	if err != nil {
		return nil, b.objectError(ctx, err)
	}
	b.sawObject()
	return out, nil
}

// Get opens an object with one request. A range that ends up empty, or that
// starts at the end of what may be an empty object, takes a HEAD to tell.
func (b *bucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	r := opts.Range
	if r != nil && (r.Offset < 0 || r.Tail && r.Length < 0) {
		return nil, fmt.Errorf("%w: negative offset or tail", driver.ErrValidation)
	}
	if r != nil && r.Tail && r.Length == 0 {
		return b.getNothing(ctx, key, opts)
	}
	body, info, err := b.open(ctx, key, opts, 0)
	if errors.Is(err, driver.ErrInvalidRange) && r != nil && (r.Tail || r.Offset == 0) {
		return b.getNothing(ctx, key, opts)
	}
	if err != nil {
		return nil, err
	}
	o := &driver.Object{Info: info, Offset: body.next, Length: body.end - body.next, Body: body}
	if r != nil && !r.Tail && r.Length == 0 {
		// The one byte asked for showed that the offset is valid.
		o.Length, o.Body = 0, io.NopCloser(bytes.NewReader(nil))
		return o, body.Close()
	}
	return o, nil
}

// getNothing answers for a range that can only be empty or invalid.
func (b *bucket) getNothing(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	out, err := b.head(ctx, key, opts.IfMatch)
	if err != nil {
		return nil, err
	}
	info := headInfo(key, out)
	if err := driver.CheckRead(opts, info.ETag); err != nil {
		return nil, err
	}
	offset, length, err := opts.Range.Resolve(info.Size)
	if err != nil {
		return nil, err
	}
	if length != 0 {
		return nil, malformed("a range of an object of %d bytes was refused", info.Size)
	}
	return &driver.Object{Info: info, Offset: offset, Body: io.NopCloser(bytes.NewReader(nil))}, nil
}

// rangeHeader is the value of the Range header, "" for the whole object. At
// least one byte is asked for.
func rangeHeader(r *driver.Range) string {
	switch {
	case r == nil || !r.Tail && r.Offset == 0 && r.Length < 0:
		return ""
	case r.Tail:
		return "bytes=-" + strconv.FormatInt(r.Length, 10)
	case r.Length < 0:
		return fmt.Sprintf("bytes=%d-", r.Offset)
	}
	last := r.Offset + max(r.Length, 1) - 1
	if last < r.Offset { // past the largest number
		return fmt.Sprintf("bytes=%d-", r.Offset)
	}
	return fmt.Sprintf("bytes=%d-%d", r.Offset, last)
}

// open requests an object or a range of it. The body delivers exactly the
// bytes from body.next to body.end. It counts on from the failures in a row.
func (b *bucket) open(ctx context.Context, key string, opts *driver.GetOptions, failures int) (*body, driver.ObjectInfo, error) {
	caller := ctx
	ctx, cancel := context.WithCancel(ctx)
	rng := rangeHeader(opts.Range)
	in := &s3.GetObjectInput{
		Bucket:      &b.name,
		Key:         &key,
		Range:       optional(rng),
		IfMatch:     optional(opts.IfMatch),
		IfNoneMatch: optional(opts.IfNoneMatch),
	}
	optFns := []func(*s3.Options){}
	if rng == "" {
		optFns = append(optFns, askChecksum)
	}
	body := &body{ctx: ctx, cancel: cancel, b: b, key: key}
	info, attempts, err := callAfter(ctx, b.Driver, failures, func(ctx context.Context) (driver.ObjectInfo, error) {
		out, err := b.client.GetObject(ctx, in, optFns...)
		if err != nil {
			return driver.ObjectInfo{}, err
		}
		info := getInfo(key, out)
		body.next, body.end, info.Size, err = place(opts.Range, out)
		if err == nil && out.ContentRange == nil {
			_, err = io.CopyN(io.Discard, out.Body, body.next)
		}
		if err == nil {
			err = driver.CheckRead(opts, info.ETag) // a server may ignore conditions
		}
		if err != nil {
			_ = out.Body.Close() // an error of its own adds nothing
			return driver.ObjectInfo{}, err
		}
		body.rc, body.weak = out.Body, weakETag(out.ETag)
		if body.next == 0 && body.end == info.Size {
			body.wantCRC, body.check = decodeCRC(out.ChecksumCRC32C)
		}
		return info, nil
	})
	if err != nil {
		cancel()
		return nil, info, b.objectError(caller, err)
	}
	b.sawObject()
	body.etag, body.size, body.failures = info.ETag, info.Size, failures+attempts-1
	return body, info, nil
}

// place gives where the answer's body lies in the object, and the object's
// size, after checking that it is what was asked for. The answer is complete.
func place(want *driver.Range, out *s3.GetObjectOutput) (first, end, size int64, err error) {
	length := *out.ContentLength
	if out.ContentRange == nil {
		if rangeHeader(want) == "" {
			return 0, length, length, nil
		}
		// The whole object in place of a range: what was asked for is in it.
		offset, n, err := want.Resolve(length)
		if err == nil && offset > drainLimit {
			err = malformed("the whole object in place of a range")
		}
		return offset, offset + n, length, err
	}
	if length == 0 && want != nil && (want.Tail || want.Offset == 0) {
		return 0, 0, 0, driver.ErrInvalidRange // MinIO's "bytes 0--1/0" for an empty object
	}
	if first, end, size, err = parseContentRange(*out.ContentRange); err != nil {
		return 0, 0, 0, err
	}
	asked := want
	if want != nil && !want.Tail && want.Length == 0 {
		asked = &driver.Range{Offset: want.Offset, Length: 1}
	}
	offset, n, err := asked.Resolve(size)
	if err != nil || first != offset || end != offset+n || length != n {
		return 0, 0, 0, malformed("Content-Range %q with %d bytes for the range %q", clean(*out.ContentRange), length, rangeHeader(want))
	}
	return first, end, size, nil
}

// parseContentRange reads "bytes 0-4/5"; end is exclusive.
func parseContentRange(s string) (first, end, size int64, err error) {
	bad := func() (int64, int64, int64, error) {
		return 0, 0, 0, malformed("Content-Range %q", clean(s))
	}
	rest, ok := strings.CutPrefix(s, "bytes ")
	if !ok {
		return bad()
	}
	span, total, ok1 := strings.Cut(rest, "/")
	from, to, ok2 := strings.Cut(span, "-")
	first, err1 := strconv.ParseInt(from, 10, 64)
	last, err2 := strconv.ParseInt(to, 10, 64)
	size, err3 := strconv.ParseInt(total, 10, 64)
	if !ok1 || !ok2 || err1 != nil || err2 != nil || err3 != nil || first < 0 || last < first || last >= size {
		return bad()
	}
	return first, last + 1, size, nil
}
