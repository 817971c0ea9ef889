package lockstep

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/s3mio/s3mio/store"
)

// A step is one call with its arguments, the same for all drivers.
type step interface {
	// GoString shows the step as the call that it is.
	GoString() string

	// kind names the call, for the statistics.
	kind() string

	// restrict gives the step without the full keys that do not pass, nil when
	// nothing is left of it.
	restrict(holds func(key string) bool) step

	// run makes the call and renders what came of it. Equal results have equal
	// texts, whatever the driver.
	run(ctx context.Context, w *world) string

	// predict renders what run is to give, and does to the model what the call
	// does to the bucket.
	predict(m *model) string
}

// A handle is what a call is made on.
type handle int

const (
	onBucket       handle = iota
	onPrefix              // a nested Prefix of the same bucket
	onMissing             // a bucket that does not exist
	onEmptySegment        // a Prefix with an empty segment
)

// prefix is what the full keys of a handle start with.
func (h handle) prefix() string {
	return [...]string{"", "p/q/", "", "p//"}[h]
}

func (h handle) GoString() string {
	return [...]string{"bucket", "prefix", "missing", "emptySegment"}[h]
}

// call is what all steps have in common.
type call struct {
	on       handle
	canceled bool // the context is cancelled beforehand
}

// full gives the full key of one that is relative to the handle.
func (c call) full(key string) string { return c.on.prefix() + key }

func (c call) context(ctx context.Context) (context.Context, context.CancelFunc) {
	ctx, cancel := context.WithCancel(ctx)
	if c.canceled {
		cancel()
	}
	return ctx, cancel
}

// show renders a call in Go's fashion.
func (c call) show(method string, args ...string) string {
	ctx := "ctx"
	if c.canceled {
		ctx = "canceled"
	}
	return fmt.Sprintf("%#v.%s(%s)", c.on, method, strings.Join(append([]string{ctx}, args...), ", "))
}

// quote renders a string that may be very long. Different strings have
// different texts.
func quote(s string) string {
	if len(s) <= 80 {
		return fmt.Sprintf("%q", s)
	}
	return fmt.Sprintf("%.24q…(%d bytes, %.8s)", s, len(s), md5Hex(s))
}

func quoted(texts []string) string {
	q := make([]string, len(texts))
	for i, s := range texts {
		q[i] = quote(s)
	}
	return "{" + strings.Join(q, ", ") + "}"
}

// Classes of errors other than the sentinels'.
const (
	classCanceled = "context canceled"
	classSource   = "error of the caller's reader"
	classOther    = "other error"
)

var errSource = errors.New("the source broke")

var sentinels = []error{
	store.ErrObjectNotFound, store.ErrBucketNotFound, store.ErrAccessDenied, store.ErrValidation,
	store.ErrPreconditionFailed, store.ErrNotModified, store.ErrInvalidRange, store.ErrObjectChanged,
	store.ErrSizeMismatch, store.ErrBucketNotEmpty, store.ErrUnsupported,
}

// classOf names the sentinels that an error matches. It should be one.
func classOf(err error) string {
	var classes []string
	for _, s := range sentinels {
		if errors.Is(err, s) {
			classes = append(classes, s.Error())
		}
	}
	if errors.Is(err, context.Canceled) {
		classes = append(classes, classCanceled)
	}
	if errors.Is(err, errSource) {
		classes = append(classes, classSource)
	}
	if classes == nil {
		return classOther
	}
	return strings.Join(classes, " and ")
}

// failure renders a failed call: the class of its error, and what it concerns.
func failure(class, op string, h handle, fullKey string) string {
	where := ""
	if h == onMissing {
		where = "missing bucket's "
	}
	return fmt.Sprintf("%s: %s %s%s", class, op, where, quote(fullKey))
}

// failure renders a failed call whose context may be at an end as well, which
// its error then tells, too.
func (c call) failure(class, op, fullKey string) string {
	if c.canceled && class != classCanceled {
		class += " and " + classCanceled
	}
	return failure(class, op, c.on, fullKey)
}

// failed renders an error of the world's as failure does.
func (w *world) failed(err error) string {
	w.errs = append(w.errs, err)
	switch e := err.(type) {
	case *store.BatchError:
		texts := make([]string, len(e.Errors))
		for i, err := range e.Errors {
			texts[i] = w.failed(err)
		}
		return batchFailure(texts)
	case *store.Error:
		switch e.Bucket {
		case w.bucket.Name():
			return failure(classOf(err), e.Op, onBucket, e.Key)
		case w.missing.Name():
			return failure(classOf(err), e.Op, onMissing, e.Key)
		}
		return fmt.Sprintf("error naming a wrong bucket: %s %q", e.Op, e.Key)
	}
	return fmt.Sprintf("error of the type %T: %s", err, classOf(err))
}

func batchFailure(failures []string) string {
	return "batch error [" + strings.Join(failures, "; ") + "]"
}
