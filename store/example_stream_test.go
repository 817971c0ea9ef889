package store_test

import (
	"context"
	"fmt"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// Lines reads as it goes, however long the object is.
func ExampleBucket_Lines() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "app.log", "start\r\nerror: disk full\nstop"); err != nil {
		log.Fatal(err)
	}

	n := 0
	for line, err := range bucket.Lines(ctx, "app.log") {
		if err != nil { // once, as the last
			log.Fatal(err)
		}
		n++
		fmt.Printf("%d: %s\n", n, line)
	}
	// Output:
	// 1: start
	// 2: error: disk full
	// 3: stop
}

// Stream gives an object in pieces of one size; each is the caller's to keep.
func ExampleBucket_Stream() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "video", make([]byte, 2<<20+1)); err != nil {
		log.Fatal(err)
	}

	for chunk, err := range bucket.Stream(ctx, "video") {
		if err != nil { // once, as the last
			log.Fatal(err)
		}
		fmt.Println(len(chunk))
	}
	// Output:
	// 1048576
	// 1048576
	// 1
}

func ExampleChunkSize() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "alphabet", "abcdefgh"); err != nil {
		log.Fatal(err)
	}

	for chunk, err := range bucket.Stream(ctx, "alphabet", store.ChunkSize(3)) {
		if err != nil {
			log.Fatal(err)
		}
		fmt.Printf("%s\n", chunk)
	}
	// Output:
	// abc
	// def
	// gh
}
