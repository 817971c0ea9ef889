package conformance

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
)

// httpRequest is a request to a signed URL, as a browser or curl sends it.
type httpRequest struct {
	method, url string
	body        []byte
	header      map[string]string
	chunked     bool // say nothing about the body's length
}

type httpAnswer struct {
	status int
	header http.Header
	body   []byte
}

func request(method, url string, body []byte) *httpRequest {
	return &httpRequest{method: method, url: url, body: body, header: map[string]string{}}
}

func (r *httpRequest) with(header, value string) *httpRequest {
	r.header[header] = value
	return r
}

// send sends the request over a connection of its own, and follows nothing.
func (r *httpRequest) send(ctx context.Context) (*httpAnswer, error) {
	var body io.Reader
	if r.method == http.MethodPut || r.method == http.MethodPost {
		body = bytes.NewReader(r.body)
	}
	req, err := http.NewRequestWithContext(ctx, r.method, r.url, body)
	if err != nil {
		return nil, fmt.Errorf("the signed URL is malformed: %w", err)
	}
	if r.chunked {
		req.ContentLength = -1
	}
	for k, v := range r.header {
		req.Header.Set(k, v)
	}
	transport := &http.Transport{DisableKeepAlives: true, DisableCompression: true}
	defer transport.CloseIdleConnections()
	resp, err := transport.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	defer resp.Body.Close()
	data, err := io.ReadAll(resp.Body)
	return &httpAnswer{resp.StatusCode, resp.Header, data}, err
}

// expect demands a status.
func (r *httpRequest) expect(ctx context.Context, statuses ...int) error {
	answer, err := r.send(ctx)
	if err != nil {
		return err
	}
	for _, s := range statuses {
		if answer.status == s {
			return nil
		}
	}
	return fmt.Errorf("%s: got status %d, want %d: %.200s", r.method, answer.status, statuses, answer.body)
}
