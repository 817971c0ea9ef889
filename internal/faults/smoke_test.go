package faults

import (
	"testing"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
)

func TestProxyPasses(t *testing.T) {
	for _, server := range s3test.All(t) {
		t.Run(server.Name, func(t *testing.T) {
			p := newProxy(t, server)
			d, err := s3driver.New(t.Context(), s3driver.Config{Endpoint: p.endpoint(), Region: server.Region, AccessKeyID: server.AccessKey, SecretAccessKey: server.SecretKey})
			if err != nil {
				t.Fatal(err)
			}
			defer d.Close()
			p.add(toxic{Name: "slow", Type: "latency", Stream: "downstream", Attributes: map[string]any{"latency": 1}})
			p.remove("slow")
			if err := d.CreateBucket(t.Context(), "faults-smoke"); err != nil {
				t.Fatal(err)
			}
		})
	}
}
