package s3driver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// call makes a request, and makes it again after a failure that may pass.
// attempts says how often it was made: after more than one, an earlier one may
// have taken effect without its answer being seen.
func call[T any](ctx context.Context, d *Driver, request func(context.Context) (T, error)) (out T, attempts int, err error) {
	refreshed := false
	for {
		if ctxErr := ctx.Err(); ctxErr != nil {
			return out, attempts, canceled(ctxErr, err)
		}
		attempts++
		out, err = request(ctx)
		if err == nil {
			return out, attempts, nil
		}
		if ctxErr := ctx.Err(); ctxErr != nil {
			return out, attempts, canceled(ctxErr, err)
		}
		again := retryable(err)
		err = asAPIError(err, attempts)
		if !again && !refreshed && d.refreshed(err) {
			refreshed = true
			continue
		}
		if !again || attempts > d.maxRetries {
			return out, attempts, err
		}
		if waitErr := sleep(ctx, d.delay(attempts)); waitErr != nil {
			return out, attempts, canceled(waitErr, err)
		}
	}
}

// do is call for a request of which only success matters.
func do(ctx context.Context, d *Driver, request func(context.Context) error) (attempts int, err error) {
	_, attempts, err = call(ctx, d, func(ctx context.Context) (struct{}, error) { return struct{}{}, request(ctx) })
	return attempts, err
}

// canceled gives the context's error together with what was going on.
func canceled(ctxErr, err error) error {
	if err == nil || errors.Is(err, ctxErr) {
		return ctxErr
	}
	return fmt.Errorf("%w (after: %w)", ctxErr, err)
}

// delay is the time to wait after the n-th attempt: exponential, half of it
// at random so that clients do not come back in step.
func (s *settings) delay(n int) time.Duration {
	d := s.retryDelay
	for range n - 1 {
		if d >= s.maxRetryDelay {
			break
		}
		d *= 2
	}
	d = min(d, s.maxRetryDelay)
	if d <= 0 {
		return 0
	}
	return d/2 + rand.N(d/2+1)
}

// sleep waits, or returns the context's error as soon as it ends.
func sleep(ctx context.Context, d time.Duration) error {
	timer := time.NewTimer(d)
	defer timer.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-timer.C:
		return nil
	}
}

// refreshed drops cached credentials that the server calls expired. It reports
// whether another attempt may get newer ones.
func (d *Driver) refreshed(err error) bool {
	switch code(err) {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
	default:
		return false
	}
	if d.cache == nil {
		return false
	}
	d.cache.Invalidate()
	return true
}

// retryableCodes are failures that may pass, whatever their status.
var retryableCodes = map[string]bool{
	"BadDigest":                   true, // damaged on the way
	"ConditionalRequestConflict":  true,
	"IncompleteBody":              true,
	"InternalError":               true,
	"OperationAborted":            true,
	"RequestLimitExceeded":        true,
	"RequestTimeout":              true,
	"ServiceUnavailable":          true,
	"SlowDown":                    true,
	"Throttling":                  true,
	"ThrottlingException":         true,
	"TooManyRequests":             true,
	"XAmzContentChecksumMismatch": true,
}

// retryable reports whether the same request may succeed when made again.
func retryable(err error) bool {
	var source *sourceError
	var credentials *credentialsError // its provider has retried
	if errors.As(err, &source) || errors.As(err, &credentials) {
		return false
	}
	var skewed interface{ RetryableError() bool } // the clock has been corrected
	if errors.As(err, &skewed) && skewed.RetryableError() {
		return true
	}
	var withCode smithy.APIError
	if errors.As(err, &withCode) && retryableCodes[withCode.ErrorCode()] {
		return true
	}
	var bad *malformedError
	if errors.As(err, &bad) {
		return true
	}
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.Response != nil {
		switch status := resp.HTTPStatusCode(); status {
		case http.StatusTooManyRequests, http.StatusRequestTimeout,
			http.StatusInternalServerError, http.StatusBadGateway,
			http.StatusServiceUnavailable, http.StatusGatewayTimeout:
			return true
		default:
			// A good status with an answer that broke off.
			var cut *smithy.DeserializationError
			return status < 300 && (errors.As(err, &cut) || withCode == nil)
		}
	}
	var send *smithyhttp.RequestSendError
	return errors.As(err, &send) && !permanent(send)
}

// permanent reports a failure to send that no further attempt will mend.
func permanent(err error) bool {
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	return errors.As(err, &cert) || errors.As(err, &authority) || errors.As(err, &hostname) ||
		strings.Contains(err.Error(), "unsupported protocol scheme") ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client")
}
