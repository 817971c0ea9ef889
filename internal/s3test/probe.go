package s3test

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"time"
)

// prober keeps no connection open, and so no goroutine, and never goes
// through a proxy. Its timeout lets waitReady notice that the server has ended
// when something else has the port and never answers.
var prober = &http.Client{
	Transport: &http.Transport{DisableKeepAlives: true},
	Timeout:   5 * time.Second,
}

// probe lists the buckets of s and returns nil if that works.
func (s *Server) probe(ctx context.Context) error {
	return s.request(ctx, http.MethodGet, "/")
}

// CreateBucket makes a bucket on a server whose region is us-east-1.
func (s *Server) CreateBucket(ctx context.Context, name string) error {
	return s.request(ctx, http.MethodPut, "/"+name)
}

// request makes a request without a body for a path that needs no escaping.
func (s *Server) request(ctx context.Context, method, path string) (err error) {
	req, err := http.NewRequestWithContext(ctx, method, s.Endpoint+path, nil)
	if err != nil {
		return err
	}
	s.sign(req, time.Now())
	resp, err := prober.Do(req)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, resp.Body.Close()) }()
	body, err := io.ReadAll(io.LimitReader(resp.Body, 4<<10))
	if err != nil {
		return err
	}
	if resp.StatusCode != http.StatusOK {
		return fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, body)
	}
	return nil
}

// sign adds an AWS signature version 4 to req, which has a plain path, no
// query and no body. This package does without an SDK because the tests of every
// other package stand on it.
func (s *Server) sign(req *http.Request, now time.Time) {
	const (
		emptyHash = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"
		signed    = "host;x-amz-content-sha256;x-amz-date"
	)
	stamp := now.UTC().Format("20060102T150405Z")
	day := stamp[:8]
	scope := day + "/" + s.Region + "/s3/aws4_request"
	req.Header.Set("X-Amz-Date", stamp)
	req.Header.Set("X-Amz-Content-Sha256", emptyHash)
	request := req.Method + "\n" + req.URL.Path + "\n\n" +
		"host:" + req.URL.Host + "\nx-amz-content-sha256:" + emptyHash + "\nx-amz-date:" + stamp + "\n\n" +
		signed + "\n" + emptyHash
	hash := sha256.Sum256([]byte(request))
	key := []byte("AWS4" + s.SecretKey)
	for _, part := range []string{day, s.Region, "s3", "aws4_request"} {
		key = mac(key, part)
	}
	signature := mac(key, "AWS4-HMAC-SHA256\n"+stamp+"\n"+scope+"\n"+hex.EncodeToString(hash[:]))
	req.Header.Set("Authorization", fmt.Sprintf("AWS4-HMAC-SHA256 Credential=%s/%s, SignedHeaders=%s, Signature=%x",
		s.AccessKey, scope, signed, signature))
}

func mac(key []byte, data string) []byte {
	h := hmac.New(sha256.New, key)
	h.Write([]byte(data))
	return h.Sum(nil)
}
