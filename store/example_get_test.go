package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

func ExampleBucket_GetBytes() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "blob", []byte{0xCA, 0xFE}); err != nil {
		log.Fatal(err)
	}
	data, err := bucket.GetBytes(ctx, "blob")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("% x\n", data)

	_, err = bucket.GetBytes(ctx, "nothing-here")
	fmt.Println(errors.Is(err, store.ErrObjectNotFound))
	// Output:
	// ca fe
	// true
}

func ExampleBucket_GetText() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "hello.txt", "Hello, 世界"); err != nil {
		log.Fatal(err)
	}
	text, err := bucket.GetText(ctx, "hello.txt")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)
	// Output: Hello, 世界
}

// Text in another encoding becomes UTF-8.
func ExampleEncoding() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "old.txt", []byte("Espa\xf1a")); err != nil {
		log.Fatal(err)
	}
	text, err := bucket.GetText(ctx, "old.txt", store.Encoding("latin1"))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(text)

	_, err = bucket.GetText(ctx, "old.txt")
	fmt.Println(err)
	// Output:
	// España
	// get mem:///old.txt: the text is not valid UTF-8: byte 0xf1 at offset 4
}

func ExampleBucket_GetJSON() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "config.json", map[string]any{"debug": true}); err != nil {
		log.Fatal(err)
	}
	config := struct {
		Debug bool
		Port  int
	}{Port: 8080} // a default, kept where the JSON says nothing
	if err := bucket.GetJSON(ctx, "config.json", &config); err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%+v\n", config)
	// Output: {Debug:true Port:8080}
}

// The generic form gives the value straight away, from a bucket or a prefix.
func ExampleGetJSON() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	type user struct {
		Name string `json:"name"`
	}
	users := bucket.Prefix("users")
	if _, err := users.Put(ctx, "1.json", user{Name: "Ada"}); err != nil {
		log.Fatal(err)
	}
	u, err := store.GetJSON[user](ctx, users, "1.json")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(u.Name)
	// Output: Ada
}

func ExampleRange() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "abc", "abcdefgh"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bucket.GetText(ctx, "abc", store.Range(2, 3)))
	fmt.Println(bucket.GetText(ctx, "abc", store.Range(5, -1))) // to the end

	_, err = bucket.GetText(ctx, "abc", store.Range(8, 1))
	fmt.Println(errors.Is(err, store.ErrInvalidRange))
	// Output:
	// cde <nil>
	// fgh <nil>
	// true
}

func ExampleTail() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	if _, err := bucket.Put(ctx, "abc", "abcdefgh"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bucket.GetText(ctx, "abc", store.Tail(2)))
	// Output: gh <nil>
}
