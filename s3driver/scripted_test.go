package s3driver

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// scripted is a bucket on a server that does what no honest one can be made to
// do. Requests are kept as "METHOD path?query".
type scripted struct {
	*bucket
	mu       sync.Mutex
	requests []string
}

func (s *scripted) seen() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.requests...)
}

// script makes a bucket on a server with this handler, which gets the number
// of the request, from 1 on. A handler sees what the ones that ended before it
// wrote, also one that hung up; those at work side by side need a lock.
func script(t *testing.T, cfg Config, handle func(n int, w http.ResponseWriter, r *http.Request)) *scripted {
	t.Helper()
	s := &scripted{}
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		s.mu.Lock()
		s.requests = append(s.requests, r.Method+" "+r.RequestURI)
		n := len(s.requests)
		s.mu.Unlock()
		defer func() {
			s.mu.Lock() // orders the handlers for the race detector, to which a cut connection is no order
			defer s.mu.Unlock()
		}()
		w.Header().Set("Last-Modified", "Tue, 02 Jan 2024 03:04:05 GMT") // what no honest server leaves out
		handle(n, w, r)
	}))
	t.Cleanup(server.Close)
	cfg.Endpoint = server.URL
	cfg.AccessKeyID, cfg.SecretAccessKey = "AKIDCANARY", "SECRETCANARY"
	if cfg.RetryDelay == 0 {
		cfg.RetryDelay = time.Microsecond
	}
	s.bucket = openBucket(t, newDriver(t, cfg), "bucket")
	return s
}

func drain(r *http.Request) { _, _ = io.Copy(io.Discard, r.Body) }

// fail answers with an S3 error.
func fail(w http.ResponseWriter, status int, code string) {
	w.Header().Set("X-Amz-Request-Id", "REQUEST1")
	w.WriteHeader(status)
	fmt.Fprintf(w, `<?xml version="1.0" encoding="UTF-8"?><Error><Code>%s</Code><Message>a message</Message></Error>`, code)
}

// hangUp cuts the connection.
func hangUp() { panic(http.ErrAbortHandler) }

// direct is a client that hands requests to a handler, without a network, so that
// time can be that of a synctest bubble.
type direct http.HandlerFunc

func (d direct) Do(req *http.Request) (resp *http.Response, err error) {
	defer func() {
		if v := recover(); v == http.ErrAbortHandler {
			err = io.ErrUnexpectedEOF
		} else if v != nil {
			panic(v)
		}
	}()
	w, r := httptest.NewRecorder(), req.Clone(req.Context())
	if r.Body == nil {
		r.Body = http.NoBody
	}
	d(w, r)
	if err := req.Context().Err(); err != nil {
		return nil, err
	}
	return w.Result(), nil
}

// bucket makes a bucket on this client.
func (d direct) bucket(t *testing.T) *bucket {
	t.Helper()
	return openBucket(t, newDriver(t, Config{MaxRetries: -1, PartSize: 5 * mib, Client: s3.New(s3.Options{
		Region: "us-east-1", BaseEndpoint: aws.String("http://host"), UsePathStyle: true, HTTPClient: d,
		Credentials: credentials.NewStaticCredentialsProvider("a", "b", ""),
	})}), "bucket")
}

func TestLyingAnswers(t *testing.T) {
	calls := map[string]func(b *bucket) error{
		"Put": func(b *bucket) error {
			_, err := b.Put(t.Context(), "k", strings.NewReader("x"), putOptions(1))
			return err
		},
		"Multipart": func(b *bucket) error {
			_, err := b.Put(t.Context(), "k", strings.NewReader(strings.Repeat("x", 6<<20)), putOptions(6<<20))
			return err
		},
		"List":        func(b *bucket) error { _, err := b.List(t.Context(), &driver.ListOptions{}); return err },
		"SetTags":     func(b *bucket) error { return b.SetTags(t.Context(), "k", nil) },
		"GetTags":     func(b *bucket) error { _, err := b.GetTags(t.Context(), "k"); return err },
		"Delete":      func(b *bucket) error { return b.Delete(t.Context(), "k") },
		"ListBuckets": func(b *bucket) error { _, err := b.ListBuckets(t.Context(), ""); return err },
		"DeleteBatch": func(b *bucket) error {
			results, err := b.DeleteBatch(t.Context(), []string{"k"})
			if err == nil {
				err = results[0]
			}
			return err
		},
		"Copy": func(b *bucket) error { _, err := b.Copy(t.Context(), "k", b, "src"); return err },
		"CopyParts": func(b *bucket) error {
			b.copyPartThreshold = 1
			_, err := b.Copy(t.Context(), "k", b, "src")
			return err
		},
	}
	bodies := map[string]string{
		"empty":     "",
		"blank":     " \n",
		"html":      "<!DOCTYPE html>\n<html><body>Welcome</body></html>",
		"text":      "OK",
		"error":     `<?xml version="1.0"?><Error><Code>InternalError</Code><Message>m</Message></Error>`,
		"slowError": strings.Repeat(" ", 10000) + `<Error><Code>InternalError</Code><Message>m</Message></Error>`,
		"foreign":   `<NotificationConfiguration/>`,
	}
	// An empty answer is what success looks like for these.
	empty := map[string]bool{"SetTags": true, "GetTags": true, "Delete": true}
	for name, call := range calls {
		for kind, text := range bodies {
			if empty[name] && (kind == "empty" || kind == "blank") {
				continue
			}
			t.Run(name+"/"+kind, func(t *testing.T) {
				s := script(t, Config{PartSize: 5 << 20, MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
					drain(r)
					if r.Method == "HEAD" {
						w.Header().Set("ETag", `"abc"`)
						w.Header().Set("Content-Length", "7")
						return
					}
					if r.Method == "GET" && r.URL.Query().Has("tagging") && name == "CopyParts" {
						fmt.Fprint(w, "<Tagging><TagSet/></Tagging>")
						return
					}
					fmt.Fprint(w, text)
				})
				if err := call(s.bucket); err == nil {
					t.Errorf("success; requests: %q", s.seen())
				}
			})
		}
	}
}

// TestCutAnswers cuts each answer that has a body at every byte, its end being the
// connection's: that is no success.
func TestCutAnswers(t *testing.T) {
	copies := func(r *http.Request) bool { return r.Header.Get("X-Amz-Copy-Source") != "" }
	list := func(r *http.Request) bool { return r.URL.Query().Has("list-type") }
	for name, c := range map[string]struct {
		cut    func(r *http.Request) bool
		answer string
		call   func(t *testing.T, b *bucket) error
	}{
		"List": {list, listing(entry("p1")).body, func(t *testing.T, b *bucket) error {
			return listToEnd(t.Context(), b, &driver.ListOptions{Prefix: "p"})
		}},
		"ListDir": {list, listing("<CommonPrefixes><Prefix>p/</Prefix></CommonPrefixes>").body, func(t *testing.T, b *bucket) error {
			return listToEnd(t.Context(), b, &driver.ListOptions{Prefix: "p", Delimiter: "/"})
		}},
		"ListBuckets": {isOperation("GET"), "<ListAllMyBucketsResult><Buckets><Bucket><Name>abc</Name></Bucket></Buckets></ListAllMyBucketsResult>",
			func(t *testing.T, b *bucket) error { return bucketsToEnd(t.Context(), b) }},
		"ListMultipartUploads": {isOperation("GET"), "<ListMultipartUploadsResult><IsTruncated>false</IsTruncated></ListMultipartUploadsResult>",
			func(t *testing.T, b *bucket) error { return errorOf(b.AbortStaleUploads(t.Context(), "bucket", 0)) }},
		"GetTags": {isOperation("GET"), "<Tagging><TagSet><Tag><Key>a</Key><Value>bb</Value></Tag></TagSet></Tagging>",
			func(t *testing.T, b *bucket) error { return errorOf(b.GetTags(t.Context(), "k")) }},
		"DeleteObjects":         {writes["DeleteObjects"].lie, "<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>", deleteOne},
		"CreateMultipartUpload": {isOperation("create"), "<InitiateMultipartUploadResult><UploadId>upload</UploadId></InitiateMultipartUploadResult>", putParts},
		"Complete":              {isOperation("complete"), `<?xml version="1.0"?><CompleteMultipartUploadResult><ETag>"c-2"</ETag></CompleteMultipartUploadResult>`, putParts},
		"Copy":                  {copies, `<CopyObjectResult><ETag>"e"</ETag><LastModified>2024-01-02T03:04:05Z</LastModified></CopyObjectResult>`, writes["Copy"].call},
		"UploadPartCopy":        {copies, `<CopyPartResult><ETag>"p"</ETag><LastModified>2024-01-02T03:04:05Z</LastModified></CopyPartResult>`, copyParts},
	} {
		for n := 1; n <= len(c.answer); n++ {
			b := direct(func(w http.ResponseWriter, r *http.Request) {
				w.Header().Set("Last-Modified", "Tue, 02 Jan 2024 03:04:05 GMT")
				if !c.cut(r) {
					honest(w, r)
					return
				}
				drain(r)
				fmt.Fprint(w, c.answer[:n])
			}).bucket(t)
			if err := c.call(t, b); (err == nil) != (n == len(c.answer)) {
				t.Errorf("%s, with the answer %q: error %v", name, c.answer[:n], err)
			}
		}
	}
}

func TestListDoesNotLoop(t *testing.T) {
	s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<ListBucketResult><Name>bucket</Name><IsTruncated>true</IsTruncated><NextContinuationToken>t</NextContinuationToken>`+
			entry("a%2Bb+c")+`</ListBucketResult>`)
	})
	page, err := s.List(t.Context(), &driver.ListOptions{})
	// No EncodingType, so nothing to decode.
	if err != nil || splitToken(page.NextToken).server != "t" || page.Objects[0].Key != "a%2Bb+c" {
		t.Fatalf("%+v, %v", page, err)
	}
	if _, err := s.List(t.Context(), &driver.ListOptions{Token: "t"}); err == nil {
		t.Error("a repeated token is taken")
	}
}

func TestListStartAfter(t *testing.T) {
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprint(w, `<ListBucketResult><Name>bucket</Name><EncodingType>url</EncodingType><IsTruncated>false</IsTruncated>`+
			entry("a")+entry("b")+entry("b%01+%2B")+
			`<CommonPrefixes><Prefix>a/</Prefix></CommonPrefixes><CommonPrefixes><Prefix>b%2F</Prefix></CommonPrefixes></ListBucketResult>`)
	})
	page, err := s.List(t.Context(), &driver.ListOptions{Delimiter: "/", StartAfter: "b"})
	if err != nil {
		t.Fatal(err)
	}
	if len(page.Objects) != 1 || page.Objects[0].Key != "b\x01 +" || len(page.Prefixes) != 1 || page.Prefixes[0] != "b/" {
		t.Errorf("%+v", page)
	}
	page, err = s.List(t.Context(), &driver.ListOptions{Delimiter: "/", StartAfter: "b/c"})
	if err != nil || len(page.Objects) != 0 || len(page.Prefixes) != 0 {
		t.Errorf("%+v, %v", page, err)
	}
}
