package store

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"reflect"

	"github.com/s3mio/s3mio/driver"
)

// GetBytes reads an object, or the part that [Range] or [Tail] names. A missing
// object is [ErrObjectNotFound]; a connection that ends early is an error, never
// a short result.
func (c *core) GetBytes(ctx context.Context, key string, opts ...ReadOption) ([]byte, error) {
	full, got, err := c.getAll(ctx, "GetBytes", optsRead, key, opts)
	return got.data, c.fail(ctx, "get", full, err)
}

// GetText reads an object as text, UTF-8 unless [Encoding] says otherwise. Bytes
// that are no text in that encoding are an error, which for UTF-8 says where the
// first of them is; Encoding("latin1") takes any.
func (c *core) GetText(ctx context.Context, key string, opts ...ReadOption) (string, error) {
	full, got, err := c.getAll(ctx, "GetText", optsText, key, opts)
	var text string
	if err == nil {
		text, err = decodeText(got.data, got.offset, got.encoding)
	}
	return text, c.fail(ctx, "get", full, err)
}

// GetJSON reads an object and decodes it into v as [json.Unmarshal] does.
// Invalid JSON is an error that names the object; a v that is no pointer, or nil,
// is [ErrValidation].
func (c *core) GetJSON(ctx context.Context, key string, v any, opts ...ReadOption) error {
	if p := reflect.ValueOf(v); p.Kind() != reflect.Pointer || p.IsNil() {
		return c.fail(ctx, "get", c.full(key), invalid("GetJSON decodes into a pointer, not into %T", v))
	}
	full, got, err := c.getAll(ctx, "GetJSON", optsRead, key, opts)
	if err == nil {
		if err = json.Unmarshal(got.data, v); err != nil {
			err = fmt.Errorf("not the JSON expected: %w", err)
		}
	}
	return c.fail(ctx, "get", full, err)
}

// GetJSON reads an object of a bucket or prefix and decodes it into a T.
func GetJSON[T any](ctx context.Context, from Objects, key string, opts ...ReadOption) (T, error) {
	var v T
	err := from.GetJSON(ctx, key, &v, opts...)
	return v, err
}

// content is what was read of an object.
type content struct {
	data     []byte
	offset   int64  // in the object
	encoding string // as the options name it
}

// getAll reads an object into memory.
func (c *core) getAll(ctx context.Context, call string, allowed optionSet, key string, opts []ReadOption) (full string, got content, err error) {
	full, cfg, o, err := c.get(ctx, call, allowed, key, opts)
	if err != nil {
		return full, content{}, err
	}
	defer o.Body.Close()
	var body io.Reader = o.Body
	m := newMeter(cfg.progress, o.Length)
	if m != nil {
		body = &meteredReader{r: body, m: m}
	}
	data, err := readAll(body, o.Length)
	if err == nil {
		err = atEnd(o.Body)
	}
	if err != nil {
		return full, content{}, err
	}
	m.finish()
	return full, content{data, o.Offset, cfg.encoding}, nil
}

// get opens an object whose key and options the caller gave.
func (c *core) get(ctx context.Context, call string, allowed optionSet, key string, opts []ReadOption) (full string, cfg *config, o *driver.Object, err error) {
	full, err = c.key(key, driver.ValidKey)
	if err == nil {
		cfg, err = readConfig(call, allowed, opts)
	}
	if err = c.store.ready(ctx, err); err == nil {
		o, err = c.bucket.Get(ctx, full, &cfg.get)
	}
	return full, cfg, o, err
}

// trustedLength is up to what length readAll allocates before it has seen the
// bytes: a server may lie about it.
const trustedLength = 64 << 20

// readAll reads exactly the announced number of bytes.
func readAll(r io.Reader, length int64) ([]byte, error) {
	if length <= trustedLength {
		data := make([]byte, length)
		if n, err := io.ReadFull(r, data); err != nil {
			return nil, shortBody(int64(n), length, err)
		}
		return data, nil
	}
	var buf bytes.Buffer
	if n, err := io.Copy(&buf, io.LimitReader(r, length)); err != nil || n < length {
		return nil, shortBody(n, length, err)
	}
	return buf.Bytes(), nil
}

// atEnd reads on after the last byte of a driver's body, where a checksum that
// does not match shows.
func atEnd(body io.Reader) error {
	var more [1]byte
	for range maxEmpty {
		n, err := body.Read(more[:])
		switch {
		case n > 0:
			return errors.New("the backend sent more bytes than it announced")
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		}
	}
	return io.ErrNoProgress
}

// shortBody explains a body that ended before its time.
func shortBody(got, want int64, err error) error {
	if err == nil || err == io.EOF || err == io.ErrUnexpectedEOF {
		return fmt.Errorf("got %d of %d bytes: %w", got, want, io.ErrUnexpectedEOF)
	}
	return err
}
