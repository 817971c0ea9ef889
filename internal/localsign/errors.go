package localsign

import (
	"context"
	"encoding/xml"
	"errors"
	"io"
	"io/fs"
	"log/slog"
	"net/http"
	"strconv"

	"github.com/s3mio/s3mio/driver"
)

// refusal is an error with the answer it gets.
type refusal struct {
	status        int
	code, message string // as S3 names and words it
}

func (e *refusal) Error() string { return e.message }

func denied(code, message string) *refusal {
	return &refusal{http.StatusForbidden, code, message}
}

func invalid(message string) *refusal {
	return &refusal{http.StatusBadRequest, "InvalidArgument", message}
}

var (
	errNotModified = &refusal{http.StatusNotModified, "", ""}
	errClosed      = &refusal{http.StatusServiceUnavailable, "ServiceUnavailable", "The service has been closed"}
	errInternal    = &refusal{http.StatusInternalServerError, "InternalError", "We encountered an internal error"}
	errNoLength    = &refusal{http.StatusLengthRequired, "MissingContentLength", "You must provide the Content-Length HTTP header"}
	errTooLarge    = &refusal{http.StatusRequestEntityTooLarge, "EntityTooLarge", "Your proposed upload exceeds the maximum allowed object size"}
	errBadDigest   = &refusal{http.StatusBadRequest, "BadDigest", "The Content-MD5 you specified did not match what was received"}
	errHeader      = &refusal{http.StatusNotImplemented, "NotImplemented", "A header you provided implies functionality that is not implemented"}

	errIncomplete   = &refusal{http.StatusBadRequest, "IncompleteBody", "The body did not come whole"}
	errPrecondition = &refusal{http.StatusPreconditionFailed, "PreconditionFailed", "At least one of the preconditions you specified did not hold"}
)

// answers says how the failures of drivers are answered.
var answers = []struct {
	err error
	refusal
}{
	{driver.ErrObjectNotFound, refusal{http.StatusNotFound, "NoSuchKey", "The specified key does not exist"}},
	{driver.ErrBucketNotFound, refusal{http.StatusNotFound, "NoSuchBucket", "The specified bucket does not exist"}},
	{driver.ErrPreconditionFailed, *errPrecondition},
	{driver.ErrInvalidRange, refusal{http.StatusRequestedRangeNotSatisfiable, "InvalidRange", "The requested range is not satisfiable"}},
	{driver.ErrValidation, *invalid("Invalid argument")},
	{driver.ErrUnsupported, *errHeader},
	{driver.ErrAccessDenied, *denied("AccessDenied", "Access denied")},
	{driver.ErrSizeMismatch, *errIncomplete},
	{fs.ErrClosed, *errClosed}, // Close came while the request ran
	{context.Canceled, refusal{http.StatusServiceUnavailable, "ServiceUnavailable", "The request was cancelled"}},
	{context.DeadlineExceeded, refusal{http.StatusServiceUnavailable, "ServiceUnavailable", "The request timed out"}},
}

// toRefusal finds the answer to err; known is false for an error that only the
// operator can make sense of.
func toRefusal(err error) (e *refusal, known bool) {
	if errors.As(err, &e) {
		return e, true
	}
	for _, a := range answers {
		if errors.Is(err, a.err) {
			return &a.refusal, true
		}
	}
	return errInternal, false
}

// refuse answers with S3's XML error body. It shows fixed texts alone: the
// error itself may name files, and the URL holds the signature.
func refuse(w http.ResponseWriter, r *http.Request, err error) {
	e, known := toRefusal(err)
	if !known {
		slog.ErrorContext(r.Context(), "serving a presigned URL failed", "method", r.Method, "error", err)
	}
	if e.status == http.StatusNotModified {
		w.WriteHeader(e.status)
		return
	}
	// None of the texts holds markup.
	body := xml.Header + "<Error><Code>" + e.code + "</Code><Message>" + e.message + "</Message></Error>\n"
	h := w.Header()
	h.Set("Content-Type", "application/xml")
	h.Set("Content-Length", strconv.Itoa(len(body)))
	h.Set("Cache-Control", "no-store")
	w.WriteHeader(e.status)
	// A client that is gone does not read its error.
	_, _ = io.WriteString(w, body)
}
