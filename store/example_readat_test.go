package store_test

import (
	"archive/zip"
	"context"
	"fmt"
	"io"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// A zip archive is read where it is: its index, and then only the file wanted.
func ExampleReader_ReadAt() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	w, err := bucket.NewWriter(ctx, "photos.zip")
	if err != nil {
		log.Fatal(err)
	}
	archive := zip.NewWriter(w)
	for _, name := range []string{"cat.txt", "dog.txt"} {
		f, err := archive.Create(name)
		if err != nil {
			log.Fatal(err)
		}
		fmt.Fprintf(f, "a picture of a %.3s", name)
	}
	if err := archive.Close(); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}

	r, err := bucket.Open(ctx, "photos.zip")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	files, err := zip.NewReader(r, r.Info().Size)
	if err != nil {
		log.Fatal(err)
	}
	f, err := files.Open("dog.txt")
	if err != nil {
		log.Fatal(err)
	}
	text, err := io.ReadAll(f)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(string(text))
	// Output: a picture of a dog
}
