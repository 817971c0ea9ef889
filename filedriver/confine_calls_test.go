package filedriver

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// secret is what the files outside hold. No object has its size.
var secret = strings.Repeat("secret!", 1111)

var errSecret = errors.New("the secret got out")

// swapCalls are the calls that race with the swaps.
var swapCalls = map[string]func(ctx context.Context, b *bucket, key string) error{
	"put": func(ctx context.Context, b *bucket, key string) error {
		_, err := b.Put(ctx, key, strings.NewReader("inside"), putOptions("inside"))
		return err
	},
	"get": readNoSecret,
	"head": func(ctx context.Context, b *bucket, key string) error {
		info, err := b.Head(ctx, key, &driver.HeadOptions{Tags: true})
		if info.Size == int64(len(secret)) || info.ContentType == secret[:7] {
			return fmt.Errorf("%w: %+v", errSecret, info)
		}
		return err
	},
	"settags": func(ctx context.Context, b *bucket, key string) error {
		return b.SetTags(ctx, key, map[string]string{"k": "v"})
	},
	"copyfrom": func(ctx context.Context, b *bucket, key string) error {
		if _, err := b.Copy(ctx, "copy", b, key); err != nil {
			return err
		}
		return readNoSecret(ctx, b, "copy")
	},
	"copyto": func(ctx context.Context, b *bucket, key string) error {
		_, err := b.Copy(ctx, key, b, "seed")
		return err
	},
	"list": func(ctx context.Context, b *bucket, key string) error {
		for _, opts := range []driver.ListOptions{{}, {Delimiter: "/"}, {Prefix: key[:len(key)-1]}} {
			page, err := b.List(ctx, &opts)
			if err != nil {
				return err
			}
			for _, o := range page.Objects {
				if o.Size == int64(len(secret)) {
					return fmt.Errorf("%w: %+v", errSecret, o)
				}
			}
		}
		return nil
	},
	"delete": func(ctx context.Context, b *bucket, key string) error { return b.Delete(ctx, key) },
	"batch": func(ctx context.Context, b *bucket, key string) error {
		return driver.DeleteBatch(ctx, b, []string{key})[0]
	},
}

// readNoSecret gets an object and checks that it does not come from outside.
func readNoSecret(ctx context.Context, b *bucket, key string) error {
	o, err := b.Get(ctx, key, &driver.GetOptions{})
	if err != nil {
		return err
	}
	defer o.Body.Close()
	data, err := io.ReadAll(o.Body)
	if strings.Contains(string(data), secret[:7]) || o.Info.ContentType == secret[:7] {
		return fmt.Errorf("%w: %q", errSecret, data)
	}
	return err
}

// checkNoSecret reads all that the bucket has in the end.
func checkNoSecret(t *testing.T, b *bucket) {
	t.Helper()
	for _, key := range keys(t, b) {
		if err := readNoSecret(t.Context(), b, key); err != nil {
			t.Errorf("%q: %v", key, err)
		}
	}
}
