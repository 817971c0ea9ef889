package conformance

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"strings"

	"github.com/s3mio/s3mio/store"
)

func errorLaws() []Law {
	return []Law{
		{
			Name:  "E1/Named",
			Text:  "Every failed call gives a *store.Error that says what was tried, in which bucket and on which full key, through a Prefix too, and matches the standard library's sentinel beside our own.",
			Check: checkErrorsNamed,
		},
		{
			Name:  "E1/NoSecrets",
			Text:  "No error shows a secret or a signature.",
			Check: checkNoSecrets,
		},
		{
			Name:  "API/OptionsRefused",
			Text:  "An option that a call cannot honour, contradictory options and a nil option are ErrValidation before any request; none is dropped.",
			Check: checkOptionsRefused,
		},
	}
}

// named demands a *store.Error with operation, bucket and key.
func named(what string, err, target error, bucket, key string) error {
	if err := blames(err, target, bucket, key); err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	return nil
}

func checkErrorsNamed(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	missing := e.missing()
	for _, c := range e.calls() {
		full := "dir/sub/k"
		if c.noKey {
			continue
		}
		what := "in an existing bucket: " + c.name
		if c.reads {
			err := c.do(ctx, b.Prefix("dir", "sub"), "k")
			p.add(named(what, err, store.ErrObjectNotFound, b.Name(), full))
			p.add(want(what, err, fs.ErrNotExist))
		}
		what = "with a bad key: " + c.name
		err := c.do(ctx, b.Prefix("dir", "sub"), "\xff")
		p.add(want(what, err, fs.ErrInvalid))
		if !c.target {
			p.add(named(what, err, store.ErrValidation, b.Name(), "dir/sub/\xff"))
		}
		if c.local {
			continue
		}
		what = "in a missing bucket: " + c.name
		err = c.do(ctx, missing.Prefix("dir", "sub"), "k")
		p.add(want(what, err, fs.ErrNotExist))
		if strings.HasPrefix(c.name, "Copy") {
			full = "" // there are two keys to name
		}
		p.add(named(what, err, store.ErrBucketNotFound, missing.Name(), full))
	}
	for _, c := range e.calls() {
		if !c.noKey {
			continue
		}
		var se *store.Error
		if err := c.do(ctx, missing, "dir"); !errors.As(err, &se) || se.Bucket != missing.Name() || se.Op == "" {
			p.addf("%s in a missing bucket: the error does not say what was tried, and where: %v", c.name, err)
		}
	}
	if e.has(Buckets) {
		err = e.store.DeleteBucket(ctx, missing.Name())
		p.add(named("DeleteBucket", err, store.ErrBucketNotFound, missing.Name(), ""))
		err = e.store.CreateBucket(ctx, "BAD")
		p.add(named("CreateBucket", err, store.ErrValidation, "BAD", ""))
	}
	if _, err := b.Put(ctx, "k", "x"); err != nil {
		return err
	}
	_, err = b.GetBytes(ctx, "k", store.Range(5, 1))
	p.add(named("GetBytes of a range past the end", err, store.ErrInvalidRange, b.Name(), "k"))
	_, err = b.GetBytes(ctx, "k", store.IfMatch("other"))
	p.add(named("GetBytes with IfMatch", err, store.ErrPreconditionFailed, b.Name(), "k"))
	_, err = b.Put(ctx, "k", &failingReader{err: errBroken})
	p.add(named("Put of a reader that fails", err, errBroken, b.Name(), "k"))
	return p.err()
}

func checkNoSecrets(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	harmless := func(what string, err error) {
		if err == nil {
			return
		}
		text := fmt.Sprintf("%v %+v %#v", err, err, err)
		for _, secret := range append([]string{"X-Amz-Signature", "X-Amz-Credential", "X-Amz-Security-Token"}, e.opts.Secrets...) {
			if strings.Contains(text, secret) {
				// The secret itself is not repeated.
				p.addf("%s: the error shows a secret or a signature", what)
			}
		}
	}
	cancelled, cancel := context.WithCancel(ctx)
	cancel()
	for _, c := range e.calls() {
		harmless(c.name+" of a missing key", c.do(ctx, b, "missing"))
		harmless(c.name+" in a missing bucket", c.do(ctx, e.missing(), "missing"))
		harmless(c.name+" with a cancelled context", c.do(cancelled, b, "missing"))
		harmless(c.name+" with a bad key", c.do(ctx, b, ""))
	}
	harmless("String", errors.New(b.String()))
	harmless("String of a Prefix", errors.New(b.Prefix("a").String()))
	return p.err()
}

func checkOptionsRefused(ctx context.Context, e *Env) error {
	b := e.missing()
	path, err := e.file("file", []byte("x"))
	if err != nil {
		return err
	}
	var p problems
	refused := func(what string, err error) { p.add(want(what, err, store.ErrValidation)) }

	_, err = b.Put(ctx, "k", "x", store.Workers(2))
	refused("Put with Workers", err)
	_, err = b.Upload(ctx, path, "k", store.Workers(2))
	refused("Upload with Workers", err)
	_, err = b.Put(ctx, "k", "x", store.IfAbsent(), store.IfMatch("a"))
	refused("Put with IfAbsent and IfMatch", err)
	_, err = b.Put(ctx, "k", "x", nil)
	refused("Put with a nil option", err)
	_, err = b.Put(ctx, "k", "x", store.ContentType(""))
	refused("Put with an empty content type", err)
	_, err = b.GetBytes(ctx, "k", store.Workers(2))
	refused("GetBytes with Workers", err)
	_, err = b.GetBytes(ctx, "k", store.ChunkSize(5))
	refused("GetBytes with ChunkSize", err)
	_, err = b.GetBytes(ctx, "k", store.Encoding("latin1"))
	refused("GetBytes with Encoding", err)
	_, err = b.GetBytes(ctx, "k", store.Range(0, 1), store.Tail(1))
	refused("GetBytes with Range and Tail", err)
	_, err = b.DownloadDir(ctx, "", e.tb.TempDir(), store.Range(0, 1))
	refused("DownloadDir with Range", err)
	_, err = b.Copy(ctx, "a", "b", store.Workers(2))
	refused("Copy with Workers", err)
	_, err = b.Copy(ctx, "a", "b", store.To(nil))
	refused("Copy to nil", err)
	_, err = b.List(ctx, store.KeyPrefix("\xff"))
	refused("List of a prefix that is not UTF-8", err)
	_, err = b.List(ctx, store.StartAfter("\xff"))
	refused("List after what is not UTF-8", err)
	_, err = b.ListDir(ctx, store.Delimiter("\xff"))
	refused("ListDir with a delimiter that is not UTF-8", err)
	for _, n := range []int64{-1, -100} {
		_, err = b.Put(ctx, "k", strings.NewReader("x"), store.Size(n))
		refused(fmt.Sprintf("Put with Size(%d)", n), err)
	}
	return p.err()
}
