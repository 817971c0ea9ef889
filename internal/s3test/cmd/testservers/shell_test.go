package main

import (
	"os/exec"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/internal/s3test"
)

// What is printed for several servers can be pasted into one shell, in which each
// is then reached by programs and by the tests.
func TestShell(t *testing.T) {
	sh, err := exec.LookPath("sh")
	if err != nil {
		t.Skip("no sh here")
	}
	t.Setenv("AWS_PROFILE", "mine")
	var script string
	var servers []*s3test.Server
	for i, name := range s3test.Names() {
		s := &s3test.Server{Name: name, Endpoint: "http://127.0.0.1:900" + string(rune('0'+i)), AccessKey: name + "-key", SecretKey: "it's $HOME's", Region: "us-east-1"}
		servers = append(servers, s)
		script += shell(s) + "\n"
	}
	for _, s := range servers {
		out, err := exec.CommandContext(t.Context(), sh, "-c", script+"with_"+s.Name+" env").Output()
		if err != nil {
			t.Fatal(err)
		}
		env := strings.Split(string(out), "\n")
		for _, want := range []string{
			"AWS_ACCESS_KEY_ID=" + s.AccessKey, "AWS_SECRET_ACCESS_KEY=" + s.SecretKey, "AWS_REGION=us-east-1", "AWS_PROFILE=",
			"S3MIO_TEST_S3_ENDPOINT=" + s.Endpoint, "S3MIO_TEST_S3_ACCESS_KEY=" + s.AccessKey, "S3MIO_TEST_S3_SECRET_KEY=" + s.SecretKey,
			"S3MIO_TEST_S3_REGION=us-east-1", "S3MIO_TEST_S3_NAME=" + s.Name,
		} {
			if !slices.Contains(env, want) {
				t.Errorf("%s: no %s in\n%s", s.Name, want, out)
			}
		}
		if url, text := s.BucketURL(playBucket), hint(s); !strings.Contains(text, url) {
			t.Errorf("no URL %s in\n%s", url, text)
		}
	}
}
