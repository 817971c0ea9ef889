package s3driver

import (
	"errors"
	"fmt"
	"net/http"
	"strings"
	"testing"

	smithyhttp "github.com/aws/smithy-go/transport/http"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// TestErrorTexts: an error says why, how often it was tried, and what the
// server's operator can find it by.
func TestErrorTexts(t *testing.T) {
	for _, c := range []struct {
		status        int
		code, message string
		want          string
	}{
		{403, "AccessDenied", "Access Denied.", "access denied (AccessDenied, request ID REQUEST1)"},
		{403, "AccessDenied", "User: me is not authorized to perform: s3:GetObject", "access denied (AccessDenied: User: me is not authorized to perform: s3:GetObject, request ID REQUEST1)"},
		{403, "SignatureDoesNotMatch", "Check your key.", "access denied (SignatureDoesNotMatch: Check your key, request ID REQUEST1)"},
		{409, "ConditionalRequestConflict", "At once.", "precondition failed (ConditionalRequestConflict: At once, request ID REQUEST1, 2 attempts)"},
		{412, "PreconditionFailed", "m", "precondition failed"},
		{404, "NoSuchKey", "m", "object not found"},
		{404, "NoSuchBucket", "m", "bucket not found"},
		{503, "SlowDown", "Reduce.", "SlowDown: Reduce. (HTTP status 503, request ID REQUEST1, 2 attempts)"},
		{400, "InvalidArgument", "Odd.", "invalid argument: InvalidArgument: Odd. (HTTP status 400, request ID REQUEST1)"},
	} {
		s := script(t, Config{MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			drain(r)
			w.Header().Set("X-Amz-Request-Id", "REQUEST1")
			w.WriteHeader(c.status)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message></Error>", c.code, c.message)
		})
		err := errorOf(s.Put(t.Context(), "k", strings.NewReader("x"), putOptions(1)))
		if err == nil || err.Error() != c.want {
			t.Errorf("%s:\n got %v\nwant %s", c.code, err, c.want)
		}
	}
}

// TestMessageHoldsNoSecret: a message may repeat, without saying what they are,
// the parts of a request that sign it.
func TestMessageHoldsNoSecret(t *testing.T) {
	for _, code := range []string{"InvalidRequest", "AccessDenied", "InternalError", "InvalidArgument"} {
		s := script(t, Config{SessionToken: "TOKENCANARY/+=", MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			_, signature, _ := strings.Cut(r.Header.Get("Authorization"), "Signature=")
			w.Header().Set("X-Echo", r.Header.Get("X-Amz-Security-Token")+" and "+signature)
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s %s of AKIDCANARY: SIGNED[%s]</Message></Error>",
				code, r.Header.Get("X-Amz-Security-Token"), "TOKENCANARY%2F%2B%3D", signature)
		})
		err := errorOf(s.List(t.Context(), &driver.ListOptions{}))
		if err == nil || !strings.Contains(err.Error(), "[redacted] [redacted] of [redacted]: SIGNED[[redacted]]") {
			t.Errorf("%s: %v", code, err)
		}
		for _, layer := range s3test.Layers(err) {
			noSecrets(t, layer)
		}
		var answer *smithyhttp.ResponseError
		if !errors.As(err, &answer) {
			t.Errorf("%s: no answer in %v", code, err)
		} else if got := answer.Response.Header.Get("X-Echo"); got != "[redacted] and [redacted]" {
			t.Errorf("%s: the header holds %q", code, got)
		}
	}
}

// TestEncodedSecretIsNotShown: a server may repeat what signs a request encoded, which
// the error's text would have decoded. Then nothing of the text is shown.
func TestEncodedSecretIsNotShown(t *testing.T) {
	const token = "FwoGZXIvCANARY/CANARY+CANARY=="
	s3Error := "<Error><Code>InvalidArgument</Code><Message>not with %s</Message></Error>"
	for name, c := range map[string]struct {
		body   string
		encode func(string) string
	}{
		"references": {s3Error, strings.NewReplacer("/", "&#x2F;", "+", "&#43;", "=", "&#61;").Replace},
		"twice":      {s3Error, strings.NewReplacer("/", "&amp;#x2F;", "+", "%252B").Replace},
		"lower case": {s3Error, strings.NewReplacer("/", "%2f", "+", "%2b", "=", "%3d").Replace},
		"some of it": {s3Error, strings.NewReplacer("/", "%2F").Replace},
		"CDATA":      {s3Error, func(token string) string { return token[:12] + "<![CDATA[" + token[12:] + "]]>" }},
		"comment":    {s3Error, func(token string) string { return token[:12] + "<!-- -->" + token[12:] }},
		"code":       {"<Error><Code>%s</Code></Error>", strings.NewReplacer("/", "&#x2F;").Replace},
		"request ID": {"<Error><Code>InvalidArgument</Code><RequestId>%s</RequestId></Error>", strings.NewReplacer("/", "&#x2F;").Replace},
		"JSON":       {`{"message":"not with %s"}`, strings.NewReplacer("/", `\/`).Replace},
		"JSON's \\u": {`{"message":"not with %s"}`, strings.NewReplacer("/", `\u002f`, "+", `\u002B`).Replace},
		"title":      {"<html><title>not with %s</title></html>", strings.NewReplacer("/", "&sol;").Replace},
	} {
		s := script(t, Config{SessionToken: token, MaxRetries: -1}, func(_ int, w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("X-Echo", c.encode(token))
			w.WriteHeader(http.StatusBadRequest)
			fmt.Fprintf(w, c.body, c.encode(token))
		})
		err := errorOf(s.List(t.Context(), &driver.ListOptions{}))
		want := "BadRequest: no reason given"
		if strings.Contains(c.body, "InvalidArgument") {
			want = "InvalidArgument: " + masked
			wantError(t, name, err, driver.ErrValidation)
		}
		if err == nil || !strings.Contains(err.Error(), want) || !strings.Contains(err.Error(), "400") {
			t.Errorf("%s: %v, want %s", name, err, want)
		}
		for _, layer := range s3test.Layers(err) {
			noSecrets(t, layer)
		}
		var answer *smithyhttp.ResponseError
		if !errors.As(err, &answer) {
			t.Errorf("%s: no answer in %v", name, err)
		} else if got := answer.Response.Header.Get("X-Echo"); strings.Contains(got, "CANARY") {
			t.Errorf("%s: the header holds %q", name, got)
		}
	}
}

// TestWrongRegionIsNamed: versitygw checks the region, and says in the body of its
// answer which is right; HEAD has none. So does Amazon, in a header as well.
func TestWrongRegionIsNamed(t *testing.T) {
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server, Config{})
		put(t, direct, "k", "x")
		cfg := Config{Endpoint: server.Endpoint, Region: "eu-west-3", AccessKeyID: server.AccessKey, SecretAccessKey: server.SecretKey}
		b := openBucket(t, newDriver(t, cfg), direct.name)
		for name, err := range map[string]error{
			"Head":   errorOf(b.Head(t.Context(), "k", &driver.HeadOptions{})),
			"Get":    readBody(b.Get(t.Context(), "k", &driver.GetOptions{})),
			"Put":    errorOf(b.Put(t.Context(), "k", strings.NewReader("x"), putOptions(1))),
			"List":   errorOf(b.List(t.Context(), &driver.ListOptions{})),
			"Copy":   errorOf(b.Copy(t.Context(), "l", b, "k")),
			"Delete": b.Delete(t.Context(), "k"),
		} {
			// MinIO takes any region.
			if server.Name == "versitygw" && (err == nil || !strings.Contains(err.Error(), server.Region)) {
				t.Errorf("%s, %s: %v", server.Name, name, err)
			}
		}
	}
	for _, status := range []int{http.StatusBadRequest, http.StatusMovedPermanently} {
		s := script(t, Config{Region: "eu-west-3"}, func(_ int, w http.ResponseWriter, r *http.Request) {
			w.WriteHeader(status)
			if r.Method != http.MethodHead {
				fmt.Fprint(w, "<Error><Code>AuthorizationHeaderMalformed</Code><Message>Wrong.</Message><Region>ap-south-1</Region></Error>")
			}
		})
		for name, err := range map[string]error{
			"List": errorOf(s.List(t.Context(), &driver.ListOptions{})),
			"Get":  errorOf(s.Get(t.Context(), "k", &driver.GetOptions{})),
		} {
			if err == nil || !strings.Contains(err.Error(), `the bucket is in region "ap-south-1": use that region`) {
				t.Errorf("%d, %s: %v", status, name, err)
			}
		}
	}
}
