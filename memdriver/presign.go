package memdriver

import (
	"context"
	"net/http"

	"github.com/s3mio/s3mio/driver"
)

// Presign signs with a key of the driver's own: its URLs die with it.
func (b *bucket) Presign(ctx context.Context, key string, opts *driver.PresignOptions) (string, error) {
	if err := ctx.Err(); err != nil {
		return "", err
	}
	b.d.mu.Lock()
	err := b.d.baseErr
	b.d.mu.Unlock()
	if err != nil {
		return "", err
	}
	return b.d.sign.Presign(ctx, b.name, key, opts)
}

// Handler serves the URLs that Presign gives: a GET with ranges and
// conditions, or a PUT of up to 5 GiB. It may be mounted anywhere; SetBaseURL
// then says where. Serve it on an origin of its own if those who put are not
// trusted, since browsers show what they put under that origin.
func (d *Driver) Handler() http.Handler { return d.sign.Handler() }

// SetBaseURL says where clients reach [Driver.Handler], for URLs signed from
// now on: an absolute http or https URL without user information, query and
// fragment, otherwise [driver.ErrValidation]. While there is none, which the
// empty string restores, the first presign starts a listener on 127.0.0.1 that
// serves the handler until Close.
func (d *Driver) SetBaseURL(base string) error {
	if err := d.sign.SetBaseURL(base); err != nil {
		return err
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.baseErr = nil
	return nil
}
