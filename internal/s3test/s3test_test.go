package s3test

import (
	"net/url"
	"os"
	"slices"
	"strings"
	"testing"

	"go.uber.org/goleak"
)

func TestMain(m *testing.M) { os.Exit(Main(m, func() error { return goleak.Find() })) }

func TestBucketURL(t *testing.T) {
	s := &Server{Endpoint: "http://127.0.0.1:9000", AccessKey: "access", SecretKey: "secret", Region: "us-east-1"}
	want := "s3://bucket?endpoint=http://127.0.0.1:9000&path_style=true&region=us-east-1"
	if got := s.BucketURL("bucket"); got != want {
		t.Errorf("BucketURL = %q, want %q", got, want)
	}

	// A custom endpoint may hold anything.
	s.Endpoint = "https://host/a b?c=d&e=f#g"
	u, err := url.Parse(s.BucketURL("bucket"))
	if err != nil {
		t.Fatal(err)
	}
	if got := u.Query().Get("endpoint"); got != s.Endpoint {
		t.Errorf("endpoint in %q is %q, want %q", u, got, s.Endpoint)
	}
}

func TestSetenv(t *testing.T) {
	t.Setenv("AWS_PROFILE", "mine")
	s := &Server{AccessKey: "access", SecretKey: "secret", Region: "eu-west-1"}
	s.Setenv(t)
	want := map[string]string{
		"AWS_ACCESS_KEY_ID":     "access",
		"AWS_SECRET_ACCESS_KEY": "secret",
		"AWS_REGION":            "eu-west-1",
		"AWS_PROFILE":           "",
	}
	env := s.Env()
	for key, value := range want {
		if got := os.Getenv(key); got != value {
			t.Errorf("%s = %q, want %q", key, got, value)
		}
		if !slices.Contains(env, key+"="+value) {
			t.Errorf("Env() lacks %s=%s: %s", key, value, strings.Join(env, " "))
		}
	}
}
