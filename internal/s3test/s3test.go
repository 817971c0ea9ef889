// Package s3test starts real S3 servers for the tests: MinIO and versitygw,
// built from the Go module proxy at the versions pinned in
// internal/testservers.
//
// A test package that needs them has this TestMain:
//
//	func TestMain(m *testing.M) { os.Exit(s3test.Main(m)) }
//
// and its tests call [MinIO], [VersityGW] or [All]. Each server is started
// once per test binary, on a free loopback port, with random credentials and a
// fresh data directory; it goes away with the test binary, however that ends.
// The tests of a binary share the server, so each test makes buckets of its
// own.
//
// These environment variables change what the tests run against:
//
//   - S3MIO_TEST_S3_ENDPOINT, with S3MIO_TEST_S3_ACCESS_KEY,
//     S3MIO_TEST_S3_SECRET_KEY and optionally S3MIO_TEST_S3_REGION: use this
//     running server instead, and build nothing.
//   - S3MIO_TEST_S3_NAME: what that server is, such as minio. The deviations
//     declared for that name are then expected of it; by default none are.
//   - S3MIO_TEST_CACHE: where the built servers are kept; by default
//     s3mio/testservers in the user's cache directory.
//   - CI: when not empty, a server that cannot be had fails the test instead
//     of skipping it.
package s3test

import (
	"net/url"
	"os"
	"strings"
	"testing"
)

// The names of the servers that this package can build and start.
const (
	NameMinIO     = "minio"
	NameVersityGW = "versitygw"
)

// NameCustom is the name of a server given by S3MIO_TEST_S3_ENDPOINT without a
// name.
const NameCustom = "custom"

// Names returns the names of all servers that [Build] and [Start] know.
func Names() []string { return []string{NameMinIO, NameVersityGW} }

// Server is a running S3 server.
type Server struct {
	Name      string // one of the Name constants
	Endpoint  string // http://127.0.0.1:PORT
	AccessKey string
	SecretKey string
	Region    string

	proc *process // nil for a server that this package did not start
}

// BucketURL returns the URL that opens bucket on s. It holds no credentials;
// those come from the environment, see [Server.Setenv].
func (s *Server) BucketURL(bucket string) string {
	// Escaped by hand, to leave the endpoint readable in test logs.
	endpoint := strings.NewReplacer("%3A", ":", "%2F", "/").Replace(url.QueryEscape(s.Endpoint))
	return "s3://" + bucket + "?endpoint=" + endpoint + "&path_style=true&region=" + url.QueryEscape(s.Region)
}

// Env returns, as KEY=value pairs, the environment in which AWS SDKs and
// command-line tools use the credentials of s and nothing that the person
// running the tests has configured.
func (s *Server) Env() []string {
	env := []string{}
	for _, kv := range s.env() {
		env = append(env, kv[0]+"="+kv[1])
	}
	return env
}

// Setenv puts [Server.Env] into the environment of the test. Like
// [testing.T.Setenv], it is not for parallel tests.
func (s *Server) Setenv(t testing.TB) {
	t.Helper()
	for _, kv := range s.env() {
		t.Setenv(kv[0], kv[1])
	}
}

func (s *Server) env() [][2]string {
	return [][2]string{
		{"AWS_ACCESS_KEY_ID", s.AccessKey},
		{"AWS_SECRET_ACCESS_KEY", s.SecretKey},
		{"AWS_REGION", s.Region},
		{"AWS_DEFAULT_REGION", s.Region},
		// The SDKs take an empty value for an absent one.
		{"AWS_SESSION_TOKEN", ""},
		{"AWS_PROFILE", ""},
		{"AWS_ENDPOINT_URL", ""},
		{"AWS_ENDPOINT_URL_S3", ""},
		{"AWS_CONFIG_FILE", os.DevNull},
		{"AWS_SHARED_CREDENTIALS_FILE", os.DevNull},
		{"AWS_EC2_METADATA_DISABLED", "true"},
	}
}
