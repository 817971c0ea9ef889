package s3driver

import (
	"bytes"
	"context"
	"encoding/xml"
	"html"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// readError takes in what the server says went wrong, without what it may echo
// of the request's signature; showFailure does the same for the header. What is not
// an S3 error is made one.
func readError(ctx context.Context, request any, resp *smithyhttp.Response, body io.Reader) (is content, err error) {
	if resp.StatusCode == http.StatusBadRequest && resp.Header.Get(regionHeader) == awsmiddleware.GetRegion(ctx) {
		resp.Header.Del(regionHeader) // Amazon adds it always; this one is no news
	}
	all, err := io.ReadAll(io.LimitReader(body, maxErrorBody))
	if err != nil {
		// Of an S3 error all has to be there. A text's whole lines tell enough: Go's
		// servers reset a connection after one that says they want TLS.
		all = all[:bytes.LastIndexByte(all, '\n')+1]
		if start := trimmed(string(all)); start == "" || start[0] == '<' {
			return page, discard(resp, &smithyhttp.RequestSendError{Err: err})
		}
	}
	secrets := signers(request)
	text := hide(string(all), secrets)
	code, line, is := contentOf(text)
	switch echo := echoes(text, secrets); {
	case is == s3Error && !echo:
	case is == s3Error && plainCode.MatchString(code) && !echoes(code, secrets):
		text = errorText(code, masked)
	case line != "" && !echo && !signedRequest.MatchString(line):
		text = errorText(statusCode(resp.StatusCode), line)
	default:
		text = "" // the status has to do
	}
	if resp.Header.Get(regionHeader) == "" && (resp.StatusCode < 400 || strings.Contains(text, "AuthorizationHeaderMalformed")) {
		if region := regionElement.FindStringSubmatch(text); region != nil && region[1] != awsmiddleware.GetRegion(ctx) {
			resp.Header.Set(regionHeader, region[1]) // where Amazon has it as well
		}
	}
	resp.Body = &answerBody{strings.NewReader(text), resp.Body}
	return is, nil
}

// errorText is an S3 error.
func errorText(code, message string) string {
	var text strings.Builder
	_ = xml.EscapeText(&text, []byte(message)) // a Builder takes everything
	return "<Error><Code>" + code + "</Code><Message>" + text.String() + "</Message></Error>"
}

// plainCode matches what S3 and its like have as codes.
var plainCode = regexp.MustCompile(`^[A-Za-z0-9.]{1,64}$`)

// regionElement is where an S3 error names the bucket's region.
var regionElement = regexp.MustCompile(`<Region>([a-z0-9-]{1,64})</Region>`)

// hide blanks in a text what signs a request, of which secrets are the parts.
func hide(text string, secrets []string) string {
	text = redact(text)
	for _, secret := range secrets {
		text = strings.ReplaceAll(text, secret, masked)
		text = strings.ReplaceAll(text, url.QueryEscape(secret), masked)
	}
	return text
}

// echoes reports whether a text holds one of the secrets in an encoding that hide does
// not see through, even in several or in pieces.
func echoes(text string, secrets []string) bool {
	holds := func(text string) bool {
		return slices.ContainsFunc(secrets, func(secret string) bool { return strings.Contains(text, secret) })
	}
	for range 4 {
		if holds(text) || holds(markup.ReplaceAllString(text, "")) {
			return true
		}
		decoded := html.UnescapeString(strings.ReplaceAll(text, `\/`, "/"))
		decoded = escape.ReplaceAllStringFunc(decoded, func(code string) string {
			n, _ := strconv.ParseUint(strings.TrimLeft(code, `%\u`), 16, 16) // the pattern has hexadecimal digits only
			return string(rune(n))
		})
		if decoded == text {
			break
		}
		text = decoded
	}
	return false
}

var (
	markup = regexp.MustCompile(`<!\[CDATA\[|\]\]>|(?s:<!--.*?-->)|<[^>]*>`)
	escape = regexp.MustCompile(`%[0-9A-Fa-f]{2}|\\u[0-9A-Fa-f]{4}`)
)

// signers are the parts of a request that sign it, but for those so short that
// they are part of any text.
func signers(request any) []string {
	req, ok := request.(*smithyhttp.Request)
	if !ok {
		return nil
	}
	h := req.Header
	parts := []string{h.Get("X-Amz-Security-Token")}
	for _, field := range []string{"Credential=", "Signature="} {
		if _, rest, ok := strings.Cut(h.Get("Authorization"), field); ok {
			parts = append(parts, rest[:strings.IndexAny(rest+",", ",/")])
		}
	}
	return slices.DeleteFunc(parts, func(part string) bool { return len(part) < 8 })
}

// signedRequest matches a text that repeats a request.
var signedRequest = regexp.MustCompile(`(?i)x-amz-|aws4|signature=|credential=`)

// content is what a failure's body holds.
type content int

const (
	s3Error content = iota
	nothing
	page // a proxy's, or anything else that is not known to be S3's
)

// contentOf tells what a failure's body is, and gives the code of an S3 error or the
// line that tells most of a page: its title, or a text that is no page of HTML.
func contentOf(body string) (code, line string, is content) {
	body = trimmed(body)
	if body == "" {
		return "", "", nothing
	}
	if !strings.HasPrefix(body, "<") {
		return "", clean(body), page
	}
	var said struct{ Code, Message string } // read as the SDK does
	if err := xml.NewDecoder(strings.NewReader(body)).Decode(&said); err == nil && said.Code != "" {
		return said.Code, "", s3Error
	}
	if title := htmlTitle.FindStringSubmatch(body); title != nil {
		return "", clean(html.UnescapeString(title[1])), page
	}
	return "", clean(said.Message), page
}

// trimmed is a body without what may surround its text.
func trimmed(body string) string { return strings.TrimSpace(strings.TrimPrefix(body, "\ufeff")) }

var htmlTitle = regexp.MustCompile(`(?is)<title>([^<]*)</title>`)
