package s3driver

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/s3mio/s3mio/driver"
)

const (
	abortTimeout  = 30 * time.Second       // bounds the removal of a failed upload (Driver.abortTimeout)
	cancelGrace   = 800 * time.Millisecond // a cancelled call waits no longer for it
	abortWait     = 5 * time.Second        // another failed call waits no longer for it
	abortRounds   = 20
	abortInterval = 50 * time.Millisecond // at first
	abortTries    = 6                     // that take as long as they can fit into abortTimeout
)

// createUpload makes a multipart upload. Once asked for, the answer is waited
// for even if ctx ends, in the background if need be: an upload whose name
// nobody knows could not be removed.
func (b *bucket) createUpload(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (id string, err error) {
	answer := apart(func() (string, error) { return b.create(ctx, in, opts...) })
	select {
	case o := <-answer:
		return o.get()
	case <-ctx.Done():
		_ = b.settle(ctx, func() error { // ctx.Err says what happened
			o := <-answer
			if o.err != nil {
				return nil
			}
			liveUploads.Delete(o.out)
			return b.abortDetached(ctx, *in.Key, o.out)
		})
		return "", ctx.Err()
	}
}

// create makes an upload, which is live from then on.
func (b *bucket) create(ctx context.Context, in *s3.CreateMultipartUploadInput, opts ...func(*s3.Options)) (string, error) {
	began := time.Now()
	defer creating.begin(object{b.name, *in.Key})()
	var lost lostAnswers
	out, _, err := call(ctx, b.Driver, func(ctx context.Context) (*s3.CreateMultipartUploadOutput, error) {
		detached, cancel := b.detach(ctx)
		defer cancel()
		out, err := b.client.CreateMultipartUpload(detached, in, opts...)
		if err != nil && detached.Err() != nil && ctx.Err() == nil {
			err = &smithyhttp.RequestSendError{Err: &stallError{b.abortTimeout}} // the time that ran out is not the caller's
		}
		if err == nil && aws.ToString(out.UploadId) == "" {
			err = malformed("a multipart upload without an ID")
		}
		return out, lost.note(err)
	})
	if lost > 0 {
		b.createsLost(ctx, int(lost), began, in)
	}
	if err != nil {
		return "", b.objectError(ctx, err)
	}
	liveUploads.Store(*out.UploadId, struct{}{})
	return *out.UploadId, nil
}

// abandon removes the upload after a failure: see settle. A request to complete it
// is cut only then: MinIO lists an upload for a day that it was cut off from
// completing, though nothing is left of it. The call does not return before it is
// cut: it could replace what the caller writes next.
func (u *upload) abandon(ctx context.Context) error {
	defer u.cut()
	return u.b.settle(ctx, func() error {
		err := u.b.abortDetached(ctx, u.key, u.id)
		if err == nil {
			u.b.background.Go(func() { u.b.watchAborted(ctx, u.key, u.id) })
		}
		return err
	})
}

// detach gives a context that does not end with ctx, but in good time.
func (d *Driver) detach(ctx context.Context) (context.Context, context.CancelFunc) {
	return context.WithTimeout(context.WithoutCancel(ctx), d.abortTimeout)
}

// settle runs clean in the background, and waits for it, but not for long: a call
// is to return within a second of its cancellation. The error is that of a clean
// that ended in time.
func (d *Driver) settle(ctx context.Context, clean func() error) error {
	done := make(chan error, 1)
	d.background.Go(func() { done <- clean() })
	limit := time.NewTimer(abortWait)
	defer limit.Stop()
	select {
	case err := <-done:
		return err
	case <-limit.C:
		return errors.New("still trying")
	case <-ctx.Done():
	}
	grace := time.NewTimer(cancelGrace)
	defer grace.Stop()
	select {
	case err := <-done:
		return err
	case <-grace.C:
		return nil
	}
}

// abortDetached is abort in a time of its own.
func (b *bucket) abortDetached(ctx context.Context, key, id string) error {
	ctx, cancel := b.detach(ctx)
	defer cancel()
	return b.abort(ctx, key, id)
}

// abort removes an upload and makes sure that it is gone: a part that was still
// on its way can outlive the first attempt.
func (b *bucket) abort(ctx context.Context, key, id string) error {
	wait := abortInterval
	var last error
	for range abortRounds {
		var gone bool
		try, cancel := context.WithTimeout(ctx, b.abortTimeout/abortTries)
		gone, last = b.tryAbort(try, key, id)
		if try.Err() != nil && ctx.Err() == nil {
			last = fmt.Errorf("no answer: %v", last) // the time that ran out is not the caller's
		}
		cancel()
		if gone {
			return nil
		}
		if denied(last) {
			return last
		}
		if err := sleep(ctx, wait); err != nil {
			break
		}
		wait = min(2*wait, 2*time.Second)
	}
	if last == nil {
		last = errors.New("the server still lists it")
	}
	return last
}

// watchAborted looks again for a while: a part that was cut off here may still
// be at work on the server, and some servers bring the upload back with it.
func (b *bucket) watchAborted(ctx context.Context, key, id string) {
	ctx, cancel := b.detach(ctx)
	defer cancel()
	for _, wait := range lateParts {
		if sleep(ctx, wait) != nil {
			return
		}
		look, cancel := context.WithTimeout(ctx, b.abortTimeout/abortTries)
		_, err := b.listParts(look, key, id)
		cancel()
		if err != nil {
			continue // it is gone, or not to be seen now
		}
		_ = b.abort(ctx, key, id) // the caller has had its answer
	}
}

// lateParts are the waits between looks for parts that arrive late.
var lateParts = []time.Duration{50 * time.Millisecond, 200 * time.Millisecond, 750 * time.Millisecond}

func (b *bucket) tryAbort(ctx context.Context, key, id string) (gone bool, err error) {
	_, err = do(ctx, b.Driver, func(ctx context.Context) error {
		_, err := b.client.AbortMultipartUpload(ctx, &s3.AbortMultipartUploadInput{Bucket: &b.name, Key: &key, UploadId: &id})
		return err
	})
	if err != nil {
		return noUpload(err), err
	}
	_, err = b.listParts(ctx, key, id)
	// Whoever may not look has to trust the first answer.
	return noUpload(err) || errors.Is(err, driver.ErrAccessDenied) || errors.Is(err, driver.ErrUnsupported), err
}

// listParts shows whether the upload is there, and whether it has a part.
func (b *bucket) listParts(ctx context.Context, key, id string) (*s3.ListPartsOutput, error) {
	out, _, err := call(ctx, b.Driver, func(ctx context.Context) (*s3.ListPartsOutput, error) {
		return b.client.ListParts(ctx, &s3.ListPartsInput{Bucket: &b.name, Key: &key, UploadId: &id, MaxParts: aws.Int32(1)})
	})
	return out, err
}

// denied reports that the caller may not do it, however often it is tried: what
// ails credentials may pass.
func denied(err error) bool {
	return code(err) == "AccessDenied" || code(err) == statusCode(http.StatusForbidden)
}

// noUpload reports that the server does not know the upload.
func noUpload(err error) bool {
	var api *apiError
	return errors.As(err, &api) && (api.code == "NoSuchUpload" || api.status == http.StatusNotFound && !isPage(err))
}
