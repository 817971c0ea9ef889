package store_test

import (
	"context"
	"fmt"
	"log"

	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

func ExampleBucket_Name() {
	s := store.New(memdriver.New(nil))
	defer s.Close()

	fmt.Println(s.Bucket("photos").Name())
	// Output: photos
}

// The URL of a bucket or prefix is fit for logs: it holds no secret.
func ExampleBucket_String() {
	s := store.New(memdriver.New(nil))
	defer s.Close()

	bucket := s.Bucket("photos")
	fmt.Println(bucket)
	fmt.Println(bucket.Prefix("2025", "summer"))
	// Output:
	// mem://photos
	// mem://photos/2025/summer/
}

// Closing a bucket that was opened by URL closes its connection.
func ExampleBucket_Close() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "a.txt", "a"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bucket.Close())
	fmt.Println(bucket.Close()) // closing twice is harmless
	// Output:
	// <nil>
	// <nil>
}

// A prefix is a folder: it has the calls of a bucket, with keys relative to it.
func ExampleBucket_Prefix() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	project := bucket.Prefix("dev", "project1") // the same as "dev/project1"
	if _, err := project.Put(ctx, "readme.txt", "Hello"); err != nil {
		log.Fatal(err)
	}
	objects, err := project.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("in the prefix:", objects[0].Key)

	objects, err = bucket.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println("in the bucket:", objects[0].Key)
	// Output:
	// in the prefix: readme.txt
	// in the bucket: dev/project1/readme.txt
}

// A function that takes store.Objects works on a bucket and on a prefix alike.
func ExampleObjects() {
	countBytes := func(ctx context.Context, objects store.Objects) (int64, error) {
		var total int64
		for o, err := range objects.All(ctx) {
			if err != nil {
				return 0, err
			}
			total += o.Size
		}
		return total, nil
	}

	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"logs/1.log", "logs/2.log", "readme"} {
		if _, err := bucket.Put(ctx, key, "12345"); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(countBytes(ctx, bucket))
	fmt.Println(countBytes(ctx, bucket.Prefix("logs")))
	// Output:
	// 15 <nil>
	// 10 <nil>
}

func ExamplePrefix_Path() {
	s := store.New(memdriver.New(nil))
	defer s.Close()

	summer := s.Bucket("photos").Prefix("2025").Prefix("summer")
	fmt.Println(summer.Path())
	// Output: 2025/summer/
}

// From a prefix back to its bucket.
func ExamplePrefix_Bucket() {
	s := store.New(memdriver.New(nil))
	defer s.Close()

	summer := s.Bucket("photos").Prefix("2025", "summer")
	winter := summer.Bucket().Prefix("2025", "winter")
	fmt.Println(winter)
	// Output: mem://photos/2025/winter/
}

// DeleteAll removes everything below a prefix, and nothing else.
func ExamplePrefix_DeleteAll() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"tmp/a", "tmp/b/c", "tmpfile"} {
		if _, err := bucket.Put(ctx, key, ""); err != nil {
			log.Fatal(err)
		}
	}

	result, err := bucket.Prefix("tmp").DeleteAll(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Len(), "deleted")

	left, err := bucket.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(left[0].Key, "is left")
	// Output:
	// 2 deleted
	// tmpfile is left
}
