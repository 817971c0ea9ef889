package memdriver

import (
	"sync"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/localsign"
)

// Options configure a [Driver].
type Options struct {
	// BaseURL is where clients reach [Driver.Handler]; see
	// [Driver.SetBaseURL]. One that is not valid fails every presign.
	BaseURL string
}

// Driver is an in-memory backend. It implements [driver.Driver] and
// [driver.BucketManager]; its buckets implement [driver.Tagger],
// [driver.Copier], [driver.BatchDeleter] and [driver.Presigner].
type Driver struct {
	data *memory
	sign *localsign.Service
	name string // the bucket whose URL is just "mem://", or ""

	mu      sync.Mutex
	baseErr error // what was wrong with Options.BaseURL
}

var (
	_ driver.Driver        = (*Driver)(nil)
	_ driver.BucketManager = (*Driver)(nil)
)

// New makes an empty driver. opts may be nil.
func New(opts *Options) *Driver {
	if opts == nil {
		opts = &Options{}
	}
	return newDriver(&memory{}, opts.BaseURL)
}

func newDriver(data *memory, base string) *Driver {
	d := &Driver{data: data}
	var err error
	if d.sign, err = localsign.New(d.OpenBucket, base); err != nil {
		// New returns no error, so every presign will.
		d.baseErr = err
		d.sign, _ = localsign.New(d.OpenBucket, "") // cannot fail
	}
	return d
}

// OpenBucket returns a handle on the named bucket, which need not exist yet: a
// handle works as soon as the bucket has been created.
func (d *Driver) OpenBucket(name string) (driver.Bucket, error) {
	return &bucket{d: d, name: name}, nil
}

// Close stops the presign listener and frees all objects. Calls made
// afterwards fail with fs.ErrClosed; bodies already opened can be read on.
func (d *Driver) Close() error {
	err := d.sign.Close()
	d.data.close()
	return err
}
