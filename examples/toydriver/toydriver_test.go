package toydriver_test

import (
	"testing"

	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/examples/toydriver"
)

func TestConformance(t *testing.T) {
	conformance.Run(t, func(testing.TB) driver.Driver { return toydriver.New("toys") }, conformance.Options{
		Bucket: "toys",
		Unsupported: []conformance.Capability{
			conformance.Buckets, conformance.Tags, conformance.Presign, conformance.Metadata,
			conformance.Headers, conformance.StorageClass,
		},
	})
}
