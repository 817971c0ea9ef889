package s3driver

import (
	"bytes"
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/smithy-go"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// objectCalls are the calls that make a request about one bucket.
func objectCalls(ctx context.Context, b, other *bucket) map[string]func() error {
	large := bytes.NewReader(make([]byte, 6*mib))
	return map[string]func() error{
		"Head": func() error { _, err := b.Head(ctx, "k", &driver.HeadOptions{}); return err },
		"Get":  func() error { _, err := b.Get(ctx, "k", &driver.GetOptions{}); return err },
		"Get of a tail": func() error {
			_, err := b.Get(ctx, "k", &driver.GetOptions{Range: &driver.Range{Tail: true}})
			return err
		},
		"Put":          func() error { _, err := b.Put(ctx, "k", strings.NewReader("x"), putOptions(1)); return err },
		"Put of parts": func() error { _, err := b.Put(ctx, "k", large, putOptions(6*mib)); return err },
		"Put if match": func() error {
			_, err := b.Put(ctx, "k", strings.NewReader("x"), &driver.PutOptions{Size: 1, IfMatch: "e"})
			return err
		},
		"Delete":      func() error { return b.Delete(ctx, "k") },
		"List":        func() error { _, err := b.List(ctx, &driver.ListOptions{}); return err },
		"SetTags":     func() error { return b.SetTags(ctx, "k", nil) },
		"GetTags":     func() error { _, err := b.GetTags(ctx, "k"); return err },
		"Download":    func() error { _, err := b.Download(ctx, "k", nil, &driver.GetOptions{}); return err },
		"Copy from":   func() error { _, err := other.Copy(ctx, "copy", b, "k"); return err },
		"Copy to":     func() error { _, err := b.Copy(ctx, "copy", other, "k"); return err },
		"DeleteBatch": func() error { return errors.Join(driver.DeleteBatch(ctx, b, []string{"k"})...) },
	}
}

func TestMissingBucket(t *testing.T) {
	onServers(t, Config{PartSize: 5 * mib}, func(t *testing.T, b *bucket, _ string) {
		put(t, b, "k", "content")
		missing := openBucket(t, b.Driver, "no-such-"+b.name)
		for name, call := range objectCalls(t.Context(), missing, b) {
			err := call()
			wantError(t, name, err, driver.ErrBucketNotFound)
			var source *driver.SourceError
			if errors.As(err, &source) != (name == "Copy from") {
				t.Errorf("%s: the source's error: %v", name, err)
			}
		}
		wantError(t, "DeleteBucket", b.DeleteBucket(t.Context(), missing.name), driver.ErrBucketNotFound)
		wantError(t, "DeleteBucket", b.DeleteBucket(t.Context(), b.name), driver.ErrBucketNotEmpty)
	})
}

func TestWrongCredentials(t *testing.T) {
	for _, server := range s3test.All(t) {
		good := newBucket(t, server, Config{})
		put(t, good, "k", "content")
		for kind, cfg := range map[string]Config{
			"secret": {AccessKeyID: server.AccessKey, SecretAccessKey: "CANARYCANARYCANARYCANARY"},
			"key":    {AccessKeyID: "CANARYKEY", SecretAccessKey: server.SecretKey},
		} {
			cfg.Endpoint, cfg.Region, cfg.PartSize = server.Endpoint, server.Region, 5*mib
			bad := openBucket(t, newDriver(t, cfg), good.name)
			for name, call := range objectCalls(t.Context(), bad, bad) {
				err := call()
				wantError(t, server.Name+", "+kind+", "+name, err, driver.ErrAccessDenied)
				noSecrets(t, err)
			}
			_, err := bad.ListBuckets(t.Context(), "")
			wantError(t, "ListBuckets", err, driver.ErrAccessDenied)
			wantError(t, "CreateBucket", bad.CreateBucket(t.Context(), "x"+good.name), driver.ErrAccessDenied)
		}
	}
}

// noSecrets looks for credentials and signatures in an error.
func noSecrets(t *testing.T, err error) {
	t.Helper()
	for _, text := range []string{err.Error(), fmt.Sprintf("%+v", err)} {
		for _, secret := range []string{"CANARY", "Signature=", "X-Amz-Credential"} {
			if strings.Contains(text, secret) {
				t.Errorf("%s in %s", secret, text)
			}
		}
	}
}

func TestErrorsOfAnswers(t *testing.T) {
	for _, c := range []struct {
		status int
		code   string
		want   error
		tries  int
	}{
		{404, "NoSuchKey", driver.ErrObjectNotFound, 1},
		{404, "NoSuchBucket", driver.ErrBucketNotFound, 1},
		{404, "InvalidAccessKeyId", driver.ErrAccessDenied, 1},
		{403, "AccessDenied", driver.ErrAccessDenied, 1},
		{403, "Anything", driver.ErrAccessDenied, 1},
		{400, "ExpiredToken", driver.ErrAccessDenied, 2}, // once more with fresh credentials
		{412, "PreconditionFailed", driver.ErrPreconditionFailed, 1},
		{409, "ConditionalRequestConflict", driver.ErrPreconditionFailed, 3},
		{304, "", driver.ErrNotModified, 1},
		{416, "InvalidRange", driver.ErrInvalidRange, 1},
		{400, "InvalidArgument", driver.ErrValidation, 1},
		{400, "KeyTooLongError", driver.ErrValidation, 1},
		{501, "NotImplemented", driver.ErrUnsupported, 1},
		{500, "InternalError", nil, 3},
		{502, "", nil, 3},
		{503, "SlowDown", nil, 3},
		{429, "TooManyRequests", nil, 3},
		{400, "RequestTimeout", nil, 3},
		{400, "Unheard", nil, 1},
	} {
		s := script(t, Config{MaxRetries: 2}, func(_ int, w http.ResponseWriter, r *http.Request) {
			if c.code == "" {
				w.WriteHeader(c.status)
				return
			}
			fail(w, c.status, c.code)
		})
		_, err := s.Get(t.Context(), "k", &driver.GetOptions{})
		if n := len(s.seen()); n != c.tries {
			t.Errorf("%d %s: %d requests, want %d", c.status, c.code, n, c.tries)
		}
		if c.want != nil {
			wantError(t, c.code, err, c.want)
		} else {
			for _, s := range []error{driver.ErrObjectNotFound, driver.ErrBucketNotFound, driver.ErrAccessDenied, driver.ErrValidation} {
				if errors.Is(err, s) {
					t.Errorf("%d %s matches %v", c.status, c.code, s)
				}
			}
		}
		var withCode interface{ ErrorCode() string }
		if !errors.As(err, &withCode) || withCode.ErrorCode() != cmp.Or(c.code, strings.ReplaceAll(http.StatusText(c.status), " ", "")) {
			t.Errorf("%d %s: ErrorCode of %v", c.status, c.code, err)
		}
		var sdk smithy.APIError
		if !errors.As(err, &sdk) {
			t.Errorf("%d %s: the SDK's error is out of reach", c.status, c.code)
		}
		if c.want == nil && c.code != "" {
			for _, part := range []string{c.code, "a message", "REQUEST1", fmt.Sprint(c.status)} {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q is not in %v", part, err)
				}
			}
			if c.tries > 1 && !strings.Contains(err.Error(), "3 attempts") {
				t.Errorf("attempts are not in %v", err)
			}
		}
		noSecrets(t, err)
	}
}

func TestOtherRegion(t *testing.T) {
	for _, status := range []int{301, 307, 400} {
		s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
			w.Header().Set("Location", "http://127.0.0.1:1/elsewhere")
			fail(w, status, "PermanentRedirect")
		})
		for _, err := range []error{
			errorOf(s.Get(t.Context(), "k", &driver.GetOptions{})), errorOf(s.Head(t.Context(), "k", &driver.HeadOptions{})),
		} {
			if err == nil || !strings.Contains(err.Error(), "eu-central-1") {
				t.Errorf("%d: %v", status, err)
			}
		}
		if n := len(s.seen()); n != 2 {
			t.Errorf("%d: %d requests", status, n)
		}
	}
}

func errorOf[T any](_ T, err error) error { return err }

// TestHeadAsksForTheBucketOnce: a bucket that was seen is not asked for again.
func TestHeadAsksForTheBucketOnce(t *testing.T) {
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if strings.TrimRight(r.URL.Path, "/") != "/bucket" {
			w.WriteHeader(404)
		}
	})
	for range 3 {
		_, err := s.Head(t.Context(), "k", &driver.HeadOptions{})
		wantError(t, "Head", err, driver.ErrObjectNotFound)
	}
	if n := len(s.seen()); n != 4 {
		t.Errorf("requests: %q", s.seen())
	}
}

func TestNoServer(t *testing.T) {
	b := openBucket(t, newDriver(t, Config{
		Endpoint: "http://" + refusing(t), AccessKeyID: "CANARYKEY", SecretAccessKey: "CANARY", RetryDelay: time.Microsecond,
	}), "bucket")
	_, err := b.Get(t.Context(), "k", &driver.GetOptions{})
	var op *net.OpError
	if !errors.As(err, &op) || !strings.Contains(err.Error(), "4 attempts") {
		t.Errorf("%v", err)
	}
	noSecrets(t, err)
}

func TestCanceledBeforehand(t *testing.T) {
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	for name, call := range objectCalls(ctx, s.bucket, openBucket(t, s.Driver, "other")) {
		wantError(t, name, call(), context.Canceled)
	}
	_, err := s.Presign(ctx, "k", &driver.PresignOptions{Method: "GET", TTL: time.Minute})
	wantError(t, "Presign", err, context.Canceled)
	if n := len(s.seen()); n != 0 {
		t.Errorf("requests: %q", s.seen())
	}
}

func TestCanceledWhileWaiting(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
		defer cancel()
		d := &Driver{settings: settings{maxRetries: 3, retryDelay: time.Hour, maxRetryDelay: time.Hour}}
		attempts, err := do(ctx, d, func(context.Context) error {
			return &smithy.GenericAPIError{Code: "SlowDown", Message: "a message"}
		})
		wantError(t, "do", err, context.DeadlineExceeded)
		if attempts != 1 || !strings.Contains(err.Error(), "SlowDown") {
			t.Errorf("after %d attempts, the reason for the wait is not in %v", attempts, err)
		}
	})
}

func TestRetryPolicy(t *testing.T) {
	s := settings{retryDelay: 100, maxRetryDelay: 1000}
	for n, want := range map[int]time.Duration{1: 100, 2: 200, 3: 400, 4: 800, 5: 1000, 100: 1000} {
		for range 20 {
			if d := s.delay(n); d < want/2 || d > want {
				t.Errorf("delay after attempt %d: %d, want %d to %d", n, d, want/2, want)
			}
		}
	}
}

// TestStorm: what many calls failed on leaves nothing behind for later ones.
func TestStorm(t *testing.T) {
	broken := true
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if broken {
			fail(w, 503, "SlowDown")
			return
		}
		w.Header().Set("ETag", `"e"`)
	})
	for range 200 {
		if _, err := s.Get(t.Context(), "k", &driver.GetOptions{}); err == nil {
			t.Fatal("success")
		}
	}
	if n := len(s.seen()); n != 200*4 {
		t.Errorf("%d requests, want %d", n, 200*4)
	}
	broken = false
	if _, err := s.Get(t.Context(), "k", &driver.GetOptions{}); err != nil {
		t.Error(err)
	}
}

// TestExpiredCredentials: cached credentials that expired are fetched anew.
func TestExpiredCredentials(t *testing.T) {
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if !strings.Contains(r.Header.Get("Authorization"), "KEY2/") {
			fail(w, 400, "ExpiredToken")
			return
		}
		w.Header().Set("ETag", `"e"`)
	})
	n := 0
	cache := aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
		n++
		return aws.Credentials{AccessKeyID: fmt.Sprintf("KEY%d", n), SecretAccessKey: "s"}, nil
	}))
	opts := s.client.Options()
	opts.Credentials = cache
	d := newDriver(t, Config{Client: clientWith(opts), MaxRetries: -1})
	if _, err := openBucket(t, d, "bucket").Get(t.Context(), "k", &driver.GetOptions{}); err != nil || n != 2 {
		t.Errorf("%v after %d sets of credentials", err, n)
	}
}

func TestClean(t *testing.T) {
	for in, want := range map[string]string{
		"a\n  b": "a b",
		"GET http://h/b?X-Amz-Signature=abc&x=y and X-Amz-Security-Token=tok": "GET http://h/b?X-Amz-Signature=[redacted]&x=y and X-Amz-Security-Token=[redacted]",
		"AWS4 Credential=AK/x, Signature=abc":                                 "AWS4 Credential=[redacted], Signature=[redacted]",
		`x-amz-security-token: tok/+=, {"X-Amz-Security-Token": "tok"}`:       `x-amz-security-token: [redacted], {"X-Amz-Security-Token": "[redacted]"}`,
		`"X-Amz-Security-Token":["tok/+="]`:                                   `"X-Amz-Security-Token":["[redacted]"]`,
		"X-Amz-Signature%3Dabc":                                               "X-Amz-Signature%3D[redacted]",
	} {
		if got := clean(in); got != want {
			t.Errorf("%q, want %q", got, want)
		}
	}
	if n := len(clean(strings.Repeat("é", 1000))); n > 310 {
		t.Errorf("%d bytes", n)
	}
}
