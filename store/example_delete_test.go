package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// Deleting what is not there is success.
func ExampleBucket_Delete() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "a.txt", "a"); err != nil {
		log.Fatal(err)
	}

	fmt.Println(bucket.Delete(ctx, "a.txt"))
	fmt.Println(bucket.Delete(ctx, "a.txt"))
	fmt.Println(bucket.Exists(ctx, "a.txt"))
	// Output:
	// <nil>
	// <nil>
	// false <nil>
}

// Any number of keys, up to 1,000 with one request on S3.
func ExampleBucket_DeleteMany() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"a", "b", "c"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	result, err := bucket.DeleteMany(ctx, []string{"c", "a", "not-there"})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Deleted)
	// Output: [c a not-there]
}

// DeleteAll does not keep the keys, so Len is how to learn their number.
func ExampleDeleteResult_Len() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	tmp := bucket.Prefix("tmp")
	for i := range 3 {
		if _, err := tmp.Put(ctx, fmt.Sprint(i), "…"); err != nil {
			log.Fatal(err)
		}
	}

	result, err := tmp.DeleteAll(ctx)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Len(), result.Deleted == nil)
	// Output: 3 true
}

// Each key that failed is listed with its own error.
func ExampleKeyError() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil))
	defer s.Close()

	result, err := s.Bucket("no-such-bucket").DeleteMany(ctx, []string{"a", "b"})
	fmt.Println(err != nil, result.Len())
	for _, failed := range result.Failed {
		fmt.Println(failed.Key, errors.Is(failed, store.ErrBucketNotFound))
	}
	// Output:
	// true 0
	// a true
	// b true
}
