package filedriver

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"sync"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/localsign"
)

// Options configure a [Driver].
type Options struct {
	// NoSync leaves out every fsync. Writes stay atomic for readers and for
	// killed processes, but after a crash of the system or a loss of power an
	// object written shortly before may be missing, truncated, or without its
	// attributes. It is meant for tests.
	NoSync bool

	// BaseURL is where clients reach [Driver.Handler]; see
	// [Driver.SetBaseURL]. One that is not valid fails the constructor with
	// [driver.ErrValidation].
	BaseURL string
}

// Driver keeps buckets as directories. It implements [driver.Driver],
// [driver.BucketManager] and [driver.BucketNamer]; its buckets implement every
// capability but [driver.Downloader].
type Driver struct {
	root   string // the directory of the buckets; empty for a driver of one directory
	single string // the one directory that is a bucket, or empty
	noSync bool
	signer *localsign.Service

	// step is called before each step of a protocol. Tests set it to stop
	// there, by an error or by ending the process.
	step func(name string) error

	mu      sync.Mutex
	dirs    map[string]*directory // by path
	clock   uint64                // counts uses of directories
	closed  bool
	walkers walkerCache
}

// New gives a driver whose buckets are the directories in root that have a
// valid bucket name. Root need not exist before the first bucket is created.
func New(root string, opts *Options) (*Driver, error) {
	if root == "" {
		return nil, fmt.Errorf("%w: the root directory is not named", driver.ErrValidation)
	}
	abs, err := filepath.Abs(root)
	if err != nil {
		return nil, err
	}
	fi, err := os.Stat(abs)
	if err == nil && !fi.IsDir() || impossible(err) {
		return nil, errors.Join(fmt.Errorf("%w: the root is not a directory", driver.ErrValidation), err)
	}
	return newDriver(&Driver{root: abs}, opts)
}

func newDriver(d *Driver, opts *Options) (*Driver, error) {
	opts = cmp.Or(opts, &Options{})
	d.noSync = opts.NoSync
	d.dirs = map[string]*directory{}
	var err error
	d.signer, err = localsign.New(d.openForSigner, opts.BaseURL)
	return d, err
}

// openForSigner opens the bucket that a signed URL names.
func (d *Driver) openForSigner(name string) (driver.Bucket, error) {
	return driver.OpenBucket(d, name)
}

// ValidBucketName implements [driver.BucketNamer]: a bucket opened by a file
// URL has the name of its directory, whatever that is.
func (d *Driver) ValidBucketName(name string) error {
	if d.single == "" {
		return driver.ValidBucketName(name)
	}
	if name != filepath.Base(d.single) {
		return fmt.Errorf("%w: the bucket of this driver is %q", driver.ErrValidation, filepath.Base(d.single))
	}
	return nil
}

// OpenBucket implements [driver.Driver].
func (d *Driver) OpenBucket(name string) (driver.Bucket, error) {
	if err := d.ValidBucketName(name); err != nil {
		return nil, err
	}
	return &bucket{drv: d, name: name, dir: d.directory(d.path(name))}, nil
}

// path gives the directory of a bucket.
func (d *Driver) path(name string) string {
	if d.single != "" {
		return d.single
	}
	return filepath.Join(d.root, name)
}

// Handler serves the URLs that Presign gives, of all buckets: a GET with ranges
// and conditions, or a PUT of up to 5 GiB. It may be mounted anywhere;
// SetBaseURL then says where. Serve it on an origin of its own if those who put
// are not trusted, since browsers show what they put under that origin.
func (d *Driver) Handler() http.Handler { return d.signer.Handler() }

// SetBaseURL says where clients reach [Driver.Handler], for URLs signed from
// now on: an absolute http or https URL without user information, query and
// fragment, otherwise [driver.ErrValidation]. While there is none, which the
// empty string restores, the first presign starts a listener on 127.0.0.1 that
// serves the handler until Close.
func (d *Driver) SetBaseURL(baseURL string) error { return d.signer.SetBaseURL(baseURL) }

// Close releases directory handles, suspended listings and the listener.
// Bodies that are still open can be read on.
func (d *Driver) Close() error {
	d.walkers.close()
	d.mu.Lock()
	d.closed = true
	for _, dir := range d.dirs {
		dir.drop()
	}
	d.mu.Unlock()
	return d.signer.Close()
}

// reach marks a step of a protocol.
func (d *Driver) reach(step string) error {
	if d.step == nil {
		return nil
	}
	return d.step(step)
}

// Presign implements [driver.Presigner]. It signs with a key of the driver's
// own: its URLs die with it.
func (b *bucket) Presign(ctx context.Context, key string, opts *driver.PresignOptions) (string, error) {
	return b.drv.signer.Presign(ctx, b.name, key, opts)
}
