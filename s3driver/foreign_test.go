package s3driver

import (
	"bytes"
	"os"
	"strings"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"

	"github.com/s3mio/s3mio/driver"
)

// TestForeignMultipart: an object that another client uploaded in parts, without
// checksums, has an ETag that is no MD5 and nothing to verify it by.
func TestForeignMultipart(t *testing.T) {
	content := noise(11*mib + 1)
	onServers(t, Config{PartSize: 5 * mib, Concurrency: 3}, func(t *testing.T, b *bucket, _ string) {
		key := "foreign"
		up, err := b.client.CreateMultipartUpload(t.Context(), &s3.CreateMultipartUploadInput{Bucket: &b.name, Key: &key})
		if err != nil {
			t.Fatal(err)
		}
		var parts []types.CompletedPart
		for number, part := range [][]byte{content[:6*mib], content[6*mib:]} {
			n := aws.Int32(int32(number + 1))
			out, err := b.client.UploadPart(t.Context(), &s3.UploadPartInput{
				Bucket: &b.name, Key: &key, UploadId: up.UploadId, PartNumber: n, Body: bytes.NewReader(part),
			})
			if err != nil {
				t.Fatal(err)
			}
			parts = append(parts, types.CompletedPart{PartNumber: n, ETag: out.ETag})
		}
		if _, err := b.client.CompleteMultipartUpload(t.Context(), &s3.CompleteMultipartUploadInput{
			Bucket: &b.name, Key: &key, UploadId: up.UploadId, MultipartUpload: &types.CompletedMultipartUpload{Parts: parts},
		}); err != nil {
			t.Fatal(err)
		}

		info, err := b.Head(t.Context(), key, &driver.HeadOptions{})
		if err != nil || !strings.HasSuffix(info.ETag, "-2") {
			t.Errorf("Head: %+v, %v", info, err)
		}
		page, err := b.List(t.Context(), &driver.ListOptions{})
		if err != nil || len(page.Objects) != 1 || page.Objects[0].ETag != info.ETag || page.Objects[0].Size != info.Size {
			t.Errorf("List: %+v, %v", page, err)
		}
		if !bytes.Equal(read(t, b, key), content) {
			t.Error("Get: other content")
		}
		f := tempFile(t)
		if _, err := b.Download(t.Context(), key, f, &driver.GetOptions{IfMatch: info.ETag}); err != nil {
			t.Error(err)
		}
		if got, err := os.ReadFile(f.Name()); err != nil || !bytes.Equal(got, content) {
			t.Errorf("Download: other content, %v", err)
		}
		if err := b.SetTags(t.Context(), key, map[string]string{"a": "b"}); err != nil {
			t.Error(err)
		}
		if _, err := b.Copy(t.Context(), "copy", b, key); err != nil {
			t.Error(err)
		}
		if !bytes.Equal(read(t, b, "copy"), content) {
			t.Error("Copy: other content")
		}
	})
}
