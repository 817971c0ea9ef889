package s3test

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"os"
	"sync"
	"testing"
)

// MinIO returns the MinIO server of this test binary. It skips the test when
// the tests run against a custom endpoint.
func MinIO(t testing.TB) *Server {
	t.Helper()
	return binary.named(t, NameMinIO)
}

// VersityGW returns the versitygw server of this test binary. It skips the
// test when the tests run against a custom endpoint.
func VersityGW(t testing.TB) *Server {
	t.Helper()
	return binary.named(t, NameVersityGW)
}

// All returns every server that a test of plain S3 behaviour should pass on:
// MinIO and versitygw, or only the custom one if there is one.
func All(t testing.TB) []*Server {
	t.Helper()
	return binary.all(t)
}

// Main runs the tests of m, stops the servers they started and then, if the
// tests passed, runs the checks, such as one for leaked goroutines. It returns
// the exit code for [os.Exit].
//
// Servers go away without Main too, a moment after the test binary has ended;
// Main waits for it and reports a server that could not be stopped.
func Main(m *testing.M, checks ...func() error) (code int) {
	// Deferred, for a panic in m.Run.
	defer func() {
		err := binary.stop()
		if code == 0 {
			for _, check := range checks {
				err = errors.Join(err, check())
			}
		}
		if err != nil {
			fmt.Fprintln(os.Stderr, "s3test:", err)
			code = max(code, 1)
		}
	}()
	return m.Run()
}

// binary holds the servers of this test binary.
var binary = newPool(Start)

// A pool starts each server at most once.
type pool struct {
	start func(context.Context, string) (*Server, error)

	mu      sync.Mutex
	results map[string]result
}

type result struct {
	server *Server
	err    error
}

func newPool(start func(context.Context, string) (*Server, error)) *pool {
	return &pool{start: start, results: map[string]result{}}
}

// get returns the server, or the error that its one start gave: trying again
// for every test would only make the same failure slow.
func (p *pool) get(name string) (*Server, error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	r, ok := p.results[name]
	if !ok {
		// Not the context of a test: the server outlives the test that
		// happened to need it first.
		r.server, r.err = p.start(context.Background(), name)
		p.results[name] = r
	}
	return r.server, r.err
}

func (p *pool) named(t testing.TB, name string) *Server {
	t.Helper()
	if endpoint := os.Getenv("S3MIO_TEST_S3_ENDPOINT"); endpoint != "" {
		t.Skipf("this test needs %s, but S3MIO_TEST_S3_ENDPOINT asks for %s", name, endpoint)
	}
	s, err := p.get(name)
	if err != nil {
		unavailable(t, name, err)
	}
	return s
}

func (p *pool) all(t testing.TB) []*Server {
	t.Helper()
	if s := custom(t); s != nil {
		return []*Server{s}
	}
	var servers []*Server
	for _, name := range Names() {
		servers = append(servers, p.named(t, name))
	}
	return servers
}

func (p *pool) stop() error {
	p.mu.Lock()
	defer p.mu.Unlock()
	var errs []error
	for name, r := range p.results {
		if r.server == nil {
			continue
		}
		if err := r.server.Stop(); err != nil {
			errs = append(errs, fmt.Errorf("stop %s: %w", name, err))
		}
	}
	return errors.Join(errs...)
}

// custom returns the server that the environment names, or nil.
func custom(t testing.TB) *Server {
	t.Helper()
	s := &Server{
		Name:      cmp.Or(os.Getenv("S3MIO_TEST_S3_NAME"), NameCustom),
		Endpoint:  os.Getenv("S3MIO_TEST_S3_ENDPOINT"),
		AccessKey: os.Getenv("S3MIO_TEST_S3_ACCESS_KEY"),
		SecretKey: os.Getenv("S3MIO_TEST_S3_SECRET_KEY"),
		Region:    cmp.Or(os.Getenv("S3MIO_TEST_S3_REGION"), defaultRegion),
	}
	if s.Endpoint == "" {
		return nil
	}
	if s.AccessKey == "" || s.SecretKey == "" {
		t.Fatal("S3MIO_TEST_S3_ENDPOINT is set, so S3MIO_TEST_S3_ACCESS_KEY and S3MIO_TEST_S3_SECRET_KEY must be set too")
	}
	return s
}

// unavailable ends a test whose server cannot be had. CI must not pass by
// skipping, while a contributor may well work without the servers.
func unavailable(t testing.TB, name string, err error) {
	t.Helper()
	if os.Getenv("CI") != "" {
		t.Fatalf("no %s to test against: %v", name, err)
	}
	t.Skipf(`SKIPPED, NOT TESTED: no %[1]s to test against: %[2]v
To have it, in a clone of the repository:
	go run ./internal/s3test/cmd/testservers build %[1]s
or set S3MIO_TEST_S3_ENDPOINT, S3MIO_TEST_S3_ACCESS_KEY and S3MIO_TEST_S3_SECRET_KEY to use a running server.`, name, err)
}
