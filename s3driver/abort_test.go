package s3driver

import (
	"bytes"
	"fmt"
	"net/http"
	"slices"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// TestAbortIsVerified has a server that says of the first aborts that they have
// worked and still lists the upload: a part was on its way. It is aborted until
// it is gone, and before the call returns.
func TestAbortIsVerified(t *testing.T) {
	const lingers = 2
	for name, call := range map[string]func(b *bucket) error{
		"AbortStaleUploads": func(b *bucket) error {
			n, err := b.AbortStaleUploads(t.Context(), "bucket", time.Hour)
			if n != 1 {
				t.Errorf("%d uploads aborted", n)
			}
			return err
		},
		"Put": func(b *bucket) error {
			_, err := b.Put(t.Context(), "k", bytes.NewReader(make([]byte, 6*mib)), putOptions(6*mib))
			wantError(t, "Put", err, driver.ErrAccessDenied)
			return nil
		},
	} {
		var mu sync.Mutex
		aborts := 0
		s := script(t, Config{PartSize: 5 * mib, MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			q := r.URL.Query()
			switch {
			case operation(r) == "part":
				drain(r)
				fail(w, http.StatusForbidden, "AccessDenied")
				return
			case operation(r) == "abort":
				aborts++
			case r.Method == http.MethodGet && q.Has("uploads"):
				fmt.Fprint(w, "<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>u</UploadId>"+
					"<Initiated>2024-01-01T00:00:00.000Z</Initiated></Upload></ListMultipartUploadsResult>")
				return
			case r.Method == http.MethodGet && q.Has("uploadId") && aborts <= lingers:
				fmt.Fprint(w, "<ListPartsResult></ListPartsResult>")
				return
			}
			honest(w, r)
		})
		if err := call(s.bucket); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		mu.Lock()
		if aborts != lingers+1 {
			t.Errorf("%s: %d aborts, want %d", name, aborts, lingers+1)
		}
		mu.Unlock()
	}
}

// TestStaleByTheServersClock: how old an upload is, is a matter of the server's
// clock, which made its time, and not of this machine's.
func TestStaleByTheServersClock(t *testing.T) {
	for _, skew := range []time.Duration{-2 * time.Hour, -time.Second, 0, time.Second, 2 * time.Hour} {
		var aborted []string
		s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			now := time.Now().Add(skew).UTC()
			w.Header().Set("Date", now.Format(http.TimeFormat))
			switch q := r.URL.Query(); {
			case q.Has("uploads"):
				fmt.Fprint(w, "<ListMultipartUploadsResult>")
				for _, age := range []time.Duration{0, 50 * time.Minute, 70 * time.Minute, 5 * time.Hour} {
					fmt.Fprintf(w, "<Upload><Key>k</Key><UploadId>%v</UploadId><Initiated>%s</Initiated></Upload>", age, now.Add(-age).Format(time.RFC3339))
				}
				fmt.Fprint(w, "</ListMultipartUploadsResult>")
			case operation(r) == "abort":
				aborted = append(aborted, q.Get("uploadId"))
				w.WriteHeader(http.StatusNoContent)
			default:
				fail(w, http.StatusNotFound, "NoSuchUpload")
			}
		})
		n, err := s.AbortStaleUploads(t.Context(), "bucket", time.Hour)
		if want := []string{"1h10m0s", "5h0m0s"}; n != 2 || err != nil || !slices.Equal(aborted, want) {
			t.Errorf("a clock %v ahead: %d aborted, %q, %v, want %q", skew, n, aborted, err, want)
		}
	}
}
