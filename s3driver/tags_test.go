package s3driver

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"net/url"
	"testing"

	"github.com/s3mio/s3mio/internal/s3test"
)

// tagging is a server with one object of tags, "k", beside the "src" of honest.
type tagging struct {
	drops  bool              // the tags that come with a multipart upload
	etag   string            // of k
	header map[string]string // the tags that came with the request that makes k, decoded
	have   string            // k's tags in XML
	set    int               // requests that set them
	asked  int               // requests for them
}

func (s *tagging) serve(t *testing.T, w http.ResponseWriter, r *http.Request) {
	op := operation(r)
	asks := r.URL.Query().Has("tagging")
	switch {
	case asks && r.URL.Path == "/bucket/src":
		_, _ = io.WriteString(w, tagSet(map[string]string{"a b": "c+d"}))
	case asks && op == "GET":
		s.asked++
		_, _ = io.WriteString(w, s.have)
	case asks:
		s.set++
		body, err := io.ReadAll(r.Body)
		if err != nil {
			t.Error(err)
		}
		s.have = string(body) // the answer has the form of the request
	case op == "HEAD" && r.URL.Path == "/bucket/k":
		showObject(w, s.etag, 12*mib)
	case op == "create" || op == "PUT":
		values, err := url.ParseQuery(r.Header.Get("X-Amz-Tagging"))
		if err != nil {
			t.Error(err)
		}
		s.header = map[string]string{}
		for k := range values {
			s.header[k] = values.Get(k)
		}
		s.have = tagSet(nil)
		if !s.drops {
			s.have = tagSet(s.header)
		}
		honest(w, r)
	default:
		honest(w, r)
	}
}

func tagSet(tags map[string]string) string {
	var set string
	for k, v := range tags {
		set += fmt.Sprintf("<Tag><Key>%s</Key><Value>%s</Value></Tag>", k, v)
	}
	return "<Tagging><TagSet>" + set + "</TagSet></Tagging>"
}

// taggedWrites make "k" with the tag "a b", of the value "c+d".
var taggedWrites = map[string]func(t *testing.T, b *bucket) error{
	"Put": func(t *testing.T, b *bucket) error {
		opts := putOptions(1)
		opts.Tags = map[string]string{"a b": "c+d"}
		return errorOf(b.Put(t.Context(), "k", bytes.NewReader(noise(1)), opts))
	},
	"Put of parts": func(t *testing.T, b *bucket) error {
		opts := putOptions(6 * mib)
		opts.Tags = map[string]string{"a b": "c+d"}
		return errorOf(b.Put(t.Context(), "k", bytes.NewReader(noise(6*mib)), opts))
	},
	"Copy of parts": copyParts,
}

// TestTagsComeWithTheObject: tags are sent with the request that makes the object
// or its upload, so that nobody sees one without the other. A server that keeps
// them is asked once, and not told again.
func TestTagsComeWithTheObject(t *testing.T) {
	for name, write := range taggedWrites {
		server := &tagging{etag: "c-2"}
		s := script(t, Config{PartSize: 5 * mib, Concurrency: 1}, func(_ int, w http.ResponseWriter, r *http.Request) { server.serve(t, w, r) })
		for range 3 {
			server.header = nil
			if err := write(t, s.bucket); err != nil {
				t.Errorf("%s: %v", name, err)
			}
			if want := map[string]string{"a b": "c+d"}; !maps.Equal(server.header, want) {
				t.Errorf("%s: sent with the tags %q, want %q", name, server.header, want)
			}
		}
		asked := 1
		if name == "Put" {
			asked = 0
		}
		if server.set != 0 || server.asked != asked {
			t.Errorf("%s: tags set %d times and asked for %d times, want 0 and %d", name, server.set, server.asked, asked)
		}
	}
}

// TestDroppedTags has a server that drops the tags of a multipart upload, as Ceph
// does: the object gets them all the same, unless it is somebody else's by then.
func TestDroppedTags(t *testing.T) {
	for name, write := range taggedWrites {
		if name == "Put" {
			continue
		}
		for _, replaced := range []bool{false, true} {
			server := &tagging{etag: "c-2", drops: true}
			if replaced {
				server.etag = "other"
			}
			s := script(t, Config{PartSize: 5 * mib, Concurrency: 1}, func(_ int, w http.ResponseWriter, r *http.Request) { server.serve(t, w, r) })
			for n := range 2 { // what was seen the first time holds the second time
				if err := write(t, s.bucket); err != nil {
					t.Errorf("%s: %v", name, err)
				}
				got, err := s.GetTags(t.Context(), "k")
				want := map[string]string{"a b": "c+d"}
				if replaced {
					want = map[string]string{}
				}
				if err != nil || !maps.Equal(got, want) {
					t.Errorf("%s, replaced %v, upload %d: tags %q, %v, want %q", name, replaced, n+1, got, err, want)
				}
			}
		}
	}
}

// TestTagsOfAnother has the tags of an object changed by another as soon as it is
// there: they stay.
func TestTagsOfAnother(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{})
		reviewed := map[string]string{"state": "reviewed"}
		far := behindProxy(t, b, server, Config{PartSize: 5 * mib}, once(pass, func(r *http.Request) bool {
			if r.Method != http.MethodGet || !r.URL.Query().Has("tagging") {
				return false
			}
			if err := b.SetTags(t.Context(), "key", reviewed); err != nil {
				t.Error(err)
			}
			return true
		}))
		opts := putOptions(6 * mib)
		opts.Tags = map[string]string{"state": "new"}
		_, err := far.Put(t.Context(), "key", sixMiB(), opts)
		have, tagsErr := b.GetTags(t.Context(), "key")
		if err != nil || tagsErr != nil || !maps.Equal(have, reviewed) {
			t.Errorf("%s: %v, %v: tags %q", server.Name, err, tagsErr, have)
		}
	}
}
