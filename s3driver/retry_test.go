package s3driver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go"

	"github.com/s3mio/s3mio/driver"
)

// driverCalls are those of the driver, beside objectCalls.
func driverCalls(ctx context.Context, b *bucket) map[string]func() error {
	return map[string]func() error{
		"CreateBucket":      func() error { return b.CreateBucket(ctx, "bucket") },
		"DeleteBucket":      func() error { return b.DeleteBucket(ctx, "bucket") },
		"ListBuckets":       func() error { return errorOf(b.ListBuckets(ctx, "")) },
		"AbortStaleUploads": func() error { return errorOf(b.AbortStaleUploads(ctx, "bucket", 0)) },
	}
}

// TestAttempts: MaxRetries is the number of further attempts at each request,
// for every call and every fault that may pass. A fault that does not is tried
// once.
func TestAttempts(t *testing.T) {
	faults := map[string]func(w http.ResponseWriter, r *http.Request){
		"hang up": func(http.ResponseWriter, *http.Request) { hangUp() },
		"408":     func(w http.ResponseWriter, r *http.Request) { drain(r); fail(w, 408, "RequestTimeout") },
		"429":     func(w http.ResponseWriter, r *http.Request) { drain(r); fail(w, 429, "TooManyRequests") },
		"500":     func(w http.ResponseWriter, r *http.Request) { drain(r); fail(w, 500, "InternalError") },
		"502":     func(w http.ResponseWriter, r *http.Request) { drain(r); w.WriteHeader(502) },
		"503":     func(w http.ResponseWriter, r *http.Request) { drain(r); fail(w, 503, "SlowDown") },
		"504":     func(w http.ResponseWriter, r *http.Request) { drain(r); w.WriteHeader(504) },
		"520":     func(w http.ResponseWriter, r *http.Request) { drain(r); w.WriteHeader(520) },
		"400":     func(w http.ResponseWriter, r *http.Request) { drain(r); fail(w, 400, "MalformedXML") },
		"403":     func(w http.ResponseWriter, r *http.Request) { drain(r); fail(w, 403, "AccessDenied") },
		"501":     func(w http.ResponseWriter, r *http.Request) { drain(r); fail(w, 501, "NotImplemented") },
	}
	for kind, fault := range faults {
		passes := kind != "400" && kind != "403" && kind != "501"
		for retries, want := range map[int]int{-1: 1, 1: 2, 3: 4} {
			if !passes {
				want = 1
			}
			var mu sync.Mutex
			requests := map[string]int{}
			background := false // uploads are looked for after a lost answer, whatever is called meanwhile
			s := script(t, Config{MaxRetries: retries, PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				if background && r.Method == "GET" && r.URL.Query().Has("uploads") {
					mu.Unlock()
					fault(w, r)
					return
				}
				// The path tells requests apart; a part of an upload its number.
				requests[r.Method+" "+r.URL.Path+" "+operation(r)+r.Header.Get("X-Amz-Copy-Source")]++
				mu.Unlock()
				fault(w, r)
			})
			other := openBucket(t, s.Driver, "other")
			calls := objectCalls(t.Context(), s.bucket, other)
			for name, call := range driverCalls(t.Context(), s.bucket) {
				calls[name] = call
			}
			for _, name := range slices.Sorted(maps.Keys(calls)) { // the one that lists uploads first
				mu.Lock()
				clear(requests)
				background = name != "AbortStaleUploads"
				mu.Unlock()
				err := calls[name]()
				if err == nil {
					t.Errorf("%s, %s: success", name, kind)
					continue
				}
				mu.Lock()
				for request, n := range requests {
					if n != want {
						t.Errorf("MaxRetries %d, %s, %s: %d times %s, want %d", retries, name, kind, n, request, want)
					}
				}
				if len(requests) == 0 {
					t.Errorf("%s: no request", name)
				}
				mu.Unlock()
				if want > 1 && !strings.Contains(err.Error(), fmt.Sprintf("%d attempts", want)) {
					t.Errorf("%s, %s: the attempts are not in %v", name, kind, err)
				}
				if strings.HasPrefix(kind, "4") && passes && !strings.Contains(err.Error(), "REQUEST1") {
					t.Errorf("%s, %s: the request ID is not in %v", name, kind, err)
				}
			}
		}
	}
}

// TestEndingFaults: a call succeeds when the fault ends within its retries, and
// only then.
func TestEndingFaults(t *testing.T) {
	for _, broken := range []int{3, 4} {
		for kind, fault := range map[string]func(w http.ResponseWriter){
			"hang up": func(http.ResponseWriter) { hangUp() },
			"429":     func(w http.ResponseWriter) { fail(w, 429, "TooManyRequests") },
			"503":     func(w http.ResponseWriter) { fail(w, 503, "SlowDown") },
			"502":     func(w http.ResponseWriter) { w.WriteHeader(502) },
			"html":    func(w http.ResponseWriter) { fmt.Fprint(w, "<html></html>") },
		} {
			s := script(t, Config{}, func(n int, w http.ResponseWriter, r *http.Request) {
				if n <= broken {
					fault(w)
					return
				}
				fmt.Fprint(w, "<ListBucketResult/>")
			})
			_, err := s.List(t.Context(), &driver.ListOptions{})
			if (err == nil) != (broken == 3) {
				t.Errorf("%s, %d times: %v", kind, broken, err)
			}
		}
	}
}

// TestDelays: the waits between attempts, on a clock of the test's own.
func TestDelays(t *testing.T) {
	for _, c := range []struct {
		cfg  Config
		most []time.Duration
	}{
		{Config{}, []time.Duration{100 * time.Millisecond, 200 * time.Millisecond, 400 * time.Millisecond}},
		{Config{MaxRetries: 6, RetryDelay: time.Second, MaxRetryDelay: 5 * time.Second},
			[]time.Duration{time.Second, 2 * time.Second, 4 * time.Second, 5 * time.Second, 5 * time.Second, 5 * time.Second}},
		{Config{MaxRetries: 2, RetryDelay: time.Hour, MaxRetryDelay: time.Minute}, []time.Duration{time.Minute, time.Minute}},
		{Config{MaxRetries: -1, RetryDelay: time.Hour}, nil},
	} {
		settings, err := c.cfg.validate()
		if err != nil {
			t.Fatal(err)
		}
		synctest.Test(t, func(t *testing.T) {
			var at []time.Time
			_, err := do(t.Context(), &Driver{settings: settings}, func(context.Context) error {
				at = append(at, time.Now())
				return &smithy.GenericAPIError{Code: "SlowDown"}
			})
			if err == nil || len(at) != len(c.most)+1 {
				t.Fatalf("%d attempts, %v", len(at), err)
			}
			for i, most := range c.most {
				if wait := at[i+1].Sub(at[i]); wait < most/2 || wait > most {
					t.Errorf("%+v: wait %d is %v, want %v to %v", c.cfg, i+1, wait, most/2, most)
				}
			}
		})
	}
}

// TestDelaysOfReads: a body that breaks off waits the same way before it goes on.
func TestDelaysOfReads(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		d := &Driver{settings: settings{maxRetries: 3, retryDelay: time.Second, maxRetryDelay: time.Minute}}
		r := &body{ctx: t.Context(), cancel: func() {}, b: &bucket{Driver: d}, end: 10}
		start := time.Now()
		for i, most := range []time.Duration{time.Second, 2 * time.Second, 4 * time.Second} {
			r.broken(io.ErrUnexpectedEOF)
			if wait := time.Since(start); r.err != nil || wait < most/2 || wait > most {
				t.Errorf("wait %d is %v, want %v to %v; %v", i+1, wait, most/2, most, r.err)
			}
			start = time.Now()
		}
		if r.broken(io.ErrUnexpectedEOF); !errors.Is(r.err, io.ErrUnexpectedEOF) || time.Since(start) != 0 {
			t.Errorf("after the last retry: %v", r.err)
		}
	})
}

// withClient is a scripted bucket whose driver uses a client of the test's own.
func withClient(t *testing.T, s *scripted, cfg Config, change func(*s3.Options)) *bucket {
	t.Helper()
	opts := s.client.Options()
	opts.HTTPClient, opts.ExpressCredentials = http.DefaultClient, nil
	change(&opts)
	cfg.Client = clientWith(opts)
	if cfg.RetryDelay == 0 {
		cfg.RetryDelay = time.Microsecond
	}
	t.Cleanup(http.DefaultClient.CloseIdleConnections)
	return openBucket(t, newDriver(t, cfg), "bucket")
}

// TestNameService: a name that cannot be resolved for a while is asked for
// again; one that never can be ends in an error that says so.
func TestNameService(t *testing.T) {
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) { fmt.Fprint(w, "<ListBucketResult/>") })
	for _, broken := range []int64{2, 1 << 30} {
		var lookups atomic.Int64
		transport := &http.Transport{DialContext: func(ctx context.Context, network, addr string) (net.Conn, error) {
			if lookups.Add(1) <= broken {
				return nil, &net.OpError{Op: "dial", Net: network, Err: &net.DNSError{Err: "server misbehaving", Name: addr, IsTemporary: true}}
			}
			return (&net.Dialer{}).DialContext(ctx, network, addr)
		}}
		b := withClient(t, s, Config{}, func(o *s3.Options) { o.HTTPClient = &http.Client{Transport: transport} })
		_, err := b.List(t.Context(), &driver.ListOptions{})
		transport.CloseIdleConnections()
		var dns *net.DNSError
		if broken == 2 && err != nil || broken != 2 && (!errors.As(err, &dns) || !strings.Contains(err.Error(), "4 attempts")) {
			t.Errorf("%d failing lookups: %v after %d", broken, err, lookups.Load())
		}
	}
}

// TestClockSkew: a clock that is wrong is corrected by the server's.
func TestClockSkew(t *testing.T) {
	ahead := 3 * time.Hour
	s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		now := time.Now().Add(ahead)
		w.Header().Set("Date", now.UTC().Format(http.TimeFormat))
		signed, err := time.Parse("20060102T150405Z", r.Header.Get("X-Amz-Date"))
		if d := now.Sub(signed); err != nil || d > 15*time.Minute || d < -15*time.Minute {
			fail(w, 403, "RequestTimeTooSkewed")
			return
		}
		fmt.Fprint(w, "<ListBucketResult/>")
	})
	for range 2 {
		if _, err := s.List(t.Context(), &driver.ListOptions{}); err != nil {
			t.Error(err)
		}
	}
	if n := len(s.seen()); n != 3 {
		t.Errorf("%d requests, want 3: the correction is kept", n)
	}
}

// TestExpiredMidMultipart: credentials that expire while parts are in flight are
// fetched once, and the upload completes.
func TestExpiredMidMultipart(t *testing.T) {
	var parts atomic.Int64
	expired := make(chan struct{}) // closed when all parts in flight have met the old credentials
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		old := strings.Contains(r.Header.Get("Authorization"), "KEY1/")
		switch operation(r) {
		case "create":
			fmt.Fprint(w, "<InitiateMultipartUploadResult><UploadId>id</UploadId></InitiateMultipartUploadResult>")
		case "part":
			if old {
				if parts.Add(1) == 3 {
					close(expired)
				}
				<-expired
				fail(w, 400, "ExpiredToken")
				return
			}
			w.Header().Set("ETag", `"e"`)
		case "complete":
			fmt.Fprint(w, "<CompleteMultipartUploadResult><ETag>e</ETag></CompleteMultipartUploadResult>")
		default:
			t.Errorf("request %s %s", r.Method, r.RequestURI)
		}
	})
	fetched := 0
	b := withClient(t, s, Config{MaxRetries: -1, PartSize: 5 * mib, Concurrency: 3}, func(o *s3.Options) {
		o.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			fetched++
			return aws.Credentials{AccessKeyID: fmt.Sprintf("KEY%d", fetched), SecretAccessKey: "s"}, nil
		}))
	})
	content := noise(15 * mib)
	if _, err := b.Put(t.Context(), "k", strings.NewReader(string(content)), putOptions(15*mib)); err != nil {
		t.Error(err)
	}
	if fetched != 2 {
		t.Errorf("credentials were fetched %d times, want 2", fetched)
	}
}

// TestExpiredHead: HEAD has no body to say that a token expired.
func TestExpiredHead(t *testing.T) {
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "us-east-1") // Amazon says it always
		if !strings.Contains(r.Header.Get("Authorization"), "KEY2/") {
			w.WriteHeader(http.StatusBadRequest)
			return
		}
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", "7")
	})
	fetched := 0
	b := withClient(t, s, Config{MaxRetries: -1}, func(o *s3.Options) {
		o.Credentials = aws.NewCredentialsCache(aws.CredentialsProviderFunc(func(context.Context) (aws.Credentials, error) {
			fetched++
			return aws.Credentials{AccessKeyID: fmt.Sprintf("KEY%d", fetched), SecretAccessKey: "s", CanExpire: true, Expires: time.Now().Add(time.Hour)}, nil
		}))
	})
	if _, err := b.Head(t.Context(), "k", &driver.HeadOptions{}); err != nil || fetched != 2 {
		t.Errorf("%v, credentials fetched %d times", err, fetched)
	}
}

// TestOwnRegion: Amazon names the bucket's region with every refusal; one that is
// the driver's own is not what is wrong.
func TestOwnRegion(t *testing.T) {
	s := script(t, Config{Region: "eu-west-1"}, func(_ int, w http.ResponseWriter, r *http.Request) {
		w.Header().Set("X-Amz-Bucket-Region", "eu-west-1")
		fail(w, 400, "InvalidArgument")
	})
	_, err := s.Get(t.Context(), "k", &driver.GetOptions{})
	wantError(t, "Get", err, driver.ErrValidation)
	if strings.Contains(err.Error(), "region") {
		t.Errorf("%v", err)
	}
}

// TestRedirectsAreNotFollowed: whatever client is used, nothing is sent to the
// host that a redirect names.
func TestRedirectsAreNotFollowed(t *testing.T) {
	var elsewhere atomic.Int64
	trap := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		elsewhere.Add(1)
		t.Errorf("%s %s got there, with %v", r.Method, r.URL, r.Header)
	}))
	defer trap.Close()
	for _, status := range []int{301, 302, 303, 307, 308} {
		s := script(t, Config{PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
			drain(r)
			w.Header().Set("X-Amz-Bucket-Region", "eu-central-1")
			w.Header().Set("Location", trap.URL+r.URL.Path)
			fail(w, status, "TemporaryRedirect")
		})
		own := withClient(t, s, Config{PartSize: 5 * mib}, func(o *s3.Options) { o.HTTPClient = &http.Client{} })
		sdk := withClient(t, s, Config{PartSize: 5 * mib}, func(o *s3.Options) { o.HTTPClient = awshttp.NewBuildableClient() })
		for what, b := range map[string]*bucket{"the driver's client": s.bucket, "an http.Client": own, "the SDK's client": sdk} {
			calls := objectCalls(t.Context(), b, openBucket(t, b.Driver, "other"))
			for name, call := range driverCalls(t.Context(), b) {
				calls[name] = call
			}
			for name, call := range calls {
				if err := call(); err == nil || !strings.Contains(err.Error(), "eu-central-1") && status != 302 && status != 303 {
					t.Errorf("%s, %s, %d: %v", what, name, status, err)
				}
			}
		}
	}
	if n := elsewhere.Load(); n != 0 {
		t.Errorf("%d requests to another host", n)
	}
}
