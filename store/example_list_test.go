package store_test

import (
	"context"
	"fmt"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// List gives objects in byte order of their keys, and no folders.
func ExampleBucket_List() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"b.txt", "a/1.txt", "a/2.txt"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	objects, err := bucket.List(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range objects {
		fmt.Println(o.Key, o.Size)
	}
	// Output:
	// a/1.txt 7
	// a/2.txt 7
	// b.txt 5
}

// All streams: it holds one page, however many objects there are. Breaking out
// of the loop ends the listing.
func ExampleBucket_All() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for i := range 100 {
		if _, err := bucket.Put(ctx, fmt.Sprintf("log/%03d", i), "…"); err != nil {
			log.Fatal(err)
		}
	}

	for o, err := range bucket.All(ctx) {
		if err != nil { // once, as the last
			log.Fatal(err)
		}
		fmt.Println(o.Key)
		if o.Key == "log/001" {
			break
		}
	}
	// Output:
	// log/000
	// log/001
}

// ListDir shows one level as a file manager does.
func ExampleBucket_ListDir() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"readme.txt", "2024/a.log", "2025/a.log", "2025/b.log"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	dir, err := bucket.ListDir(ctx)
	if err != nil {
		log.Fatal(err)
	}
	for _, prefix := range dir.Prefixes {
		fmt.Println("folder", prefix)
	}
	for _, o := range dir.Objects {
		fmt.Println("object", o.Key)
	}
	// Output:
	// folder 2024/
	// folder 2025/
	// object readme.txt
}

// A key prefix is any string: it need not end at a slash.
func ExampleKeyPrefix() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"2024-12.csv", "2025-01.csv", "2025-02.csv"} {
		if _, err := bucket.Put(ctx, key, "…"); err != nil {
			log.Fatal(err)
		}
	}

	objects, err := bucket.List(ctx, store.KeyPrefix("2025-"))
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range objects {
		fmt.Println(o.Key) // full keys: KeyPrefix selects, Bucket.Prefix makes relative
	}
	// Output:
	// 2025-01.csv
	// 2025-02.csv
}

// With a delimiter, List leaves out what is further down.
func ExampleDelimiter() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"app.log", "old/app.log"} {
		if _, err := bucket.Put(ctx, key, "…"); err != nil {
			log.Fatal(err)
		}
	}

	objects, err := bucket.List(ctx, store.Delimiter("/"))
	if err != nil {
		log.Fatal(err)
	}
	for _, o := range objects {
		fmt.Println(o.Key)
	}
	// Output: app.log
}

// Continue after the last key that was seen.
func ExampleStartAfter() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"event-1", "event-2", "event-3"} {
		if _, err := bucket.Put(ctx, key, "…"); err != nil {
			log.Fatal(err)
		}
	}

	for o, err := range bucket.All(ctx, store.StartAfter("event-1")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(o.Key)
	}
	// Output:
	// event-2
	// event-3
}

// A page is what one request fetches; the loop sees every object all the same.
func ExamplePageSize() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for i := range 5 {
		if _, err := bucket.Put(ctx, fmt.Sprint("k", i), "…"); err != nil {
			log.Fatal(err)
		}
	}

	objects, err := bucket.List(ctx, store.PageSize(2)) // three requests
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(len(objects))
	// Output: 5
}
