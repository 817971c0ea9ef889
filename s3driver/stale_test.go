package s3driver

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"golang.org/x/sync/errgroup"
)

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
