package main

import (
	"bytes"
	"context"
	"crypto/md5"
	"encoding/base64"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"iter"
	"net/http"
	"net/url"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	v4 "github.com/aws/aws-sdk-go-v2/aws/signer/v4"
	"golang.org/x/sync/errgroup"
)

// floor is the least work an S3 client can do: net/http and the SDK's signer,
// bodies neither hashed nor checked.
type floor struct {
	base, region string
	credentials  aws.Credentials
	signer       *v4.Signer
	client       *http.Client
}

func newFloor(e *env) *floor {
	return &floor{
		base:        e.s3.Endpoint + "/" + bucketName,
		region:      e.s3.Region,
		credentials: aws.Credentials{AccessKeyID: e.s3.AccessKey, SecretAccessKey: e.s3.SecretKey},
		signer:      v4.NewSigner(func(o *v4.SignerOptions) { o.DisableURIPathEscaping = true }),
		client:      &http.Client{Transport: &http.Transport{MaxIdleConnsPerHost: 100, DisableCompression: true}},
	}
}

// call sends a request and gives the answer, whose body the caller closes.
func (f *floor) call(ctx context.Context, method, path string, body io.Reader, size int64, headers ...string) (*http.Response, error) {
	req, err := http.NewRequestWithContext(ctx, method, f.base+path, body)
	if err != nil {
		return nil, err
	}
	req.ContentLength = size
	for i := 0; i < len(headers); i += 2 {
		req.Header.Set(headers[i], headers[i+1])
	}
	const unsigned = "UNSIGNED-PAYLOAD"
	req.Header.Set("X-Amz-Content-Sha256", unsigned)
	if err := f.signer.SignHTTP(ctx, f.credentials, req, unsigned, "s3", f.region, time.Now()); err != nil {
		return nil, err
	}
	resp, err := f.client.Do(req)
	if err != nil {
		return nil, err
	}
	if resp.StatusCode/100 != 2 {
		text, err := io.ReadAll(resp.Body)
		return nil, errors.Join(fmt.Errorf("%s %s: %s: %s", method, path, resp.Status, text), err, resp.Body.Close())
	}
	return resp, nil
}

// do sends a request and reads the whole answer.
func (f *floor) do(ctx context.Context, method, path string, body io.Reader, size int64, headers ...string) ([]byte, http.Header, error) {
	resp, err := f.call(ctx, method, path, body, size, headers...)
	if err != nil {
		return nil, nil, err
	}
	defer resp.Body.Close()
	answer := make([]byte, max(resp.ContentLength, 0))
	if resp.ContentLength >= 0 && method != http.MethodHead {
		_, err = io.ReadFull(resp.Body, answer)
	} else {
		answer, err = io.ReadAll(resp.Body)
	}
	return answer, resp.Header, err
}

func (f *floor) target() *target {
	return &target{
		put: func(ctx context.Context, key string, body []byte) error {
			_, _, err := f.do(ctx, http.MethodPut, "/"+key, bytes.NewReader(body), int64(len(body)))
			return err
		},
		get: func(ctx context.Context, key string) ([]byte, error) {
			body, _, err := f.do(ctx, http.MethodGet, "/"+key, nil, 0)
			return body, err
		},
		head: func(ctx context.Context, key string) (int64, error) {
			_, header, err := f.do(ctx, http.MethodHead, "/"+key, nil, 0)
			if err != nil {
				return 0, err
			}
			return strconv.ParseInt(header.Get("Content-Length"), 10, 64)
		},
		list:      f.list,
		keysOnly:  true,
		upload:    f.upload,
		download:  f.download,
		deleteAll: f.deleteAll,
		copyAll: eachCopy(func(ctx context.Context, from, to string) error {
			_, _, err := f.do(ctx, http.MethodPut, "/"+to, nil, 0, "X-Amz-Copy-Source", "/"+bucketName+"/"+from)
			return err
		}),
	}
}

// list looks for the keys and sizes in the answers, without reading the XML.
func (f *floor) list(ctx context.Context, prefix string, visit visitor) error {
	token := ""
	for {
		query := url.Values{"list-type": {"2"}, "prefix": {prefix}}
		if token != "" {
			query.Set("continuation-token", token)
		}
		page, _, err := f.do(ctx, http.MethodGet, "?"+query.Encode(), nil, 0)
		if err != nil {
			return err
		}
		rest := page
		for {
			key, after, ok := element(rest, "<Key>", "</Key>")
			if !ok {
				break
			}
			size, after, ok := element(after, "<Size>", "</Size>")
			if !ok {
				return errors.New("an entry without a size")
			}
			n, err := strconv.ParseInt(string(size), 10, 64)
			if err == nil {
				err = visit(string(key), n, time.Time{}, "")
			}
			if err != nil {
				return err
			}
			rest = after
		}
		next, _, ok := element(page, "<NextContinuationToken>", "</NextContinuationToken>")
		if !ok {
			return nil
		}
		token = string(next)
	}
}

// element finds the first text between two tags.
func element(text []byte, begin, end string) (content, after []byte, ok bool) {
	_, rest, ok := bytes.Cut(text, []byte(begin))
	if !ok {
		return nil, nil, false
	}
	return bytes.Cut(rest, []byte(end))
}

// The parts of an upload, as s3mio and the transfer manager have them.
const partSize, partsAtOnce = 8 << 20, 5

// upload sends the parts of a file straight from it.
func (f *floor) upload(ctx context.Context, path, key string) error {
	return withFile(path, func(file *os.File) error {
		fi, err := file.Stat()
		if err != nil {
			return err
		}
		answer, _, err := f.do(ctx, http.MethodPost, "/"+key+"?uploads=", nil, 0)
		if err != nil {
			return err
		}
		id, _, ok := element(answer, "<UploadId>", "</UploadId>")
		if !ok {
			return errors.New("no upload ID")
		}
		tags := make([]string, (fi.Size()+partSize-1)/partSize)
		g, gctx := errgroup.WithContext(ctx)
		g.SetLimit(partsAtOnce)
		for i := range tags {
			g.Go(func() error {
				from := int64(i) * partSize
				size := min(partSize, fi.Size()-from)
				query := url.Values{"partNumber": {strconv.Itoa(i + 1)}, "uploadId": {string(id)}}
				_, header, err := f.do(gctx, http.MethodPut, "/"+key+"?"+query.Encode(), io.NewSectionReader(file, from, size), size)
				tags[i] = header.Get("ETag")
				return err
			})
		}
		if err := g.Wait(); err != nil {
			return err
		}
		var parts strings.Builder
		parts.WriteString("<CompleteMultipartUpload>")
		for i, tag := range tags {
			fmt.Fprintf(&parts, "<Part><PartNumber>%d</PartNumber><ETag>%s</ETag></Part>", i+1, tag)
		}
		parts.WriteString("</CompleteMultipartUpload>")
		query := url.Values{"uploadId": {string(id)}}
		answer, _, err = f.do(ctx, http.MethodPost, "/"+key+"?"+query.Encode(), strings.NewReader(parts.String()), int64(parts.Len()))
		if err == nil && !bytes.Contains(answer, []byte("<CompleteMultipartUploadResult")) {
			err = fmt.Errorf("complete the upload: %s", answer)
		}
		return err
	})
}

// download reads one stream through a large buffer.
func (f *floor) download(ctx context.Context, key, path string) error {
	return toFile(path, func(file *os.File) error {
		resp, err := f.call(ctx, http.MethodGet, "/"+key, nil, 0)
		if err != nil {
			return err
		}
		defer resp.Body.Close()
		_, err = io.CopyBuffer(struct{ io.Writer }{file}, resp.Body, make([]byte, 1<<20))
		return err
	})
}

// deleteAll sends four batches at once.
func (f *floor) deleteAll(ctx context.Context, keys []string) error {
	g, ctx := errgroup.WithContext(ctx)
	g.SetLimit(4)
	for batch := range batches(keys) {
		g.Go(func() error {
			var b bytes.Buffer
			b.WriteString("<Delete><Quiet>true</Quiet>")
			for _, key := range batch {
				b.WriteString("<Object><Key>")
				if err := xml.EscapeText(&b, []byte(key)); err != nil {
					return err
				}
				b.WriteString("</Key></Object>")
			}
			b.WriteString("</Delete>")
			sum := md5.Sum(b.Bytes())
			answer, _, err := f.do(ctx, http.MethodPost, "?delete=", &b, int64(b.Len()), "Content-Md5", base64.StdEncoding.EncodeToString(sum[:]))
			if err == nil && bytes.Contains(answer, []byte("<Error>")) {
				err = fmt.Errorf("delete: %s", answer)
			}
			return err
		})
	}
	return g.Wait()
}

// batches cuts keys into what one request deletes.
func batches(keys []string) iter.Seq[[]string] { return slices.Chunk(keys, 1000) }
