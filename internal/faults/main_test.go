package faults

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/s3mio/s3mio/internal/s3test"
)

func TestMain(m *testing.M) {
	os.Exit(s3test.Main(m, func() error {
		return goleak.Find(
			// The proxy leaves these behind, blocked on their own channels, when
			// a client goes away in the middle of an answer.
			goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2/toxics.(*ToxicStub).Run"),
			goleak.IgnoreAnyFunction("github.com/Shopify/toxiproxy/v2.(*ToxicLink).read"),
		)
	}))
}
