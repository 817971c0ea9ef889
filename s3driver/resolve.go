package s3driver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/s3mio/s3mio/driver"
)

const (
	// lookTimeout bounds the look at what a failed write has left.
	lookTimeout = 10 * time.Second

	// clockSlack is how far apart the clocks of one service may be, and how
	// much is lost where times are told in seconds.
	clockSlack = 2 * time.Second
)

// lostAnswers counts the attempts at a request that failed and may have taken
// effect all the same.
type lostAnswers int

func (n *lostAnswers) note(err error) error {
	if err != nil && mayHaveWorked(err) {
		*n++
	}
	return err
}

// mayHaveWorked reports whether the server may have done what a failed request
// asked for: it has not refused, and the request may have reached it.
func mayHaveWorked(err error) bool {
	var source *sourceError
	var credentials *credentialsError
	if errors.As(err, &source) || errors.As(err, &credentials) {
		return false
	}
	if refused(err) || handshake(err) || plainHTTP(err) {
		return false
	}
	var resp *smithyhttp.ResponseError
	if errors.As(err, &resp) && resp.HTTPStatusCode() != 0 {
		switch status := resp.HTTPStatusCode(); status {
		case http.StatusNotImplemented:
			return false
		case http.StatusServiceUnavailable:
			// S3 says it in place of doing the request; a proxy also when it
			// did not see the answer.
			var by *hostError
			return errors.As(err, &by) && by.page
		default:
			return status < 300 || status >= 500
		}
	}
	var dial *net.OpError
	return !errors.As(err, &dial) || dial.Op != "dial"
}

// resolve says what a failed write means. If an answer was lost, and the object
// is what was written, then the write has succeeded.
func (w *write) resolve(ctx context.Context, err error, lost bool, attempts int, ours *written) (driver.ObjectInfo, error) {
	if ctx.Err() != nil {
		return driver.ObjectInfo{}, err
	}
	if lost || attempts > 1 && code(err) == "NoSuchUpload" && !w.conditional() {
		info, ok, lookErr := w.confirm(ctx, ours)
		switch {
		case ok:
			return info, nil
		case ctx.Err() != nil:
			return driver.ObjectInfo{}, canceled(ctx.Err(), err)
		case lookErr != nil:
			// Not to be matched: that it ran out of time says nothing of ctx.
			return driver.ObjectInfo{}, fmt.Errorf("%w; whether it was stored cannot be seen: %v", err, lookErr)
		}
	}
	switch {
	case w.opts.IfMatch != "" && errors.Is(err, driver.ErrPreconditionFailed):
		// Some servers say so when there is no object at all.
		if _, headErr := w.b.head(ctx, w.key, ""); errors.Is(headErr, driver.ErrObjectNotFound) {
			return driver.ObjectInfo{}, headErr
		}
	case w.opts.IfMatch != "" && noSuchAnything(err):
		return driver.ObjectInfo{}, w.b.missing(ctx, err)
	}
	return driver.ObjectInfo{}, w.b.objectError(ctx, err)
}

func (w *write) conditional() bool { return w.opts.IfAbsent || w.opts.IfMatch != "" }

// confirm looks whether the object is what was written.
func (w *write) confirm(ctx context.Context, ours *written) (info driver.ObjectInfo, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, lookTimeout)
	defer cancel()
	out, err := w.b.head(ctx, w.key, "", askChecksum)
	if errors.Is(err, driver.ErrObjectNotFound) {
		return info, false, nil
	}
	if err != nil {
		return info, false, err
	}
	same, err := ours.is(out)
	if err != nil || !same || !w.describes(out) {
		return info, false, err
	}
	// Without a condition an equal object that was there before will do. With
	// one it must be the write's own.
	if ours.upload != nil && (w.conditional() || ours.fresh) {
		if _, err := w.b.listParts(ctx, w.key, ours.upload.id); err == nil {
			return info, false, nil // it has not been completed
		}
	}
	made, known := modifiedSince(out, w.began)
	if w.conditional() && known && !made || ours.fresh && !made {
		return info, false, nil
	}
	if same, err = w.tagged(ctx, out, ours); err != nil || !same {
		return info, false, err
	}
	return driver.ObjectInfo{Key: w.key, Size: ours.size, ETag: unquote(out.ETag)}, true, nil
}

// describes reports whether content type, headers, metadata and storage class are
// those written.
func (w *write) describes(out *s3.HeadObjectOutput) bool {
	o := w.opts
	if aws.ToString(out.ContentType) != o.ContentType ||
		aws.ToString(out.CacheControl) != o.CacheControl ||
		aws.ToString(out.ContentDisposition) != o.ContentDisposition ||
		aws.ToString(out.ContentEncoding) != o.ContentEncoding ||
		aws.ToString(out.ContentLanguage) != o.ContentLanguage ||
		o.StorageClass != "" && storageClass(out.StorageClass) != o.StorageClass ||
		len(out.Metadata) != len(o.Metadata) {
		return false
	}
	for k, v := range o.Metadata {
		if out.Metadata[strings.ToLower(k)] != v {
			return false
		}
	}
	return true
}

// tagged reports whether the tags are those written. It takes a request.
func (w *write) tagged(ctx context.Context, out *s3.HeadObjectOutput, ours *written) (bool, error) {
	if ours.tagsUnknown {
		return true, nil
	}
	if len(w.opts.Tags) == 0 && aws.ToInt32(out.TagCount) > 0 {
		return false, nil // also for those who may not see them
	}
	have, err := w.b.GetTags(ctx, w.key)
	switch {
	case errors.Is(err, driver.ErrAccessDenied), errors.Is(err, driver.ErrUnsupported):
		return true, nil // not for us to see; the rest has to do
	case err != nil:
		return false, err
	}
	if ours.upload != nil && len(have) == 0 && !w.b.keepsTags.Load() {
		return true, nil // the server may have dropped them: ensureTags sees to it
	}
	return maps.Equal(have, w.opts.Tags), nil
}

// modifiedSince reports whether the object was made after a moment of this
// machine's clock, if the answer tells.
func modifiedSince(out *s3.HeadObjectOutput, moment time.Time) (made, known bool) {
	then, ok := serverTime(out.ResultMetadata, moment)
	if !ok || out.LastModified == nil {
		return false, false
	}
	return !out.LastModified.Before(then.Add(-clockSlack)), true
}

// serverTime gives a moment of this machine's clock by the clock of the server
// that has just answered. The answer tells the time in whole seconds, and may have
// been on its way since it was asked for: the moment was this, or later by so much.
func serverTime(answer middleware.Metadata, moment time.Time) (time.Time, bool) {
	now, ok := awsmiddleware.GetServerTime(answer)
	return now.Add(-time.Since(moment)), ok && !now.IsZero()
}
