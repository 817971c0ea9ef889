package blobdriver_test

import (
	"context"
	"fmt"
	"log"

	"gocloud.dev/blob/memblob"

	"github.com/s3mio/s3mio/blobdriver"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// Any *blob.Bucket, here one of memblob, as a bucket of package store.
func ExampleNew() {
	ctx := context.Background()
	s := store.New(blobdriver.New(memblob.OpenBucket(nil), &blobdriver.Options{Name: "reports"}))
	defer s.Close()
	bucket := s.Bucket("reports")

	if _, err := bucket.Put(ctx, "2025/january.txt", "profit"); err != nil {
		log.Fatal(err)
	}
	text, err := bucket.GetText(ctx, "2025/january.txt")
	fmt.Println(text, err)
	fmt.Println(bucket.Delete(ctx, "2024/december.txt"))
	// Output:
	// profit <nil>
	// <nil>
}

// A bucket of this module for a program written against the Go CDK.
func ExampleOpenBucket() {
	ctx := context.Background()
	d := memdriver.New(nil)
	defer d.Close()
	if err := driver.CreateBucket(ctx, d, "reports"); err != nil {
		log.Fatal(err)
	}
	reports, err := driver.OpenBucket(d, "reports")
	if err != nil {
		log.Fatal(err)
	}
	bucket := blobdriver.OpenBucket(reports)
	defer bucket.Close()

	if err := bucket.WriteAll(ctx, "january.txt", []byte("profit"), nil); err != nil {
		log.Fatal(err)
	}
	data, err := bucket.ReadAll(ctx, "january.txt")
	fmt.Printf("%s %v\n", data, err)
	// Output: profit <nil>
}
