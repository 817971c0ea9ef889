package s3driver

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"time"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// call makes a request, and makes it again after a failure that may pass.
// attempts says how often it was made: after more than one, an earlier one may
// have taken effect without its answer being seen.
func call[T any](ctx context.Context, d *Driver, request func(context.Context) (T, error)) (out T, attempts int, err error) {
	return callAfter(ctx, d, 0, request)
}

// callAfter is call for a request that takes up something that has failed so
// many times before.
func callAfter[T any](ctx context.Context, d *Driver, failures int, request func(context.Context) (T, error)) (out T, attempts int, err error) {
	refreshed := false
	for {
		if ctxErr := ctx.Err(); ctxErr != nil {
			return out, attempts, canceled(ctxErr, err)
		}
		attempts++
		credentials := d.fresh.now()
		out, err = request(ctx)
		if err == nil {
			return out, attempts, nil
		}
		if ctxErr := ctx.Err(); ctxErr != nil {
			return out, attempts, canceled(ctxErr, err)
		}
		again := retryable(err)
		err = asAPIError(err, failures+attempts)
		if !again && !refreshed && d.refreshed(ctx, err, credentials) {
			refreshed = true
			continue
		}
		if !again || failures+attempts > d.maxRetries {
			return out, attempts, err
		}
		if waitErr := sleep(ctx, d.delay(failures+attempts)); waitErr != nil {
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

// refreshed drops cached credentials that the server calls expired, unless
// another request has since. It reports whether another attempt may get newer
// ones than the attempt that began with the used ones.
func (d *Driver) refreshed(ctx context.Context, err error, used int) bool {
	if d.cache == nil || !expired(err) {
		return false
	}
	var api *apiError
	if errors.As(err, &api) && api.code == bareBadRequest {
		// Only of credentials that can expire this is to be suspected.
		if creds, err := d.cache.Retrieve(ctx); err != nil || !creds.CanExpire {
			return false
		}
	}
	d.fresh.renew(used, d.cache.Invalidate)
	return true
}

// bareBadRequest is what the SDK calls a HEAD's answer with status 400.
const bareBadRequest = "BadRequest"

// expired reports that the credentials may have expired: the server says so, or
// has no body to say in a HEAD's answer what is wrong.
func expired(err error) bool {
	var api *apiError
	if !errors.As(err, &api) {
		return false
	}
	switch api.code {
	case "ExpiredToken", "ExpiredTokenException", "TokenRefreshRequired":
		return true
	case bareBadRequest:
		return api.status == http.StatusBadRequest && api.message == http.StatusText(http.StatusBadRequest)
	}
	return false
}

// generation counts how often credentials were renewed, so that of many
// requests that fail with the same ones, one renews them.
type generation struct {
	mu sync.Mutex
	n  int
}

func (g *generation) now() int {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.n
}

func (g *generation) renew(used int, drop func()) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.n == used {
		g.n++
		drop()
	}
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
	var passing interface{ RetryableError() bool } // the clock has been corrected, or it was a page
	if errors.As(err, &passing) && passing.RetryableError() {
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
	if refused(err) {
		return false
	}
	// The SDK gives a failure to send a response, too, with no status.
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.HTTPStatusCode() != 0 {
		switch status := resp.HTTPStatusCode(); {
		case status == http.StatusTooManyRequests, status == http.StatusRequestTimeout:
			return true
		case status >= 500: // those that proxies made up included
			return status != http.StatusNotImplemented && status != http.StatusHTTPVersionNotSupported
		case status < 300: // with an answer that broke off
			var cut *smithy.DeserializationError
			return errors.As(err, &cut) || withCode == nil
		}
	}
	var send *smithyhttp.RequestSendError
	return errors.As(err, &send) && !permanent(send)
}

// refused reports that the server has said no, whatever the status: in the body of
// a 200, for one, which the SDK is told to read as a 500.
func refused(err error) bool {
	var withCode smithy.APIError
	return errors.As(err, &withCode) && sentinels[withCode.ErrorCode()] != nil && !retryableCodes[withCode.ErrorCode()]
}

// permanent reports a failure to send that no further attempt will mend.
func permanent(err error) bool {
	return handshake(err) || plainHTTP(err) || strings.Contains(err.Error(), "unsupported protocol scheme")
}
