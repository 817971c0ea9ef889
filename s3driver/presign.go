package s3driver

import (
	"context"

	"github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// Presign signs a URL without a request to the server. It stops working when
// the credentials it was signed with do, which for temporary ones may be
// before its time to live has passed.
func (b *bucket) Presign(ctx context.Context, key string, opts *driver.PresignOptions) (string, error) {
	if err := driver.ValidPresign(opts); err != nil {
		return "", err
	}
	if err := ctx.Err(); err != nil {
		return "", err
	}
	signer := s3.NewPresignClient(b.client, s3.WithPresignExpires(opts.TTL))
	var req *v4.PresignedHTTPRequest
	var err error
	if opts.Method == "PUT" {
		req, err = signer.PresignPutObject(ctx, &s3.PutObjectInput{Bucket: &b.name, Key: &key, ContentType: optional(opts.ContentType)})
	} else {
		req, err = signer.PresignGetObject(ctx, &s3.GetObjectInput{Bucket: &b.name, Key: &key})
	}
	if err != nil {
		if ctx.Err() != nil {
			return "", ctx.Err()
		}
		return "", asAPIError(err, 1)
	}
	return req.URL, nil
}
