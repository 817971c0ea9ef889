package memdriver_test

import (
	"testing"

	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, func(testing.TB) driver.Driver { return memdriver.New(nil) }, conformance.Options{})
}
