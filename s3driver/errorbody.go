package s3driver

import (
	"context"
	"encoding/xml"
	"html"
	"io"
	"net/http"
	"regexp"
	"strings"

	awsmiddleware "github.com/aws/aws-sdk-go-v2/aws/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// readError takes in what the server says went wrong, without what it may echo
// of the request's signature; showFailure does the same for the header. What is not
// an S3 error is made one.
func readError(ctx context.Context, request any, resp *smithyhttp.Response, body io.Reader) error {
	if resp.StatusCode == http.StatusBadRequest && resp.Header.Get(regionHeader) == awsmiddleware.GetRegion(ctx) {
		resp.Header.Del(regionHeader) // Amazon adds it always; this one is no news
	}
	text, err := io.ReadAll(io.LimitReader(body, maxErrorBody))
	if err != nil {
		return discard(resp, &smithyhttp.RequestSendError{Err: err})
	}
	if line, page := pageText(string(text)); page {
		text = nil // the status has to do
		if line != "" && !echoes(line, request) {
			var message strings.Builder
			_ = xml.EscapeText(&message, []byte(line)) // a Builder takes everything
			text = []byte("<Error><Code>" + statusCode(resp.StatusCode) + "</Code><Message>" + message.String() + "</Message></Error>")
		}
	}
	resp.Body = &answerBody{strings.NewReader(redact(string(text))), resp.Body}
	return nil
}

// echoes reports whether a text repeats what signs a request.
func echoes(text string, request any) bool {
	if req, ok := request.(*smithyhttp.Request); ok {
		if token := req.Header.Get("X-Amz-Security-Token"); token != "" && strings.Contains(text, token) {
			return true
		}
	}
	return signedRequest.MatchString(text)
}

var signedRequest = regexp.MustCompile(`(?i)x-amz-|aws4|signature=|credential=`)

// pageText gives the line that tells most of a proxy's page: its title, or a text
// that is no page of HTML. page is false for what may be an error of S3.
func pageText(body string) (line string, page bool) {
	body = strings.TrimSpace(strings.TrimPrefix(body, "\ufeff"))
	switch {
	case !strings.HasPrefix(body, "<"):
		return clean(body), true
	case !htmlStart.MatchString(body):
		return "", false
	}
	if title := htmlTitle.FindStringSubmatch(body); title != nil {
		line = clean(html.UnescapeString(title[1]))
	}
	return line, true
}

var (
	htmlStart = regexp.MustCompile(`(?i)^<(!doctype\s+html|html)\b`)
	htmlTitle = regexp.MustCompile(`(?is)<title>([^<]*)</title>`)
)
