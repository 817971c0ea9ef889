package lockstep

import (
	"context"
	"fmt"
	"io"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

// A flaw is one thing that a broken driver does wrong. What it leaves nil is
// done right.
type flaw struct {
	name string

	put    func(ctx context.Context, b driver.Bucket, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error)
	get    func(ctx context.Context, b driver.Bucket, key string, opts *driver.GetOptions) (*driver.Object, error)
	head   func(ctx context.Context, b driver.Bucket, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error)
	list   func(ctx context.Context, b driver.Bucket, opts *driver.ListOptions) (*driver.ListPage, error)
	delete func(ctx context.Context, b driver.Bucket, key string) error
	batch  func(ctx context.Context, b driver.Bucket, keys []string) []error
	copy   func(ctx context.Context, dst driver.Bucket, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error)
	tag    func(ctx context.Context, b driver.Bucket, key string, tags map[string]string) error
}

// brokenDriver has a flaw.
type brokenDriver struct {
	driver.Driver
	flaw *flaw
}

func (d *brokenDriver) OpenBucket(name string) (driver.Bucket, error) {
	b, err := d.Driver.OpenBucket(name)
	return &brokenBucket{b, d.flaw}, err
}

func (d *brokenDriver) CreateBucket(ctx context.Context, name string) error {
	return driver.CreateBucket(ctx, d.Driver, name)
}

func (d *brokenDriver) DeleteBucket(ctx context.Context, name string) error {
	return driver.DeleteBucket(ctx, d.Driver, name)
}

func (d *brokenDriver) ListBuckets(ctx context.Context, token string) (*driver.BucketPage, error) {
	return driver.ListBuckets(ctx, d.Driver, token)
}

type brokenBucket struct {
	b    driver.Bucket
	flaw *flaw
}

var (
	_ driver.BucketManager = (*brokenDriver)(nil)
	_ driver.Tagger        = (*brokenBucket)(nil)
	_ driver.Copier        = (*brokenBucket)(nil)
	_ driver.BatchDeleter  = (*brokenBucket)(nil)
)

func (b *brokenBucket) URL() string { return b.b.URL() }

func (b *brokenBucket) Put(ctx context.Context, key string, body io.Reader, opts *driver.PutOptions) (driver.ObjectInfo, error) {
	if b.flaw.put != nil {
		return b.flaw.put(ctx, b.b, key, body, opts)
	}
	return b.b.Put(ctx, key, body, opts)
}

func (b *brokenBucket) Get(ctx context.Context, key string, opts *driver.GetOptions) (*driver.Object, error) {
	if b.flaw.get != nil {
		return b.flaw.get(ctx, b.b, key, opts)
	}
	return b.b.Get(ctx, key, opts)
}

func (b *brokenBucket) Head(ctx context.Context, key string, opts *driver.HeadOptions) (driver.ObjectInfo, error) {
	if b.flaw.head != nil {
		return b.flaw.head(ctx, b.b, key, opts)
	}
	return b.b.Head(ctx, key, opts)
}

func (b *brokenBucket) List(ctx context.Context, opts *driver.ListOptions) (*driver.ListPage, error) {
	if b.flaw.list != nil {
		return b.flaw.list(ctx, b.b, opts)
	}
	return b.b.List(ctx, opts)
}

func (b *brokenBucket) Delete(ctx context.Context, key string) error {
	if b.flaw.delete != nil {
		return b.flaw.delete(ctx, b.b, key)
	}
	return b.b.Delete(ctx, key)
}

func (b *brokenBucket) DeleteBatch(ctx context.Context, keys []string) ([]error, error) {
	if b.flaw.batch != nil {
		return b.flaw.batch(ctx, b.b, keys), nil
	}
	return driver.DeleteBatch(ctx, b.b, keys), nil
}

func (b *brokenBucket) Copy(ctx context.Context, dstKey string, src driver.Bucket, srcKey string) (driver.ObjectInfo, error) {
	from, ok := src.(*brokenBucket)
	if !ok {
		return driver.ObjectInfo{}, fmt.Errorf("%w: copying from another backend", driver.ErrUnsupported)
	}
	if b.flaw.copy != nil {
		return b.flaw.copy(ctx, b.b, dstKey, from.b, srcKey)
	}
	return driver.Copy(ctx, b.b, dstKey, from.b, srcKey)
}

func (b *brokenBucket) SetTags(ctx context.Context, key string, tags map[string]string) error {
	if b.flaw.tag != nil {
		return b.flaw.tag(ctx, b.b, key, tags)
	}
	return driver.SetTags(ctx, b.b, key, tags)
}

func (b *brokenBucket) GetTags(ctx context.Context, key string) (map[string]string, error) {
	return driver.GetTags(ctx, b.b, key)
}

// A recorder is told of a failure that is wanted.
type recorder struct {
	testing.TB
	failed bool
	text   string
}

func (r *recorder) Helper()             {}
func (r *recorder) Log(...any)          {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Fail()               { r.failed = true }
func (r *recorder) FailNow()            { r.failed = true }
func (r *recorder) Failed() bool        { return r.failed }
func (r *recorder) Errorf(format string, args ...any) {
	r.failed = true
	r.text += fmt.Sprintf(format, args...)
}

// TestSeesFlaws proves that the machine finds what it is there to find, within
// the steps that it performs by default, and shows it by few steps.
func TestSeesFlaws(t *testing.T) {
	const seed = 8 // with any seed, about one flaw in a hundred is missed
	useRapid(t)
	for i := range flaws {
		t.Run(flaws[i].name, func(t *testing.T) {
			l := newLockstep(newBackend(t, "broken", &brokenDriver{memdriver.New(nil), &flaws[i]}))
			r := &recorder{TB: t}
			for !r.failed && l.stats.steps < defaultSteps {
				setFlag(t, "rapid.seed", fmt.Sprintf("%d%06d", seed, l.stats.steps))
				rapid.Check(r, l.sequence)
			}
			if !r.failed || !strings.Contains(r.text, "diverges") {
				t.Fatalf("not found in %d steps: %s", l.stats.steps, r.text)
			}
			t.Logf("found after %d steps:\n%s", l.failedAfter, l.found.text)
			if l.failedAfter > defaultSteps || len(l.found.steps) > 8 {
				t.Errorf("found after %d steps, by a sequence of %d", l.failedAfter, len(l.found.steps))
			}
		})
	}
}

// TestSeesNoFlaw is the counterproof: a wrapper without a flaw passes.
func TestSeesNoFlaw(t *testing.T) {
	newLockstep(newBackend(t, "wrapped", &brokenDriver{memdriver.New(nil), &flaw{}})).run(t)
}
