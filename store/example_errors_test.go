package store_test

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// Sentinels say what went wrong, *Error says where.
func ExampleError() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	_, err = bucket.Prefix("users").GetText(ctx, "42.json")
	fmt.Println(err)
	fmt.Println(errors.Is(err, store.ErrObjectNotFound))
	fmt.Println(errors.Is(err, fs.ErrNotExist)) // the standard library's counterpart

	if e, ok := errors.AsType[*store.Error](err); ok {
		fmt.Println(e.Op, e.Key)
	}
	// Output:
	// get mem:///users/42.json: object not found
	// true
	// true
	// get users/42.json
}

// A batch gives its result and, if anything failed, an error that errors.Is
// looks into.
func ExampleBatchError() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "a", "a"); err != nil {
		log.Fatal(err)
	}

	_, err = bucket.CopyMany(ctx, []store.CopyPair{{Src: "a", Dst: "b"}, {Src: "c", Dst: "d"}})
	fmt.Println(errors.Is(err, store.ErrObjectNotFound))
	if batch, ok := errors.AsType[*store.BatchError](err); ok {
		fmt.Println(len(batch.Errors), "of", batch.Total, "failed")
		for _, err := range batch.Errors {
			fmt.Println(err)
		}
	}
	// Output:
	// true
	// 1 of 2 failed
	// copy mem:///c: object not found
}
