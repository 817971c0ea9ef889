package store

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strconv"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// Every error of this package matches at most one of these with [errors.Is],
// besides that of a context that has ended. The first two match fs.ErrNotExist too, ErrAccessDenied fs.ErrPermission,
// ErrValidation fs.ErrInvalid, and ErrUnsupported errors.ErrUnsupported.
var (
	ErrObjectNotFound     = driver.ErrObjectNotFound
	ErrBucketNotFound     = driver.ErrBucketNotFound
	ErrAccessDenied       = driver.ErrAccessDenied
	ErrValidation         = driver.ErrValidation         // bad input, found before any request or by the server
	ErrPreconditionFailed = driver.ErrPreconditionFailed // IfAbsent or IfMatch did not hold
	ErrNotModified        = driver.ErrNotModified        // IfNoneMatch: the object is the one known
	ErrInvalidRange       = driver.ErrInvalidRange       // the range starts at or beyond the end
	ErrObjectChanged      = driver.ErrObjectChanged      // replaced while it was being read
	ErrSizeMismatch       = driver.ErrSizeMismatch       // the data is shorter or longer than announced
	ErrBucketNotEmpty     = driver.ErrBucketNotEmpty
	ErrUnsupported        = driver.ErrUnsupported // the backend cannot do it; nothing was done
)

// Error is what every failed call of this package returns. Errors of a driver's own
// functions, such as its New, are plain, and match the same sentinels.
type Error struct {
	Op     string // what was tried: "put", "get", "list", …
	Bucket string // the bucket's name; empty for a call that concerns none
	Key    string // the full key, prefix included; empty for a call that concerns none
	Code   string // the backend's own code, such as "AccessDenied"; may be empty
	Err    error  // the cause; the SDK's own error is in its chain

	url string // the bucket's address, for Error
}

// Error reads like "put s3://bucket/key: access denied (AccessDenied)".
func (e *Error) Error() string {
	var b strings.Builder
	b.WriteString(e.Op)
	if e.url != "" || e.Bucket != "" || e.Key != "" {
		b.WriteByte(' ')
		b.WriteString(objectURL(e.url, e.Bucket, e.Key))
	}
	b.WriteString(": ")
	text := e.Err.Error()
	b.WriteString(text)
	if e.Code != "" && !strings.Contains(text, e.Code) {
		b.WriteString(" (" + e.Code + ")")
	}
	return b.String()
}

// Unwrap gives the cause.
func (e *Error) Unwrap() error { return e.Err }

func objectURL(url, bucket, key string) string {
	if url == "" {
		url = bucket
	}
	if key == "" {
		return url
	}
	if q := strconv.Quote(key); len(q) != len(key)+2 {
		key = q // it holds something that does not print
	}
	return url + "/" + key
}

// newError wraps err, unless it is an *Error already.
func newError(ctx context.Context, op, url, bucket, key string, err error) error {
	if err == nil {
		return nil
	}
	if _, ok := err.(*Error); ok {
		return err
	}
	e := &Error{Op: op, Bucket: bucket, Key: key, Err: err, url: url}
	if coder, ok := errors.AsType[interface {
		error
		ErrorCode() string
	}](err); ok {
		e.Code = coder.ErrorCode()
	}
	if done := ctx.Err(); done != nil {
		if !errors.Is(e.Err, done) {
			e.Err = fmt.Errorf("%w: %w", done, e.Err)
		}
		if cause := context.Cause(ctx); cause != done {
			e.Err = &causeError{e.Err, cause}
		}
	}
	return e
}

// causeError adds the cause of a cancellation. It matches the cause alone, not
// what that wraps: that another call missed an object, say, is no news of this
// one.
type causeError struct {
	error
	cause error
}

func (e *causeError) Error() string   { return fmt.Sprintf("%v (%v)", e.error, e.cause) }
func (e *causeError) Unwrap() error   { return e.error }
func (e *causeError) Is(t error) bool { return reflect.TypeOf(t).Comparable() && t == e.cause }

// invalid makes an ErrValidation with a reason.
func invalid(format string, args ...any) error {
	return fmt.Errorf("%w: %w", ErrValidation, fmt.Errorf(format, args...))
}

// BatchError says that some items of a batch failed. The call's result tells
// which, and which succeeded.
type BatchError struct {
	Op     string  // "delete many", "copy many", …
	Total  int     // how many items were tried
	Errors []error // one *Error for each failure, in the order of the input

	url string
}

// Error shows the first failure.
func (e *BatchError) Error() string {
	return fmt.Sprintf("%s %s: %d of %d failed, the first: %v", e.Op, e.url, len(e.Errors), e.Total, e.Errors[0])
}

// Unwrap gives the failures, so that errors.Is and errors.As look into each.
func (e *BatchError) Unwrap() []error { return e.Errors }
