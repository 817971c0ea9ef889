package s3driver_test

import (
	"maps"
	"testing"

	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
)

func TestConformance(t *testing.T) { testConformance(t, s3driver.CompatibilityDefault) }

// TestConformanceMD5: an object without a CRC32C is none the less for it.
func TestConformanceMD5(t *testing.T) { testConformance(t, s3driver.CompatibilityMD5) }

func testConformance(t *testing.T, compatibility s3driver.Compatibility) {
	for _, server := range s3test.All(t) {
		t.Run(server.Name, func(t *testing.T) {
			conformance.Run(t, func(t testing.TB) driver.Driver {
				d, err := s3driver.New(t.Context(), s3driver.Config{
					Endpoint: server.Endpoint, Region: server.Region,
					AccessKeyID: server.AccessKey, SecretAccessKey: server.SecretKey,
					Compatibility: compatibility,
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

// deviations are the laws that a server breaks, by its name. s3driver sends
// keys and options as they are; what these servers do with them is theirs.
var deviations = map[string]map[string]string{
	s3test.NameMinIO: merge(
		unfitKeys("MinIO refuses empty, . and .. segments, and drops leading slashes",
			"a//b", "/a", "//a", "a//", "/", "//", "./a", "a/.", "a/./b", "a/..", "a/../b", "..", ".", "../a", `..\a`, "http://host/path"),
		named("MinIO refuses empty, . and .. segments, and drops leading slashes",
			"K2/Neighbours/a/ beside a//", "K2/Neighbours/a/b beside a//b", "K2/Neighbours/a beside /a", "K2/Neighbours/a beside ./a",
			"K2/Neighbours/a/b beside a/./b", "K2/Neighbours/b beside a/../b",
			"L2/Delimiter/double slash", "L2/KeyPrefix/prefix b/.", "L2/KeyPrefix/prefix b//", "L2/KeyPrefix/prefix .", "L2/KeyPrefix/prefix .."),
		named("MinIO does not list a/b while there is an object a", "K2/Neighbours/a beside a/b"),
		named("MinIO keeps keys as paths, with segments of at most 255 bytes",
			"K2/LongestKey/single segment", "K2/LongestKey/single segment of two-byte characters", "K2/LongestKey/single segment of percent signs"),
		unfitFolders("MinIO refuses empty, . and .. segments"),
		named("MinIO does not get beyond a page that ends in a common prefix of several keys, when the delimiter is not a slash", "L1/DelimitedOrder/hyphen", "L2/Delimiter/small pages"),
		named("MinIO takes ASCII tags only", "W6/Tags/letters and digits beyond ASCII", "W6/Tags/longest beyond ASCII"),
		named("MinIO counts the header prefix as metadata", "W6/Metadata/2 KiB"),
		named("MinIO answers 400, with the code AccessDenied, when the signed content type is missing", "S1/ContentType/none"),
	),
	s3test.NameVersityGW: merge(
		unfitKeys("versitygw keeps keys as file names, and cleans them like paths",
			"a//b", "/a", "//a", "a/", "a//", "/", "//", "./a", "a/.", "a/./b", "a/..", "a/../b", "..", ".", "../a", "http://host/path"),
		named("versitygw keeps keys as file names, and cleans them like paths",
			"K2/Neighbours/a beside a/b", "K2/Neighbours/a beside a/", "K2/Neighbours/a/ beside a//", "K2/Neighbours/a/b beside a//b",
			"K2/Neighbours/a beside /a", "K2/Neighbours/a beside ./a", "K2/Neighbours/a/b beside a/./b", "K2/Neighbours/b beside a/../b",
			"K2/LongestKey/single segment", "K2/LongestKey/single segment of two-byte characters", "K2/LongestKey/single segment of percent signs",
			"L2/Delimiter/double slash"),
		unfitFolders("versitygw cleans keys like paths"),
		named("versitygw refuses to delete a directory with objects below it", "D1/Missing/dir/"),
		named("versitygw counts the bytes of tags, not their characters", "W6/Tags/longest beyond ASCII"),
		named("versitygw ignores the storage class", "API/StorageClass"),
	),
}

// named gives several cases one reason.
func named(reason string, cases ...string) map[string]string {
	m := map[string]string{}
	for _, c := range cases {
		m[c] = reason
	}
	return m
}

// unfitKeys are keys that a server cannot hold.
func unfitKeys(reason string, keys ...string) map[string]string {
	m := map[string]string{}
	for _, key := range keys {
		m["K2/RoundTrip/"+key] = reason
		m["K2/Presign/"+key] = reason
	}
	return m
}

// unfitFolders are the keys of API/DownloadDirEscape on a server that cannot
// hold them, and so needs no protection against them.
func unfitFolders(reason string) map[string]string {
	m := map[string]string{}
	for _, key := range []string{"../escaped", "../../escaped", "/escaped", "a/../../escaped", "a//escaped", "./escaped", "a/./escaped", "..", "a/.."} {
		m["API/DownloadDirEscape/"+key] = reason
	}
	return m
}

func merge(parts ...map[string]string) map[string]string {
	all := map[string]string{}
	for _, part := range parts {
		maps.Copy(all, part)
	}
	return all
}
