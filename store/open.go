package store

import (
	"context"
	"net/url"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// OpenBucket opens a bucket by URL: "mem://", "file:///dir?create=true",
// "s3://bucket?region=eu-west-1". The driver of the scheme must be imported,
// with a blank import if need be; its documentation lists the parameters. The
// URL is only parsed: a missing bucket shows at the first call. An unknown
// scheme or parameter is [ErrValidation] and named. Credentials do not belong
// in the URL and are refused; no error shows them.
//
// Close the bucket to release its connection.
func OpenBucket(ctx context.Context, rawURL string) (*Bucket, error) {
	b, err := openBucket(ctx, rawURL)
	if err != nil {
		return nil, newError(ctx, "open", redact(rawURL), "", "", err)
	}
	return b, nil
}

func openBucket(ctx context.Context, rawURL string) (*Bucket, error) {
	u, err := url.Parse(rawURL)
	switch {
	case err != nil:
		return nil, invalid("malformed URL") // the parser's error quotes it
	case u.Scheme == "":
		return nil, invalid("the URL has no scheme")
	case u.User != nil:
		return nil, invalid("credentials do not belong in a bucket URL")
	case u.Fragment != "" || strings.Contains(rawURL, "#"):
		return nil, invalid("a bucket URL has no fragment; write # as %%23")
	case !strings.HasPrefix(rawURL[len(u.Scheme):], "://"):
		return nil, invalid("%s: must be followed by //", u.Scheme)
	}
	open, err := driver.OpenerFor(u.Scheme)
	if err != nil {
		return nil, err
	}
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	drv, name, err := open(ctx, u)
	if err != nil {
		return nil, err
	}
	s := New(drv)
	h, err := drv.OpenBucket(name)
	if err != nil {
		s.Close() //nolint:errcheck // the reason to close is the error to show
		return nil, err
	}
	b := newBucket(s, name, h, nil)
	b.owner = true
	return b, nil
}

// redact cuts a URL down to what cannot be secret: scheme, host and path.
func redact(rawURL string) string {
	u, err := url.Parse(rawURL)
	if err != nil || u.Scheme == "" || u.User != nil || u.Port() != "" || strings.ContainsAny(u.Host+u.Path, "@:") {
		// Credentials may be anywhere in it.
		return "bucket URL"
	}
	return u.Scheme + "://" + u.Host + u.Path
}
