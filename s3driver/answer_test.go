package s3driver

import (
	"encoding/json"
	"errors"
	"fmt"
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
