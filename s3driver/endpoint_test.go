package s3driver

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// TestEndpointWithPath: a server below a path, as Supabase has it, is sent every
// request below that path, joined to it by one slash.
func TestEndpointWithPath(t *testing.T) {
	const key = "a b/c+d%é"
	var sources []string
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		q := r.URL.Query()
		w.Header().Set("ETag", `"e"`)
		switch source := r.Header.Get("X-Amz-Copy-Source"); {
		case source != "" && q.Has("partNumber"):
			fmt.Fprint(w, "<CopyPartResult><ETag>e</ETag></CopyPartResult>")
		case source != "":
			sources = append(sources, source)
			fmt.Fprint(w, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")
		case operation(r) == "create":
			fmt.Fprint(w, "<InitiateMultipartUploadResult><UploadId>U</UploadId></InitiateMultipartUploadResult>")
		case operation(r) == "part" && q.Get("partNumber") == "2":
			fail(w, 403, "AccessDenied") // so that the upload is aborted
		case operation(r) == "complete":
			fmt.Fprint(w, "<CompleteMultipartUploadResult><ETag>e-1</ETag></CompleteMultipartUploadResult>")
		case operation(r) == "abort":
			w.WriteHeader(http.StatusNoContent)
		case q.Has("uploadId") && r.Method == http.MethodGet:
			fail(w, 404, "NoSuchUpload")
		case q.Has("tagging") && r.Method == http.MethodGet:
			fmt.Fprint(w, "<Tagging><TagSet/></Tagging>")
		case q.Has("delete"):
			fmt.Fprintf(w, "<DeleteResult><Deleted><Key>%s</Key></Deleted></DeleteResult>", key)
		case q.Has("list-type"):
			fmt.Fprint(w, "<ListBucketResult>"+entry("k")+"</ListBucketResult>")
		case q.Get("x-id") == "ListBuckets":
			fmt.Fprint(w, "<ListAllMyBucketsResult/>")
		case r.Method == http.MethodGet:
			fmt.Fprint(w, "body")
		case r.Method == http.MethodHead:
			w.Header().Set("Content-Length", "4")
		}
	})
	for _, prefix := range []string{"/storage/v1/s3", "/storage/v1/s3/"} {
		b := openBucket(t, newDriver(t, Config{
			Endpoint: s.location.endpoint + prefix, AccessKeyID: "a", SecretAccessKey: "b", MaxRetries: -1, PartSize: 5 * mib, Concurrency: 1,
		}), "bucket")
		from := len(s.seen())
		ctx := t.Context()
		check := func(what string, err error) {
			t.Helper()
			if err != nil {
				t.Errorf("%s: %v", what, err)
			}
		}
		check("Put", errorOf(b.Put(ctx, key, strings.NewReader("x"), putOptions(1))))
		check("Get", readBody(b.Get(ctx, key, &driver.GetOptions{})))
		check("Head", errorOf(b.Head(ctx, key, &driver.HeadOptions{Tags: true})))
		check("Download", errorOf(b.Download(ctx, key, tempFile(t), &driver.GetOptions{})))
		check("List", errorOf(b.List(ctx, &driver.ListOptions{})))
		check("SetTags", b.SetTags(ctx, key, nil))
		check("Copy", errorOf(b.Copy(ctx, key, b, "source")))
		check("Delete", b.Delete(ctx, key))
		results, err := b.DeleteBatch(ctx, []string{key})
		check("DeleteBatch", err)
		check("DeleteBatch", results[0])
		check("ListBuckets", errorOf(b.ListBuckets(ctx, "")))
		check("CreateBucket", b.CreateBucket(ctx, "bucket"))
		check("DeleteBucket", b.DeleteBucket(ctx, "bucket"))
		_, err = b.Put(ctx, key, sixMiB(), putOptions(6*mib))
		wantError(t, "Put of parts", err, driver.ErrAccessDenied)
		b.copyPartThreshold = 3
		check("Copy in parts", errorOf(b.Copy(ctx, key, b, "source")))
		for _, method := range []string{"GET", "PUT"} {
			presigned, err := b.Presign(ctx, key, &driver.PresignOptions{Method: method, TTL: time.Minute})
			check("Presign", err)
			req, err := http.NewRequestWithContext(ctx, method, presigned, nil)
			check("Presign", err)
			resp, err := http.DefaultClient.Do(req)
			check("Presign", err)
			check("Presign", resp.Body.Close())
		}
		b.background.Wait()

		const root = "/storage/v1/s3/"
		roots := []string{strings.TrimSuffix(root, "/"), root} // of ListBuckets, which names none
		seen := map[string]bool{}
		for _, request := range s.seen()[from:] {
			_, target, _ := strings.Cut(request, " ")
			path, _, _ := strings.Cut(target, "?")
			raw, err := url.PathUnescape(path)
			check(path, err)
			if !slices.Contains(append(roots, root+"bucket", root+"bucket/", root+"bucket/"+key, root+"bucket/source"), raw) {
				t.Errorf("%s: the request %s", prefix, request)
			}
			seen[raw] = true
		}
		if len(seen) < 4 {
			t.Errorf("%s: only requests for %v", prefix, seen)
		}
	}
	for _, source := range sources {
		if source != "bucket/source" {
			t.Errorf("x-amz-copy-source: %s", source)
		}
	}
	if len(sources) != 2 {
		t.Errorf("%d copies", len(sources))
	}
	http.DefaultClient.CloseIdleConnections()

	b := openBucket(t, newDriver(t, Config{Endpoint: "https://host.example/v1/s3", VirtualHosted: true, AccessKeyID: "a", SecretAccessKey: "b"}), "bucket")
	presigned, err := b.Presign(t.Context(), "k", &driver.PresignOptions{Method: "GET", TTL: time.Minute})
	if err != nil || !strings.HasPrefix(presigned, "https://bucket.host.example/v1/s3/k?") {
		t.Errorf("with the bucket in the host: %s, %v", presigned, err)
	}
}

// TestEndpointRefused: what an endpoint must not hold is refused before any
// request, wherever it comes from, and never shown.
func TestEndpointRefused(t *testing.T) {
	const canary = "CANARY"
	server := httptest.NewServer(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) { t.Errorf("%s %s", r.Method, r.RequestURI) }))
	defer server.Close()
	host := server.Listener.Addr().String()
	for name, endpoint := range map[string]string{
		"password":       "http://user:" + canary + "@" + host,
		"user":           "http://" + canary + "@" + host,
		"no password":    "http://" + canary + ":@" + host,
		"query":          "http://" + host + "?" + canary + "=" + canary,
		"query of path":  "http://" + host + "/storage?" + canary,
		"empty query":    "http://" + host + "/" + canary + "?",
		"fragment":       "http://" + host + "#" + canary,
		"empty fragment": "http://" + host + "/" + canary + "#",
		"malformed":      "http://user:" + canary + "@ho st",
		"malformed path": "http://" + host + "/%zz" + canary,
		"escaped path":   "http://" + host + "/a%20b" + canary,
		"port too high":  "http://" + canary + ":99999",
		"port zero":      "http://" + canary + ":0",
		"malformed port": "http://user:pass@" + host + canary,
		"no scheme":      canary + "@" + host,
		"another scheme": "ftp://" + canary,
		"no host":        "http:///" + canary,
		"spaces":         " http://" + canary,
	} {
		for _, from := range []string{"Config", "URL", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_S3", "profile"} {
			t.Run(name+"/"+from, func(t *testing.T) {
				noEnvironment(t)
				var err error
				switch from {
				case "Config":
					_, err = New(t.Context(), Config{Endpoint: endpoint})
				case "URL":
					_, _, err = openURL(t.Context(), &url.URL{Scheme: "s3", Host: "bucket", RawQuery: url.Values{"endpoint": {endpoint}}.Encode()})
				case "profile":
					file := filepath.Join(t.TempDir(), "config")
					if err := os.WriteFile(file, []byte("[default]\nregion = eu-west-1\nendpoint_url = "+endpoint+"\n"), 0o600); err != nil {
						t.Fatal(err)
					}
					t.Setenv("AWS_CONFIG_FILE", file)
					_, err = New(t.Context(), Config{})
				default:
					t.Setenv(from, endpoint)
					_, err = New(t.Context(), Config{})
				}
				if from == "profile" && name == "spaces" {
					return // the file's format trims them
				}
				wantError(t, "New", err, driver.ErrValidation)
				if err != nil && (strings.Contains(fmt.Sprintf("%v %+v %#v", err, err, err), canary) || !strings.Contains(err.Error(), "endpoint")) {
					t.Errorf("%v", err)
				}
				if err != nil && from != "Config" && from != "URL" && !strings.Contains(err.Error(), "AWS_ENDPOINT_URL") {
					t.Errorf("where it comes from is not in %v", err)
				}
			})
		}
	}
	noEnvironment(t)
	t.Setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1/storage/v1/s3")
	t.Setenv("AWS_ACCESS_KEY_ID", "a")
	t.Setenv("AWS_SECRET_ACCESS_KEY", "b")
	presigned, err := openBucket(t, newDriver(t, Config{}), "bucket").Presign(t.Context(), "k", &driver.PresignOptions{Method: "GET", TTL: time.Minute})
	if err != nil || !strings.HasPrefix(presigned, "http://127.0.0.1:1/storage/v1/s3/bucket/k?") {
		t.Errorf("the environment's endpoint with a path: %s, %v", presigned, err)
	}
}

// TestVirtualHostedAddress: an address has no subdomains, and path style in its
// place is not what was asked for.
func TestVirtualHostedAddress(t *testing.T) {
	noEnvironment(t)
	for _, host := range []string{"127.0.0.1:9000", "10.1.2.3", "[::1]:9000", "[fe80::1%25eth0]"} {
		_, err := New(t.Context(), Config{Endpoint: "http://" + host, VirtualHosted: true})
		wantError(t, host, err, driver.ErrValidation)
		_, _, err = openURL(t.Context(), &url.URL{Scheme: "s3", Host: "bucket", RawQuery: url.Values{"endpoint": {"http://" + host}, "path_style": {"false"}}.Encode()})
		wantError(t, host, err, driver.ErrValidation)
		if err != nil && !strings.Contains(err.Error(), "path_style") {
			t.Errorf("%v", err)
		}
		newDriver(t, Config{Endpoint: "http://" + host})
	}
	newDriver(t, Config{Endpoint: "http://localhost:9000", VirtualHosted: true})
	t.Setenv("AWS_ENDPOINT_URL_S3", "http://127.0.0.1:9000")
	_, err := New(t.Context(), Config{VirtualHosted: true})
	wantError(t, "the environment's", err, driver.ErrValidation)
}
