package conformance

import (
	"context"
	"io"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

// broken is a driver, or a store, that breaks one law.
type broken struct {
	law  string
	how  string
	opts Options

	// driver gives the breach in a driver.
	driver func(tb testing.TB) breach
	// shim gives the breach in the store, for laws that hold there whatever
	// the driver does.
	shim func(bucket) bucket
}

// allBroken are the broken drivers, at least one for each law.
func allBroken() []broken {
	return slices.Concat(brokenKeys(), brokenWrites(), brokenReads(), brokenLists(), brokenBatches(),
		brokenSigning(), brokenCalls(), brokenAPI(), brokenPromises())
}

func TestEveryLawCatchesABreach(t *testing.T) {
	caught := map[string]bool{}
	laws := map[string]Law{}
	for _, l := range Laws() {
		laws[l.Name] = l
	}
	for _, b := range allBroken() {
		l, ok := laws[b.law]
		if !ok {
			t.Errorf("%s: there is no law %s", b.how, b.law)
			continue
		}
		caught[b.law] = true
		t.Run(b.law+" "+b.how, func(t *testing.T) {
			if !l.applies(&b.opts) {
				t.Fatal("the law does not apply to the broken driver")
			}
			err := checkAll(t.Context(), l, b.env(t))
			if err == nil {
				t.Fatal("the breach is not caught")
			}
			if strings.Contains(err.Error(), "for the case:") {
				t.Fatalf("the case has not come to its law: %v", err)
			}
			t.Log(err)
		})
	}
	for name := range laws {
		if !caught[name] {
			t.Errorf("no broken driver shows that the law %s catches its breach", name)
		}
	}
}

// env is what Run would make for the broken driver.
func (b *broken) env(t *testing.T) *Env {
	e := newEnv(t, func(tb testing.TB) driver.Driver {
		d := &brokenDriver{Driver: memdriver.New(nil)}
		if b.driver != nil {
			d.breach = b.driver(tb)
		}
		if name := b.opts.Bucket; name != "" {
			if err := driver.CreateBucket(context.Background(), d, name); err != nil {
				tb.Fatal(err)
			}
		}
		return d
	}, b.opts)
	e.wrap = b.shim
	return e
}

// A breach overrides some calls of a driver. What it does not, or what it
// calls itself, goes to the good driver below.
type breach struct {
	key func(key string) string // rewrites every key

	get         func(ctx context.Context, b *brokenBucket, key string, opts *driver.GetOptions) (*driver.Object, error)
	head        func(ctx context.Context, b *brokenBucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error)
	put         func(ctx context.Context, b *brokenBucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error)
	delete      func(ctx context.Context, b *brokenBucket, key string) error
	list        func(ctx context.Context, b *brokenBucket, opts *driver.ListOptions) (*driver.ListPage, error)
	setTags     func(ctx context.Context, b *brokenBucket, key string, tags map[string]string) error
	getTags     func(ctx context.Context, b *brokenBucket, key string) (map[string]string, error)
	copy        func(ctx context.Context, b *brokenBucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error)
	deleteBatch func(ctx context.Context, b *brokenBucket, keys []string) ([]error, error)
	download    func(ctx context.Context, b *brokenBucket, key string, w io.WriterAt, opts *driver.GetOptions) (driver.ObjectInfo, error)
	presign     func(ctx context.Context, b *brokenBucket, key string, opts *driver.PresignOptions) (string, error)

	createBucket func(ctx context.Context, d driver.Driver, name string) error
	deleteBucket func(ctx context.Context, d driver.Driver, name string) error
	listBuckets  func(ctx context.Context, d driver.Driver, token string) (*driver.BucketPage, error)
	bucketName   func(name string) error
}

type brokenDriver struct {
	driver.Driver
	breach breach
}

func (d *brokenDriver) OpenBucket(name string) (driver.Bucket, error) {
	b, err := d.Driver.OpenBucket(name)
	return &brokenBucket{b, d, name}, err
}

func (d *brokenDriver) ValidBucketName(name string) error {
	if d.breach.bucketName != nil {
		return d.breach.bucketName(name)
	}
	return driver.ValidBucketName(name)
}

func (d *brokenDriver) CreateBucket(ctx context.Context, name string) error {
	if d.breach.createBucket != nil {
		return d.breach.createBucket(ctx, d.Driver, name)
	}
	return driver.CreateBucket(ctx, d.Driver, name)
}

func (d *brokenDriver) DeleteBucket(ctx context.Context, name string) error {
	if d.breach.deleteBucket != nil {
		return d.breach.deleteBucket(ctx, d.Driver, name)
	}
	return driver.DeleteBucket(ctx, d.Driver, name)
}

func (d *brokenDriver) ListBuckets(ctx context.Context, token string) (*driver.BucketPage, error) {
	if d.breach.listBuckets != nil {
		return d.breach.listBuckets(ctx, d.Driver, token)
	}
	return driver.ListBuckets(ctx, d.Driver, token)
}

// brokenBucket embeds the good bucket, whose calls breaches use as b.Bucket.
type brokenBucket struct {
	driver.Bucket
	d    *brokenDriver
	name string
}

func (b *brokenBucket) key(key string) string {
	if b.d.breach.key != nil {
		return b.d.breach.key(key)
	}
	return key
}

func (b *brokenBucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	if f := b.d.breach.get; f != nil {
		return f(ctx, b, b.key(key), opts)
	}
	return b.Bucket.Get(ctx, b.key(key), opts)
}

func (b *brokenBucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
	if f := b.d.breach.head; f != nil {
		return f(ctx, b, b.key(key), opts)
	}
	return driver.Head(ctx, b.Bucket, b.key(key), opts)
}

func (b *brokenBucket) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	if f := b.d.breach.put; f != nil {
		o := *opts
		return f(ctx, b, b.key(key), body, &o)
	}
	return driver.Put(ctx, b.Bucket, b.key(key), body, opts)
}

func (b *brokenBucket) Delete(ctx context.Context, key string) error {
	if f := b.d.breach.delete; f != nil {
		return f(ctx, b, b.key(key))
	}
	return b.Bucket.Delete(ctx, b.key(key))
}

func (b *brokenBucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	if f := b.d.breach.list; f != nil {
		o := *opts
		return f(ctx, b, &o)
	}
	return b.Bucket.List(ctx, opts)
}

func (b *brokenBucket) SetTags(ctx context.Context, key string, tags map[string]string) error {
	if f := b.d.breach.setTags; f != nil {
		return f(ctx, b, b.key(key), tags)
	}
	return driver.SetTags(ctx, b.Bucket, b.key(key), tags)
}

func (b *brokenBucket) GetTags(ctx context.Context, key string) (map[string]string, error) {
	if f := b.d.breach.getTags; f != nil {
		return f(ctx, b, b.key(key))
	}
	return driver.GetTags(ctx, b.Bucket, b.key(key))
}

func (b *brokenBucket) Copy(ctx context.Context, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	if s, ok := src.(*brokenBucket); ok {
		src, srcKey = s.Bucket, s.key(srcKey)
	}
	if f := b.d.breach.copy; f != nil {
		return f(ctx, b, b.key(dstKey), src, srcKey)
	}
	return driver.Copy(ctx, b.Bucket, b.key(dstKey), src, srcKey)
}

func (b *brokenBucket) DeleteBatch(ctx context.Context, keys []string) ([]error, error) {
	keys = slices.Clone(keys)
	for i := range keys {
		keys[i] = b.key(keys[i])
	}
	if f := b.d.breach.deleteBatch; f != nil {
		return f(ctx, b, keys)
	}
	return driver.DeleteBatch(ctx, b.Bucket, keys), nil
}

func (b *brokenBucket) Download(ctx context.Context, key string, w io.WriterAt, opts *driver.GetOptions) (driver.ObjectInfo, error) {
	if f := b.d.breach.download; f != nil {
		return f(ctx, b, b.key(key), w, opts)
	}
	if b.d.breach.get != nil {
		return driver.ObjectInfo{}, driver.ErrUnsupported // so that Get is used
	}
	return driver.Download(ctx, b.Bucket, b.key(key), w, opts)
}

func (b *brokenBucket) Presign(ctx context.Context, key string, opts *driver.PresignOptions) (string, error) {
	if f := b.d.breach.presign; f != nil {
		return f(ctx, b, b.key(key), opts)
	}
	return driver.Presign(ctx, b.Bucket, b.key(key), opts)
}

// in makes a driver of a breach without state.
func in(b breach) func(testing.TB) breach { return func(testing.TB) breach { return b } }
