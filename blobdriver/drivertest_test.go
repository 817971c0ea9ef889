package blobdriver

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"net/http"
	"os"
	"os/exec"
	"regexp"
	"strings"
	"testing"

	"go.uber.org/goleak"
	blobdriver "gocloud.dev/blob/driver"
	"gocloud.dev/blob/drivertest"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/filedriver"
	"github.com/s3mio/s3mio/memdriver"
)

// backends are what the Go CDK's own conformance tests run on.
var backends = map[string]func(t *testing.T) driver.Driver{
	"mem": func(*testing.T) driver.Driver { return memdriver.New(nil) },
	"file": func(t *testing.T) driver.Driver {
		d, err := filedriver.New(t.TempDir(), nil)
		if err != nil {
			t.Fatal(err)
		}
		return d
	},
}

const (
	controlKey  = "keys hold no control characters here, escaped or not"
	anyMetadata = "metadata is what HTTP headers carry unescaped"
)

// refusals are the tests of the Go CDK that cannot pass, and why. They must
// fail.
var refusals = map[string]string{
	"TestListWeirdKeys":                controlKey,
	"TestKeys/ascii-1":                 controlKey,
	"TestKeys/ascii-2":                 controlKey,
	"TestMetadata/weird_metadata_keys": anyMetadata,
}

// allTests is how many tests drivertest has at least.
const allTests = 79

// backendVar names the backend in the environment of a child process.
const backendVar = "BLOBDRIVER_TEST_BACKEND"

// TestGoCDK runs drivertest on OpenBucket. It does so in another process,
// since the failures expected must not be this test's own.
func TestGoCDK(t *testing.T) {
	if name := os.Getenv(backendVar); name != "" {
		defer goleak.VerifyNone(t)
		drivertest.RunConformanceTests(t, func(_ context.Context, t *testing.T) (drivertest.Harness, error) {
			return newHarness(t, backends[name](t))
		}, []drivertest.AsTest{asTest{}})
		return
	}
	for name := range backends {
		t.Run(name, func(t *testing.T) {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestGoCDK$", "-test.v")
			cmd.Env = append(os.Environ(), backendVar+"="+name)
			out, err := cmd.CombinedOutput()
			results := leaves(string(out))
			failed := maps.Clone(results)
			maps.DeleteFunc(failed, func(_, result string) bool { return result == "PASS" })
			for test, result := range failed {
				if _, known := refusals[test]; !known || result != "FAIL" {
					t.Errorf("%s: %s", test, result)
				}
			}
			for test, reason := range refusals {
				if failed[test] != "FAIL" {
					t.Errorf("%s must fail, because %s: %q", test, reason, results[test])
				}
			}
			var exit *exec.ExitError
			if !errors.As(err, &exit) || len(results) < allTests {
				t.Errorf("%d of %d tests, %v", len(results), allTests, err)
			}
			for _, bad := range []string{"found unexpected goroutines", "DATA RACE", "panic:"} {
				if strings.Contains(string(out), bad) {
					t.Error(bad)
				}
			}
			if t.Failed() {
				t.Logf("%s", out)
			}
		})
	}
}

var resultLine = regexp.MustCompile(`(?m)^ *--- (PASS|FAIL|SKIP): TestGoCDK/(\S+)`)

// leaves gives the results of the tests that have no subtests.
func leaves(out string) map[string]string {
	results := map[string]string{}
	for _, m := range resultLine.FindAllStringSubmatch(out, -1) {
		results[m[2]] = m[1]
	}
	for test := range results {
		for i := range test {
			if test[i] == '/' {
				delete(results, test[:i])
			}
		}
	}
	return results
}

type harness struct {
	d    driver.Driver
	http *http.Client
}

func newHarness(t *testing.T, d driver.Driver) (drivertest.Harness, error) {
	return &harness{d, &http.Client{Transport: &http.Transport{DisableKeepAlives: true}}}, driver.CreateBucket(t.Context(), d, "cdk-tests")
}

func (h *harness) MakeDriver(context.Context) (blobdriver.Bucket, error) { return h.open("cdk-tests") }

func (h *harness) MakeDriverForNonexistentBucket(context.Context) (blobdriver.Bucket, error) {
	return h.open("cdk-missing")
}

func (h *harness) open(name string) (blobdriver.Bucket, error) {
	b, err := driver.OpenBucket(h.d, name)
	return &portable{b}, err
}

func (h *harness) HTTPClient() *http.Client         { return h.http }
func (h *harness) SupportsCopy() bool               { return true }
func (h *harness) SupportsNonSlashDelimiters() bool { return true }
func (h *harness) Close() {
	if err := h.d.Close(); err != nil {
		panic(fmt.Sprint("closing the driver: ", err))
	}
}
