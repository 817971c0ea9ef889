package conformance

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math"
	"strings"

	"github.com/s3mio/s3mio/store"
)

type (
	namedString string
	namedBytes  []byte
	point       struct{ X, Y int }
)

// temperature has a JSON form of its own.
type temperature float64

func (t temperature) MarshalJSON() ([]byte, error) {
	if t < -273.15 {
		return nil, errors.New("too cold")
	}
	return fmt.Appendf(nil, `{"celsius":%g}`, float64(t)), nil
}

func putLaws() []Law {
	return []Law{
		{
			Name:  "W1/Types",
			Text:  "Put takes bytes, text, a reader or any value that has a JSON form, and gives each its content type; named string and byte-slice types count as string and bytes, json.RawMessage as JSON.",
			Check: checkPutTypes,
		},
		{
			Name:  "W1/Refused",
			Text:  "A nil and a value without a JSON form are ErrValidation; nothing is written.",
			Check: checkPutRefused,
		},
		{
			Name:  "W1/GivenTypeVerbatim",
			Text:  "A content type that the caller gives wins, and is stored and returned verbatim: not parsed, not lower-cased, not completed.",
			Check: checkGivenType,
		},
	}
}

func checkPutTypes(ctx context.Context, e *Env) error {
	const bin, text, js = "application/octet-stream", "text/plain; charset=utf-8", "application/json"
	raw := content(100, 1)
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	for _, c := range []struct {
		name        string
		data        any
		stored      string
		contentType string
	}{
		{"bytes", raw, string(raw), bin},
		{"no bytes", []byte{}, "", bin},
		{"nil bytes", []byte(nil), "", bin},
		{"named bytes", namedBytes("abc"), "abc", bin},
		{"string", "grüezi\n", "grüezi\n", text},
		{"empty string", "", "", text},
		{"string that is not UTF-8", "\xff\x00", "\xff\x00", text},
		{"named string", namedString("abc"), "abc", text},
		{"strings.Reader", strings.NewReader("abc"), "abc", bin},
		{"bytes.Buffer", bytes.NewBufferString("abc"), "abc", bin},
		{"plain reader", struct{ io.Reader }{strings.NewReader("abc")}, "abc", bin},
		{"one-byte reader", oneByteReader{strings.NewReader("abc")}, "abc", bin},
		{"empty reader", strings.NewReader(""), "", bin},
		{"RawMessage", json.RawMessage(`{"a":[1,2]}`), `{"a":[1,2]}`, js},
		{"Marshaler", temperature(21.5), `{"celsius":21.5}`, js},
		{"struct", point{1, 2}, `{"X":1,"Y":2}`, js},
		{"pointer", &point{1, 2}, `{"X":1,"Y":2}`, js},
		{"map", map[string]any{"b": 1, "a": nil}, `{"a":null,"b":1}`, js},
		{"slice", []string{"a", "b"}, `["a","b"]`, js},
		{"number", 42, "42", js},
		{"bool", true, "true", js},
	} {
		e.sub(c.name, func() error {
			key := "types/" + c.name
			info, err := b.Put(ctx, key, c.data)
			if err != nil {
				return err
			}
			var p problems
			p.add(equal("Put's Key", info.Key, key))
			p.add(equal("Put's Size", info.Size, int64(len(c.stored))))
			p.add(holds(ctx, b, key, []byte(c.stored)))
			head, err := b.Head(ctx, key)
			p.add(err)
			p.add(equal("ContentType", head.ContentType, c.contentType))
			p.add(equal("Size", head.Size, int64(len(c.stored))))
			p.add(equal("Put's ETag", info.ETag, head.ETag))
			return p.err()
		})
	}
	return nil
}

// oneByteReader delivers a byte a call.
type oneByteReader struct{ r io.Reader }

func (o oneByteReader) Read(p []byte) (int, error) { return o.r.Read(p[:min(1, len(p))]) }

func checkPutRefused(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	if err := put(ctx, b, "old"); err != nil {
		return err
	}
	before, err := e.look(ctx, b, "old")
	if err != nil {
		return err
	}
	var p problems
	for name, data := range map[string]any{
		"nil":                         nil,
		"NaN":                         math.NaN(),
		"infinity in a struct":        struct{ F float64 }{math.Inf(1)},
		"channel":                     make(chan int),
		"function":                    func() {},
		"complex number":              1i,
		"map with a channel":          map[string]any{"c": make(chan int)},
		"malformed RawMessage":        json.RawMessage(`{"a":`),
		"Marshaler that fails":        temperature(-300),
		"struct with a failing field": struct{ T temperature }{-300},
	} {
		_, err := b.Put(ctx, "old", data)
		p.add(want("Put of "+name, err, store.ErrValidation))
		_, err = b.Put(ctx, "new", data)
		p.add(want("Put of "+name, err, store.ErrValidation))
		_, err = e.missing().Put(ctx, "new", data)
		p.add(want("Put of "+name+" to a missing bucket", err, store.ErrValidation))
	}
	p.add(e.unchanged(ctx, b, "old", before))
	p.add(listed(ctx, b, []string{"old"}))
	return p.err()
}

func checkGivenType(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	path, err := e.file("page.html", []byte("<p>"))
	if err != nil {
		return err
	}
	for _, ct := range []string{
		"TEXT/HTML; Charset=UTF-8", "text/plain", "application/json;profile=\"a b\"", "image/x-custom", "nonsense", "a/b;c=d;e=f",
	} {
		e.sub(ct, func() error {
			given := store.ContentType(ct)
			var p problems
			for name, write := range map[string]func() error{
				"Put of a string": func() error { _, err := b.Put(ctx, "k", "text", given); return err },
				"Put of JSON":     func() error { _, err := b.Put(ctx, "k", point{}, given); return err },
				"Put of a reader": func() error { _, err := b.Put(ctx, "k", strings.NewReader("r"), given); return err },
				"Writer":          func() error { return write(ctx, b, "k", []byte("w"), given) },
				"Upload":          func() error { _, err := b.Upload(ctx, path, "k", given); return err },
			} {
				p.add(want(name, write(), nil))
				head, err := b.Head(ctx, "k")
				p.add(err)
				p.add(equal(name+": ContentType", head.ContentType, ct))
				p.add(b.Delete(ctx, "k"))
			}
			return p.err()
		})
	}
	return nil
}
