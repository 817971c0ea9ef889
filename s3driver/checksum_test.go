package s3driver

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"io"
	"net/http"
	"strings"
	"sync"
	"testing"
)

// TestChecksumsOfParts looks at the requests of an upload in parts: each part comes
// with its checksum, and the request that makes the object with that of the whole,
// its size and those of the parts, so that the server can refuse what it did not get
// as it was.
func TestChecksumsOfParts(t *testing.T) {
	content := noise(12 * mib)
	for name, body := range bodies {
		var mu sync.Mutex
		parts := map[string]string{} // checksums of what arrived, by number
		var create, complete http.Header
		var list struct {
			Parts []struct {
				PartNumber     string
				ChecksumCRC32C string
			} `xml:"Part"`
		}
		s := script(t, Config{PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch operation(r) {
			case "create":
				create = r.Header.Clone()
			case "part":
				data, err := io.ReadAll(r.Body)
				if err != nil {
					t.Error(err)
				}
				number, crc := r.URL.Query().Get("partNumber"), encodeCRC(newMemory(data).crc)
				if parts[number] = crc; r.Header.Get("X-Amz-Checksum-Crc32c") != crc {
					t.Errorf("%s: part %s has the checksum %s, sent was %q", name, number, crc, r.Header.Get("X-Amz-Checksum-Crc32c"))
				}
			case "complete":
				complete = r.Header.Clone()
				if err := xml.NewDecoder(r.Body).Decode(&list); err != nil {
					t.Error(err)
				}
			}
			honest(w, r)
		})
		r, n := body(content)
		if _, err := s.Put(t.Context(), "k", r, putOptions(n)); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		for _, c := range []struct {
			header         http.Header
			request, field string
			want           string
		}{
			{create, "create", "X-Amz-Checksum-Algorithm", "CRC32C"},
			{create, "create", "X-Amz-Checksum-Type", "FULL_OBJECT"},
			{complete, "complete", "X-Amz-Checksum-Type", "FULL_OBJECT"},
			{complete, "complete", "X-Amz-Checksum-Crc32c", encodeCRC(newMemory(content).crc)},
			{complete, "complete", "X-Amz-Mp-Object-Size", fmt.Sprint(len(content))},
		} {
			if got := c.header.Get(c.field); got != c.want {
				t.Errorf("%s, %s: %s %q, want %q", name, c.request, c.field, got, c.want)
			}
		}
		if len(list.Parts) != 3 || len(parts) != 3 {
			t.Errorf("%s: %d parts completed of %d, want 3", name, len(list.Parts), len(parts))
		}
		for _, p := range list.Parts {
			if p.ChecksumCRC32C != parts[p.PartNumber] {
				t.Errorf("%s, complete: part %s with the checksum %q, want %q", name, p.PartNumber, p.ChecksumCRC32C, parts[p.PartNumber])
			}
		}
	}
}

// TestChecksumRefused has a server that finds a write's checksum wrong, once or
// always: that may be damage on the way, so it is tried again, and it is never
// success.
func TestChecksumRefused(t *testing.T) {
	for op, size := range map[string]int{"PUT": 1, "part": 6 * mib, "complete": 6 * mib} {
		for _, wrong := range []int{1, 2} {
			refused := 0
			s := script(t, Config{PartSize: 5 * mib, MaxRetries: 1, Concurrency: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
				if operation(r) == op && refused < wrong {
					drain(r)
					refused++
					fail(w, http.StatusBadRequest, "BadDigest")
					return
				}
				honest(w, r)
			})
			_, err := s.Put(t.Context(), "k", bytes.NewReader(make([]byte, size)), putOptions(int64(size)))
			if wrong == 1 && err != nil || wrong == 2 && code(err) != "BadDigest" {
				t.Errorf("%s, refused %d times: %v", op, wrong, err)
			}
			aborted := strings.Contains(strings.Join(s.seen(), "\n"), "DELETE /bucket/k?uploadId=u")
			if want := wrong == 2 && op != "PUT"; refused != wrong || aborted != want {
				t.Errorf("%s: refused %d times, want %d; aborted %v, want %v: %q", op, refused, wrong, aborted, want, s.seen())
			}
		}
	}
}
