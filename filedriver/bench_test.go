package filedriver

import (
	"fmt"
	"io"
	"strings"
	"testing"

	"gocloud.dev/blob"
	"gocloud.dev/blob/fileblob"

	"github.com/s3mio/s3mio/driver"
)

// The benchmarks of small objects run beside the same work on fileblob.

func benchBucket(b *testing.B, keys int) driver.Bucket {
	b.Helper()
	bucket := newTestBucket(b)
	for i := range keys {
		put(b, bucket, benchKey(i), strings.Repeat("x", 1024))
	}
	return bucket
}

func benchKey(i int) string { return fmt.Sprintf("bench/%07d.bin", i) }

func benchFileblob(b *testing.B, keys int) *blob.Bucket {
	b.Helper()
	bucket, err := fileblob.OpenBucket(b.TempDir(), &fileblob.Options{NoTempDir: true})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { bucket.Close() })
	for i := range keys {
		if err := bucket.WriteAll(b.Context(), benchKey(i), make([]byte, 1024), nil); err != nil {
			b.Fatal(err)
		}
	}
	return bucket
}

func BenchmarkPut(b *testing.B) {
	body := strings.Repeat("x", 1024)
	b.Run("filedriver", func(b *testing.B) {
		bucket := benchBucket(b, 0)
		for i := 0; b.Loop(); i++ {
			put(b, bucket, benchKey(i%1000), body)
		}
	})
	b.Run("fileblob", func(b *testing.B) {
		bucket := benchFileblob(b, 0)
		for i := 0; b.Loop(); i++ {
			if err := bucket.WriteAll(b.Context(), benchKey(i%1000), []byte(body), nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkGet(b *testing.B) {
	b.Run("filedriver", func(b *testing.B) {
		bucket := benchBucket(b, 100)
		for i := 0; b.Loop(); i++ {
			o, err := bucket.Get(b.Context(), benchKey(i%100), &driver.GetOptions{})
			if err != nil {
				b.Fatal(err)
			}
			if _, err := io.Copy(io.Discard, o.Body); err != nil {
				b.Fatal(err)
			}
			o.Body.Close()
		}
	})
	b.Run("fileblob", func(b *testing.B) {
		bucket := benchFileblob(b, 100)
		for i := 0; b.Loop(); i++ {
			if _, err := bucket.ReadAll(b.Context(), benchKey(i%100)); err != nil {
				b.Fatal(err)
			}
		}
	})
}

func BenchmarkHead(b *testing.B) {
	bucket := benchBucket(b, 100)
	for i := 0; b.Loop(); i++ {
		if _, err := bucket.Head(b.Context(), benchKey(i%100), &driver.HeadOptions{}); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut64MiB(b *testing.B) {
	body := strings.Repeat("0123456789abcdef", 4<<20)
	b.SetBytes(int64(len(body)))
	b.Run("filedriver", func(b *testing.B) {
		bucket := benchBucket(b, 0)
		for b.Loop() {
			put(b, bucket, "big", body)
		}
	})
	b.Run("fileblob", func(b *testing.B) {
		bucket := benchFileblob(b, 0)
		data := []byte(body)
		for b.Loop() {
			if err := bucket.WriteAll(b.Context(), "big", data, nil); err != nil {
				b.Fatal(err)
			}
		}
	})
}

// BenchmarkList lists everything; the time per key should not depend on the
// number of keys.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{1_000, 16_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			bucket := benchBucket(b, n)
			for b.Loop() {
				got := 0
				for page := range pages(b.Context(), b, bucket, &driver.ListOptions{}) {
					got += len(page.Objects)
				}
				if got != n {
					b.Fatalf("listed %d of %d", got, n)
				}
			}
			b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(n), "ns/key")
		})
	}
}
