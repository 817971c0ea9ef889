package blobdriver

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"strings"

	"gocloud.dev/gcerrors"

	"github.com/s3mio/s3mio/driver"
)

var errNoTags = fmt.Errorf("%w: object tags", driver.ErrUnsupported)

// codes pairs the sentinels with the Go CDK's error codes. Of several that
// match, the first counts.
var codes = []struct {
	sentinel error
	code     gcerrors.ErrorCode
}{
	{driver.ErrObjectNotFound, gcerrors.NotFound},
	{driver.ErrBucketNotFound, gcerrors.NotFound},
	{driver.ErrAccessDenied, gcerrors.PermissionDenied},
	{driver.ErrValidation, gcerrors.InvalidArgument},
	{driver.ErrUnsupported, gcerrors.Unimplemented},
	{driver.ErrInvalidRange, gcerrors.InvalidArgument},
	{driver.ErrPreconditionFailed, gcerrors.FailedPrecondition},
	{driver.ErrNotModified, gcerrors.FailedPrecondition},
	{driver.ErrObjectChanged, gcerrors.FailedPrecondition},
	{driver.ErrSizeMismatch, gcerrors.FailedPrecondition},
	{driver.ErrBucketNotEmpty, gcerrors.FailedPrecondition},
}

// codeOf gives the Go CDK's code of a driver's error.
func codeOf(err error) gcerrors.ErrorCode {
	for _, c := range codes {
		if errors.Is(err, c.sentinel) {
			return c.code
		}
	}
	return gcerrors.Unknown
}

// classify gives a sentinel to an error of the Go CDK. FailedPrecondition has
// none: it also says that a bucket is closed, so only the call can tell.
func classify(ctx context.Context, err error) error {
	if err == nil {
		return nil
	}
	err = redact(err)
	if ended := ctx.Err(); ended != nil {
		// An SDK may have an error of its own for this.
		if errors.Is(err, ended) {
			return err
		}
		return fmt.Errorf("%w: %w", ended, err)
	}
	code := gcerrors.Code(err)
	if code == gcerrors.FailedPrecondition || codeOf(err) == code {
		return err // codeOf: the bucket is one of OpenBucket's
	}
	for _, c := range codes {
		if c.code == code {
			return fmt.Errorf("%w: %w", c.sentinel, err)
		}
	}
	return err
}

// objectError classifies the error of a call that asked for an object. Not
// found may mean the bucket: as long as that has never been seen, it is listed.
func (b *bucket) objectError(ctx context.Context, err error) error {
	classified := classify(ctx, err)
	if !errors.Is(classified, driver.ErrObjectNotFound) || b.d.exists.Load() {
		return classified
	}
	switch ok, lookErr := b.d.blob.IsAccessible(ctx); {
	case ok:
		b.d.exists.Store(true)
	case lookErr == nil:
		return bucketError(ctx, err)
	}
	return classified // a look that failed proves nothing
}

// bucketError classifies the error of a call that needs no object but the
// bucket.
func bucketError(ctx context.Context, err error) error {
	if gcerrors.Code(err) == gcerrors.NotFound && ctx.Err() == nil && !errors.Is(err, driver.ErrBucketNotFound) {
		return fmt.Errorf("%w: %w", driver.ErrBucketNotFound, redact(err))
	}
	return classify(ctx, err)
}

// redacted is an error whose text shows no query of a URL, which on Azure may
// hold a shared access signature.
type redacted struct {
	err  error
	text string
}

func (e *redacted) Error() string { return e.text }
func (e *redacted) Unwrap() error { return e.err }

func redact(err error) error {
	var failed *url.Error
	if !errors.As(err, &failed) {
		return err
	}
	_, query, ok := strings.Cut(failed.URL, "?")
	if !ok || query == "" {
		return err
	}
	return &redacted{err, strings.ReplaceAll(err.Error(), query, "…")}
}
