package s3driver

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// AbortStaleUploads aborts the multipart uploads in the bucket that began more
// than olderThan ago, which no other call can see but which are stored and
// paid for: what killed processes left behind. It returns how many it aborted.
// Uploads still under way that are older are lost to their writers, so choose
// olderThan well above the longest upload.
func (d *Driver) AbortStaleUploads(ctx context.Context, name string, olderThan time.Duration) (aborted int, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("abort stale uploads of s3://%s: %w", name, err)
		}
	}()
	if err := d.ValidBucketName(name); err != nil {
		return 0, err
	}
	if olderThan < 0 {
		return 0, fmt.Errorf("%w: negative age", driver.ErrValidation)
	}
	b := &bucket{Driver: d, name: name}
	began := time.Now()
	in := &s3.ListMultipartUploadsInput{Bucket: &name}
	tried := map[string]bool{} // the uploads of this page
	seen := markers{}
	var errs []error
	for {
		asked := time.Now()
		page, err := b.listUploads(ctx, in)
		if err != nil {
			return aborted, errors.Join(append(errs, err)...)
		}
		before := len(tried)
		for _, u := range staleUploads(page, asked, began, olderThan) {
			key, id := aws.ToString(u.Key), aws.ToString(u.UploadId)
			if tried[id] {
				continue
			}
			tried[id] = true
			if err := b.abort(ctx, key, id); err != nil {
				errs = append(errs, fmt.Errorf("key %q: %w", key, err))
				continue
			}
			aborted++
		}
		if len(tried) > before && aws.ToBool(page.IsTruncated) {
			// The page's end may be gone by now, and some servers know no
			// place but by an upload that is there: look at the page again.
			continue
		}
		more, err := seen.advance(in, page)
		if err != nil || !more {
			return aborted, errors.Join(append(errs, err)...)
		}
		clear(tried)
	}
}

// staleUploads gives those of a page that were older at a moment. The page was
// asked for at another.
func staleUploads(page *s3.ListMultipartUploadsOutput, asked, at time.Time, olderThan time.Duration) []types.MultipartUpload {
	// The times of the uploads are those of the server's clock.
	then, ok := serverTime(page.ResultMetadata, at)
	if latest := then.Add(time.Since(asked)); ok && (then.Sub(at) > clockSlack || at.Sub(latest) > clockSlack) {
		at = then
	}
	deadline := at.Add(-olderThan)
	return slices.DeleteFunc(page.Uploads, func(u types.MultipartUpload) bool {
		return u.Initiated == nil || u.Initiated.After(deadline)
	})
}

// decodeUploads decodes the keys of a page.
func decodeUploads(page *s3.ListMultipartUploadsOutput) error {
	keys := []**string{&page.NextKeyMarker}
	for i := range page.Uploads {
		keys = append(keys, &page.Uploads[i].Key)
	}
	for _, key := range keys {
		text, err := decodeKey(page.EncodingType, *key)
		if err != nil {
			return err
		}
		*key = &text
	}
	return nil
}

// listUploads gives one page of uploads.
func (b *bucket) listUploads(ctx context.Context, in *s3.ListMultipartUploadsInput) (*s3.ListMultipartUploadsOutput, error) {
	in.EncodingType = types.EncodingTypeUrl // XML cannot carry every key
	page, _, err := call(ctx, b.Driver, func(ctx context.Context) (*s3.ListMultipartUploadsOutput, error) {
		out, err := b.client.ListMultipartUploads(ctx, in)
		if err == nil {
			err = decodeUploads(out)
		}
		return out, err
	})
	return page, err
}

// marker is where a page of uploads ends.
type marker struct{ key, id string }

// markers are those that a listing has passed. Uploads are not in an order that
// could be relied on to notice a circle.
type markers map[marker]bool

// advance turns the request to the page after this one, if there is one.
func (m markers) advance(in *s3.ListMultipartUploadsInput, page *s3.ListMultipartUploadsOutput) (more bool, err error) {
	if !aws.ToBool(page.IsTruncated) {
		return false, nil
	}
	next := marker{aws.ToString(page.NextKeyMarker), aws.ToString(page.NextUploadIdMarker)}
	if next == (marker{}) || m[next] {
		return false, malformed("a listing of uploads that does not advance")
	}
	m[next] = true
	in.KeyMarker, in.UploadIdMarker = &next.key, &next.id
	return true, nil
}
