package testswap

import (
	"os"
	"path/filepath"
	"testing"

	"go.uber.org/goleak"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

func TestMain(m *testing.M) { os.Exit(s3test.Main(m, func() error { return goleak.Find() })) }

// TestSwap shows that the test above passes on every backend, by changing
// nothing but the URL.
func TestSwap(t *testing.T) {
	t.Run("file", func(t *testing.T) {
		t.Setenv("TEST_BUCKET_URL", "file://"+filepath.ToSlash(t.TempDir()))
		TestArchive(t)
	})
	t.Run("s3", func(t *testing.T) {
		server := s3test.MinIO(t)
		server.Setenv(t)
		drv, err := s3driver.New(t.Context(), s3driver.Config{Endpoint: server.Endpoint, Region: server.Region})
		if err != nil {
			t.Fatal(err)
		}
		s := store.New(drv)
		defer s.Close()
		if err := s.CreateBucket(t.Context(), "testswap"); err != nil {
			t.Fatal(err)
		}
		t.Setenv("TEST_BUCKET_URL", server.BucketURL("testswap"))
		TestArchive(t)
	})
}
