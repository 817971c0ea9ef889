package s3driver

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"regexp"
	"slices"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

const (
	maxErrorBody  = 64 << 10 // more of an error's body is not looked at
	maxAnswerBody = 16 << 20 // a list page has at most some 8 MB
	drainLimit    = 64 << 10 // what is read away to keep a connection
)

// answerRoots has the XML elements that the answers of the operations used here
// start with. The answers of all others are empty.
var answerRoots = map[string][]string{
	"CompleteMultipartUpload": {"CompleteMultipartUploadResult"},
	"CopyObject":              {"CopyObjectResult"},
	"CreateMultipartUpload":   {"InitiateMultipartUploadResult"},
	"DeleteObjects":           {"DeleteResult"},
	"GetObjectTagging":        {"Tagging", ""}, // Ceph: empty when there are no tags
	"ListBuckets":             {"ListAllMyBucketsResult"},
	"ListMultipartUploads":    {"ListMultipartUploadsResult"},
	"ListObjectsV2":           {"ListBucketResult"},
	"ListParts":               {"ListPartsResult"},
	"UploadPartCopy":          {"CopyPartResult"},
}

// malformedError is an answer that is not one of an S3 server that did what it
// was asked to.
type malformedError struct{ text string }

func (e *malformedError) Error() string { return "malformed answer: " + e.text }

func malformed(format string, args ...any) error {
	return &malformedError{fmt.Sprintf(format, args...)}
}

// complete checks that the result of asking for an object says what S3's always do.
func complete(result any) error {
	var length *int64
	var etag *string
	var modified *time.Time
	switch out := result.(type) {
	case *s3.GetObjectOutput:
		length, etag, modified = out.ContentLength, out.ETag, out.LastModified
	case *s3.HeadObjectOutput:
		length, etag, modified = out.ContentLength, out.ETag, out.LastModified
	default:
		return nil
	}
	var missing []string
	if length == nil || *length < 0 {
		missing = append(missing, "Content-Length")
	}
	if unquote(etag) == "" {
		missing = append(missing, "ETag")
	}
	if modified == nil {
		missing = append(missing, "Last-Modified")
	}
	if missing == nil {
		return nil
	}
	return malformed("an object without %s", strings.Join(missing, ", "))
}

// addAnswerCheck makes an answer with status 2xx count as success only if it
// starts the way the operation's answers do: a proxy's page, an empty body
// where there is something to say, or an error sent after the status are
// failures. It bounds how much of an answer is read as well.
func addAnswerCheck(stack *middleware.Stack) error {
	err := stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("s3mioAnswerCheck", checkAnswer), middleware.After)
	if err != nil {
		return err
	}
	return stack.Deserialize.Add(middleware.DeserializeMiddlewareFunc("s3mioShowFailure", showFailure), middleware.Before)
}

func checkAnswer(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	resp, ok := out.RawResponse.(*smithyhttp.Response)
	if err != nil || !ok || resp.Body == nil {
		return out, metadata, err
	}
	op := middleware.GetOperationName(ctx)
	switch {
	case resp.StatusCode >= 300:
		is, err := readError(ctx, in.Request, resp, resp.Body)
		metadata.Set(contentKey{}, is)
		return out, metadata, err
	case op == "GetObject" || op == "HeadObject":
		part := op == "GetObject" && resp.StatusCode == http.StatusPartialContent && resp.Header.Get("Content-Range") != ""
		if resp.StatusCode != http.StatusOK && !part {
			return out, metadata, discard(resp, malformed("an object with status %d", resp.StatusCode))
		}
	case op == "HeadBucket" || op == "CreateSession":
	default:
		body := bufio.NewReader(&sizeLimit{resp.Body, maxAnswerBody})
		root, err := readRoot(body)
		if err != nil {
			return out, metadata, discard(resp, err)
		}
		want, known := answerRoots[op]
		switch {
		case root == "Error":
			resp.StatusCode = 500 // it came after the status: the SDK is to read it as an error
			_, err := readError(ctx, in.Request, resp, io.MultiReader(bytes.NewReader(startTag(root)), body))
			return out, metadata, err
		case !known && root != "" || known && !slices.Contains(want, root):
			wanted := ""
			if known {
				wanted = want[0]
			}
			return out, metadata, discard(resp, malformed("status %d with %s in place of %s", resp.StatusCode, rootName(root), rootName(wanted)))
		}
		resp.Body = &answerBody{io.MultiReader(bytes.NewReader(startTag(root)), body), resp.Body}
	}
	return out, metadata, nil
}

// contentKey is for what the body of a failure is.
type contentKey struct{}

// showFailure refuses an answer about an object that is not complete. It gives an
// error the host that was asked, marks a 404 that is not S3's, and takes what a server
// may echo of the request's signature out of the header of an answer that is within
// reach of the error.
func showFailure(ctx context.Context, in middleware.DeserializeInput, next middleware.DeserializeHandler) (
	out middleware.DeserializeOutput, metadata middleware.Metadata, err error,
) {
	out, metadata, err = next.HandleDeserialize(ctx, in)
	resp, answered := out.RawResponse.(*smithyhttp.Response)
	if err == nil {
		if err = complete(out.Result); err == nil {
			return out, metadata, nil
		}
		if answered {
			_ = discard(resp, err)
		}
	}
	is, _ := metadata.Get(contentKey{}).(content)
	if is == page && answered && resp.StatusCode == http.StatusNotFound {
		err = &pageError{err}
	}
	if req, ok := in.Request.(*smithyhttp.Request); ok {
		err = &hostError{hostPort(req.URL), is != s3Error, err}
	}
	if !answered {
		return out, metadata, err
	}
	own := *resp.Response // trailers that are read later do not get here
	own.Trailer = nil
	maps.DeleteFunc(own.Header, func(name string, _ []string) bool { return signingHeader.MatchString(name) })
	secrets := signers(in.Request)
	for _, values := range own.Header {
		for i := range values {
			if values[i] = hide(values[i], secrets); echoes(values[i], secrets) {
				values[i] = masked
			}
		}
	}
	resp.Response = &own
	return out, metadata, err
}

// signingHeader matches the names of headers whose whole value may sign a
// request.
var signingHeader = regexp.MustCompile(`(?i)token|authorization|credential|signature`)

// discard gives up an answer because of err.
func discard(resp *smithyhttp.Response, err error) error {
	_ = resp.Body.Close() // it is of no use any more
	resp.Body = http.NoBody
	return err
}

func rootName(root string) string {
	if root == "" {
		return "an empty body"
	}
	return fmt.Sprintf("%q", "<"+root+">")
}

func startTag(root string) []byte {
	if root == "" {
		return nil
	}
	return []byte("<" + root)
}

// readRoot reads up to the end of the root element's name. The name is "" for
// an empty or blank body. Servers that take long send white space first.
func readRoot(r *bufio.Reader) (string, error) {
	for {
		c, err := r.ReadByte()
		switch {
		case errors.Is(err, io.EOF):
			return "", nil
		case err != nil:
			return "", err
		case c == ' ' || c == '\t' || c == '\r' || c == '\n' || c == 0xEF || c == 0xBB || c == 0xBF: // and a byte order mark
			continue
		case c != '<':
			return "", malformed("the body is not XML")
		}
		name, err := readName(r)
		if err != nil {
			return "", err
		}
		if name[0] != '?' && name[0] != '!' {
			return name, nil
		}
		if _, err := r.ReadSlice('>'); err != nil {
			return "", malformed("the body ends in its prolog")
		}
	}
}

func readName(r *bufio.Reader) (string, error) {
	var name []byte
	for {
		b, err := r.Peek(1)
		switch {
		case err != nil:
			return "", malformed("the body ends in its first tag")
		case bytes.ContainsAny(b, " \t\r\n/>") && len(name) > 0:
			return string(name), nil
		case len(name) == 64 || bytes.ContainsAny(b, "</> \t\r\n"):
			return "", malformed("the body is not XML")
		}
		name = append(name, b[0])
		_, _ = r.Discard(1) // what was peeked is there
	}
}

// sizeLimit fails a body that is longer than any honest one, where
// io.LimitReader would cut it.
type sizeLimit struct {
	r    io.Reader
	left int64
}

func (l *sizeLimit) Read(p []byte) (int, error) {
	n, err := l.r.Read(p)
	if l.left -= int64(n); l.left < 0 {
		return 0, malformed("the body has more than %d bytes", maxAnswerBody)
	}
	return n, err
}

// answerBody reads what is left of a short answer away on Close, so that its
// connection can serve the next request.
type answerBody struct {
	io.Reader
	body io.Closer
}

func (b *answerBody) Close() error {
	// A failure shows at the next use of the connection only.
	_, _ = io.CopyN(io.Discard, b.Reader, drainLimit)
	return b.body.Close()
}
