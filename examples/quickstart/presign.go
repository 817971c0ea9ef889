package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/s3mio/s3mio/store"
)

func presign(ctx context.Context, g *guide) error {
	g.code(`link, err := folder.PresignGet(ctx, "hello.txt", 15*time.Minute)`)
	link, err := g.folder.PresignGet(ctx, "hello.txt", 15*time.Minute)
	if err != nil {
		return err
	}
	g.show("%s", withoutSignature(link))
	g.code(`http.Get(link)`)
	status, body, err := request(ctx, http.MethodGet, link, "", "")
	if err != nil {
		return err
	}
	g.show("%s: %q", status, body)

	g.code(`link, err = folder.PresignPut(ctx, "guest.txt", time.Minute, store.ContentType("text/plain"))`)
	link, err = g.folder.PresignPut(ctx, "guest.txt", time.Minute, store.ContentType("text/plain"))
	if err != nil {
		return err
	}
	g.code(`an HTTP PUT of "I was here." to link, as a browser would send it`)
	status, _, err = request(ctx, http.MethodPut, link, "text/plain", "I was here.")
	if err != nil {
		return err
	}
	text, err := g.folder.GetText(ctx, "guest.txt")
	if err != nil {
		return err
	}
	g.show("%s, and the object holds %q", status, text)
	return nil
}

// request makes one HTTP request, which must succeed.
func request(ctx context.Context, method, link, contentType, body string) (status, answer string, err error) {
	req, err := http.NewRequestWithContext(ctx, method, link, strings.NewReader(body))
	if err != nil {
		return "", "", errors.New("the presigned URL is malformed")
	}
	if contentType != "" {
		req.Header.Set("Content-Type", contentType)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		// The client's error shows the URL, which is as good as a password.
		if e, ok := errors.AsType[*url.Error](err); ok {
			err = e.Err
		}
		return "", "", fmt.Errorf("%s of the presigned URL: %w", method, err)
	}
	defer resp.Body.Close() //nolint:errcheck // it was only read
	data, err := io.ReadAll(resp.Body)
	if err == nil && resp.StatusCode != http.StatusOK {
		err = fmt.Errorf("%s of the presigned URL: %s: %s", method, resp.Status, data)
	}
	return resp.Status, string(data), err
}

// withoutSignature makes a presigned URL fit for a log.
func withoutSignature(link string) string {
	before, _, _ := strings.Cut(link, "?")
	return before + "?..."
}
