package s3driver

import (
	"bytes"
	"context"
	"fmt"
	"net/http"
	"sync"
	"testing"
	"testing/synctest"
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

// TestPageIsNoAbort: a proxy's page in place of the answers to an abort does not
// count as the upload's end.
func TestPageIsNoAbort(t *testing.T) {
	var mu sync.Mutex
	there, aborts := false, 0
	s := script(t, Config{PartSize: 5 * mib, MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		switch operation(r) {
		case "create":
			there = true
		case "part":
			drain(r)
			fail(w, http.StatusForbidden, "AccessDenied")
			return
		case "abort":
			if aborts++; aborts < 4 { // more than the retries of one
				w.WriteHeader(http.StatusNotFound)
				fmt.Fprint(w, "<html><head><title>404 Not Found</title></head></html>")
				return
			}
			there = false
		}
		honest(w, r)
	})
	_, err := s.Put(t.Context(), "k", sixMiB(), putOptions(6*mib))
	wantError(t, "Put", err, driver.ErrAccessDenied)
	s.background.Wait()
	if there {
		t.Errorf("the upload is there after %d aborts", aborts)
	}
}

// TestLatePartAbortHeld has a server on which an upload comes back with a part
// that was on its way when it was aborted. The request to abort it again, or the
// look that shows it, is never answered: it is made once more.
func TestLatePartAbortHeld(t *testing.T) {
	for _, held := range []string{"abort", "look"} {
		synctest.Test(t, func(t *testing.T) {
			var mu sync.Mutex
			there, aborts, looks := false, 0, 0
			client := direct(func(w http.ResponseWriter, r *http.Request) {
				mu.Lock()
				hold := false
				switch op := operation(r); {
				case op == "create":
					there = true
				case op == "abort":
					aborts++
					if hold = held == "abort" && aborts == 2; !hold {
						there = false
					}
				case op == http.MethodGet && r.URL.Query().Has("uploadId"):
					if looks++; looks == 2 {
						there = true // with the part
						hold = held == "look"
					}
				}
				here := there
				mu.Unlock()
				switch {
				case hold:
					<-r.Context().Done()
				case operation(r) == "part":
					drain(r)
					fail(w, http.StatusForbidden, "AccessDenied")
				case here && r.Method == http.MethodGet:
					fmt.Fprint(w, "<ListPartsResult></ListPartsResult>")
				default:
					honest(w, r)
				}
			})
			b := client.bucket(t)
			_, err := b.Put(t.Context(), "k", sixMiB(), putOptions(6*mib))
			wantError(t, "Put", err, driver.ErrAccessDenied)
			b.background.Wait()
			if there || looks < 3 {
				t.Errorf("a held %s: %d aborts and %d looks; the upload is there: %v", held, aborts, looks, there)
			}
		})
	}
}

// TestCompleteEndsWithTheCall: a call cancelled while its upload is being completed
// has the upload aborted first, since MinIO lists an upload for a day that it was
// cut off from completing, but leaves no request behind that could replace what is
// written next.
func TestCompleteEndsWithTheCall(t *testing.T) {
	for _, slow := range []time.Duration{0, 3 * time.Second} {
		synctest.Test(t, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			var completing context.Context
			b := direct(func(w http.ResponseWriter, r *http.Request) {
				switch operation(r) {
				case "complete":
					completing = r.Context()
					cancel()
					<-r.Context().Done()
				case "abort":
					if completing.Err() != nil && slow == 0 {
						t.Error("the request to complete the upload was cut off before it was aborted")
					}
					<-time.After(slow)
				}
				honest(w, r)
			}).bucket(t)
			began := time.Now()
			_, err := b.Put(ctx, "k", sixMiB(), putOptions(6*mib))
			wantError(t, "Put", err, context.Canceled)
			if took := time.Since(began); completing.Err() == nil || took > time.Second {
				t.Errorf("the call returned after %v, the request to complete the upload with %v", took, completing.Err())
			}
			b.background.Wait()
		})
	}
}

// TestCreateAnsweredLate: an upload has the full time to be aborted when it becomes
// known long after the cancellation.
func TestCreateAnsweredLate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ctx, cancel := context.WithCancel(t.Context())
		there, aborts := false, 0
		b := direct(func(w http.ResponseWriter, r *http.Request) {
			switch operation(r) {
			case "create":
				cancel()
				<-time.After(abortTimeout - 50*time.Millisecond)
				there = true
			case "abort":
				<-time.After(100 * time.Millisecond)
				if aborts++; aborts <= 3 {
					fail(w, http.StatusServiceUnavailable, "SlowDown")
					return
				}
				there = false
			}
			honest(w, r)
		}).bucket(t)
		_, err := b.Put(ctx, "k", sixMiB(), putOptions(6*mib))
		wantError(t, "Put", err, context.Canceled)
		b.background.Wait()
		if there {
			t.Errorf("the upload is there after %d aborts", aborts)
		}
	})
}

// TestAbortDeniedForAMoment: an upload that failed because credentials had expired
// is aborted when there are new ones.
func TestAbortDeniedForAMoment(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var mu sync.Mutex
		there := false
		var until time.Time
		b := direct(func(w http.ResponseWriter, r *http.Request) {
			mu.Lock()
			defer mu.Unlock()
			switch op := operation(r); {
			case op == "create":
				there = true
			case op == "part":
				drain(r)
				until = time.Now().Add(2 * time.Second)
				fail(w, http.StatusForbidden, "ExpiredToken")
				return
			case op == "abort" && time.Now().Before(until):
				fail(w, http.StatusForbidden, "ExpiredToken")
				return
			case op == "abort":
				there = false
			}
			honest(w, r)
		}).bucket(t)
		_, err := b.Put(t.Context(), "k", sixMiB(), putOptions(6*mib))
		wantError(t, "Put", err, driver.ErrAccessDenied)
		b.background.Wait()
		if there {
			t.Error("the upload is there")
		}
	})
}
