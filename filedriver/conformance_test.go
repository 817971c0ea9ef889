package filedriver_test

import (
	"testing"

	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/filedriver"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, func(t testing.TB) driver.Driver {
		d, err := filedriver.New(t.TempDir(), &filedriver.Options{NoSync: true})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}, conformance.Options{})
}
