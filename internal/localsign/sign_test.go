package localsign_test

import (
	"net/url"
	"strconv"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/s3mio/s3mio/driver"
)

func TestRoundTrip(t *testing.T) {
	e := newEnv(t)
	put := e.presign("key", driver.PresignOptions{Method: "PUT", ContentType: "image/png"})
	if !strings.HasPrefix(put, "http://host.example/objects?") {
		t.Errorf("URL %q does not start with the base URL", put)
	}
	e.is(e.do("PUT", put, "data", "Content-Type: image/png"), 200, "")
	a := e.do("GET", e.getURL("key"), "")
	e.is(a, 200, "")
	if a.body != "data" || a.Header.Get("Content-Type") != "image/png" {
		t.Errorf("got %q of type %q", a.body, a.Header.Get("Content-Type"))
	}
}

func TestTampering(t *testing.T) {
	set := func(name, value string) func(url.Values) {
		return func(q url.Values) { q.Set(name, value) }
	}
	changes := map[string]func(q url.Values){
		"other bucket":         set("bucket", "other-bucket"),
		"other key":            set("key", "other"),
		"later expiry":         func(q url.Values) { n, _ := strconv.Atoi(q.Get("expires")); q.Set("expires", strconv.Itoa(n+1)) },
		"expiry spelled +":     func(q url.Values) { q.Set("expires", "+"+q.Get("expires")) },
		"expiry spelled 0":     func(q url.Values) { q.Set("expires", "0"+q.Get("expires")) },
		"expiry not a number":  set("expires", "never"),
		"expiry too large":     set("expires", "99999999999999999999"),
		"other type":           set("type", "text/html"),
		"empty type":           set("type", ""),
		"no type":              func(q url.Values) { q.Del("type") },
		"shifted boundary":     func(q url.Values) { q.Set("bucket", "bucketk"); q.Set("key", "ey") },
		"other signature":      set("signature", strings.Repeat("0", 64)),
		"signature upper case": func(q url.Values) { q.Set("signature", strings.ToUpper(q.Get("signature"))) },
		"signature cut":        func(q url.Values) { q.Set("signature", q.Get("signature")[:62]) },
		"signature longer":     func(q url.Values) { q.Set("signature", q.Get("signature")+"00") },
		"unknown parameter":    set("versionId", "1"),
		"response override":    set("response-content-type", "text/html"),
	}
	for _, name := range []string{"bucket", "key", "expires", "signature"} {
		changes["no "+name] = func(q url.Values) { q.Del(name) }
		changes["empty "+name] = set(name, "")
	}
	for _, name := range []string{"bucket", "key", "expires", "signature", "type"} {
		changes["repeated "+name] = func(q url.Values) { q[name] = append(q[name], q.Get(name)) }
	}

	e := newEnv(t)
	e.store("other", "kept", driver.PutOptions{})
	e.store("read", "data", driver.PutOptions{})
	get := e.getURL("read")
	put := e.presign("key", driver.PresignOptions{Method: "PUT", ContentType: "image/png"})
	refused := func(t *testing.T, method, u string) {
		t.Helper()
		e := &env{t, e.svc, e.bucket}
		a := e.do(method, u, "evil", "Content-Type: image/png")
		if a.StatusCode != 403 {
			t.Errorf("%s got %d %q, want 403", method, a.StatusCode, a.body)
		}
		for _, secret := range []string{strings.Repeat("0", 64), u[strings.Index(u, "?")+1:]} {
			if strings.Contains(a.body, secret) {
				t.Errorf("the error shows %q", secret)
			}
		}
		if c := e.content("key") + e.content("other") + e.content("read"); c != "(none)keptdata" {
			t.Errorf("the contents are now %q", c)
		}
	}
	for name, change := range changes {
		t.Run(name, func(t *testing.T) {
			if name != "no type" && name != "repeated type" {
				refused(t, "GET", edit(get, change))
			}
			refused(t, "PUT", edit(put, change))
		})
	}
	t.Run("each digit of the signature", func(t *testing.T) {
		for i := range 64 {
			refused(t, "PUT", edit(put, func(q url.Values) {
				s := []byte(q.Get("signature"))
				s[i] ^= 1 // another hex digit, or none
				q.Set("signature", string(s))
			}))
		}
	})
	for _, method := range []string{"HEAD", "PUT", "POST", "DELETE", "PATCH", "OPTIONS"} {
		t.Run("GET sent as "+method, func(t *testing.T) {
			if method == "HEAD" { // its answer has no body
				if a := (&env{t, e.svc, e.bucket}).do("HEAD", get, ""); a.StatusCode != 403 {
					t.Errorf("got %d", a.StatusCode)
				}
				return
			}
			refused(t, method, get)
		})
	}
	for _, method := range []string{"GET", "POST"} {
		t.Run("PUT sent as "+method, func(t *testing.T) { refused(t, method, put) })
	}
	for name, u := range map[string]string{
		"no query":         "http://host.example/objects",
		"bad escape":       get + "&x=%zz",
		"semicolon":        get + ";x=1",
		"parameter no '='": get + "&x",
	} {
		t.Run(name, func(t *testing.T) { refused(t, "GET", u) })
	}
	t.Run("another service", func(t *testing.T) { refused(t, "GET", newEnv(t).getURL("read")) })
}

func TestExpiry(t *testing.T) {
	for _, ttl := range []time.Duration{time.Second, 1500 * time.Millisecond, 7 * 24 * time.Hour} {
		synctest.Test(t, func(t *testing.T) {
			e := newEnv(t)
			e.store("key", "data", driver.PutOptions{})
			<-time.After(300 * time.Millisecond) // not at a whole second
			u := e.presign("key", driver.PresignOptions{Method: "GET", TTL: ttl})
			<-time.After(ttl - time.Millisecond)
			e.is(e.do("GET", u, ""), 200, "")
			<-time.After(time.Second + time.Millisecond)
			a := e.do("GET", u, "")
			e.is(a, 403, "AccessDenied")
			if !strings.Contains(a.body, "Request has expired") {
				t.Errorf("body %q", a.body)
			}
			// What is wrong with a URL that is not ours is not told.
			e.is(e.do("GET", edit(u, func(q url.Values) { q.Set("key", "k") }), ""), 403, "SignatureDoesNotMatch")
		})
	}
}
