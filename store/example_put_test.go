package store_test

import (
	"context"
	"fmt"
	"log"
	"strings"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// What is stored, and its content type, follow from the type of the data.
func ExampleBucket_Put() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	type config struct {
		Debug bool `json:"debug"`
	}
	for key, data := range map[string]any{
		"a-text":   "Grüße",
		"b-bytes":  []byte{1, 2, 3},
		"c-json":   config{Debug: true},
		"d-reader": strings.NewReader("from a stream"),
	} {
		if _, err := bucket.Put(ctx, key, data); err != nil {
			log.Fatal(err)
		}
	}

	for _, key := range []string{"a-text", "b-bytes", "c-json", "d-reader"} {
		info, err := bucket.Head(ctx, key)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Println(key, info.Size, info.ContentType)
	}
	// Output:
	// a-text 7 text/plain; charset=utf-8
	// b-bytes 3 application/octet-stream
	// c-json 14 application/json
	// d-reader 13 application/octet-stream
}

// A given content type wins over the one that Put would choose. Of a presigned
// PUT it is a condition: see [Bucket.PresignPut].
func ExampleContentType() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "page", "<h1>Hi</h1>", store.ContentType("text/html; charset=utf-8")); err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "page")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.ContentType)
	// Output: text/html; charset=utf-8
}

// Metadata keys are case-insensitive and come back in lower case.
func ExampleMetadata() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	_, err = bucket.Put(ctx, "scan.pdf", []byte("%PDF"), store.Metadata(map[string]string{
		"Author": "Ada", "pages": "12",
	}))
	if err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "scan.pdf")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Metadata)
	// Output: map[author:Ada pages:12]
}

// Tags can be written together with the object; SetTags changes them later.
func ExampleTags() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	_, err = bucket.Put(ctx, "scan.pdf", []byte("%PDF"), store.Tags(map[string]string{"project": "apollo"}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(bucket.GetTags(ctx, "scan.pdf"))
	// Output: map[project:apollo] <nil>
}

func ExampleCacheControl() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "logo.svg", "<svg/>", store.CacheControl("max-age=3600")); err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "logo.svg")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.CacheControl)
	// Output: max-age=3600
}

// A browser that follows a presigned URL saves the object under this name.
func ExampleContentDisposition() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	_, err = bucket.Put(ctx, "exports/42", "id,name\n", store.ContentDisposition(`attachment; filename="users.csv"`))
	if err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "exports/42")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.ContentDisposition)
	// Output: attachment; filename="users.csv"
}

// The header says how the content is encoded; the bytes stay as they are.
func ExampleContentEncoding() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	gzipped := []byte("\x1f\x8b\x08…")
	_, err = bucket.Put(ctx, "data.json", gzipped, store.ContentType("application/json"), store.ContentEncoding("gzip"))
	if err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "data.json")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.ContentType, info.ContentEncoding, info.Size == int64(len(gzipped)))
	// Output: application/json gzip true
}

func ExampleContentLanguage() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "brief.txt", "Sehr geehrte …", store.ContentLanguage("de")); err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "brief.txt")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.ContentLanguage)
	// Output: de
}

// On S3 the class decides price and speed; memory and filesystem keep its name,
// so that a test can assert on it.
func ExampleStorageClass() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "archive.tar", []byte("…"), store.StorageClass("GLACIER_IR")); err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "archive.tar")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.StorageClass)
	// Output: GLACIER_IR
}

// A reader that ends early is an error, and nothing is stored.
func ExampleSize() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	body := strings.NewReader("only this much")
	_, err = bucket.Put(ctx, "upload", body, store.Size(1000))
	fmt.Println(err)
	fmt.Println(bucket.Exists(ctx, "upload"))
	// Output:
	// put mem:///upload: body and announced size differ: 1000 bytes announced, 14 there
	// false <nil>
}
