package memdriver

import (
	"context"
	"fmt"
	"net/url"
	"sync"

	"github.com/s3mio/s3mio/driver"
)

func init() { driver.Register("mem", open) }

// privateName is the bucket's name behind mem://.
const privateName = "mem"

// open is the [driver.Opener] of the scheme.
func open(ctx context.Context, u *url.URL) (driver.Driver, string, error) {
	if err := ctx.Err(); err != nil {
		return nil, "", err
	}
	if u.Opaque != "" || u.Path != "" || u.Host != u.Hostname() {
		return nil, "", fmt.Errorf("%w: the URL must be mem:// or mem://bucket", driver.ErrValidation)
	}
	if err := driver.ParseParams(u).Err(); err != nil {
		return nil, "", err
	}
	if u.Host == "" {
		d := newDriver(&memory{}, "")
		d.name = privateName
		if err := d.data.create(privateName); err != nil {
			return nil, "", err
		}
		return d, privateName, nil
	}
	if err := driver.ValidNewBucketName(u.Host); err != nil {
		return nil, "", err
	}
	if err := shared.data.create(u.Host); err != nil {
		return nil, "", err
	}
	return shared.open(), u.Host, nil
}

// shared is what the handles on mem://bucket have in common.
var shared = registry{data: &memory{}}

// registry keeps buckets for the life of the process, and a driver on them for
// as long as a handle is open.
type registry struct {
	data *memory

	mu      sync.Mutex
	d       *Driver // nil while no handle is open
	handles int
}

// handle is one open on the shared buckets.
type handle struct {
	*Driver
	release func() error
}

// Close gives the handle back; the buckets stay. Further calls do nothing.
func (h *handle) Close() error { return h.release() }

func (r *registry) open() *handle {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.handles++; r.handles == 1 {
		r.d = newDriver(r.data, "")
	}
	return &handle{r.d, sync.OnceValue(r.release)}
}

// release closes the presign listener with the last handle.
func (r *registry) release() error {
	r.mu.Lock()
	d := r.d
	r.handles--
	last := r.handles == 0
	if last {
		r.d = nil
	}
	r.mu.Unlock()
	if !last {
		return nil
	}
	return d.sign.Close()
}
