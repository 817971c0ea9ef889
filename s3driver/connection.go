package s3driver

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"

	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// hostError says with whom a connection failed.
type hostError struct {
	host string // with its port
	page bool   // the answer is not an S3 error: a proxy's, or nobody's
	err  error
}

func (e *hostError) Error() string {
	text := e.err.Error()
	if strings.Contains(text, e.host) {
		return text
	}
	return text + " (host " + e.host + ")"
}

func (e *hostError) Unwrap() error { return e.err }

// pageError is a 404 with a page that is not S3's, as of a gateway that is starting,
// or with a body that breaks off. It says nothing of what is missing, and may pass.
type pageError struct{ err error }

func (e *pageError) Error() string        { return e.err.Error() }
func (e *pageError) Unwrap() error        { return e.err }
func (e *pageError) RetryableError() bool { return true }

// isPage reports a 404 that is not known to be S3's.
func isPage(err error) bool {
	var page *pageError
	return errors.As(err, &page)
}

// hostPort is the host of a URL with its port.
func hostPort(u *url.URL) string {
	port := u.Port()
	if port == "" {
		port = "80"
		if u.Scheme == "https" {
			port = "443"
		}
	}
	return net.JoinHostPort(u.Hostname(), port)
}

// plainText is the text of the innermost error that is about the request,
// without the SDK's framing and the URL.
func plainText(err error) string {
	for {
		switch e := err.(type) {
		case *smithy.OperationError:
			err = e.Err
		case *smithyhttp.RequestSendError:
			err = e.Err
		case *hostError:
			err = e.err
		case *pageError:
			err = e.err
		case *url.Error:
			err = e.Err
		case interface {
			HTTPResponse() *smithyhttp.Response
			Unwrap() error
		}:
			err = e.Unwrap()
		default:
			text := err.Error()
			switch {
			case plainHTTP(err):
				text += ": the server speaks plain HTTP"
			case strings.Contains(text, `malformed HTTP response "\x15\x03`): // a TLS alert
				text += ": the server speaks TLS"
			}
			return text
		}
	}
}

// handshake reports that the server is not one to talk to: nothing was sent.
func handshake(err error) bool {
	var cert *tls.CertificateVerificationError
	var authority x509.UnknownAuthorityError
	var hostname x509.HostnameError
	return errors.As(err, &cert) || errors.As(err, &authority) || errors.As(err, &hostname)
}

// plainHTTP reports that the server answered a TLS handshake in plain HTTP.
func plainHTTP(err error) bool {
	var record tls.RecordHeaderError
	return errors.As(err, &record) && string(record.RecordHeader[:]) == "HTTP/" ||
		strings.Contains(err.Error(), "server gave HTTP response to HTTPS client") // http.Client's word for it
}

// notTheCallers keeps err, as a timeout of the network, from being matched as the end
// of the caller's context, which call adds where it has ended.
func notTheCallers(err error) error {
	if errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
		return &detachedError{err}
	}
	return err
}

// detachedError is an error that matches all that err does, but those of a context.
type detachedError struct{ err error }

func (e *detachedError) Error() string { return e.err.Error() }

func (e *detachedError) Is(target error) bool {
	return target != context.DeadlineExceeded && target != context.Canceled && errors.Is(e.err, target)
}

func (e *detachedError) As(target any) bool { return errors.As(e.err, target) }
