package s3driver

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"maps"
	"net/http"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

func TestCopyKeepsEverything(t *testing.T) {
	for _, threshold := range []int64{5 * mib, 0} { // in parts, and at once
		onServers(t, Config{CopyPartThreshold: threshold, PartSize: 5 * mib}, func(t *testing.T, b *bucket, _ string) {
			content := noise(13 * mib)
			opts := &driver.PutOptions{
				Size: int64(len(content)), ContentType: "Text/X-Own", CacheControl: "max-age=1", ContentDisposition: `attachment; filename="a b"`,
				ContentEncoding: "x-own", ContentLanguage: "eo", Metadata: map[string]string{"a": "1 %20"}, Tags: map[string]string{"k": "v w+x"},
			}
			if _, err := b.Put(t.Context(), "source key+%20", bytes.NewReader(content), opts); err != nil {
				t.Fatal(err)
			}
			src, err := b.Head(t.Context(), "source key+%20", &driver.HeadOptions{Tags: true})
			if err != nil {
				t.Fatal(err)
			}
			other := openBucket(t, newDriver(t, configOf(t, b)), b.name)
			info, err := other.Copy(t.Context(), "dir/copy", b, "source key+%20")
			if err != nil {
				t.Fatal(err)
			}
			dst, err := b.Head(t.Context(), "dir/copy", &driver.HeadOptions{Tags: true})
			if err != nil {
				t.Fatal(err)
			}
			if info.ETag != dst.ETag || info.Size != dst.Size || info.Key != "dir/copy" {
				t.Errorf("copy %+v, head %+v", info, dst)
			}
			if !maps.Equal(src.Metadata, dst.Metadata) || !maps.Equal(src.Tags, dst.Tags) || len(dst.Tags) != 1 {
				t.Errorf("metadata %v, tags %v", dst.Metadata, dst.Tags)
			}
			src.Key, src.ETag, src.LastModified, src.Metadata, src.Tags = dst.Key, dst.ETag, dst.LastModified, nil, nil
			dst.Metadata, dst.Tags = nil, nil
			if fmt.Sprint(src) != fmt.Sprint(dst) {
				t.Errorf("source %+v, copy %+v", src, dst)
			}
			if !bytes.Equal(read(t, b, "dir/copy"), content) {
				t.Error("other content")
			}
		})
	}
}

// TestCopyKeepsExpires has a header that this package does not write itself.
func TestCopyKeepsExpires(t *testing.T) {
	for _, threshold := range []int64{5 * mib, 0} { // in parts, and at once
		onServers(t, Config{CopyPartThreshold: threshold, PartSize: 5 * mib}, func(t *testing.T, b *bucket, server string) {
			for _, expires := range []string{"Wed, 21 Oct 2065 07:28:00 GMT", "0"} {
				key := "source"
				if _, err := b.client.PutObject(t.Context(), &s3.PutObjectInput{Bucket: &b.name, Key: &key, Body: bytes.NewReader(noise(6 * mib))},
					withHeader("Expires", expires)); err != nil {
					t.Fatal(err)
				}
				before, err := b.head(t.Context(), "source", "")
				if err != nil {
					t.Fatal(err)
				}
				if _, err := b.Copy(t.Context(), "copy", b, "source"); err != nil {
					t.Fatal(err)
				}
				after, err := b.head(t.Context(), "copy", "")
				if err != nil {
					t.Fatal(err)
				}
				// MinIO keeps dates only, and loses them when it copies at once.
				want := aws.ToString(before.ExpiresString)
				if kept := server != s3test.NameMinIO || expires != "0"; kept != (want == expires) {
					t.Errorf("the source has Expires %q, not %q", want, expires)
				}
				if server == s3test.NameMinIO && threshold == 0 {
					want = ""
				}
				if got := aws.ToString(after.ExpiresString); got != want {
					t.Errorf("Expires %q, want %q", got, want)
				}
			}
		})
	}
}

// TestCopyPartSizes: a copy of any size fits into the parts there can be.
func TestCopyPartSizes(t *testing.T) {
	for _, size := range []int64{1, 5 * mib, 5*mib + 1, 128 * mib, 1_280_000 * mib, 1_280_000*mib + 1, maxPartSize, maxPartSize + 1, maxObjectSize - 1, maxObjectSize} {
		for _, partSize := range []int64{minPartSize, DefaultPartSize, maxPartSize} {
			for _, threshold := range []int64{0, 1, minPartSize, 100 * mib, maxPartSize} {
				c := &copying{write: write{b: &bucket{Driver: &Driver{settings: settings{partSize: partSize, copyPartThreshold: threshold}}}}, info: driver.ObjectInfo{Size: size}}
				n := c.partSize()
				if n < minPartSize || n > maxPartSize || (size+n-1)/n > maxParts {
					t.Errorf("%d bytes, PartSize %d, threshold %d: parts of %d", size, partSize, threshold, n)
				}
			}
		}
	}
}

// configOf gives the configuration that reaches the same server.
func configOf(t *testing.T, b *bucket) Config {
	t.Helper()
	o := b.client.Options()
	c, err := o.Credentials.Retrieve(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return Config{
		Endpoint: *o.BaseEndpoint, Region: o.Region, AccessKeyID: c.AccessKeyID, SecretAccessKey: c.SecretAccessKey,
		CopyPartThreshold: b.copyPartThreshold, PartSize: b.partSize,
	}
}

func TestCopyErrors(t *testing.T) {
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		put(t, b, "key", "x")
		_, err := b.Copy(t.Context(), "key", b, "key")
		wantError(t, "self-copy", err, driver.ErrValidation)
		_, err = b.Copy(t.Context(), "copy", b, "missing")
		wantError(t, "missing source", err, driver.ErrObjectNotFound)
		var source *driver.SourceError
		if !errors.As(err, &source) {
			t.Errorf("not the source's error: %v", err)
		}
		elsewhere := openBucket(t, newDriver(t, Config{Endpoint: "http://127.0.0.1:1", AccessKeyID: "a", SecretAccessKey: "b"}), b.name)
		_, err = b.Copy(t.Context(), "copy", elsewhere, "key")
		wantError(t, "another server", err, driver.ErrUnsupported)
	})
}

// TestCopyOfChangedObject replaces the source between the requests of a copy.
func TestCopyOfChangedObject(t *testing.T) {
	for _, server := range s3test.All(t) {
		for _, threshold := range []int64{5 * mib, 0} {
			b := newBucket(t, server, Config{})
			put(t, b, "source", strings.Repeat("y", 13*mib))
			far := behindProxy(t, b, server, Config{CopyPartThreshold: threshold, PartSize: 5 * mib, Concurrency: 1},
				once(pass, func(r *http.Request) bool {
					if r.Header.Get("X-Amz-Copy-Source") == "" {
						return false
					}
					put(t, b, "source", strings.Repeat("z", 13*mib))
					return true
				}))
			_, err := far.Copy(t.Context(), "copy", far, "source")
			wantError(t, server.Name, err, driver.ErrObjectChanged)
			if _, err := b.Head(t.Context(), "copy", &driver.HeadOptions{}); !errors.Is(err, driver.ErrObjectNotFound) {
				t.Errorf("%s: a copy is there: %v", server.Name, err)
			}
		}
	}
}

// TestCopyIgnoringCondition: a server that ignores the condition on the source
// (as Ceph does) must not make a copy of two versions.
func TestCopyIgnoringCondition(t *testing.T) {
	heads := 0
	var completed bool
	s := script(t, Config{CopyPartThreshold: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		switch {
		case r.Method == "HEAD":
			heads++
			w.Header().Set("ETag", fmt.Sprintf(`"version %d"`, heads))
			w.Header().Set("Content-Length", fmt.Sprint(12*mib))
		case r.URL.Query().Has("tagging"):
			_, _ = io.WriteString(w, "")
		case operation(r) == "create":
			_, _ = io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
		case operation(r) == "part":
			_, _ = io.WriteString(w, "<CopyPartResult><ETag>e</ETag></CopyPartResult>")
		case operation(r) == "complete":
			completed = true
		case operation(r) == "abort":
			w.WriteHeader(204)
		default:
			fail(w, 404, "NoSuchUpload")
		}
	})
	_, err := s.Copy(t.Context(), "copy", s.bucket, "source")
	wantError(t, "Copy", err, driver.ErrObjectChanged)
	if completed {
		t.Error("the copy was completed")
	}
}

// TestCopyAtOnceIgnoringCondition has a server that copies the source as it is by
// then, whatever the condition says: the ETags tell.
func TestCopyAtOnceIgnoringCondition(t *testing.T) {
	for name, c := range map[string]struct {
		second, copied string // ETags of the source when looked at again, and of the copy
		want           error
	}{
		"replaced":                 {"v2", "v2", driver.ErrObjectChanged},
		"replaced, encrypted copy": {"v2", "other", driver.ErrObjectChanged},
		"removed":                  {"", "v2", driver.ErrObjectChanged},
		"the same, encrypted copy": {"v1", "other", nil},
		"replaced after the copy":  {"v2", "v1", nil},
	} {
		heads := 0
		s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/bucket/" || r.URL.Path == "/bucket":
			case r.Method == http.MethodHead:
				if heads++; heads == 1 {
					showObject(w, "v1", 10)
				} else if c.second != "" {
					showObject(w, c.second, 10)
				} else {
					w.WriteHeader(http.StatusNotFound)
				}
			default:
				fmt.Fprintf(w, "<CopyObjectResult><ETag>%s</ETag></CopyObjectResult>", c.copied)
			}
		})
		_, err := s.Copy(t.Context(), "copy", s.bucket, "source")
		wantError(t, name, err, c.want)
		var source *driver.SourceError
		if c.want != nil && !errors.As(err, &source) {
			t.Errorf("%s: not the source's error: %v", name, err)
		}
	}
}
