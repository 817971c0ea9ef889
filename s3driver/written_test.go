package s3driver

import (
	"bytes"
	"fmt"
	"net/http"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/internal/s3test"
)

// TestSameSizeIsNotTheSame loses the answers to a write while another writer
// stores other content that is the same in all else, its size too: that is no
// success, and the other's object stays.
func TestSameSizeIsNotTheSame(t *testing.T) {
	for _, server := range s3test.All(t) {
		b, _ := withSource(t, server)
		for name, w := range lossy {
			for _, absent := range []bool{false, true} {
				if absent && strings.Contains(strings.ToLower(name), "copy") {
					continue // it has no condition
				}
				what := fmt.Sprintf("%s, %s, IfAbsent %v", server.Name, name, absent)
				if err := b.Delete(t.Context(), "key"); err != nil {
					t.Fatal(err)
				}
				other := fullOptions()
				other.Size = 6 * mib
				if name == "Put" {
					other.Size = 100
				}
				content := make([]byte, other.Size)
				requests := 0
				far := behindProxy(t, b, server, Config{PartSize: 5 * mib, MaxRetries: 1}, func(r *http.Request) fault {
					if operation(r) != w.op {
						return pass
					}
					if requests++; requests == 1 {
						return cutAfter
					}
					if _, err := b.Put(t.Context(), "key", bytes.NewReader(content), other); err != nil {
						t.Error(err)
					}
					if absent && name == "Put" {
						return pass // to be refused
					}
					return cutBefore
				})
				opts := fullOptions()
				opts.IfAbsent = absent
				_, err := w.write(t, far, opts)
				if err == nil || requests != 2 {
					t.Errorf("%s: error %v after %d requests", what, err, requests)
				}
				if name == "Put" && absent {
					wantError(t, what, err, driver.ErrPreconditionFailed)
				}
				if !bytes.Equal(read(t, b, "key"), content) {
					t.Errorf("%s: the other's object is gone", what)
				}
			}
		}
	}
}

// TestKnownByChecksum loses every answer on a server whose ETags are no MD5 sums,
// as with encryption by a key service: the object's checksum tells whether it is
// what was written, if it is one of the whole content.
func TestKnownByChecksum(t *testing.T) {
	writes := map[string]struct {
		size int
		lose func(*http.Request) bool
		call func(b *bucket) error
	}{
		"Put": {1, isOperation("PUT"), func(b *bucket) error {
			return errorOf(b.Put(t.Context(), "k", strings.NewReader("x"), putOptions(1)))
		}},
		"Put of parts": {6 * mib, isOperation("complete"), func(b *bucket) error {
			return errorOf(b.Put(t.Context(), "k", sixMiB(), putOptions(6*mib)))
		}},
		"Copy": {1, isOperation("PUT"), func(b *bucket) error { return errorOf(b.Copy(t.Context(), "k", b, "src")) }},
	}
	for name, write := range writes {
		crc := newMemory(bytes.Repeat([]byte("x"), write.size)).crc
		for kind, c := range map[string]struct {
			source, got string // checksums of the copy's source and of the object
			known       bool
		}{
			"the checksum":        {encodeCRC(crc), encodeCRC(crc), true},
			"another checksum":    {encodeCRC(crc), encodeCRC(crc ^ 1), false},
			"a checksum of parts": {encodeCRC(crc), encodeCRC(crc) + "-2", false},
			"no checksum":         {encodeCRC(crc), "", false},
			"no source checksum":  {"", encodeCRC(0), false},
		} {
			if c.source == "" && name != "Copy" {
				continue
			}
			s := script(t, Config{PartSize: 5 * mib, MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
				switch {
				case write.lose(r):
					drain(r)
					hangUp()
				case r.Method != http.MethodHead:
					honest(w, r)
					return
				case r.Header.Get("X-Amz-Checksum-Mode") != "ENABLED":
					t.Errorf("%s: a HEAD that does not ask for the checksum", name)
				case r.URL.Path == "/bucket/src":
					w.Header().Set("X-Amz-Checksum-Crc32c", c.source)
					showObject(w, "etag of the source", write.size)
				default:
					w.Header().Set("X-Amz-Checksum-Crc32c", c.got)
					showObject(w, "etag of the object", write.size)
				}
			})
			if err := write.call(s.bucket); (err == nil) != c.known {
				t.Errorf("%s, %s: error %v; requests %q", name, kind, err, s.seen())
			}
		}
	}
}

// TestUploadThatIsThere: an upload of parts that the server still knows has not made
// the object, though an equal one was made just before.
func TestUploadThatIsThere(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{PartSize: 5 * mib})
		opts := putOptions(6 * mib)
		opts.IfAbsent = true
		far := behindProxy(t, b, server, Config{PartSize: 5 * mib}, once(cutBefore, func(r *http.Request) bool {
			if operation(r) != "complete" {
				return false
			}
			if _, err := b.Put(t.Context(), "lock", sixMiB(), opts); err != nil {
				t.Error(err)
			}
			return true
		}))
		_, err := far.Put(t.Context(), "lock", sixMiB(), opts)
		wantError(t, server.Name, err, driver.ErrPreconditionFailed)
	}
}

// TestEqualButForTags loses a write on its way beside an object that is the same but
// for its tags or its storage class: that is no success.
func TestEqualButForTags(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := newBucket(t, server, Config{PartSize: 5 * mib})
		for _, size := range []int{100, 6 * mib} {
			for name, change := range map[string]func(*driver.PutOptions){
				"tag":       func(o *driver.PutOptions) { o.Tags["owner"] = "new" },
				"less tags": func(o *driver.PutOptions) { o.Tags = nil },
				"class":     func(o *driver.PutOptions) { o.StorageClass = "REDUCED_REDUNDANCY" },
			} {
				far := behindProxy(t, b, server, Config{PartSize: 5 * mib, MaxRetries: 1}, func(r *http.Request) fault {
					if op := operation(r); strings.HasSuffix(r.URL.Path, "/key") && (op == "complete" || op == "PUT") {
						return cutBefore
					}
					return pass
				})
				options := func() *driver.PutOptions {
					o := putOptions(int64(size))
					o.Tags = map[string]string{"owner": "old", "a": "b"}
					return o
				}
				for key, to := range map[string]*bucket{"key": b, "earlier": far} { // far learns that tags are kept
					if _, err := to.Put(t.Context(), key, bytes.NewReader(noise(size)), options()); err != nil {
						t.Fatal(err)
					}
				}
				opts := options()
				change(opts)
				if _, err := far.Put(t.Context(), "key", bytes.NewReader(noise(size)), opts); err == nil {
					t.Errorf("%s, %d bytes, other %s: success", server.Name, size, name)
				}
			}
		}
	}
}
