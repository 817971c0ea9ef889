package s3driver

import (
	"cmp"
	"context"
	"errors"
	"slices"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// CreateBucket makes a bucket in the driver's region. A bucket that exists
// already counts as the caller's own if the server says so, or lets the caller
// see it where servers do not tell.
func (d *Driver) CreateBucket(ctx context.Context, name string) error {
	in := &s3.CreateBucketInput{Bucket: &name}
	if region := d.location.region; region != "us-east-1" && d.location.endpoint == "" {
		in.CreateBucketConfiguration = &types.CreateBucketConfiguration{LocationConstraint: types.BucketLocationConstraint(region)}
	}
	_, err := do(ctx, d, func(ctx context.Context) error {
		_, err := d.client.CreateBucket(ctx, in)
		return err
	})
	switch code(err) {
	case "BucketAlreadyOwnedByYou":
		return nil
	case "BucketAlreadyExists":
		if (&bucket{Driver: d, name: name}).headBucket(ctx) == nil {
			return nil
		}
	}
	return err
}

// DeleteBucket removes an empty bucket.
func (d *Driver) DeleteBucket(ctx context.Context, name string) error {
	d.known.Delete(name)
	var lost lostAnswers
	_, err := do(ctx, d, func(ctx context.Context) error {
		_, err := d.client.DeleteBucket(ctx, &s3.DeleteBucketInput{Bucket: &name})
		return lost.note(err)
	})
	if noSuchAnything(err) {
		err = as(driver.ErrBucketNotFound, err)
	}
	if lost > 0 && errors.Is(err, driver.ErrBucketNotFound) {
		return nil // an attempt whose answer was lost removed it
	}
	return err
}

// ListBuckets gives one page of the caller's buckets.
func (d *Driver) ListBuckets(ctx context.Context, token string) (*driver.BucketPage, error) {
	from := splitToken(token)
	page, _, err := call(ctx, d, func(ctx context.Context) (*driver.BucketPage, error) {
		out, err := d.client.ListBuckets(ctx, &s3.ListBucketsInput{ContinuationToken: optional(from.server)})
		if err != nil {
			return nil, err
		}
		return bucketPage(from, out)
	})
	return page, err
}

func bucketPage(from token, out *s3.ListBucketsOutput) (*driver.BucketPage, error) {
	page := &driver.BucketPage{}
	last := from.last
	for _, b := range out.Buckets {
		name := aws.ToString(b.Name)
		if name == "" || from.last != "" && name <= from.last {
			return nil, malformed("a listing of buckets with %q after %q", clean(name), clean(from.last))
		}
		page.Buckets = append(page.Buckets, driver.BucketInfo{Name: name, Created: wholeSeconds(b.CreationDate)})
		last = max(last, name)
	}
	slices.SortFunc(page.Buckets, func(a, b driver.BucketInfo) int { return cmp.Compare(a.Name, b.Name) })
	if server := aws.ToString(out.ContinuationToken); server != "" {
		if last == from.last {
			return nil, malformed("a listing of buckets that does not advance")
		}
		page.NextToken = token{server: server, last: last}.String()
	}
	return page, nil
}
