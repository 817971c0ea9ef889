package conformance

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func readLaws() []Law {
	return []Law{
		{
			Name:  "R1/Missing",
			Text:  "Reading a key that does not exist is ErrObjectNotFound, from Open at once, from an iterator at its first and only step, whatever lies around the key.",
			Check: checkReadMissing,
		},
		{
			Name:  "R1/Undecodable",
			Text:  "What is no JSON, or no text in the encoding asked for, is an error that names the key; an unknown encoding is ErrValidation before any request.",
			Check: checkUndecodable,
		},
		{
			Name:  "R1/Conditions",
			Text:  "IfMatch reads the version it names or fails with ErrPreconditionFailed; IfNoneMatch fails with ErrNotModified on the version it names.",
			Check: checkReadConditions,
		},
		{
			Name:  "R1/GetJSON",
			Text:  "What was put as JSON comes back as the value it was, from GetJSON of a handle and from the generic store.GetJSON.",
			Check: checkGetJSON,
		},
	}
}

func checkReadMissing(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	// An empty bucket first, then one with objects all around the key.
	var p problems
	for _, around := range [][]string{nil, {"missin", "missing1", "Missing", "missing-", "other/missing"}} {
		p.add(put(ctx, b, around...))
		for _, c := range e.calls() {
			if c.reads {
				p.add(want(c.name, c.do(ctx, b, "missing"), store.ErrObjectNotFound))
			}
		}
		p.add(exists(ctx, b, "missing", false))
		if _, err := b.Open(ctx, "missing"); err == nil {
			p.addf("Open of a missing key succeeds")
		}
		steps := 0
		for range b.Stream(ctx, "missing") {
			steps++
		}
		p.add(equal("steps of Stream", steps, 1))
		steps = 0
		for range b.Lines(ctx, "missing") {
			steps++
		}
		p.add(equal("steps of Lines", steps, 1))
	}
	return p.err()
}

func checkUndecodable(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	names := func(what string, err error) {
		var se *store.Error
		switch {
		case err == nil:
			p.addf("%s: no error", what)
		case !errors.As(err, &se) || se.Key != "dir/bad":
			p.addf("%s: the error does not name the key: %w", what, err)
		}
	}
	for _, data := range []string{"", "{", `{"a":1}x`, "nul", `"a`, "\xff"} {
		if _, err := b.Put(ctx, "dir/bad", data); err != nil {
			return err
		}
		var v any
		names(fmt.Sprintf("GetJSON of %q", data), b.GetJSON(ctx, "dir/bad", &v))
		_, err := store.GetJSON[any](ctx, b, "dir/bad")
		names(fmt.Sprintf("store.GetJSON of %q", data), err)
	}
	if _, err := b.Put(ctx, "dir/bad", "[1]"); err != nil {
		return err
	}
	var number int
	names("GetJSON of a list into a number", b.GetJSON(ctx, "dir/bad", &number))
	for _, c := range []struct{ encoding, data string }{
		{"utf-8", "a\xffb"}, {"shift_jis", "\x81"}, {"euc-kr", "\xff\xff"}, {"gb18030", "\xff"},
	} {
		if _, err := b.Put(ctx, "dir/bad", c.data); err != nil {
			return err
		}
		_, err := b.GetText(ctx, "dir/bad", store.Encoding(c.encoding))
		names("GetText as "+c.encoding, err)
		_, err = drain(b.Lines(ctx, "dir/bad", store.Encoding(c.encoding)))
		names("Lines as "+c.encoding, err)
	}
	unknown := store.Encoding("no-such-encoding")
	_, err = e.missing().GetText(ctx, "k", unknown)
	p.add(want("GetText with an unknown encoding", err, store.ErrValidation))
	_, err = drain(e.missing().Lines(ctx, "k", unknown))
	p.add(want("Lines with an unknown encoding", err, store.ErrValidation))
	if err != nil && !strings.Contains(err.Error(), "no-such-encoding") {
		p.addf("the error does not name the unknown encoding: %w", err)
	}
	return p.err()
}

func checkReadConditions(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	old, err := b.Put(ctx, "k", "old")
	if err != nil {
		return err
	}
	now, err := b.Put(ctx, "k", "now")
	if err != nil {
		return err
	}
	var p problems
	reads := map[string]func(key string, opt store.ReadOption) error{
		"GetBytes": func(key string, opt store.ReadOption) error { _, err := b.GetBytes(ctx, key, opt); return err },
		"GetText":  func(key string, opt store.ReadOption) error { _, err := b.GetText(ctx, key, opt); return err },
		"Open":     func(key string, opt store.ReadOption) error { _, err := readAll(ctx, b, key, opt); return err },
		"Stream":   func(key string, opt store.ReadOption) error { _, err := drain(b.Stream(ctx, key, opt)); return err },
		"Download": func(key string, opt store.ReadOption) error {
			return b.Download(ctx, key, e.tb.TempDir()+"/file", opt)
		},
	}
	for name, read := range reads {
		p.add(want(name+" with IfMatch of this version", read("k", store.IfMatch(now.ETag)), nil))
		p.add(want(name+" with IfMatch of another version", read("k", store.IfMatch(old.ETag)), store.ErrPreconditionFailed))
		p.add(want(name+" with IfNoneMatch of this version", read("k", store.IfNoneMatch(now.ETag)), store.ErrNotModified))
		p.add(want(name+" with IfNoneMatch of another version", read("k", store.IfNoneMatch(old.ETag)), nil))
		p.add(want(name+" with IfMatch of a missing key", read("missing", store.IfMatch(now.ETag)), store.ErrObjectNotFound))
		p.add(want(name+" with IfNoneMatch of a missing key", read("missing", store.IfNoneMatch(now.ETag)), store.ErrObjectNotFound))
		p.add(want(name+" with an empty IfMatch", read("k", store.IfMatch("")), store.ErrValidation))
		p.add(want(name+" with an empty IfNoneMatch", read("k", store.IfNoneMatch("")), store.ErrValidation))
	}
	return p.err()
}

func checkGetJSON(ctx context.Context, e *Env) error {
	type document struct {
		Name string
		Tags []string
		Sub  *document
	}
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	in := document{"ä", []string{"x", "y"}, &document{Name: "sub"}}
	if _, err := b.Put(ctx, "dir/doc", in); err != nil {
		return err
	}
	var p problems
	same := func(what string, got document, err error) {
		p.add(want(what, err, nil))
		if err == nil && (got.Name != in.Name || len(got.Tags) != 2 || got.Sub == nil || got.Sub.Name != "sub") {
			p.addf("%s: got %+v, want %+v", what, got, in)
		}
	}
	var out document
	err = b.GetJSON(ctx, "dir/doc", &out)
	same("GetJSON", out, err)
	out, err = store.GetJSON[document](ctx, b, "dir/doc")
	same("store.GetJSON", out, err)
	out, err = store.GetJSON[document](ctx, b.Prefix("dir"), "doc")
	same("store.GetJSON of a Prefix", out, err)
	return p.err()
}
