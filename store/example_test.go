package store_test

import (
	"context"
	"fmt"
	"log"

	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

func Example() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://") // or file:///var/data, or s3://my-bucket
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "reports/2025.txt", "All is well.\n"); err != nil {
		log.Fatal(err)
	}
	text, err := bucket.GetText(ctx, "reports/2025.txt")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Print(text)

	for object, err := range bucket.All(ctx, store.KeyPrefix("reports/")) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(object.Key, object.Size)
	}
	// Output:
	// All is well.
	// reports/2025.txt 13
}

// The backend is one string. The driver of its scheme must be imported, with a
// blank import if nothing else of it is used.
func ExampleOpenBucket() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://uploads") // shared by name in this process
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	fmt.Println(bucket.Name())

	_, err = store.OpenBucket(ctx, "gopher://uploads")
	fmt.Println(err)
	// Output:
	// uploads
	// open gopher://uploads: invalid argument: unknown URL scheme "gopher" (registered: mem; is the driver imported?)
}

// One connection serves many buckets.
func ExampleNew() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil)) // or s3driver.New, filedriver.New
	defer s.Close()

	if err := s.CreateBucket(ctx, "photos"); err != nil {
		log.Fatal(err)
	}
	info, err := s.Bucket("photos").Put(ctx, "cat.jpg", []byte("\xff\xd8\xff"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Key, info.Size)
	// Output: cat.jpg 3
}

// A handle costs no request: a bucket that is not there shows at the first
// call.
func ExampleStore_Bucket() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil))
	defer s.Close()

	bucket := s.Bucket("photos")
	_, err := bucket.GetBytes(ctx, "cat.jpg")
	fmt.Println(err)
	// Output: get mem://photos/cat.jpg: bucket not found
}

// Creating one's own bucket again is success.
func ExampleStore_CreateBucket() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil))
	defer s.Close()

	fmt.Println(s.CreateBucket(ctx, "photos"))
	fmt.Println(s.CreateBucket(ctx, "photos"))
	fmt.Println(s.CreateBucket(ctx, "My Photos"))
	// Output:
	// <nil>
	// <nil>
	// create bucket My Photos: invalid argument: bucket name "My Photos" has 'M', but only a to z, 0 to 9, dots and hyphens are allowed
}

// Only an empty bucket can be deleted.
func ExampleStore_DeleteBucket() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil))
	defer s.Close()

	if err := s.CreateBucket(ctx, "photos"); err != nil {
		log.Fatal(err)
	}
	bucket := s.Bucket("photos")
	if _, err := bucket.Put(ctx, "cat.jpg", []byte("\xff\xd8\xff")); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.DeleteBucket(ctx, "photos"))

	if err := bucket.Delete(ctx, "cat.jpg"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(s.DeleteBucket(ctx, "photos"))
	// Output:
	// delete bucket photos: bucket not empty
	// <nil>
}

func ExampleStore_Buckets() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil))
	defer s.Close()

	for _, name := range []string{"photos", "invoices"} {
		if err := s.CreateBucket(ctx, name); err != nil {
			log.Fatal(err)
		}
	}
	for bucket, err := range s.Buckets(ctx) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(bucket.Name)
	}
	// Output:
	// invoices
	// photos
}

// Close ends every bucket of the Store.
func ExampleStore_Close() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil))
	bucket := s.Bucket("photos")

	fmt.Println(s.Close())
	_, err := bucket.GetBytes(ctx, "cat.jpg")
	fmt.Println(err)
	// Output:
	// <nil>
	// get mem://photos/cat.jpg: the store is closed
}
