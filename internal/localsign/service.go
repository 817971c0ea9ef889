package localsign

import (
	"context"
	"crypto/rand"
	"fmt"
	"io/fs"
	"net/http"
	"net/url"
	"sync"
	"sync/atomic"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// DefaultMaxPut is the largest body a PUT may have, as in S3.
const DefaultMaxPut = 5 << 30

// Service signs URLs for the buckets of one driver and serves them. Its
// methods are safe for concurrent use.
type Service struct {
	// MaxPut is the most bytes that one PUT stores; a longer body is refused
	// with 413 and nothing is stored. It is set before the first request.
	MaxPut int64

	open   func(bucket string) (driver.Bucket, error)
	secret []byte
	closed atomic.Bool

	mu       sync.Mutex // guards what follows
	base     string     // empty: the listener's
	listener *listener  // nil until the first Presign without a base
}

// New makes a service that finds buckets with open. baseURL is as for
// [Service.SetBaseURL], which alone can fail.
func New(open func(bucket string) (driver.Bucket, error), baseURL string) (*Service, error) {
	s := &Service{MaxPut: DefaultMaxPut, open: open, secret: make([]byte, 32)}
	// Documented never to fail.
	_, _ = rand.Read(s.secret)
	if err := s.SetBaseURL(baseURL); err != nil {
		return nil, err
	}
	return s, nil
}

// SetBaseURL says where clients reach [Service.Handler]: an absolute http or
// https URL without user information, query and fragment, otherwise
// [driver.ErrValidation]. It should be the mount's exact path: a redirect, such
// as http.ServeMux makes to add a slash, is not followed by every client that
// puts. URLs signed before stay valid. The empty string, the initial state,
// means a loopback listener that the first Presign starts.
func (s *Service) SetBaseURL(base string) error {
	if base != "" {
		// The text of a parse error quotes the URL, and so a password in it.
		u, err := url.Parse(base)
		if err != nil || u.Scheme != "http" && u.Scheme != "https" || u.Hostname() == "" || u.User != nil ||
			u.RawQuery != "" || u.ForceQuery || u.Fragment != "" || base[len(base)-1] == '#' {
			return fmt.Errorf("%w: the base URL must be an absolute http or https URL without user information, query and fragment",
				driver.ErrValidation)
		}
		if u.Path == "" {
			u.Path = "/"
		}
		base = u.String()
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	s.base = base
	return nil
}

// Presign gives a URL that allows opts.Method on the key until opts.TTL has
// passed, rounded up to a whole second. Neither bucket nor key is looked up.
// Without a base URL the first call starts a server on 127.0.0.1, which runs
// until Close. After Close the error is fs.ErrClosed.
func (s *Service) Presign(ctx context.Context, bucket, key string, opts *driver.PresignOptions) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	base, err := s.baseURL(ctx)
	if err != nil {
		return "", err
	}
	g := grant{
		method:      opts.Method,
		bucket:      bucket,
		key:         key,
		expires:     time.Now().Add(opts.TTL + time.Second - time.Nanosecond).Unix(),
		contentType: opts.ContentType,
	}
	return base + "?" + s.sign(g).Encode(), nil
}

// baseURL gives the base of new URLs, starting the listener if need be.
func (s *Service) baseURL(ctx context.Context) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.closed.Load() {
		return "", fmt.Errorf("presign: %w", fs.ErrClosed)
	}
	if s.base != "" {
		return s.base, nil
	}
	if s.listener == nil {
		l, err := listen(ctx, s.Handler())
		if err != nil {
			return "", err
		}
		s.listener = l
	}
	return s.listener.url, nil
}

// Handler serves the signed URLs, wherever it is mounted; see [Service.SetBaseURL].
// After Close it answers 503.
func (s *Service) Handler() http.Handler { return http.HandlerFunc(s.serve) }

// Close stops the listener: it cuts the connections and returns when no request
// of theirs is running. Requests that came by way of a server of the user's
// end in their own time. Further calls do nothing.
func (s *Service) Close() error {
	s.mu.Lock()
	s.closed.Store(true) // from here on, no new request touches a bucket
	l := s.listener
	s.listener = nil
	s.mu.Unlock()
	if l == nil {
		return nil
	}
	return l.close()
}
