package s3test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// A fakeT stands in for a test that is expected to end early.
type fakeT struct {
	testing.TB // for the methods that are not faked
	outcome    string
}

// endTest is what a fakeT panics with instead of ending its goroutine.
type endTest struct{}

func (f *fakeT) Helper()                   {}
func (f *fakeT) Fatal(a ...any)            { f.end("fatal", fmt.Sprint(a...)) }
func (f *fakeT) Fatalf(s string, a ...any) { f.end("fatal", fmt.Sprintf(s, a...)) }
func (f *fakeT) Skipf(s string, a ...any)  { f.end("skip", fmt.Sprintf(s, a...)) }
func (f *fakeT) end(how, why string)       { f.outcome = how + ": " + why; panic(endTest{}) }

// outcome runs test and returns how it ended: "" or what it failed or skipped
// with.
func outcome(test func(t testing.TB)) string {
	f := &fakeT{}
	func() {
		defer func() {
			if r := recover(); r != nil && r != (endTest{}) {
				panic(r)
			}
		}()
		test(f)
	}()
	return f.outcome
}

// noCustom makes a test independent of how the whole run is configured.
func noCustom(t *testing.T) {
	t.Setenv("S3MIO_TEST_S3_ENDPOINT", "")
}

func TestServerThatCannotBeBuilt(t *testing.T) {
	noCustom(t)
	missing := builder{module: filepath.Join(t.TempDir(), "gone"), cache: t.TempDir(), goTool: "go", progress: io.Discard}
	p := newPool(func(ctx context.Context, name string) (*Server, error) {
		_, err := missing.build(ctx, name, ".")
		return nil, err
	})
	for _, test := range []struct{ ci, prefix string }{
		{"true", "fatal: "},
		{"", "skip: SKIPPED"},
	} {
		t.Setenv("CI", test.ci)
		for name, get := range map[string]func(testing.TB){
			"one": func(t testing.TB) { p.named(t, NameMinIO) },
			"all": func(t testing.TB) { p.all(t) },
		} {
			got := outcome(get)
			if !strings.HasPrefix(got, test.prefix) || !strings.Contains(got, "no minio") || !strings.Contains(got, missing.module) {
				t.Errorf("CI=%q, %s: got %q, want %q and what is missing", test.ci, name, got, test.prefix)
			}
			if test.ci == "" && !strings.Contains(got, "testservers build minio") {
				t.Errorf("%q does not say how to get the server", got)
			}
		}
	}
}

func TestPoolStartsOnce(t *testing.T) {
	noCustom(t)
	starts := 0
	p := newPool(func(context.Context, string) (*Server, error) {
		starts++
		return &Server{Name: "one"}, nil
	})
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() { p.named(t, "one") })
	}
	wg.Wait()
	if starts != 1 {
		t.Errorf("started %d times, want once", starts)
	}

	starts = 0
	failing := newPool(func(context.Context, string) (*Server, error) {
		starts++
		return nil, errors.New("broken")
	})
	for range 2 {
		if _, err := failing.get("one"); err == nil {
			t.Error("no error from a start that failed")
		}
	}
	if starts != 1 {
		t.Errorf("a failing start was tried %d times, want once", starts)
	}
}

func TestCustomEndpoint(t *testing.T) {
	t.Setenv("S3MIO_TEST_S3_ENDPOINT", "http://127.0.0.1:1")
	t.Setenv("S3MIO_TEST_S3_ACCESS_KEY", "access")
	t.Setenv("S3MIO_TEST_S3_SECRET_KEY", "")
	t.Setenv("S3MIO_TEST_S3_REGION", "")
	t.Setenv("S3MIO_TEST_S3_NAME", "")
	t.Setenv("CI", "true")
	p := newPool(func(context.Context, string) (*Server, error) {
		t.Error("a server was started")
		return nil, errors.New("not to be started")
	})

	got := outcome(func(t testing.TB) { p.all(t) })
	if !strings.HasPrefix(got, "fatal: ") || !strings.Contains(got, "S3MIO_TEST_S3_SECRET_KEY") {
		t.Errorf("All without a secret key: %q", got)
	}

	t.Setenv("S3MIO_TEST_S3_SECRET_KEY", "secret")
	want := Server{Name: NameCustom, Endpoint: "http://127.0.0.1:1", AccessKey: "access", SecretKey: "secret", Region: "us-east-1"}
	servers := p.all(t)
	if len(servers) != 1 || *servers[0] != want {
		t.Errorf("All = %+v, want just %+v", servers, want)
	}
	if err := servers[0].Stop(); err != nil {
		t.Errorf("Stop of a custom server: %v", err)
	}
	t.Setenv("S3MIO_TEST_S3_REGION", "eu-west-1")
	t.Setenv("S3MIO_TEST_S3_NAME", "ceph")
	if got := p.all(t)[0]; got.Region != "eu-west-1" || got.Name != "ceph" {
		t.Errorf("got %s in %s, want ceph in eu-west-1", got.Name, got.Region)
	}

	got = outcome(func(t testing.TB) { p.named(t, NameMinIO) })
	if !strings.HasPrefix(got, "skip: ") {
		t.Errorf("MinIO with a custom endpoint: %q, want a skip", got)
	}
}
