package conformance_test

import (
	"fmt"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

// A driver's test is a call of Run. This driver is said to have
// no tags, and to run on a server that refuses empty path segments.
func ExampleRun() {
	_ = func(t *testing.T) { // TestConformance
		conformance.Run(t, func(testing.TB) driver.Driver { return memdriver.New(nil) }, conformance.Options{
			Unsupported: []conformance.Capability{conformance.Tags},
			Deviations: map[string]string{
				"K2/RoundTrip/a//b": "the server refuses empty path segments",
			},
		})
	}
}

// The laws are data.
func ExampleLaws() {
	for _, law := range conformance.Laws() {
		if strings.HasPrefix(law.Name, "T1/") {
			fmt.Println(law.Name + ": " + law.Text)
		}
	}
	// Output:
	// T1/SetReplaces: SetTags replaces all tags, an empty or nil map clears them, and GetTags and Head with tags agree, with an empty map for no tags.
	// T1/KeepsObject: SetTags changes nothing but the tags: ETag, LastModified, content type, headers and metadata stay.
	// T1/Missing: SetTags and GetTags of a missing object are ErrObjectNotFound, and make no object.
}
