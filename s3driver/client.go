package s3driver

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"reflect"
	"sync"
	"sync/atomic"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	awshttp "github.com/aws/aws-sdk-go-v2/aws/transport/http"
	"github.com/aws/aws-sdk-go-v2/config"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/logging"

	"github.com/s3mio/s3mio/driver"
)

// Driver opens buckets of one account on one server. It is safe for concurrent
// use.
type Driver struct {
	settings
	client   *s3.Client
	location location
	cache    *aws.CredentialsCache // of the credentials, or nil
	fresh    generation            // of the credentials
	idle     func()                // closes the idle connections that are the driver's own

	known      sync.Map    // names of buckets seen to exist
	background jobs        // aborts that outlived their call
	lost       lostUploads // that wait to be aborted
	keepsTags  atomic.Bool // the server keeps the tags of multipart uploads

	abortTimeout time.Duration
	reclaimDelay time.Duration
}

// location tells whether two drivers reach the same server with the same
// credentials.
type location struct {
	endpoint, region, profile string
	accessKey                 [sha256.Size]byte // hashed: nothing secret to print
	client                    *s3.Client
}

var (
	_ driver.Driver        = (*Driver)(nil)
	_ driver.BucketManager = (*Driver)(nil)
	_ driver.BucketNamer   = (*Driver)(nil)
)

// New makes a driver. It reads configuration files and the environment and
// makes no request. What it cannot work with is [driver.ErrValidation].
func New(ctx context.Context, cfg Config) (*Driver, error) {
	s, err := cfg.validate()
	if err != nil {
		return nil, err
	}
	d := &Driver{settings: s, idle: func() {}, abortTimeout: abortTimeout, reclaimDelay: reclaimDelay}
	base := cfg.Client
	if base == nil {
		if base, err = d.newClient(ctx, &cfg); err != nil {
			return nil, err
		}
	}
	opts := base.Options()
	if reflect.TypeOf(opts.ExpressCredentials) == defaultExpressCredentials {
		opts.ExpressCredentials = nil // it would be turned from base, which may be in use, to the new client
	}
	if opts.Region == "" {
		return nil, fmt.Errorf("%w: no region: set Config.Region or the URL parameter region, AWS_REGION, or the region of the profile", driver.ErrValidation)
	}
	d.location = location{aws.ToString(opts.BaseEndpoint), opts.Region, cfg.Profile, sha256.Sum256([]byte(cfg.AccessKeyID)), cfg.Client}
	d.cache, _ = opts.Credentials.(*aws.CredentialsCache)
	d.client = s3.New(opts, func(o *s3.Options) {
		if o.Credentials != nil {
			o.Credentials = markedCredentials{o.Credentials}
		}
		o.HTTPClient = &watchedClient{client: d.withoutRedirects(o.HTTPClient), stall: d.stall}
		// The driver retries by itself, so that one policy holds for every
		// call and a storm of failures cannot use up a shared budget.
		o.Retryer = aws.NopRetryer{}
		o.RetryMaxAttempts = 0
		// Checksums are the driver's own: trailers break some servers, and
		// the SDK's check of answers does not go with ranges.
		o.RequestChecksumCalculation = aws.RequestChecksumCalculationWhenRequired
		o.ResponseChecksumValidation = aws.ResponseChecksumValidationWhenRequired
		o.DisableLogOutputChecksumValidationSkipped = true
		o.APIOptions = append(o.APIOptions, addAnswerCheck)
		if d.md5 {
			o.APIOptions = append(o.APIOptions, onlyMD5)
		}
	})
	return d, nil
}

// defaultExpressCredentials is the type of what the SDK provides by itself.
var defaultExpressCredentials = reflect.TypeOf(s3.New(s3.Options{}).Options().ExpressCredentials)

// newClient makes a client on a connection pool of its own.
func (d *Driver) newClient(ctx context.Context, cfg *Config) (*s3.Client, error) {
	load := []func(*config.LoadOptions) error{
		// A buildable client is what lets the SDK add AWS_CA_BUNDLE to it.
		config.WithHTTPClient(awshttp.NewBuildableClient().WithTransportOptions(tuneTransport)),
		config.WithLogger(logging.Nop{}), // the default is standard error
	}
	if cfg.Region != "" {
		load = append(load, config.WithRegion(cfg.Region))
	}
	if cfg.Profile != "" {
		load = append(load, config.WithSharedConfigProfile(cfg.Profile))
	}
	if cfg.AccessKeyID != "" {
		load = append(load, config.WithCredentialsProvider(
			credentials.NewStaticCredentialsProvider(cfg.AccessKeyID, cfg.SecretAccessKey, cfg.SessionToken)))
	}
	awsConfig, err := config.LoadDefaultConfig(ctx, load...)
	if err != nil {
		if ctx.Err() != nil {
			return nil, ctx.Err()
		}
		return nil, fmt.Errorf("%w: %w", driver.ErrValidation, err)
	}
	transport, ok := awsConfig.HTTPClient.(*awshttp.BuildableClient)
	if !ok {
		return nil, fmt.Errorf("s3driver: the SDK replaced the HTTP client by %T", awsConfig.HTTPClient)
	}
	pool := transport.GetTransport()
	d.idle = pool.CloseIdleConnections
	client := s3.NewFromConfig(awsConfig, func(o *s3.Options) {
		o.HTTPClient = roundTripper{pool}
		if cfg.Endpoint != "" {
			o.BaseEndpoint = aws.String(cfg.Endpoint)
		}
		o.UsePathStyle = cfg.pathStyle
		if o.BaseEndpoint != nil {
			o.UsePathStyle = !cfg.VirtualHosted
			if o.Region == "" {
				o.Region = "us-east-1"
			}
		}
	})
	if endpoint := client.Options().BaseEndpoint; endpoint != nil && cfg.Endpoint == "" {
		if err := validEndpoint(*endpoint, cfg.VirtualHosted); err != nil {
			return nil, fmt.Errorf("%w: the endpoint of AWS_ENDPOINT_URL_S3, AWS_ENDPOINT_URL or the profile %w", driver.ErrValidation, err)
		}
	}
	return client, nil
}

// withoutRedirects gives a user's client that does not follow redirects, which
// would carry signatures and session tokens to other hosts.
func (d *Driver) withoutRedirects(client s3.HTTPClient) s3.HTTPClient {
	if buildable, ok := client.(*awshttp.BuildableClient); ok {
		frozen := buildable.Freeze()
		if c, ok := frozen.(*http.Client); ok {
			d.idle = c.CloseIdleConnections // it has a pool of its own
		}
		client = frozen
	}
	c, ok := client.(*http.Client)
	if !ok {
		return client
	}
	own := *c
	own.CheckRedirect = func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }
	return &own
}

// tuneTransport sets what suits many connections to one host.
func tuneTransport(t *http.Transport) {
	t.MaxIdleConns = 256
	t.MaxIdleConnsPerHost = 256
	t.DisableCompression = true // a body is the object's bytes, not a view of them
	t.ForceAttemptHTTP2 = false // S3 does not speak it
	t.WriteBufferSize = 64 << 10
	t.ReadBufferSize = 64 << 10
	t.DialContext = hearEarlyAnswers(t.DialContext)
}

// Close waits for aborts of failed uploads that are still under way, at most
// as long as those take (a minute; 5 s is the rule after a lost answer), but not
// for calls, and closes idle connections, except those of Config.Client.
func (d *Driver) Close() error {
	d.background.Wait()
	d.idle()
	return nil
}

// Format shows the driver's endpoint and region, whatever the verb, and nothing
// of its credentials.
func (d *Driver) Format(f fmt.State, _ rune) {
	_, _ = fmt.Fprintf(f, "s3driver.Driver{%s %s}", publicURL(d.location.endpoint), d.location.region)
}

// OpenBucket returns a handle on the named bucket, without a request.
func (d *Driver) OpenBucket(name string) (driver.Bucket, error) {
	if err := d.ValidBucketName(name); err != nil {
		return nil, err
	}
	return &bucket{Driver: d, name: name}, nil
}

// bucket implements driver.Bucket and its capabilities.
type bucket struct {
	*Driver
	name string
}

var (
	_ driver.Bucket       = (*bucket)(nil)
	_ driver.Tagger       = (*bucket)(nil)
	_ driver.Copier       = (*bucket)(nil)
	_ driver.BatchDeleter = (*bucket)(nil)
	_ driver.Presigner    = (*bucket)(nil)
	_ driver.Downloader   = (*bucket)(nil)
)

func (b *bucket) URL() string { return "s3://" + b.name }
