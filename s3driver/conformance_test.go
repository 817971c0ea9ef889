package s3driver_test

import (
	"testing"

	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
)

func TestConformance(t *testing.T) {
	for _, server := range s3test.All(t) {
		t.Run(server.Name, func(t *testing.T) {
			conformance.Run(t, func(t testing.TB) driver.Driver {
				d, err := s3driver.New(t.Context(), s3driver.Config{
					Endpoint: server.Endpoint, Region: server.Region,
					AccessKeyID: server.AccessKey, SecretAccessKey: server.SecretKey,
				})
				if err != nil {
					t.Fatal(err)
				}
				return d
			}, conformance.Options{
				Secrets:    []string{server.SecretKey},
				Deviations: deviations[server.Name],
			})
		})
	}
}

// deviations are the laws that a server breaks, by its name.
var deviations = map[string]map[string]string{}
