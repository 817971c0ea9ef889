package store_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"strings"
	"time"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// Whoever has the URL can read the object until it expires, without
// credentials. In memory and on disk a small server on loopback answers it.
func ExampleBucket_PresignGet() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "hello.txt", "Hello"); err != nil {
		log.Fatal(err)
	}

	url, err := bucket.PresignGet(ctx, "hello.txt", 15*time.Minute)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := http.Get(url)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println(resp.StatusCode, string(body), err)
	// Output: 200 Hello <nil>
}

// The URL for an upload, from a browser say. With ContentType the request must
// carry that type.
func ExampleBucket_PresignPut() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	url, err := bucket.PresignPut(ctx, "avatar.png", time.Minute, store.ContentType("image/png"))
	if err != nil {
		log.Fatal(err)
	}
	for _, contentType := range []string{"text/html", "image/png"} {
		req, err := http.NewRequestWithContext(ctx, http.MethodPut, url, strings.NewReader("\x89PNG…"))
		if err != nil {
			log.Fatal(err)
		}
		req.Header.Set("Content-Type", contentType)
		resp, err := http.DefaultClient.Do(req)
		if err != nil {
			log.Fatal(err)
		}
		resp.Body.Close()
		fmt.Println(contentType, resp.StatusCode)
	}
	fmt.Println(bucket.Exists(ctx, "avatar.png"))
	// Output:
	// text/html 403
	// image/png 200
	// true <nil>
}
