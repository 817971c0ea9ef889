package s3driver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"log"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"
	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/s3mio/s3mio/driver"
)

// quiet gives a server that does not log the handshakes it is to refuse.
func quiet(t *testing.T, h http.HandlerFunc) *httptest.Server {
	t.Helper()
	server := httptest.NewUnstartedServer(h)
	server.Config.ErrorLog = log.New(io.Discard, "", 0)
	t.Cleanup(server.Close)
	return server
}

// answering is the address of a listener that reads a request and sends text.
func answering(t *testing.T, text string) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	done := make(chan struct{})
	go func() {
		defer close(done)
		for {
			conn, err := l.Accept()
			if err != nil {
				return
			}
			if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
				drain(r)
				_, _ = io.WriteString(conn, text) // the test sees what arrives
			}
			_ = conn.Close()
		}
	}()
	t.Cleanup(func() {
		_ = l.Close()
		<-done
	})
	return l.Addr().String()
}

// refusing is an address at which nobody listens, nor can begin to: it is that of
// the other end of a connection.
func refusing(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = l.Close() })
	conn, err := net.Dial("tcp", l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = conn.Close() })
	return conn.LocalAddr().String()
}

// TestConnectionErrorsNameTheHost: whatever goes wrong with a connection, the
// error says with whom, and nothing of what signs the request.
func TestConnectionErrorsNameTheHost(t *testing.T) {
	plain := quiet(t, http.NotFound)
	plain.Start()
	secure := quiet(t, http.NotFound)
	secure.StartTLS()
	stuck := quiet(t, func(_ http.ResponseWriter, r *http.Request) { drain(r); <-r.Context().Done() })
	stuck.Start()
	cut := quiet(t, func(http.ResponseWriter, *http.Request) { hangUp() })
	cut.Start()
	for _, c := range []struct {
		name, scheme, addr, want string
		attempts                 int
	}{
		{"refused", "http", refusing(t), "connection refused", 2},
		{"no such name", "http", "no-such-host.invalid:9000", "no such host", 2},
		{"no port", "https", "no-such-host.invalid", "no-such-host.invalid:443", 2},
		{"TLS to a plain port", "https", plain.Listener.Addr().String(), "the server speaks plain HTTP", 1},
		{"plain to a TLS port", "http", answering(t, "HTTP/1.0 400 Bad Request\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), "HTTP request to an HTTPS server", 1}, // for a HEAD, a list finds it out
		{"plain to a TLS port that hangs up", "http", answering(t, "HTTP/1.1 400 Bad Request\r\nContent-Length: 99\r\n\r\nClient sent an HTTP request to an HTTPS server.\n"), "HTTP request to an HTTPS server", 1},
		{"plain to Go's TLS", "http", secure.Listener.Addr().String(), "HTTP request to an HTTPS server", 1},
		{"plain to a TLS port that sends an alert", "http", answering(t, "\x15\x03\x01\x00\x02\x02\x16"), "the server speaks TLS", 2},
		{"unknown authority", "https", secure.Listener.Addr().String(), "unknown authority", 1},
		{"stall", "http", stuck.Listener.Addr().String(), "no byte sent or received", 2},
		{"hang up", "http", cut.Listener.Addr().String(), "EOF", 2},
	} {
		t.Run(c.name, func(t *testing.T) {
			cfg := Config{
				Endpoint: c.scheme + "://" + c.addr, AccessKeyID: "AKIDCANARY", SecretAccessKey: "SECRETCANARY",
				MaxRetries: 1, RetryDelay: time.Microsecond,
			}
			if c.name == "stall" {
				cfg.StallTimeout = 50 * time.Millisecond
			}
			d := newDriver(t, cfg)
			transport := &http.Transport{}
			own := http.Client{Transport: transport} // whose errors quote the URL
			defer own.CloseIdleConnections()
			opts := d.client.Options()
			opts.HTTPClient = &own
			withOwn := newDriver(t, Config{Client: s3.New(opts), MaxRetries: 1, RetryDelay: time.Microsecond, StallTimeout: cfg.StallTimeout})
			buckets := map[string]*bucket{"the driver's client": openBucket(t, d, "bucket"), "an http.Client": openBucket(t, withOwn, "bucket")}
			if host, _, _ := strings.Cut(c.addr, ":"); strings.HasSuffix(host, ".invalid") {
				delete(buckets, "the driver's client") // which would ask a name server
				transport.DialContext = func(_ context.Context, network, _ string) (net.Conn, error) {
					return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "no such host", Name: host, IsNotFound: true}}
				}
			}
			for what, b := range buckets {
				for call, err := range map[string]error{
					"Put":  errorOf(b.Put(t.Context(), "key", strings.NewReader("x"), putOptions(1))),
					"Get":  errorOf(b.Get(t.Context(), "key", &driver.GetOptions{})),
					"Head": errorOf(b.Head(t.Context(), "key", &driver.HeadOptions{})),
					"List": errorOf(b.List(t.Context(), &driver.ListOptions{})),
				} {
					if err == nil || !strings.Contains(err.Error(), c.addr) || !strings.Contains(err.Error(), c.want) ||
						strings.ContainsAny(err.Error(), "?") || strings.Contains(err.Error(), "/bucket") {
						t.Errorf("%s, %s: %v\nwant %s and %q", what, call, err, c.addr, c.want)
						continue
					}
					if got := strings.Contains(err.Error(), "2 attempts"); got != (c.attempts == 2) {
						t.Errorf("%s, %s: %v, want %d attempts", what, call, err, c.attempts)
					}
					if c.scheme == "https" && strings.Contains(err.Error(), "whether it was stored") {
						t.Errorf("%s, %s: nothing can have been stored: %v", what, call, err)
					}
					noSecrets(t, err)
				}
			}
		})
	}
}

// TestBrokenReadNamesTheHost: an error of a body says where it came from.
func TestBrokenReadNamesTheHost(t *testing.T) {
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", "10")
		fmt.Fprint(w, "0123")
		w.(http.Flusher).Flush()
		hangUp()
	})
	u, err := url.Parse(s.location.endpoint)
	if err != nil {
		t.Fatal(err)
	}
	err = readBody(s.Get(t.Context(), "k", &driver.GetOptions{}))
	if !errors.Is(err, io.ErrUnexpectedEOF) || !strings.Contains(err.Error(), u.Host) {
		t.Errorf("%v, want the host %s", err, u.Host)
	}
	noSecrets(t, err)
}

// TestAnswersWithoutReason has what HEAD gives, and proxies: a status, and no
// S3 error. The texts are the driver's own, with the host in place of %s.
func TestAnswersWithoutReason(t *testing.T) {
	const (
		gateway = "<!DOCTYPE html>\n<html><head><TITLE>\n403\n Forbidden by gateway</TITLE></head><body><br></body></html>"
		denied  = "access denied: Forbidden: no reason given (HTTP status 403, host %s, request ID R1)"
	)
	for _, c := range []struct {
		method   string
		status   int
		header   string // "Name: value", of the answer
		body     string
		want     string
		sentinel error
	}{
		{"HEAD", 403, "X-Amz-Request-Id: R1", "", denied, driver.ErrAccessDenied},
		{"GET", 403, "X-Amz-Request-Id: R1", "", denied, driver.ErrAccessDenied},
		{"GET", 403, "", gateway, "access denied: Forbidden: 403 Forbidden by gateway (HTTP status 403, host %s)", driver.ErrAccessDenied},
		{"GET", 403, "", "error code: 1020\n", "access denied: Forbidden: error code: 1020 (HTTP status 403, host %s)", driver.ErrAccessDenied},
		{"HEAD", 401, "", "", "access denied: Unauthorized: no reason given (HTTP status 401, host %s)", driver.ErrAccessDenied},
		{"HEAD", 400, "", "", "BadRequest: no reason given; expired credentials, a wrong region and http:// in place of https:// look like this (HTTP status 400, host %s)", nil},
		{"HEAD", 400, "X-Amz-Bucket-Region: eu-west-3", "", `BadRequest: the bucket is in region "eu-west-3": use that region (HTTP status 400, host %s)`, nil},
		{"HEAD", 301, "X-Amz-Bucket-Region: eu-west-3", "", `MovedPermanently: the bucket is in region "eu-west-3": use that region (HTTP status 301, host %s)`, nil},
		{"HEAD", 301, "Location: https://user:CANARY@other:8443/x?CANARY", "",
			"MovedPermanently: the server redirects to https://other:8443, which is not followed: check endpoint and region (HTTP status 301, host %s)", nil},
		{"GET", 302, "Location: /login", "", "Found: the server redirects, which is not followed: check endpoint and region (HTTP status 302, host %s)", nil},
		{"HEAD", 307, "", "", "TemporaryRedirect: the server redirects, which is not followed: check endpoint and region (HTTP status 307, host %s)", nil},
		{"HEAD", 405, "", "", "not supported by this backend: MethodNotAllowed (HTTP status 405, host %s)", driver.ErrUnsupported},
		{"HEAD", 503, "", "", "ServiceUnavailable (HTTP status 503, host %s, 2 attempts)", nil},
		{"GET", 520, "", "", "HTTP status 520 (host %s, 2 attempts)", nil},
		{"GET", 502, "", gateway, "BadGateway: 403 Forbidden by gateway (HTTP status 502, host %s, 2 attempts)", nil},
		{"HEAD", 404, "", "", "object not found", driver.ErrObjectNotFound},
		{"GET", 404, "", "", "object not found", driver.ErrObjectNotFound},
		{"GET", 404, "", gateway, "HTTP status 404: 403 Forbidden by gateway (host %s, 2 attempts)", nil},
		{"GET", 404, "", "<?xml version='1.0'?><html><head><title>Not here</title></head></html>", "HTTP status 404: Not here (host %s, 2 attempts)", nil},
		{"GET", 404, "", "404 page not found\n", "HTTP status 404: 404 page not found (host %s, 2 attempts)", nil},
		{"GET", 404, "", "<html></html>", "HTTP status 404 (host %s, 2 attempts)", nil},
		{"GET", 404, "", "<Error><Code>NoSuchKey</Code><Mess", "HTTP status 404 (host %s, 2 attempts)", nil},
		{"GET", 404, "", "<Error><Message>Gone.</Message></Error>", "HTTP status 404: Gone. (host %s, 2 attempts)", nil},
	} {
		s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			if strings.TrimRight(r.URL.Path, "/") == "/bucket" {
				return // HEAD of the bucket: it is there
			}
			w.Header().Del("Last-Modified")
			if name, value, ok := strings.Cut(c.header, ": "); ok {
				w.Header().Set(name, value)
			}
			w.WriteHeader(c.status)
			fmt.Fprint(w, c.body)
		})
		u, err := url.Parse(s.location.endpoint)
		if err != nil {
			t.Fatal(err)
		}
		want := strings.ReplaceAll(c.want, "%s", u.Host)
		calls := map[string]error{"Head": errorOf(s.Head(t.Context(), "k", &driver.HeadOptions{}))}
		if c.method == "GET" {
			calls = map[string]error{
				"Get":      errorOf(s.Get(t.Context(), "k", &driver.GetOptions{})),
				"Download": errorOf(s.Download(t.Context(), "k", tempFile(t), &driver.GetOptions{})),
			}
		}
		for call, err := range calls {
			if err == nil || err.Error() != want {
				t.Errorf("%s, %d:\ngot  %v\nwant %s", call, c.status, err, want)
			}
			if c.sentinel != nil {
				wantError(t, call, err, c.sentinel)
			} else if errors.Is(err, driver.ErrObjectNotFound) || errors.Is(err, driver.ErrBucketNotFound) {
				t.Errorf("%s, %d: %v is said to be missing", call, c.status, err)
			}
			if err != nil {
				noSecrets(t, err)
			}
		}
	}
}

// TestNotTheCallersTime: time that ran out, or a cancellation, that is not that of the
// call's context does not look like it, and stays within reach.
func TestNotTheCallersTime(t *testing.T) {
	s := script(t, Config{}, func(_ int, _ http.ResponseWriter, r *http.Request) { <-r.Context().Done() })
	cancels := func(context.Context, string, string) (net.Conn, error) { return nil, context.Canceled }
	for name, c := range map[string]struct {
		dial    dialer
		timeout time.Duration
	}{
		"dial":                {(&net.Dialer{Timeout: time.Nanosecond}).DialContext, 0},
		"http.Client.Timeout": {nil, time.Nanosecond},
		"cancelled":           {cancels, 0},
	} {
		transport := &http.Transport{DialContext: c.dial}
		t.Cleanup(transport.CloseIdleConnections)
		b := withClient(t, s, Config{MaxRetries: 1, PartSize: 5 * mib}, func(o *s3.Options) {
			o.HTTPClient = &http.Client{Transport: transport, Timeout: c.timeout}
		})
		other := openBucket(t, b.Driver, "other")
		for call, request := range objectCalls(t.Context(), b, other) {
			err := request()
			if err == nil || errors.Is(err, context.DeadlineExceeded) || errors.Is(err, context.Canceled) {
				t.Errorf("%s, %s: %v, as if the call's context had ended", name, call, err)
			}
			var source *driver.SourceError
			if copies := strings.HasPrefix(call, "Copy"); errors.As(err, &source) != copies {
				t.Errorf("%s, %s: the source's error: %v", name, call, err)
			}
			var timeout net.Error
			if c.dial == nil && (!errors.As(err, &timeout) || !timeout.Timeout()) {
				t.Errorf("%s, %s: no timeout in %v", name, call, err)
			}
			var send *smithyhttp.RequestSendError
			var operation *smithy.OperationError
			if !errors.As(err, &send) || !errors.As(err, &operation) {
				t.Errorf("%s, %s: the SDK's errors are out of reach of %v", name, call, err)
			}
		}
	}
	expired := aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		return aws.Credentials{}, context.DeadlineExceeded // as of a metadata service that does not answer
	})
	b := withClient(t, s, Config{}, func(o *s3.Options) { o.Credentials = expired })
	err := b.Delete(t.Context(), "k")
	wantError(t, "Delete", err, driver.ErrAccessDenied)
	if errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("%v, as if the call's context had ended", err)
	}
}

// timingOut is a client whose answers have no byte by the time that it gives them.
type timingOut struct{ direct }

func (c timingOut) Do(req *http.Request) (*http.Response, error) {
	resp, err := c.direct.Do(req)
	if err == nil {
		resp.Body = io.NopCloser(iotest.ErrReader(context.DeadlineExceeded))
	}
	return resp, err
}

// TestReadNotInTheCallersTime: nor does time that a client gives to the body of an
// answer, be it strong or weak, look like the end of the call's context.
func TestReadNotInTheCallersTime(t *testing.T) {
	for _, etag := range []string{`"e"`, `W/"e"`} {
		handle := direct(func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("ETag", etag)
			w.Header().Set("Last-Modified", "Tue, 02 Jan 2024 03:04:05 GMT")
			w.Header().Set("Content-Length", "9")
		})
		opts := handle.bucket(t).client.Options()
		opts.HTTPClient = timingOut{handle}
		b := openBucket(t, newDriver(t, Config{Client: clientWith(opts), MaxRetries: -1}), "bucket")
		err := readBody(b.Get(t.Context(), "k", &driver.GetOptions{}))
		if err == nil || !strings.Contains(err.Error(), "deadline exceeded") || errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: %v, as if the call's context had ended", etag, err)
		}
	}
}
