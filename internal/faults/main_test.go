package faults

import (
	"os"
	"testing"

	"go.uber.org/goleak"

	"github.com/s3mio/s3mio/internal/s3test"
)

func TestMain(m *testing.M) {
	os.Exit(s3test.Main(m, func() error { return goleak.Find() }))
}
