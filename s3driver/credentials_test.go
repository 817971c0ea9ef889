package s3driver

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// A credential service that says 404 or 403 says nothing about buckets.
func TestCredentialServiceIsNotS3(t *testing.T) {
	for _, status := range []int{http.StatusNotFound, http.StatusForbidden} {
		service := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(status) }))
		t.Setenv("AWS_CONTAINER_CREDENTIALS_FULL_URI", service.URL)
		for _, unset := range []string{"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_PROFILE"} {
			t.Setenv(unset, "")
		}
		t.Setenv("AWS_SHARED_CREDENTIALS_FILE", t.TempDir()+"/none")
		t.Setenv("AWS_CONFIG_FILE", t.TempDir()+"/none")
		s3 := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) {
			t.Error("a request was made without credentials")
		}))
		b := openBucket(t, newDriver(t, Config{Endpoint: s3.URL}), "bucket")
		_, headErr := b.Head(t.Context(), "k", &driver.HeadOptions{})
		for what, err := range map[string]error{"Head": headErr, "Delete": b.Delete(t.Context(), "k"), "SetTags": b.SetTags(t.Context(), "k", nil)} {
			if !errors.Is(err, driver.ErrAccessDenied) || errors.Is(err, driver.ErrBucketNotFound) || !strings.Contains(err.Error(), "credentials") {
				t.Errorf("%s with a credential service that answers %d: %v", what, status, err)
			}
		}
		s3.Close()
		service.Close()
	}
}

func TestGetTellsMissingObjectFromEndedContext(t *testing.T) {
	b := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		if r.Method == http.MethodGet {
			w.WriteHeader(http.StatusNotFound) // and no body to say what is missing
		}
	})
	if _, err := b.Get(t.Context(), "k", &driver.GetOptions{}); !errors.Is(err, driver.ErrObjectNotFound) {
		t.Errorf("got %v, want ErrObjectNotFound", err)
	}
}
