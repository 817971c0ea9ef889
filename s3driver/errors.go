package s3driver

import (
	"cmp"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/s3mio/s3mio/driver"
)

// apiError is a failed request. Its text is short and holds nothing secret; the
// SDK's error stays reachable.
type apiError struct {
	sentinel  error // of package driver, or nil
	code      string
	message   string
	status    int    // 0: no answer
	host      string // that was asked, or ""
	requestID string
	attempts  int
	err       error
}

func (e *apiError) Error() string {
	var s strings.Builder
	if e.sentinel != nil {
		s.WriteString(e.sentinel.Error())
		if !needsDetail(e.sentinel) && !(e.sentinel == driver.ErrAccessDenied && e.noS3Error()) {
			s.WriteString(e.cause())
			return s.String()
		}
		s.WriteString(": ")
	}
	switch {
	case e.code != "":
		s.WriteString(e.code)
	case e.status != 0:
		fmt.Fprintf(&s, "HTTP status %d", e.status)
	}
	message := e.message
	if e.bare() {
		message = noReason[e.status]
	}
	if message != "" && message != e.code {
		if e.code != "" || e.status != 0 {
			s.WriteString(": ")
		}
		s.WriteString(message)
	}
	var notes []string
	if e.status != 0 && e.code != "" {
		notes = append(notes, fmt.Sprintf("HTTP status %d", e.status))
	}
	if e.noS3Error() && e.host != "" && !strings.Contains(message, e.host) {
		notes = append(notes, "host "+e.host)
	}
	s.WriteString(inParentheses(append(notes, e.notes()...)))
	return s.String()
}

// cause is what follows a sentinel that says what is wrong: who may not do
// something wants to know why, and who has tried in vain how often.
func (e *apiError) cause() string {
	if e.sentinel != driver.ErrAccessDenied && e.attempts < 2 {
		return ""
	}
	var notes []string
	if e.code != "" {
		note := e.code
		if squash(e.message) != squash(e.code) && e.message != "" {
			note += ": " + strings.TrimSuffix(e.message, ".")
		}
		notes = append(notes, note)
	}
	return inParentheses(append(notes, e.notes()...))
}

// notes tell one failure from another.
func (e *apiError) notes() (notes []string) {
	if e.requestID != "" {
		notes = append(notes, "request ID "+e.requestID)
	}
	if e.attempts > 1 {
		notes = append(notes, fmt.Sprintf("%d attempts", e.attempts))
	}
	return notes
}

func inParentheses(notes []string) string {
	if len(notes) == 0 {
		return ""
	}
	return " (" + strings.Join(notes, ", ") + ")"
}

// squash makes texts equal that differ in spaces, case and the full stop, as a code
// and its message may.
func squash(text string) string {
	return strings.ToLower(strings.Trim(strings.ReplaceAll(text, " ", ""), "."))
}

// noS3Error reports that there is no code but the SDK's words for the status, as
// after a HEAD, whose answer has no body, or one of a proxy.
func (e *apiError) noS3Error() bool { return e.code == "" || e.code == statusCode(e.status) }

// bare reports that there is nothing but the status.
func (e *apiError) bare() bool { return e.noS3Error() && e.message == http.StatusText(e.status) }

// statusCode is what the SDK makes of a status that comes without a code.
func statusCode(status int) string {
	return strings.ReplaceAll(http.StatusText(status), " ", "")
}

// noReason says what a status alone may mean.
var noReason = map[int]string{
	http.StatusBadRequest:   "no reason given; expired credentials, a wrong region and http:// in place of https:// look like this",
	http.StatusUnauthorized: "no reason given",
	http.StatusForbidden:    "no reason given",
}

// needsDetail reports whether the sentinel alone leaves the user guessing.
func needsDetail(sentinel error) bool {
	return sentinel == driver.ErrValidation || sentinel == driver.ErrUnsupported
}

// ErrorCode is the server's code, such as "AccessDenied".
func (e *apiError) ErrorCode() string { return e.code }

func (e *apiError) Unwrap() []error {
	if e.sentinel == nil {
		return []error{e.err}
	}
	return []error{e.sentinel, e.err}
}

// sentinels has the codes that say more than their status, whatever that is.
var sentinels = map[string]error{
	"NoSuchKey":     driver.ErrObjectNotFound,
	"NoSuchVersion": driver.ErrObjectNotFound, // MinIO, of a folder's key
	"NoSuchBucket":  driver.ErrBucketNotFound,

	"AccessDenied":                       driver.ErrAccessDenied,
	"AllAccessDisabled":                  driver.ErrAccessDenied,
	"AccountProblem":                     driver.ErrAccessDenied,
	"ExpiredToken":                       driver.ErrAccessDenied,
	"ExpiredTokenException":              driver.ErrAccessDenied,
	"InvalidAccessKeyId":                 driver.ErrAccessDenied,
	"InvalidSecurity":                    driver.ErrAccessDenied,
	"InvalidToken":                       driver.ErrAccessDenied,
	"NotSignedUp":                        driver.ErrAccessDenied,
	"RequestTimeTooSkewed":               driver.ErrAccessDenied,
	"SignatureDoesNotMatch":              driver.ErrAccessDenied,
	"TokenRefreshRequired":               driver.ErrAccessDenied,
	"XAdminUserNotFound":                 driver.ErrAccessDenied, // versitygw's word for an unknown access key
	"UnauthorizedAccess":                 driver.ErrAccessDenied,
	"BucketAlreadyExists":                driver.ErrAccessDenied,
	"BucketNotEmpty":                     driver.ErrBucketNotEmpty,
	"PreconditionFailed":                 driver.ErrPreconditionFailed,
	"ConditionalRequestConflict":         driver.ErrPreconditionFailed,
	"NotModified":                        driver.ErrNotModified,
	"InvalidRange":                       driver.ErrInvalidRange,
	"NotImplemented":                     driver.ErrUnsupported,
	"MethodNotAllowed":                   driver.ErrUnsupported,
	"EntityTooLarge":                     driver.ErrValidation,
	"InvalidArgument":                    driver.ErrValidation,
	"InvalidBucketName":                  driver.ErrValidation,
	"InvalidLocationConstraint":          driver.ErrValidation,
	"InvalidObjectName":                  driver.ErrValidation,
	"InvalidStorageClass":                driver.ErrValidation,
	"InvalidTag":                         driver.ErrValidation,
	"InvalidTagError":                    driver.ErrValidation,
	"InvalidURI":                         driver.ErrValidation,
	"KeyTooLongError":                    driver.ErrValidation,
	"KeyTooLong":                         driver.ErrValidation,
	"MetadataTooLarge":                   driver.ErrValidation,
	"XMinioInvalidObjectName":            driver.ErrValidation,
	"XMinioInvalidResourceName":          driver.ErrValidation,
	"IllegalLocationConstraintException": driver.ErrValidation,
}

// statuses decides where a code does not.
var statuses = map[int]error{
	http.StatusNotModified:                  driver.ErrNotModified,
	http.StatusUnauthorized:                 driver.ErrAccessDenied,
	http.StatusForbidden:                    driver.ErrAccessDenied,
	http.StatusPreconditionFailed:           driver.ErrPreconditionFailed,
	http.StatusRequestedRangeNotSatisfiable: driver.ErrInvalidRange,
	http.StatusNotImplemented:               driver.ErrUnsupported,
}

// asAPIError gives err as an *apiError. An error of the body that was to be
// sent, one of the credentials, and what already is one, are none.
func asAPIError(err error, attempts int) error {
	var api *apiError
	var source *sourceError
	switch {
	case errors.As(err, &source):
		return source
	case errors.As(err, &api):
		return err
	}
	var credentials *credentialsError
	if errors.As(err, &credentials) {
		return fmt.Errorf("%w: no usable credentials (in Config, AWS_ACCESS_KEY_ID, AWS_PROFILE or the machine's role): %w", driver.ErrAccessDenied, notTheCallers(credentials))
	}
	e := &apiError{attempts: attempts, err: notTheCallers(err)}
	var withCode smithy.APIError
	if errors.As(err, &withCode) {
		e.code, e.message = withCode.ErrorCode(), clean(withCode.ErrorMessage())
	}
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.Response != nil {
		e.status = resp.HTTPStatusCode()
		e.requestID = clean(resp.Response.Header.Get("X-Amz-Request-Id"))
	}
	var host *hostError
	if errors.As(err, &host) {
		e.host = host.host
	}
	if e.code == "UnknownError" || e.code == "NotFound" && e.status == http.StatusNotFound {
		e.code = "" // the SDK's words for no code at all
		e.message = strings.TrimPrefix(e.message, "UnknownError")
	}
	if e.code == "" && withCode == nil {
		e.message = clean(plainText(err))
	}
	e.sentinel = cmp.Or(sentinels[e.code], statuses[e.status])
	if text := redirect(resp); text != "" {
		e.sentinel = nil
		e.message = text
	}
	return e
}

const regionHeader = "X-Amz-Bucket-Region"

// redirect says where the server points to, or "".
func redirect(resp *smithyhttp.ResponseError) string {
	if resp == nil || resp.Response == nil {
		return ""
	}
	region := clean(resp.Response.Header.Get(regionHeader))
	switch resp.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusTemporaryRedirect, http.StatusPermanentRedirect, http.StatusBadRequest:
		if region != "" {
			return fmt.Sprintf("the bucket is in region %q: use that region", region)
		}
	}
	switch resp.HTTPStatusCode() {
	case http.StatusMovedPermanently, http.StatusFound, http.StatusSeeOther, http.StatusTemporaryRedirect, http.StatusPermanentRedirect:
		to := ""
		if u, err := url.Parse(resp.Response.Header.Get("Location")); err == nil && u.Host != "" {
			to = " to " + clean((&url.URL{Scheme: u.Scheme, Host: u.Host}).String())
		}
		return "the server redirects" + to + ", which is not followed: check endpoint and region"
	}
	return ""
}

// clean makes a server's text fit for an error: one short line without the
// parts of a request that sign it.
func clean(text string) string {
	const limit = 300
	text = strings.Join(strings.Fields(text), " ")
	text = redact(text)
	if len(text) > limit {
		text = strings.ToValidUTF8(text[:limit], "") + "…"
	}
	return text
}

// signing matches the parts of a request that sign it, as headers, parameters and
// the texts that quote them have them.
var signing = regexp.MustCompile(`(?i)((?:x-amz-)?(?:signature|credential|security-token)["']?\s*(?:=|:|%3D)[\s"'\[]*)[^&,;\s"'<>\]]+`)

// redact blanks what signs a request, which a server may echo.
func redact(text string) string { return signing.ReplaceAllString(text, "${1}"+masked) }

// code is the server's code for err, or "".
func code(err error) string {
	var e *apiError
	if errors.As(err, &e) {
		return e.code
	}
	return ""
}

// noSuchAnything reports a 404 that does not say what is missing.
func noSuchAnything(err error) bool {
	var e *apiError
	return errors.As(err, &e) && e.status == http.StatusNotFound && e.sentinel == nil && e.code == "" && !isPage(err)
}

// as gives err the sentinel that the caller knows it to have.
func as(sentinel, err error) error {
	if api, ok := err.(*apiError); ok && api.sentinel == nil {
		known := *api
		known.sentinel = sentinel
		return &known
	}
	if errors.Is(err, sentinel) {
		return err
	}
	return fmt.Errorf("%w: %w", sentinel, err)
}
