package conformance

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/s3mio/s3mio/store"
)

func presignLaws() []Law {
	return []Law{
		{
			Name:  "S1/Get",
			Needs: []Capability{Presign},
			Text:  "The URL of PresignGet gives the object to anybody, with its content type, in whole or a range of it; it shows the object as it is when the URL is used.",
			Check: checkPresignGet,
		},
		{
			Name:  "S1/Put",
			Needs: []Capability{Presign},
			Text:  "With the URL of PresignPut anybody can store the object, which then is like any other.",
			Check: checkPresignPut,
		},
		{
			Name:  "S1/Length",
			Needs: []Capability{Presign},
			Text:  "A signed PUT must say how long its body is: S3 answers 501 to a chunked one, other servers 411, and nothing is stored.",
			Check: checkPresignLength,
		},
		{
			Name:  "S1/ContentType",
			Needs: []Capability{Presign},
			Text:  "A content type bound to a PUT is demanded: another one, or none, is 403 and stores nothing.",
			Check: checkPresignContentType,
		},
		{
			Name:  "S1/Validation",
			Needs: []Capability{Presign},
			Text:  "A URL lives from 1 second to 7 days; anything else is ErrValidation, as is an option that means nothing there.",
			Check: checkPresignValidation,
		},
		{
			Name:  "S1/NoRequest",
			Needs: []Capability{Presign},
			Text:  "Signing makes no request: neither bucket nor object need exist. What is missing shows when the URL is used.",
			Check: checkPresignNoRequest,
		},
	}
}

func checkPresignGet(ctx context.Context, e *Env) error {
	b, data, err := e.withObject(ctx)
	if err != nil {
		return err
	}
	var p problems
	if _, err := b.Put(ctx, "k", data, store.ContentType("text/x-test")); err != nil {
		return err
	}
	u, err := b.PresignGet(ctx, "k", 7*24*time.Hour)
	if err != nil {
		return err
	}
	for range 2 { // a URL can be used more than once
		answer, err := request("GET", u, nil).send(ctx)
		if err != nil {
			return err
		}
		p.add(equal("status", answer.status, 200))
		p.add(equal("Content-Type", answer.header.Get("Content-Type"), "text/x-test"))
		p.add(sameBytes("the body", answer.body, data))
	}
	const n = rangeSize
	for _, r := range []struct {
		header       string
		status       int
		from, to     int
		contentRange string
	}{
		{"bytes=0-0", 206, 0, 1, fmt.Sprintf("bytes 0-0/%d", n)},
		{"bytes=100-199", 206, 100, 200, fmt.Sprintf("bytes 100-199/%d", n)},
		{fmt.Sprintf("bytes=%d-", n-5), 206, n - 5, n, fmt.Sprintf("bytes %d-%d/%d", n-5, n-1, n)},
		{"bytes=-7", 206, n - 7, n, fmt.Sprintf("bytes %d-%d/%d", n-7, n-1, n)},
		{fmt.Sprintf("bytes=10-%d", 2*n), 206, 10, n, fmt.Sprintf("bytes 10-%d/%d", n-1, n)},
	} {
		answer, err := request("GET", u, nil).with("Range", r.header).send(ctx)
		if err != nil {
			return err
		}
		p.add(equal(r.header+": status", answer.status, r.status))
		p.add(equal(r.header+": Content-Range", answer.header.Get("Content-Range"), r.contentRange))
		p.add(sameBytes(r.header, answer.body, data[r.from:r.to]))
	}
	p.add(request("GET", u, nil).with("Range", fmt.Sprintf("bytes=%d-", n)).expect(ctx, 416))
	info, err := b.Put(ctx, "k", "changed")
	if err != nil {
		return err
	}
	answer, err := request("GET", u, nil).send(ctx)
	if err != nil {
		return err
	}
	p.add(sameBytes("the body later", answer.body, []byte("changed")))
	p.add(equal("ETag", answer.header.Get("ETag"), `"`+info.ETag+`"`))
	p.add(request("GET", u, nil).with("If-None-Match", `"`+info.ETag+`"`).expect(ctx, 304))
	p.add(request("GET", u, nil).with("If-Match", `"other"`).expect(ctx, 412))
	return p.err()
}

func checkPresignPut(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	u, err := b.PresignPut(ctx, "dir/k", time.Second*30)
	if err != nil {
		return err
	}
	for i, n := range []int{100_000, 0, 10} {
		data := content(n, byte(16+i))
		p.add(request("PUT", u, data).with("Content-Type", "text/x-test").expect(ctx, 200))
		p.add(holds(ctx, b, "dir/k", data))
		head, err := b.Head(ctx, "dir/k")
		p.add(err)
		p.add(equal("ContentType", head.ContentType, "text/x-test"))
		p.add(equal("Size", head.Size, int64(n)))
	}
	p.add(listed(ctx, b, []string{"dir/k"}))

	// An overwrite by URL is an overwrite: nothing of the old one stays.
	if _, err := b.Put(ctx, "dir/k", "old", e.rich()...); err != nil {
		return err
	}
	p.add(request("PUT", u, []byte("new")).expect(ctx, 200))
	now, err := e.look(ctx, b, "dir/k")
	if err != nil {
		return err
	}
	p.add(sameBytes("the object", now.content, []byte("new")))
	if len(now.info.Metadata) > 0 || len(now.info.Tags) > 0 || now.info.CacheControl != "" {
		p.addf("something of the old object is left: %+v", now.info)
	}
	// A prefix signs for the full key.
	if u, err = b.Prefix("dir").PresignGet(ctx, "k", time.Minute); err != nil {
		return err
	}
	answer, err := request("GET", u, nil).send(ctx)
	if err != nil {
		return err
	}
	p.add(sameBytes("the object by a URL of a Prefix", answer.body, []byte("new")))
	return p.err()
}

func checkPresignLength(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	u, err := b.PresignPut(ctx, "k", time.Minute)
	if err != nil {
		return err
	}
	chunked := request("PUT", u, []byte("content"))
	chunked.chunked = true
	if err := chunked.expect(ctx, http.StatusNotImplemented, http.StatusLengthRequired); err != nil {
		return err
	}
	return listed(ctx, b, nil)
}

func checkPresignContentType(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	const bound = "text/x-Test; a=b"
	u, err := b.PresignPut(ctx, "k", time.Minute, store.ContentType(bound))
	if err != nil {
		return err
	}
	for _, other := range []string{"none", "text/plain", "text/x-Test", "text/x-Test; a=c", "text/x-Test; a=b; c=d"} {
		r := request("PUT", u, []byte("intruder"))
		if other != "none" {
			r.with("Content-Type", other)
		}
		e.sub(other, func() error { return r.expect(ctx, 403) })
	}
	var p problems
	p.add(absent(ctx, b, "k"))
	p.add(request("PUT", u, []byte("right")).with("Content-Type", bound).expect(ctx, 200))
	p.add(holds(ctx, b, "k", []byte("right")))
	head, err := b.Head(ctx, "k")
	p.add(err)
	p.add(equal("ContentType", head.ContentType, bound))
	return p.err()
}

func checkPresignValidation(ctx context.Context, e *Env) error {
	var p problems
	b := e.missing()
	const week = 7 * 24 * time.Hour
	for _, ttl := range []time.Duration{0, -1, -time.Hour, time.Second - 1, week + 1, 8 * 24 * time.Hour, 1<<63 - 1} {
		_, err := b.PresignGet(ctx, "k", ttl)
		p.add(want(fmt.Sprintf("PresignGet for %v", ttl), err, store.ErrValidation))
		_, err = b.PresignPut(ctx, "k", ttl)
		p.add(want(fmt.Sprintf("PresignPut for %v", ttl), err, store.ErrValidation))
	}
	for _, ttl := range []time.Duration{time.Second, 1500 * time.Millisecond, time.Hour, week} {
		_, err := b.PresignGet(ctx, "k", ttl)
		p.add(want(fmt.Sprintf("PresignGet for %v", ttl), err, nil))
		_, err = b.PresignPut(ctx, "k", ttl, store.ContentType("text/plain"))
		p.add(want(fmt.Sprintf("PresignPut for %v", ttl), err, nil))
	}
	_, err := b.PresignGet(ctx, "k", time.Minute, store.ContentType("text/plain"))
	p.add(want("PresignGet with a content type", err, store.ErrValidation))
	for _, bad := range []string{"text/plain\r\nx: y", "text/é", " text/plain"} {
		_, err = b.PresignPut(ctx, "k", time.Minute, store.ContentType(bad))
		p.add(want(fmt.Sprintf("PresignPut with the content type %q", bad), err, store.ErrValidation))
	}
	return p.err()
}

func checkPresignNoRequest(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	get, err := b.PresignGet(ctx, "k", time.Minute)
	p.add(want("PresignGet of a missing object", err, nil))
	put, err := b.PresignPut(ctx, "k", time.Minute)
	p.add(want("PresignPut of a missing object", err, nil))
	if err := p.err(); err != nil {
		return err
	}
	p.add(absent(ctx, b, "k"))
	p.add(request("GET", get, nil).expect(ctx, 404))
	p.add(request("PUT", put, []byte("now")).expect(ctx, 200))
	p.add(request("GET", get, nil).expect(ctx, 200))

	missing := e.missing()
	get, err = missing.PresignGet(ctx, "k", time.Minute)
	p.add(want("PresignGet in a missing bucket", err, nil))
	put, err = missing.PresignPut(ctx, "k", time.Minute)
	p.add(want("PresignPut in a missing bucket", err, nil))
	p.add(request("GET", get, nil).expect(ctx, 404))
	p.add(request("PUT", put, []byte("x")).expect(ctx, 404))
	_, err = missing.List(ctx)
	p.add(want("listing the bucket afterwards", err, store.ErrBucketNotFound))
	return p.err()
}
