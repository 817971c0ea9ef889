package memdriver

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

func BenchmarkPut1K(b *testing.B) {
	_, bucket := newBucket(b)
	data := make([]byte, 1024)
	opts := &driver.PutOptions{Size: 1024, ContentType: "text/plain"}
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		key := fmt.Sprintf("key-%06d", i%10_000)
		if _, err := bucket.Put(context.Background(), key, bytes.NewReader(data), opts); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkGet1K(b *testing.B) {
	_, bucket := newBucket(b)
	for i := range 10_000 {
		put(b, bucket, fmt.Sprintf("key-%06d", i), string(make([]byte, 1024)))
	}
	buf := make([]byte, 1024)
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		o, err := bucket.Get(context.Background(), fmt.Sprintf("key-%06d", i%10_000), &driver.GetOptions{})
		if err != nil {
			b.Fatal(err)
		}
		if _, err := io.ReadFull(o.Body, buf); err != nil {
			b.Fatal(err)
		}
	}
}

func BenchmarkPut64M(b *testing.B) {
	_, bucket := newBucket(b)
	data := make([]byte, 64<<20)
	opts := &driver.PutOptions{Size: int64(len(data)), ContentType: "text/plain"}
	b.SetBytes(int64(len(data)))
	for b.Loop() {
		if _, err := bucket.Put(context.Background(), "key", bytes.NewReader(data), opts); err != nil {
			b.Fatal(err)
		}
	}
}

// BenchmarkList shows that the cost of a key does not grow with the bucket.
func BenchmarkList(b *testing.B) {
	for _, n := range []int{10_000, 100_000, 1_000_000} {
		b.Run(fmt.Sprint(n), func(b *testing.B) {
			_, bucket := newBucket(b)
			for i := range n {
				put(b, bucket, fmt.Sprintf("dir%03d/key-%07d", i%100, i), "")
			}
			for b.Loop() {
				listed := 0
				for opts := (&driver.ListOptions{}); ; {
					page, err := bucket.List(context.Background(), opts)
					if err != nil {
						b.Fatal(err)
					}
					listed += len(page.Objects)
					if opts.Token = page.NextToken; opts.Token == "" {
						break
					}
				}
				if listed != n {
					b.Fatalf("%d of %d keys", listed, n)
				}
			}
			b.ReportMetric(float64(n)*float64(b.N)/b.Elapsed().Seconds(), "keys/s")
		})
	}
}
