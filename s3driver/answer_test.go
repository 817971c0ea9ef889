package s3driver

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/s3mio/s3mio/driver"
)

// TestErrorsHoldNoEchoedSecret: a server that repeats what signs a request does
// not bring it within reach of an error, whatever the answer fails by.
func TestErrorsHoldNoEchoedSecret(t *testing.T) {
	list := func(b *bucket) error { return errorOf(b.List(t.Context(), &driver.ListOptions{})) }
	for name, c := range map[string]struct {
		call   func(b *bucket) error
		status int
		body   string
	}{
		"refused":   {list, 403, "junk"},
		"error":     {list, 200, "<Error><Code>AccessDenied</Code></Error>"},
		"malformed": {list, 200, "junk"},
		"cut":       {list, 200, "<ListBucketResult><Name>"},
		"status":    {func(b *bucket) error { return errorOf(b.Get(t.Context(), "k", &driver.GetOptions{})) }, 202, "x"},
		"head":      {func(b *bucket) error { return errorOf(b.Head(t.Context(), "k", &driver.HeadOptions{})) }, 403, ""},
	} {
		t.Run(name, func(t *testing.T) {
			s := script(t, Config{SessionToken: "TOKENCANARY", MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
				h := w.Header()
				for name, values := range r.Header {
					h[name], h["X-Echo-"+name] = values, values
				}
				h.Set("X-Signed-As", r.Header.Get("Authorization"))
				h.Set("X-Kept", "kept")
				h.Del("Content-Length")
				h["Trailer"] = []string{"Authorization", "X-Amz-Security-Token"}
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.body)
			})
			err := c.call(s.bucket)
			if err == nil {
				t.Fatal("success")
			}
			noSecrets(t, err)
			var answer *smithyhttp.ResponseError
			if !errors.As(err, &answer) {
				t.Fatalf("no answer in %v", err)
			}
			if answer.Response.Header.Get("X-Kept") != "kept" {
				t.Errorf("lost: %v", answer.Response.Header)
			}
			for _, h := range []http.Header{answer.Response.Header, answer.Response.Trailer} {
				text, err := json.Marshal(h)
				if err != nil {
					t.Fatal(err)
				}
				for _, secret := range []string{"CANARY", "Signature="} {
					if strings.Contains(strings.ReplaceAll(string(text), "Signature="+masked, ""), secret) {
						t.Errorf("%s in %s", secret, text)
					}
				}
			}
		})
	}
}

// TestMissingHeadersAreNamed: Object Lambda and delivery networks leave out what
// S3 never does. The error says what.
func TestMissingHeadersAreNamed(t *testing.T) {
	for missing, want := range map[string]string{
		"ETag":                              "malformed answer: an object without ETag (",
		"Last-Modified":                     "malformed answer: an object without Last-Modified (",
		"ETag,Last-Modified":                "malformed answer: an object without ETag, Last-Modified (",
		"Content-Length":                    "malformed answer: an object without Content-Length (",
		"Content-Length,ETag,Last-Modified": "malformed answer: an object without Content-Length, ETag, Last-Modified (",
	} {
		s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.Header().Set("ETag", `"e"`)
			w.Header().Set("Content-Length", "4")
			for name := range strings.SplitSeq(missing, ",") {
				w.Header().Del(name)
			}
			if r.Method == http.MethodHead {
				return
			}
			fmt.Fprint(w, "body")
			w.(http.Flusher).Flush()
		})
		for call, err := range map[string]error{
			"Head":     errorOf(s.Head(t.Context(), "k", &driver.HeadOptions{})),
			"Get":      errorOf(s.Get(t.Context(), "k", &driver.GetOptions{})),
			"Download": errorOf(s.Download(t.Context(), "k", tempFile(t), &driver.GetOptions{})),
		} {
			text := want + "host " + strings.TrimPrefix(s.location.endpoint, "http://") + ", 2 attempts)"
			if err == nil || err.Error() != text {
				t.Errorf("%s: got %v, want %s", call, err, text)
			}
		}
	}
	for missing, want := range map[string]string{
		"<Size>1</Size>":   `malformed answer: the list entry "k" without Size (`,
		`<ETag>"e"</ETag>`: `malformed answer: the list entry "k" without ETag (`,
		"<LastModified>2024-01-02T03:04:05.000Z</LastModified>": `malformed answer: the list entry "k" without LastModified (`,
	} {
		s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, listOf, strings.Replace(entry("k"), missing, "", 1))
		})
		if _, err := s.List(t.Context(), &driver.ListOptions{}); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("List: got %v, want %s…", err, want)
		}
	}
}

// TestPageInPlaceOfSuccess: what a proxy's page was taken for, and from where it came,
// is in the error, be it that of a call which is to have an answer or of one which is not.
func TestPageInPlaceOfSuccess(t *testing.T) {
	s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		fmt.Fprint(w, "<!DOCTYPE html>\n<html><title>Sign in</title></html>")
	})
	notes := " (host " + strings.TrimPrefix(s.location.endpoint, "http://") + ", 2 attempts)"
	calls := objectCalls(t.Context(), s.bucket, openBucket(t, s.Driver, "other"))
	for call, want := range map[string]string{
		"Get":     "malformed answer: an object without ETag",
		"Put":     `HTTP status 200: malformed answer: status 200 with "<html>" in place of an empty body`,
		"Delete":  `HTTP status 200: malformed answer: status 200 with "<html>" in place of an empty body`,
		"SetTags": `HTTP status 200: malformed answer: status 200 with "<html>" in place of an empty body`,
		"GetTags": `HTTP status 200: malformed answer: status 200 with "<html>" in place of "<Tagging>"`,
		"List":    `HTTP status 200: malformed answer: status 200 with "<html>" in place of "<ListBucketResult>"`,
	} {
		if err := calls[call](); err == nil || !strings.HasPrefix(err.Error(), want+notes) {
			t.Errorf("%s: got %v, want %s", call, err, want+notes)
		}
	}
}

// TestPagesHoldNoEchoedSecret: a page that repeats the request is not shown.
func TestPagesHoldNoEchoedSecret(t *testing.T) {
	for name, page := range map[string]func(w io.Writer, h http.Header) error{
		"text": func(w io.Writer, h http.Header) error { return h.Write(w) },
		"JSON": func(w io.Writer, h http.Header) error { return json.NewEncoder(w).Encode(h) },
		"title": func(w io.Writer, h http.Header) error {
			_, err := fmt.Fprintf(w, "<html><title>%v</title>", h)
			return err
		},
		"token": func(w io.Writer, h http.Header) error {
			_, err := fmt.Fprintf(w, "Not for %s!", h.Get("X-Amz-Security-Token"))
			return err
		},
		"signature": func(w io.Writer, h http.Header) error {
			_, signature, _ := strings.Cut(h.Get("Authorization"), "Signature=")
			_, err := fmt.Fprintf(w, "Signature=%s is wrong", signature)
			return err
		},
	} {
		var signature string
		s := script(t, Config{SessionToken: "TOKENCANARY/+=", MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			_, signature, _ = strings.Cut(r.Header.Get("Authorization"), "Signature=")
			w.WriteHeader(http.StatusForbidden)
			echo := http.Header{"Authorization": r.Header["Authorization"], "X-Amz-Security-Token": r.Header["X-Amz-Security-Token"]}
			if err := page(w, echo); err != nil {
				t.Error(err)
			}
		})
		err := errorOf(s.List(t.Context(), &driver.ListOptions{}))
		wantError(t, name, err, driver.ErrAccessDenied)
		if text := fmt.Sprintf("%+v", err); strings.Contains(text, "CANARY") || strings.Contains(text, signature) ||
			!strings.Contains(text, map[bool]string{false: "no reason given", true: "Not for [redacted]!"}[name == "token"]) {
			t.Errorf("%s: %s", name, text)
		}
		noSecrets(t, err)
	}
}
