package s3driver

import (
	"cmp"
	"context"
	"fmt"
	"net/url"
	"strconv"
	"time"

	"github.com/s3mio/s3mio/driver"
)

func init() { driver.Register("s3", openURL) }

// openURL opens s3://bucket with the parameters region, endpoint, path_style,
// profile, max_retries (0 or less: none), retry_delay, max_retry_delay,
// stall_timeout (durations such as "100ms"; less than 0: none), part_size (bytes),
// concurrency and compatibility (md5). Elsewhere 0 means the default. Credentials
// have no place in a URL: they come from the environment or the profile.
func openURL(ctx context.Context, u *url.URL) (driver.Driver, string, error) {
	cfg, err := configFromURL(u)
	if err != nil {
		return nil, "", err
	}
	d, err := New(ctx, cfg)
	if err != nil {
		return nil, "", err
	}
	if err := d.ValidBucketName(u.Host); err != nil {
		return nil, "", err
	}
	return d, u.Host, nil
}

func configFromURL(u *url.URL) (Config, error) {
	if u.Host == "" {
		return Config{}, fmt.Errorf("%w: the URL names no bucket", driver.ErrValidation)
	}
	if u.Path != "" && u.Path != "/" || u.Opaque != "" {
		return Config{}, fmt.Errorf("%w: the URL has a path after the bucket", driver.ErrValidation)
	}
	p := params{Params: driver.ParseParams(u)}
	cfg := Config{
		Region:        p.String("region"),
		Endpoint:      p.String("endpoint"),
		Profile:       p.String("profile"),
		RetryDelay:    p.duration("retry_delay"),
		MaxRetryDelay: p.duration("max_retry_delay"),
		StallTimeout:  p.duration("stall_timeout"),
		PartSize:      p.int("part_size", 0),
		Concurrency:   int(p.int("concurrency", 0)),
		MaxRetries:    int(p.int("max_retries", DefaultMaxRetries)),
		Compatibility: Compatibility(p.String("compatibility")),
	}
	if cfg.MaxRetries == 0 {
		cfg.MaxRetries = -1 // in a URL a zero was written by somebody
	}
	pathStyle := p.Bool("path_style", false)
	if u.Query().Has("path_style") {
		cfg.pathStyle = pathStyle
		cfg.VirtualHosted = !cfg.pathStyle
	}
	return cfg, cmp.Or(p.err, p.Err())
}

// params adds the types of parameter that only this driver has.
type params struct {
	*driver.Params
	err error
}

func (p *params) fail(format string, args ...any) {
	if p.err == nil {
		p.err = fmt.Errorf("%w: "+format, append([]any{driver.ErrValidation}, args...)...)
	}
}

func (p *params) int(name string, def int64) int64 {
	s := p.String(name)
	if s == "" {
		return def
	}
	n, err := strconv.ParseInt(s, 10, 64)
	if err != nil {
		p.fail("URL parameter %q must be a whole number", name)
	}
	return n
}

func (p *params) duration(name string) time.Duration {
	s := p.String(name)
	if s == "" {
		return 0
	}
	d, err := time.ParseDuration(s)
	if err != nil {
		p.fail("URL parameter %q must be a duration such as 100ms", name)
	}
	return d
}
