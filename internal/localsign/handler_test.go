package localsign_test

import (
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

func TestPreflight(t *testing.T) {
	e := newEnv(t)
	u := e.putURL("key")
	a := e.do("OPTIONS", u, "", "Origin: https://app.example", "Access-Control-Request-Method: PUT",
		"Access-Control-Request-Headers: content-type,if-none-match")
	e.is(a, 204, "")
	for name, want := range map[string]string{
		"Access-Control-Allow-Origin":  "*",
		"Access-Control-Allow-Methods": "GET, PUT",
		"Access-Control-Allow-Headers": "content-type,if-none-match",
	} {
		if got := a.Header.Get(name); got != want {
			t.Errorf("%s is %q, want %q", name, got, want)
		}
	}
	a = e.do("PUT", u, "data", "Origin: https://app.example")
	e.is(a, 200, "")
	if !strings.Contains(a.Header.Get("Access-Control-Expose-Headers"), "ETag") {
		t.Error("ETag is not exposed")
	}
	a = e.do("GET", u, "")
	if a.Header.Get("Access-Control-Allow-Origin") != "*" {
		t.Error("scripts cannot read the refusal")
	}
	e.is(e.do("OPTIONS", u, "", "Origin: https://app.example"), 403, "SignatureDoesNotMatch")
}

func TestMount(t *testing.T) {
	keys := []string{
		"key", "a//b", "//", "/lead", "trail/", "..", ".", "./a", "a/../b", "../../etc/passwd", "a b+c%2F?#&=;", "%", "%zz", "+",
		"\\", "a\\b", "käse/日本/🧀", "e\u0301", "\u00e9", "<&>\"'", "con", "x.attrs", strings.Repeat("k", 1024), strings.Repeat("%", 1024),
		strings.Repeat("/", 1024),
	}
	for _, prefix := range []string{"", "/", "/files", "/files/", "/files/deep/"} {
		for _, strip := range []bool{false, true} {
			e := newEnv(t)
			mux := http.NewServeMux()
			srv := httptest.NewServer(mux)
			defer srv.Close()
			h := e.svc.Handler()
			if strip {
				h = http.StripPrefix(strings.TrimSuffix(prefix, "/"), h)
			}
			mux.Handle(max(prefix, "/"), h)
			if err := e.svc.SetBaseURL(srv.URL + prefix); err != nil {
				t.Fatal(err)
			}
			for i, key := range keys {
				req, err := http.NewRequestWithContext(t.Context(), "PUT", e.putURL(key), strings.NewReader(key))
				if err != nil {
					t.Fatal(err)
				}
				res, err := srv.Client().Do(req)
				if err != nil {
					t.Fatal(err)
				}
				e.is(e.read(res), 200, "")
				if c := e.content(key); c != key {
					t.Errorf("mount %q: key %q holds %.20q", prefix, key, c)
				}
				res, err = srv.Client().Get(e.getURL(key))
				if err != nil {
					t.Fatal(err)
				}
				if a := e.read(res); a.StatusCode != 200 || a.body != key {
					t.Errorf("mount %q: GET %q: %d %.20q", prefix, key, a.StatusCode, a.body)
				}
				page, err := e.bucket.List(t.Context(), &driver.ListOptions{})
				if err != nil || len(page.Objects) != i+1 {
					t.Fatalf("after %d keys: %v, %v", i+1, page, err)
				}
			}
		}
	}
}
