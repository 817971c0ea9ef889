package blobdriver

import (
	"context"
	"fmt"

	"gocloud.dev/blob"

	"github.com/s3mio/s3mio/driver"
)

// Presign has the backend sign a URL, where it can. Whether a PUT without a
// content type of its own may carry one is the backend's to say.
func (b *bucket) Presign(ctx context.Context, key string, opts *driver.PresignOptions) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	if b.d.closed.Load() {
		return "", errClosed
	}
	if b.name != b.d.name {
		return "", fmt.Errorf("%w: signing URLs of another bucket", driver.ErrUnsupported)
	}
	u, err := b.d.blob.SignedURL(ctx, key, &blob.SignedURLOptions{
		Method:      opts.Method,
		Expiry:      opts.TTL,
		ContentType: opts.ContentType,
	})
	return u, classify(ctx, err)
}
