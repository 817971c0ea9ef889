package memdriver

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/hex"
	"errors"
	"io"
	"strings"
	"testing"
	"testing/iotest"

	"github.com/s3mio/s3mio/driver"
)

// stream hides everything but Read.
type stream struct{ io.Reader }

func TestReadBody(t *testing.T) {
	large := strings.Repeat("0123456789abcdef", (maxTrust+3*chunkSize)/16)
	for _, content := range []string{"", "x", strings.Repeat("y", 1024), strings.Repeat("z", chunkSize+1), large} {
		sum := md5.Sum([]byte(content))
		for name, body := range map[string]func() io.Reader{
			"reader at":  func() io.Reader { return strings.NewReader(content) },
			"stream":     func() io.Reader { return stream{strings.NewReader(content)} },
			"early EOF":  func() io.Reader { return iotest.DataErrReader(strings.NewReader(content)) },
			"half reads": func() io.Reader { return iotest.HalfReader(strings.NewReader(content)) },
		} {
			for _, size := range []int64{-1, int64(len(content))} {
				got, etag, err := readBody(t.Context(), body(), size)
				if err != nil || string(got) != content || etag != hex.EncodeToString(sum[:]) {
					t.Errorf("%s of %d bytes, size %d: %d bytes, ETag %s, %v", name, len(content), size, len(got), etag, err)
				}
				if slack := cap(got) - len(got); slack > len(got)/8 {
					t.Errorf("%s of %d bytes, size %d: %d bytes of slack", name, len(content), size, slack)
				}
			}
			for _, size := range []int64{int64(len(content)) + 1, int64(len(content)) - 1, 1 << 50} {
				if size < 0 {
					continue
				}
				if _, _, err := readBody(t.Context(), body(), size); !errors.Is(err, driver.ErrSizeMismatch) {
					t.Errorf("%s of %d bytes, size %d: %v", name, len(content), size, err)
				}
			}
		}
	}
}

func TestFirstCapacity(t *testing.T) {
	sparse := io.NewSectionReader(zeros{}, 0, 1<<50)
	for _, test := range []struct {
		body       io.Reader
		size, want int64
	}{
		{strings.NewReader(""), -1, minGrow},
		{strings.NewReader(""), 0, 0},
		{strings.NewReader("x"), 1, 1},
		{stream{strings.NewReader("x")}, 1 << 50, maxTrust},
		{strings.NewReader("x"), 1 << 50, maxTrust},
		{bytes.NewReader(make([]byte, 2*maxTrust)), 2 * maxTrust, 2 * maxTrust},
		{bytes.NewReader(make([]byte, 2*maxTrust)), 2*maxTrust + 1, maxTrust},
		{sparse, 1 << 50, maxProven},
	} {
		if got := firstCapacity(test.body, test.size); got != test.want {
			t.Errorf("%T with size %d: %d, want %d", test.body, test.size, got, test.want)
		}
	}
}

type zeros struct{}

func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }

func TestPutFails(t *testing.T) {
	_, b := newBucket(t)
	boom := errors.New("boom")
	ctx, cancel := context.WithCancel(t.Context())
	for name, test := range map[string]struct {
		body io.Reader
		opts driver.PutOptions
		err  error
	}{
		"broken":        {io.MultiReader(strings.NewReader("new"), iotest.ErrReader(boom)), driver.PutOptions{Size: -1}, boom},
		"broken source": {iotest.ErrReader(&driver.SourceError{Err: boom}), driver.PutOptions{Size: 3}, boom},
		"broken at end": {io.MultiReader(strings.NewReader("new"), iotest.ErrReader(boom)), driver.PutOptions{Size: 3}, boom},
		"no progress":   {idle{}, driver.PutOptions{Size: 3}, io.ErrNoProgress},
		"class":         {iotest.ErrReader(boom), driver.PutOptions{StorageClass: "GOLD"}, driver.ErrValidation},
		"exists":        {strings.NewReader("new"), driver.PutOptions{Size: 3, IfAbsent: true}, driver.ErrPreconditionFailed},
		"other ETag":    {strings.NewReader("new"), driver.PutOptions{Size: 3, IfMatch: "x"}, driver.ErrPreconditionFailed},
		"cancelled":     {&canceller{strings.NewReader("new"), cancel}, driver.PutOptions{Size: 3}, context.Canceled},
	} {
		t.Run(name, func(t *testing.T) {
			ctx := ctx
			if name != "cancelled" {
				ctx = t.Context()
			}
			before := head(t, putOld(t, b), "key")
			_, err := b.Put(ctx, "key", test.body, &test.opts)
			if !errors.Is(err, test.err) {
				t.Errorf("got %v, want %v", err, test.err)
			}
			var source *driver.SourceError
			if errors.As(err, &source) != (name == "broken source") {
				t.Errorf("the error is the source's: %v", err)
			}
			after := head(t, b, "key")
			if content(t, b, "key") != "old" || after.ETag != before.ETag || after.Tags["v"] != "old" {
				t.Errorf("the object is now %v", after)
			}
		})
	}
	if _, err := b.Put(t.Context(), "missing", strings.NewReader(""), &driver.PutOptions{IfMatch: "x"}); !errors.Is(err, driver.ErrObjectNotFound) {
		t.Errorf("IfMatch without an object: %v", err)
	}
}

func putOld(t *testing.T, b *bucket) *bucket {
	t.Helper()
	_, err := b.Put(t.Context(), "key", strings.NewReader("old"), &driver.PutOptions{
		Size: 3, ContentType: "text/plain", Tags: map[string]string{"v": "old"}})
	if err != nil {
		t.Fatal(err)
	}
	return b
}

type idle struct{}

func (idle) Read([]byte) (int, error) { return 0, nil }

// canceller cancels when the body has been read.
type canceller struct {
	body   io.Reader
	cancel func()
}

func (c *canceller) Read(p []byte) (int, error) {
	n, err := c.body.Read(p)
	if err == io.EOF {
		c.cancel()
	}
	return n, err
}

func TestStorageClass(t *testing.T) {
	_, b := newBucket(t)
	for class, want := range map[string]string{"": "STANDARD", "GLACIER": "GLACIER"} {
		_, err := b.Put(t.Context(), "key", strings.NewReader(""), &driver.PutOptions{StorageClass: class})
		if got := head(t, b, "key").StorageClass; err != nil || got != want {
			t.Errorf("class %q: %q, %v", class, got, err)
		}
	}
}
