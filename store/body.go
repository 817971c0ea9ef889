package store

import (
	"bytes"
	"context"
	"encoding/json"
	"io"
	"reflect"
	"strings"

	"github.com/s3mio/s3mio/driver"
)

// body is what a write stores.
type body struct {
	at          bytesAt   // bytes that are there already, or nil
	reader      io.Reader // otherwise: the caller's reader
	size        int64     // negative when not known
	contentType string
	shared      *meter // counts for many bodies, or nil
	meter       *meter // counts for this one
}

// announce reconciles the size of the data with the Size option.
func (b *body) announce(cfg *config) error {
	if b.size >= 0 && cfg.put.Size >= 0 && b.size != cfg.put.Size {
		return sizeMismatch(cfg.put.Size, b.size)
	}
	if b.size >= 0 {
		cfg.put.Size = b.size
	}
	return nil
}

// open gives the reader for the driver, and what to call when the driver is
// done with it.
func (b *body) open(ctx context.Context, cfg *config) (io.Reader, func(), error) {
	b.meter = b.shared
	if b.meter == nil {
		b.meter = newMeter(cfg.progress, cfg.put.Size)
	}
	if b.at != nil {
		if b.meter == nil {
			return b.at, func() {}, nil
		}
		return &meteredAt{bytesAt: b.at, c: &coverage{m: b.meter}}, func() {}, nil
	}
	p := newPump(ctx, b.reader)
	var r io.Reader = p
	if cfg.put.Size >= 0 {
		s := &sizedReader{r: p, want: cfg.put.Size}
		if cfg.put.Size == 0 {
			// A driver need not read a body that is said to be empty.
			if _, err := s.Read(nil); err != io.EOF {
				p.stop()
				return nil, nil, err
			}
		}
		r = s
	}
	if b.meter != nil {
		r = &meteredReader{r: r, m: b.meter}
	}
	return r, p.stop, nil
}

const (
	typeText = "text/plain; charset=utf-8"
	typeJSON = "application/json"
)

// newBody finds out what kind of data Put was given.
func newBody(data any) (*body, error) {
	switch d := data.(type) {
	case nil:
		return nil, invalid("the data is nil")
	case []byte:
		return bytesBody(d), nil
	case string:
		return textBody(d), nil
	case json.RawMessage:
		return jsonBody(d)
	case io.Reader:
		if v := reflect.ValueOf(d); v.Kind() == reflect.Pointer && v.IsNil() {
			return nil, invalid("the data is a nil %T", data)
		}
		return &body{reader: d, size: sizeOf(d), contentType: driver.DefaultContentType}, nil
	}
	v := reflect.ValueOf(data)
	switch {
	case v.Kind() == reflect.String:
		return textBody(v.String()), nil
	case v.Kind() == reflect.Slice && v.Type().Elem().Kind() == reflect.Uint8:
		return bytesBody(v.Bytes()), nil
	case v.Kind() == reflect.Pointer && v.IsNil():
		return nil, invalid("the data is a nil %T", data)
	case reflect.PointerTo(v.Type()).Implements(reflect.TypeFor[io.Reader]()):
		return nil, invalid("the data is a %T: pass a pointer to read from it", data)
	}
	return jsonBody(data)
}

func bytesBody(b []byte) *body {
	return &body{at: bytes.NewReader(b), size: int64(len(b)), contentType: driver.DefaultContentType}
}

func textBody(s string) *body {
	return &body{at: strings.NewReader(s), size: int64(len(s)), contentType: typeText}
}

func jsonBody(v any) (*body, error) {
	b, err := json.Marshal(v)
	if err != nil {
		return nil, invalid("the data has no JSON form: %w", err)
	}
	body := bytesBody(b)
	body.contentType = typeJSON
	return body, nil
}

// sizeOf gives how much is left in the in-memory readers of the standard
// library, or -1.
func sizeOf(r io.Reader) int64 {
	switch r := r.(type) {
	case *bytes.Reader:
		return int64(r.Len())
	case *strings.Reader:
		return int64(r.Len())
	case *bytes.Buffer:
		return int64(r.Len())
	}
	return -1
}
