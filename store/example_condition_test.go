package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// Of several processes that start a job, exactly one gets it.
func ExampleIfAbsent() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	for _, worker := range []string{"anna", "ben"} {
		_, err := bucket.Put(ctx, "jobs/42.lock", worker, store.IfAbsent())
		switch {
		case errors.Is(err, store.ErrPreconditionFailed):
			fmt.Println(worker, "is too late")
		case err != nil:
			log.Fatal(err)
		default:
			fmt.Println(worker, "has the job")
		}
	}
	// Output:
	// anna has the job
	// ben is too late
}

// Read, change, write back: nobody else's change is lost.
func ExampleIfMatch() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	read, err := bucket.Put(ctx, "counter", "1")
	if err != nil {
		log.Fatal(err)
	}
	// Somebody else is faster …
	if _, err := bucket.Put(ctx, "counter", "7"); err != nil {
		log.Fatal(err)
	}
	// … so this write must not happen: read again and retry.
	_, err = bucket.Put(ctx, "counter", "2", store.IfMatch(read.ETag))
	fmt.Println(errors.Is(err, store.ErrPreconditionFailed))
	fmt.Println(bucket.GetText(ctx, "counter"))
	// Output:
	// true
	// 7 <nil>
}

// Fetch an object only if it differs from the copy at hand.
func ExampleIfNoneMatch() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	cached, err := bucket.Put(ctx, "prices.csv", "apple,1\n")
	if err != nil {
		log.Fatal(err)
	}
	_, err = bucket.GetBytes(ctx, "prices.csv", store.IfNoneMatch(cached.ETag))
	fmt.Println(errors.Is(err, store.ErrNotModified))
	// Output: true
}
