package filedriver_test

import (
	"context"
	"fmt"
	"log"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"time"

	"github.com/s3mio/s3mio/filedriver"
	"github.com/s3mio/s3mio/store"
)

// Each directory below the root is a bucket, and each object a plain file in
// it.
func ExampleNew() {
	ctx := context.Background()
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)

	drv, err := filedriver.New(root, nil)
	if err != nil {
		log.Fatal(err)
	}
	s := store.New(drv)
	defer s.Close()
	if err := s.CreateBucket(ctx, "photos"); err != nil {
		log.Fatal(err)
	}
	if _, err := s.Bucket("photos").Put(ctx, "2025/cat.txt", "meow"); err != nil {
		log.Fatal(err)
	}

	data, err := os.ReadFile(filepath.Join(root, "photos", "2025", "cat.txt"))
	fmt.Println(string(data), err)
	// Output: meow <nil>
}

// By URL the directory itself is the bucket. Files that are in it already are
// objects.
func Example_url() {
	ctx := context.Background()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if err := os.WriteFile(filepath.Join(dir, "logo.svg"), []byte("<svg/>"), 0o666); err != nil {
		log.Fatal(err)
	}

	bucket, err := store.OpenBucket(ctx, "file://"+filepath.ToSlash(dir))
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	info, err := bucket.Head(ctx, "logo.svg")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Key, info.Size, info.ContentType)
	// Output: logo.svg 6 image/svg+xml
}

// Tests do not need to survive a power failure.
func ExampleOptions() {
	ctx := context.Background()
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)

	drv, err := filedriver.New(root, &filedriver.Options{NoSync: true})
	if err != nil {
		log.Fatal(err)
	}
	s := store.New(drv)
	defer s.Close()
	fmt.Println(s.CreateBucket(ctx, "photos"))
	// Output: <nil>
}

// A program that is a web server anyway serves the presigned URLs itself, here
// below /objects.
func ExampleDriver_Handler() {
	ctx := context.Background()
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	drv, err := filedriver.New(root, &filedriver.Options{BaseURL: "https://app.example/objects"})
	if err != nil {
		log.Fatal(err)
	}
	s := store.New(drv)
	defer s.Close()
	mux := http.NewServeMux()
	mux.Handle("/objects", drv.Handler())

	if err := s.CreateBucket(ctx, "photos"); err != nil {
		log.Fatal(err)
	}
	photos := s.Bucket("photos")
	if _, err := photos.Put(ctx, "cat.txt", "meow"); err != nil {
		log.Fatal(err)
	}
	link, err := photos.PresignGet(ctx, "cat.txt", time.Hour)
	if err != nil {
		log.Fatal(err)
	}

	// What a browser would do:
	answer := httptest.NewRecorder()
	mux.ServeHTTP(answer, httptest.NewRequest(http.MethodGet, link, nil))
	fmt.Println(answer.Code, answer.Body)
	// Output: 200 meow
}

// The address of a server is often known only once it listens.
func ExampleDriver_SetBaseURL() {
	ctx := context.Background()
	root, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(root)
	drv, err := filedriver.New(root, nil)
	if err != nil {
		log.Fatal(err)
	}
	s := store.New(drv)
	defer s.Close()
	server := httptest.NewServer(drv.Handler())
	defer server.Close()
	if err := drv.SetBaseURL(server.URL); err != nil {
		log.Fatal(err)
	}

	// No request is made: neither bucket nor object need exist yet.
	link, err := s.Bucket("photos").PresignGet(ctx, "cat.txt", time.Hour)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := server.Client().Get(link)
	if err != nil {
		log.Fatal(err)
	}
	resp.Body.Close()
	fmt.Println(resp.StatusCode)
	// Output: 404
}
