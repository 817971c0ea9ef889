package s3driver

import (
	"context"
	"crypto/md5"
	"encoding/base64"
	"fmt"
	"io"
	"strings"

	"github.com/aws/smithy-go/middleware"
	smithyhttp "github.com/aws/smithy-go/transport/http"
)

// onlyMD5 takes from each request, before it is signed, what came to S3 with
// its additional checksums, and gives a body its Content-MD5.
func onlyMD5(stack *middleware.Stack) error {
	if _, ok := stack.Finalize.Get("Signing"); !ok {
		return nil // a URL is presigned: it binds no checksum
	}
	return stack.Finalize.Insert(middleware.FinalizeMiddlewareFunc("s3mioOnlyMD5", func(
		ctx context.Context, in middleware.FinalizeInput, next middleware.FinalizeHandler,
	) (out middleware.FinalizeOutput, metadata middleware.Metadata, err error) {
		req, ok := in.Request.(*smithyhttp.Request)
		if !ok {
			return out, metadata, fmt.Errorf("s3driver: a request of type %T", in.Request)
		}
		for name := range req.Header {
			lower := strings.ToLower(name)
			if strings.HasPrefix(lower, "x-amz-checksum-") || lower == "x-amz-sdk-checksum-algorithm" || lower == "x-amz-mp-object-size" {
				req.Header.Del(name)
			}
		}
		if req.GetStream() != nil && req.Header.Get("Content-Md5") == "" {
			if err := addMD5(ctx, req); err != nil {
				return out, metadata, err
			}
		}
		return next.HandleFinalize(ctx, in)
	}), "Signing", middleware.Before)
}

// addMD5 reads the body once more, for its checksum.
func addMD5(ctx context.Context, req *smithyhttp.Request) error {
	sum := md5.New()
	if _, err := io.Copy(sum, cancelable{ctx, req.GetStream()}); err != nil {
		return err
	}
	if err := req.RewindStream(); err != nil {
		return err
	}
	req.Header.Set("Content-Md5", base64.StdEncoding.EncodeToString(sum.Sum(nil)))
	return nil
}
