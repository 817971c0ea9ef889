package driver

import (
	"fmt"
	"net/netip"
	"strings"
)

// BucketNamer is implemented by a driver that can open buckets whose names do
// not follow the rules of [ValidBucketName], such as access point ARNs.
type BucketNamer interface {
	ValidBucketName(name string) error
}

// OpenBucket opens a bucket after checking its name, with the driver's own
// rules if it is a [BucketNamer].
func OpenBucket(d Driver, name string) (Bucket, error) {
	valid := ValidBucketName
	if n, ok := d.(BucketNamer); ok {
		valid = n.ValidBucketName
	}
	if err := valid(name); err != nil {
		return nil, err
	}
	return d.OpenBucket(name)
}

// ValidBucketName checks the form of a general purpose bucket's name: 3 to 63
// lower-case letters, digits, dots and hyphens, a letter or digit at each end,
// no two dots in a row, not an IPv4 address.
//
// Source: Amazon S3 User Guide, "General purpose bucket naming rules".
func ValidBucketName(name string) error {
	if len(name) < 3 || len(name) > 63 {
		return fmt.Errorf("%w: bucket name %q does not have 3 to 63 characters", ErrValidation, name)
	}
	for i, c := range name {
		alnum := 'a' <= c && c <= 'z' || '0' <= c && c <= '9'
		switch {
		case !alnum && c != '-' && c != '.':
			return fmt.Errorf("%w: bucket name %q has %q, but only a to z, 0 to 9, dots and hyphens are allowed", ErrValidation, name, c)
		case !alnum && (i == 0 || i == len(name)-1):
			return fmt.Errorf("%w: bucket name %q does not begin and end with a letter or digit", ErrValidation, name)
		}
	}
	if strings.Contains(name, "..") {
		return fmt.Errorf("%w: bucket name %q has two dots in a row", ErrValidation, name)
	}
	if _, err := netip.ParseAddr(name); err == nil {
		return fmt.Errorf("%w: bucket name %q is an IP address", ErrValidation, name)
	}
	return nil
}

// ValidNewBucketName checks the name of a bucket to be created:
// [ValidBucketName], and none of the prefixes and suffixes that S3 reserves.
func ValidNewBucketName(name string) error {
	if err := ValidBucketName(name); err != nil {
		return err
	}
	for _, p := range []string{"xn--", "sthree-", "amzn-s3-demo-"} {
		if strings.HasPrefix(name, p) {
			return fmt.Errorf("%w: bucket name %q has the reserved prefix %q", ErrValidation, name, p)
		}
	}
	for _, s := range []string{"-s3alias", "--ol-s3", ".mrap", "--x-s3", "--table-s3"} {
		if strings.HasSuffix(name, s) {
			return fmt.Errorf("%w: bucket name %q has the reserved suffix %q", ErrValidation, name, s)
		}
	}
	return nil
}
