package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

func ExampleBucket_Head() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "hello.txt", "Hello"); err != nil {
		log.Fatal(err)
	}

	info, err := bucket.Head(ctx, "hello.txt")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Key, info.Size, info.ContentType, info.StorageClass)
	fmt.Println(info.ETag)
	// Output:
	// hello.txt 5 text/plain; charset=utf-8 STANDARD
	// 8b1a9953c4611296a827abf8c47804d7
}

// Tags are read only when asked for: on S3 that is a request more.
func ExampleWithTags() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	_, err = bucket.Put(ctx, "hello.txt", "Hello", store.Tags(map[string]string{"kind": "greeting"}))
	if err != nil {
		log.Fatal(err)
	}

	info, err := bucket.Head(ctx, "hello.txt", store.WithTags())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Size, info.Tags)
	// Output: 5 map[kind:greeting]
}

// A missing object is an answer, a missing bucket is an error.
func ExampleBucket_Exists() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "hello.txt", "Hello"); err != nil {
		log.Fatal(err)
	}

	fmt.Println(bucket.Exists(ctx, "hello.txt"))
	fmt.Println(bucket.Exists(ctx, "bye.txt"))
	// Output:
	// true <nil>
	// false <nil>
}

func ExampleBucket_SetTags() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	_, err = bucket.Put(ctx, "scan.pdf", []byte("%PDF"), store.Tags(map[string]string{"state": "new"}))
	if err != nil {
		log.Fatal(err)
	}

	// All tags are replaced; an empty map would remove them.
	if err := bucket.SetTags(ctx, "scan.pdf", map[string]string{"reviewed": "yes"}); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bucket.GetTags(ctx, "scan.pdf"))
	// Output: map[reviewed:yes] <nil>
}

func ExampleBucket_GetTags() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	_, err = bucket.Put(ctx, "scan.pdf", []byte("%PDF"), store.Tags(map[string]string{"state": "new"}))
	if err != nil {
		log.Fatal(err)
	}

	tags, err := bucket.GetTags(ctx, "scan.pdf")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(tags["state"])

	_, err = bucket.GetTags(ctx, "missing.pdf")
	fmt.Println(errors.Is(err, store.ErrObjectNotFound))
	// Output:
	// new
	// true
}
