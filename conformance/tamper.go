package conformance

import (
	"context"
	"fmt"
	"net/url"
	"strings"
	"time"

	"github.com/s3mio/s3mio/store"
)

func presignTamperLaws() []Law {
	return []Law{{
		Name:  "S1/Tampered",
		Needs: []Capability{Presign},
		Text:  "A signed URL allows what it was signed for and nothing else: any change to its method, bucket, key, expiry, parameters or signature is refused, and has no effect.",
		Check: checkTampered,
	}}
}

func checkTampered(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, []string{"key-one", "key-two"})
	if err != nil {
		return err
	}
	get, err := b.PresignGet(ctx, "key-one", time.Minute)
	if err != nil {
		return err
	}
	put, err := b.PresignPut(ctx, "key-one", time.Minute, store.ContentType("text/plain"))
	if err != nil {
		return err
	}
	expect := func(what, method, url string, statuses ...int) {
		e.sub(what, func() error {
			return request(method, url, []byte("intruder")).with("Content-Type", "text/plain").expect(ctx, statuses...)
		})
	}
	for _, method := range []string{"PUT", "DELETE", "HEAD"} {
		expect("GET used for "+method, method, get, 403)
	}
	for _, method := range []string{"GET", "DELETE", "HEAD"} {
		expect("PUT used for "+method, method, put, 403)
	}
	for name, url := range map[string]string{"GET": get, "PUT": put} {
		// Refused as forbidden, or as no method of an object's.
		expect(name+" used for POST", "POST", url, 403, 405, 400)
	}
	for _, signed := range []struct{ method, url string }{{"GET", get}, {"PUT", put}} {
		expect(signed.method+" of another key", signed.method, strings.ReplaceAll(signed.url, "key-one", "key-two"), 403)
		expect(signed.method+" of a missing key", signed.method, strings.ReplaceAll(signed.url, "key-one", "key-six"), 403)
		expect(signed.method+" without its parameters", signed.method, signed.url[:strings.IndexByte(signed.url, '?')], 403)
		for what, changed := range tamper(signed.url) {
			// 400 for what no longer has the form of a signed request.
			expect(signed.method+" with "+what, signed.method, changed, 403, 400)
		}
		for what, changed := range tamperNumbers(signed.url) {
			expect(signed.method+" with "+what, signed.method, changed, 403)
		}
	}
	if e.opts.Bucket == "" {
		other, err := e.withKeys(ctx, []string{"key-one"})
		if err != nil {
			return err
		}
		expect("GET of another bucket", "GET", strings.ReplaceAll(get, b.Name(), other.Name()), 403)
		expect("PUT to another bucket", "PUT", strings.ReplaceAll(put, b.Name(), other.Name()), 403)
		e.sub("no effect on the other bucket", func() error { return holds(ctx, other, "key-one", []byte("content of key-one")) })
	}
	e.sub("no effect", func() error {
		var p problems
		p.add(holds(ctx, b, "key-one", []byte("content of key-one")))
		p.add(holds(ctx, b, "key-two", []byte("content of key-two")))
		p.add(listed(ctx, b, []string{"key-one", "key-two"}))
		return p.err()
	})
	return nil
}

// tamper changes, and leaves out, each query parameter in turn.
func tamper(signed string) map[string]string {
	changed := map[string]string{}
	for name := range query(signed) {
		q := query(signed)
		q.Set(name, otherText(q.Get(name)))
		changed[name+" changed"] = withQuery(signed, q)
		q.Del(name)
		changed[name+" left out"] = withQuery(signed, q)
	}
	q := query(signed)
	q.Set("response-content-type", "text/html")
	changed["a parameter more"] = withQuery(signed, q)
	return changed
}

// tamperNumbers makes each number among the parameters one greater: a later
// expiry, in most cases.
func tamperNumbers(signed string) map[string]string {
	changed := map[string]string{}
	for name := range query(signed) {
		q := query(signed)
		var n int64
		if _, err := fmt.Sscanf(q.Get(name)+"\n", "%d\n", &n); err != nil {
			continue
		}
		q.Set(name, fmt.Sprint(n+1))
		changed[name+" one greater"] = withQuery(signed, q)
	}
	return changed
}

// otherText changes the last letter or digit into another of its kind.
func otherText(s string) string {
	last := strings.LastIndexFunc(s, func(r rune) bool { return '0' <= r && r <= '9' || 'a' <= r && r <= 'z' || 'A' <= r && r <= 'Z' })
	if last < 0 {
		return s + "x"
	}
	other := byte('a')
	switch c := s[last]; {
	case '0' <= c && c <= '9':
		other = '0' + (c-'0'+1)%10
	case c == 'a':
		other = 'b'
	}
	return s[:last] + string(other) + s[last+1:]
}

func query(signed string) url.Values {
	u, err := url.Parse(signed)
	if err != nil {
		return nil // no request can be made of it: S1/Get says so
	}
	return u.Query()
}

func withQuery(signed string, q url.Values) string {
	path, _, _ := strings.Cut(signed, "?")
	return path + "?" + q.Encode()
}
