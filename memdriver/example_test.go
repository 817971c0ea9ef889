package memdriver_test

import (
	"context"
	"fmt"
	"io"
	"log"
	"net/http"
	"net/http/httptest"
	"net/url"
	"time"

	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// A driver is a world of its own, with as many buckets as a test wants.
func ExampleNew() {
	ctx := context.Background()
	s := store.New(memdriver.New(nil))
	defer s.Close()

	for _, name := range []string{"incoming", "archive"} {
		if err := s.CreateBucket(ctx, name); err != nil {
			log.Fatal(err)
		}
	}
	incoming, archive := s.Bucket("incoming"), s.Bucket("archive")
	if _, err := incoming.Put(ctx, "letter.txt", "Dear Ada"); err != nil {
		log.Fatal(err)
	}
	if _, err := incoming.Copy(ctx, "letter.txt", "letter.txt", store.To(archive)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(archive.GetText(ctx, "letter.txt"))
	// Output: Dear Ada <nil>
}

// By URL, "mem://" is new at each open and "mem://name" is shared by name in
// the process.
func Example_url() {
	ctx := context.Background()
	for _, url := range []string{"mem://", "mem://", "mem://shared", "mem://shared"} {
		bucket, err := store.OpenBucket(ctx, url)
		if err != nil {
			log.Fatal(err)
		}
		defer bucket.Close()
		found, err := bucket.Exists(ctx, "mark")
		if err != nil {
			log.Fatal(err)
		}
		if _, err := bucket.Put(ctx, "mark", "I was here"); err != nil {
			log.Fatal(err)
		}
		fmt.Println(url, found)
	}
	// Output:
	// mem:// false
	// mem:// false
	// mem://shared false
	// mem://shared true
}

// A program that is a web server anyway serves the presigned URLs itself, here
// below /objects. BaseURL says where clients find them.
func ExampleDriver_Handler() {
	ctx := context.Background()
	drv := memdriver.New(&memdriver.Options{BaseURL: "https://app.example/objects"})
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
	drv := memdriver.New(nil)
	s := store.New(drv)
	defer s.Close()
	server := httptest.NewServer(drv.Handler())
	defer server.Close()
	if err := drv.SetBaseURL(server.URL); err != nil {
		log.Fatal(err)
	}

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
	u, err := url.Parse(link)
	if err != nil {
		log.Fatal(err)
	}
	resp, err := server.Client().Get(link)
	if err != nil {
		log.Fatal(err)
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	fmt.Println("http://"+u.Host == server.URL, string(body), err)
	// Output: true meow <nil>
}
