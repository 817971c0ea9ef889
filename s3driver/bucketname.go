package s3driver

import (
	"fmt"
	"regexp"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// accessPoint is the form of the ARNs that stand for a bucket: access points,
// multi-region ones, Object Lambda's and those of Outposts.
var accessPoint = regexp.MustCompile(
	`^arn:aws[a-z-]*:s3(-object-lambda|-outposts)?:[a-z0-9-]*:[0-9]{12}:(outpost[/:][A-Za-z0-9-]{1,63}[/:])?accesspoint[/:][a-z0-9.-]{3,63}$`)

// ValidBucketName checks the name of a bucket to be opened. Besides what
// [driver.ValidBucketName] takes, which includes access point aliases and
// directory buckets, it takes ARNs of access points.
func (d *Driver) ValidBucketName(name string) error {
	if !strings.HasPrefix(name, "arn:") {
		return driver.ValidBucketName(name)
	}
	if !accessPoint.MatchString(name) {
		return fmt.Errorf("%w: %q is not the ARN of an access point", driver.ErrValidation, name)
	}
	return nil
}

// Express reports whether the name is that of an S3 Express One Zone directory
// bucket. Such a bucket differs from the contract of general purpose buckets:
// lists come in no particular order, a list prefix must end in "/" and the only
// delimiter is "/", StartAfter does not exist, ETags are not MD5 sums, and
// objects have no tags. Parts of a multipart upload must be numbered without a
// gap, which they are.
func Express(bucket string) bool { return strings.HasSuffix(bucket, "--x-s3") }
