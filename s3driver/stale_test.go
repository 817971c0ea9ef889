package s3driver

import (
	"fmt"
	"net/http"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"
)

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

// TestStaleByASlowAnswer: the time that an answer tells may be long past when it
// is read.
func TestStaleByASlowAnswer(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := time.Now().UTC()
		client := direct(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Query().Has("uploads"):
				w.Header().Set("Date", time.Now().UTC().Format(http.TimeFormat))
				<-time.After(5 * time.Second)
				fmt.Fprintf(w, "<ListMultipartUploadsResult><Upload><Key>k</Key><UploadId>u</UploadId><Initiated>%s</Initiated></Upload>"+
					"</ListMultipartUploadsResult>", made.Format(time.RFC3339))
			default:
				honest(w, r)
			}
		})
		if n, err := client.bucket(t).AbortStaleUploads(t.Context(), "bucket", 0); n != 1 || err != nil {
			t.Errorf("%d uploads aborted, %v", n, err)
		}
	})
}

// TestManyStaleUploads sweeps more uploads than a page has, several of one key
// among them. The end of a page goes with the page, and versitygw knows no other
// place to go on from.
func TestManyStaleUploads(t *testing.T) {
	const uploads = 1030
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		var g errgroup.Group
		g.SetLimit(8)
		for i := range uploads {
			g.Go(func() error {
				key := fmt.Sprintf("folder %d/key+%d%%", i%7, i/2)
				_, err := b.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.name, Key: &key})
				return err
			})
		}
		if err := g.Wait(); err != nil {
			t.Fatal(err)
		}
		n, err := b.AbortStaleUploads(t.Context(), b.name, 0)
		if left := pendingUploads(t, b); n != uploads || left != 0 || err != nil {
			t.Errorf("%d of %d aborted, %d of the first page left, %v", n, uploads, left, err)
		}
	})
}

// TestUploadListCycles: a listing of uploads that goes in a circle ends.
func TestUploadListCycles(t *testing.T) {
	for _, circle := range []int{1, 2, 5} {
		s := script(t, Config{MaxRetries: -1}, func(n int, w http.ResponseWriter, _ *http.Request) {
			fmt.Fprintf(w, `<ListMultipartUploadsResult><Bucket>bucket</Bucket><IsTruncated>true</IsTruncated>`+
				`<NextKeyMarker>k</NextKeyMarker><NextUploadIdMarker>u%d</NextUploadIdMarker></ListMultipartUploadsResult>`, n%circle)
		})
		n, err := s.AbortStaleUploads(t.Context(), "bucket", 0)
		if n != 0 || err == nil || len(s.seen()) != circle+1 {
			t.Errorf("a circle of %d: %d requests, %d aborted, %v", circle, len(s.seen()), n, err)
		}
	}
}
