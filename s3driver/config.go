package s3driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/netip"
	"net/url"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// Defaults and limits of [Config].
const (
	DefaultMaxRetries        = 3
	DefaultRetryDelay        = 100 * time.Millisecond
	DefaultMaxRetryDelay     = 30 * time.Second
	DefaultPartSize          = 8 << 20
	DefaultConcurrency       = 5
	DefaultStallTimeout      = time.Minute
	DefaultCopyPartThreshold = maxPartSize

	minPartSize = 5 << 20 // S3's limit for all parts but the last
	maxPartSize = 5 << 30 // S3's limit for a part, a PutObject and a CopyObject
)

// Config says how to reach a server. The zero value uses the SDK's defaults:
// environment, ~/.aws, instance metadata. Printing or marshalling a Config never
// shows a secret.
type Config struct {
	// Region is the AWS region. With a custom endpoint and none configured
	// anywhere it is "us-east-1".
	Region string

	// AccessKeyID, SecretAccessKey and SessionToken are static credentials, in
	// place of the SDK's credential chain.
	AccessKeyID     string
	SecretAccessKey string
	SessionToken    string

	// Profile is the profile of ~/.aws to use. Empty: AWS_PROFILE.
	Profile string

	// Endpoint is the base URL of another server than Amazon's, such as
	// "http://127.0.0.1:9000", with a path if the server is below one. Empty:
	// AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile, else Amazon. One
	// with user information, a query or a fragment, or a port above 65535, is
	// refused.
	Endpoint string

	// VirtualHosted puts the bucket's name into the host name when there is a
	// custom endpoint, which otherwise means path style. An endpoint that is an
	// IP address is refused with it.
	VirtualHosted bool
	pathStyle     bool // from a URL: path style on Amazon, too

	// MaxRetries is how often a request is tried again after the first time.
	// Zero means 3, a negative number none (in a URL zero means none, too).
	// RetryDelay is the wait before the first retry, twice as long before each
	// further one, never more than MaxRetryDelay; half of each wait is at random.
	// Zero means 100 ms and 30 s. The defaults ride out 350 ms in which
	// connections are refused, MaxRetries 9 25 s.
	MaxRetries    int
	RetryDelay    time.Duration
	MaxRetryDelay time.Duration

	// StallTimeout ends an attempt at a request in which no byte was sent or
	// received for so long. Zero means one minute, a negative value for ever.
	// On Linux a byte counts as sent when the other end has confirmed it, and
	// elsewhere when the system has taken it on; an upload's stall may be
	// noticed a quarter of the time later.
	// Requests that make the server copy or assemble an object get ten times
	// as long until they answer.
	StallTimeout time.Duration

	// PartSize is the size of the parts of an upload and of the ranges of a
	// download: 5 MiB to 5 GiB, zero means 8 MiB. It grows as far as a large
	// object needs to fit S3's 10,000 parts.
	PartSize int64

	// Concurrency is how many parts of one object are in flight at once. Zero
	// means 5.
	Concurrency int

	// CopyPartThreshold is the size above which a copy within the server is
	// made in parts. Zero means 5 GiB, the most that S3 copies at once.
	CopyPartThreshold int64

	// Compatibility is for servers that the requests of the zero value do not
	// suit; Amazon S3, MinIO and versitygw need none.
	Compatibility Compatibility

	// Client is a client of your own, in place of all fields on region,
	// credentials, profile and endpoint. Its retryer is not used. Redirects are
	// not followed if its HTTPClient is an *http.Client or the SDK's
	// BuildableClient; any other is used as it is, and must not follow them:
	// they would carry signatures and session tokens to other hosts. Close
	// leaves the connections of an HTTPClient of your own open.
	Client *s3.Client
}

// Compatibility says which checksums requests carry.
type Compatibility string

const (
	// CompatibilityDefault is for all servers that know the checksums of 2022:
	// what is stored carries a CRC32C header (never a trailer), which the
	// server verifies, keeps and gives back. Batch deletes and tags also carry
	// the Content-MD5 that older servers demand there.
	CompatibilityDefault Compatibility = ""

	// CompatibilityMD5 is for servers that reject or do not know x-amz-checksum
	// headers: none is sent, and each request with a body carries Content-MD5,
	// by which the server verifies it. Objects are stored without a CRC32C, so
	// reads are checked for their length and ETag only. Costs an MD5 of what is
	// sent, some 600 MB/s on one core.
	CompatibilityMD5 Compatibility = "md5"
)

// masked stands in for a secret that is set.
const masked = "[redacted]"

func mask(secret string) string {
	if secret == "" {
		return ""
	}
	return masked
}

// public is what may be shown of a Config.
type public struct {
	Region, AccessKeyID, SecretAccessKey, SessionToken, Profile, Endpoint string
	VirtualHosted                                                         bool
	MaxRetries                                                            int
	RetryDelay, MaxRetryDelay, StallTimeout                               time.Duration
	PartSize                                                              int64
	Concurrency                                                           int
	CopyPartThreshold                                                     int64
	Compatibility                                                         Compatibility
	OwnClient                                                             bool
}

func (c Config) public() public {
	return public{
		c.Region, mask(c.AccessKeyID), mask(c.SecretAccessKey), mask(c.SessionToken), c.Profile, publicURL(c.Endpoint),
		c.VirtualHosted, c.MaxRetries, c.RetryDelay, c.MaxRetryDelay, c.StallTimeout,
		c.PartSize, c.Concurrency, c.CopyPartThreshold, c.Compatibility, c.Client != nil,
	}
}

// publicURL is raw without user information, query and fragment.
func publicURL(raw string) string {
	if raw == "" {
		return ""
	}
	u, err := url.Parse(raw)
	if err != nil || u.Host == "" {
		return masked
	}
	return (&url.URL{Scheme: u.Scheme, Host: u.Host, Path: u.Path}).String()
}

// String shows the configuration without its secrets.
func (c Config) String() string { return fmt.Sprintf("s3driver.Config%+v", c.public()) }

// GoString shows the configuration without its secrets.
func (c Config) GoString() string { return c.String() }

// Format shows the configuration without its secrets, whatever the verb.
func (c Config) Format(f fmt.State, _ rune) { _, _ = io.WriteString(f, c.String()) }

// MarshalJSON gives the configuration without its secrets.
func (c Config) MarshalJSON() ([]byte, error) { return json.Marshal(c.public()) }

// settings are the parts of a Config that the driver uses after New, with
// defaults filled in.
type settings struct {
	maxRetries        int
	retryDelay        time.Duration
	maxRetryDelay     time.Duration
	stall             time.Duration // 0: none
	partSize          int64
	concurrency       int
	copyPartThreshold int64
	md5               bool // CompatibilityMD5
}

// validate checks c and fills in the defaults.
func (c *Config) validate() (settings, error) {
	s := settings{
		maxRetries:        orDefault(c.MaxRetries, DefaultMaxRetries),
		retryDelay:        orDefault(c.RetryDelay, DefaultRetryDelay),
		maxRetryDelay:     orDefault(c.MaxRetryDelay, DefaultMaxRetryDelay),
		stall:             max(0, orDefault(c.StallTimeout, DefaultStallTimeout)),
		partSize:          orDefault(c.PartSize, DefaultPartSize),
		concurrency:       orDefault(c.Concurrency, DefaultConcurrency),
		copyPartThreshold: orDefault(c.CopyPartThreshold, DefaultCopyPartThreshold),
		md5:               c.Compatibility == CompatibilityMD5,
	}
	s.maxRetries = max(0, s.maxRetries)
	var text string
	switch {
	case (c.AccessKeyID == "") != (c.SecretAccessKey == ""):
		text = "AccessKeyID and SecretAccessKey go together"
	case c.SessionToken != "" && c.AccessKeyID == "":
		text = "SessionToken needs AccessKeyID and SecretAccessKey"
	case c.AccessKeyID != "" && c.Profile != "":
		text = "static credentials and a profile are both given"
	case c.Client != nil && (c.Region != "" || c.AccessKeyID != "" || c.Profile != "" || c.Endpoint != "" || c.VirtualHosted):
		text = "Client replaces region, credentials, profile, endpoint and VirtualHosted: leave those empty"
	case s.retryDelay < 0 || s.maxRetryDelay < 0:
		text = "a retry delay is negative"
	case s.partSize < minPartSize || s.partSize > maxPartSize:
		text = "PartSize must be 5 MiB to 5 GiB"
	case s.concurrency < 1:
		text = "Concurrency must be at least 1"
	case s.copyPartThreshold < 0 || s.copyPartThreshold > maxPartSize:
		text = "CopyPartThreshold must be up to 5 GiB"
	case c.Compatibility != CompatibilityDefault && c.Compatibility != CompatibilityMD5:
		text = fmt.Sprintf("unknown Compatibility %q", string(c.Compatibility))
	case strings.ContainsAny(c.Region, " \t\r\n/?#@:"):
		text = "the region holds a character that no region does" // and may be anything
	}
	if text != "" {
		return s, fmt.Errorf("%w: %s", driver.ErrValidation, text)
	}
	if c.Endpoint != "" {
		if err := validEndpoint(c.Endpoint, c.VirtualHosted); err != nil {
			return s, fmt.Errorf("%w: the endpoint %w", driver.ErrValidation, err)
		}
	}
	return s, nil
}

// validEndpoint checks an endpoint. Its errors do not show it: it may hold a
// password.
func validEndpoint(endpoint string, virtualHosted bool) error {
	u, err := url.Parse(endpoint)
	switch {
	case err != nil:
		return errors.New("is not a URL such as http://127.0.0.1:9000")
	case u.Scheme != "http" && u.Scheme != "https":
		return errors.New("must start with http:// or https://")
	case u.Hostname() == "":
		return errors.New("names no host")
	case u.Port() != "" && !validPort(u.Port()):
		return errors.New("has a port that is not between 1 and 65535")
	case u.User != nil:
		return errors.New("must not hold credentials")
	case u.RawQuery != "" || u.ForceQuery || strings.Contains(endpoint, "#"):
		return errors.New("must not have a query or fragment")
	case strings.Contains(u.EscapedPath(), "%"):
		return errors.New("has a path with characters that need escaping") // the SDK would escape keys otherwise
	}
	if _, err := netip.ParseAddr(u.Hostname()); err == nil && virtualHosted {
		return errors.New("is an IP address, which cannot have the bucket's name before it: VirtualHosted (path_style=false) needs a host name")
	}
	return nil
}

func validPort(port string) bool {
	n, err := strconv.ParseUint(port, 10, 16)
	return err == nil && n > 0
}

func orDefault[T int | int64 | time.Duration](v, def T) T {
	if v == 0 {
		return def
	}
	return v
}
