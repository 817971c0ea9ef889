package store

import (
	"context"
	"net/http"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// PresignGet gives a URL with which anybody can read the object for ttl, 1
// second to 7 days, cut to whole seconds. No request is made: neither bucket nor object need exist.
// The URL is for GET alone: a HEAD of it, as curl -I makes, is answered with 403.
// On S3 the URL ends with the credentials that signed it, if that is sooner.
func (c *core) PresignGet(ctx context.Context, key string, ttl time.Duration, opts ...PresignOption) (string, error) {
	return c.presign(ctx, "PresignGet", "presign get", key, driver.ValidKey, http.MethodGet, ttl, 0, opts)
}

// PresignPut gives a URL with which anybody can store the object with one HTTP
// PUT of a known length for ttl, 1 second to 7 days, cut to whole seconds. With [ContentType] the request must carry
// that type; without it the object gets the type that the request carries, and
// if that has none, S3's binary/octet-stream and not the application/octet-stream
// of [Bucket.Put]. No request is made.
func (c *core) PresignPut(ctx context.Context, key string, ttl time.Duration, opts ...PresignOption) (string, error) {
	return c.presign(ctx, "PresignPut", "presign put", key, driver.ValidNewKey, http.MethodPut, ttl, optContentType, opts)
}

func (c *core) presign(ctx context.Context, call, op, key string, valid func(string) error, method string, ttl time.Duration, allowed optionSet, opts []PresignOption) (string, error) {
	full, err := c.key(key, valid)
	var cfg *config
	if err == nil {
		cfg, err = newConfig(call, allowed, opts, PresignOption.presignOption)
	}
	var sign driver.PresignOptions
	if err == nil {
		sign = driver.PresignOptions{Method: method, TTL: ttl, ContentType: cfg.put.ContentType}
		err = driver.ValidPresign(&sign)
	}
	var url string
	if err = c.store.ready(ctx, err); err == nil {
		url, err = driver.Presign(ctx, c.bucket, full, &sign)
	}
	return url, c.fail(ctx, op, full, err)
}
