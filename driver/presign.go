package driver

import (
	"context"
	"fmt"
)

// Presigner is implemented by a bucket that can sign URLs.
type Presigner interface {
	// Presign gives a URL that allows one method on one key until it
	// expires. It makes no request and looks up neither bucket nor object.
	Presign(ctx context.Context, key string, opts *PresignOptions) (string, error)
}

// Presign signs a URL, after [ValidPresign].
func Presign(ctx context.Context, b Bucket, key string, opts *PresignOptions) (string, error) {
	if err := ValidPresign(opts); err != nil {
		return "", err
	}
	p, ok := b.(Presigner)
	if !ok {
		return "", fmt.Errorf("%w: presigned URLs", ErrUnsupported)
	}
	return p.Presign(ctx, key, opts)
}
