package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// A copy keeps content type, headers, metadata and tags.
func ExampleBucket_Copy() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	_, err = bucket.Put(ctx, "draft.md", "# Title", store.ContentType("text/markdown"), store.Tags(map[string]string{"by": "ada"}))
	if err != nil {
		log.Fatal(err)
	}

	if _, err := bucket.Copy(ctx, "draft.md", "final.md"); err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "final.md", store.WithTags())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Size, info.ContentType, info.Tags)
	// Output: 7 text/markdown map[by:ada]
}

// The destination may be any bucket or prefix, on any backend: this would copy
// from memory to S3 if backup were opened as s3://backup.
func ExampleTo() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	backup, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer backup.Close()
	if _, err := bucket.Put(ctx, "report.txt", "All is well."); err != nil {
		log.Fatal(err)
	}

	monday := backup.Prefix("monday")
	if _, err := bucket.Copy(ctx, "report.txt", "report.txt", store.To(monday)); err != nil {
		log.Fatal(err)
	}
	fmt.Println(backup.GetText(ctx, "monday/report.txt"))
	// Output: All is well. <nil>
}

// One pair that fails does not keep the others from being copied.
func ExampleBucket_CopyMany() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"a", "b"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	result, err := bucket.CopyMany(ctx, []store.CopyPair{
		{Src: "a", Dst: "copy/a"},
		{Src: "missing", Dst: "copy/missing"},
		{Src: "b", Dst: "copy/b"},
	})
	fmt.Println(result.Done)
	fmt.Println(err)
	// Output:
	// [{a copy/a} {b copy/b}]
	// copy many mem://: 1 of 3 failed, the first: copy mem:///missing: object not found
}

// Workers makes many copies, uploads or downloads run side by side; results
// stay in the order of the input.
func ExampleWorkers() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	var pairs []store.CopyPair
	for i := range 20 {
		key := fmt.Sprintf("%02d.txt", i)
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
		pairs = append(pairs, store.CopyPair{Src: key, Dst: "backup/" + key})
	}

	result, err := bucket.CopyMany(ctx, pairs, store.Workers(8))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Len(), result.Done[0].Dst)
	// Output: 20 backup/00.txt
}

func ExampleCopyResult_Len() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "a", "a"); err != nil {
		log.Fatal(err)
	}

	result, err := bucket.CopyMany(ctx, []store.CopyPair{{Src: "a", Dst: "b"}, {Src: "a", Dst: "c"}})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Len(), "copied")
	// Output: 2 copied
}

// What failed can be tried again as it is.
func ExampleCopyResult_FailedPairs() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	result, err := bucket.CopyMany(ctx, []store.CopyPair{{Src: "late", Dst: "copy"}})
	fmt.Println(result.FailedPairs(), errors.Is(err, store.ErrObjectNotFound))

	if _, err := bucket.Put(ctx, "late", "here I am"); err != nil {
		log.Fatal(err)
	}
	result, err = bucket.CopyMany(ctx, result.FailedPairs())
	fmt.Println(result.Done, err)
	// Output:
	// [{late copy}] true
	// [{late copy}] <nil>
}

// Each pair that failed is listed with its own error.
func ExampleCopyError() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "a", "a"); err != nil {
		log.Fatal(err)
	}

	result, err := bucket.CopyMany(ctx, []store.CopyPair{{Src: "a", Dst: "a"}, {Src: "b", Dst: "c"}})
	fmt.Println(err != nil)
	for _, failed := range result.Failed {
		switch {
		case errors.Is(failed, store.ErrObjectNotFound):
			fmt.Println(failed.Src, "does not exist")
		case errors.Is(failed, store.ErrValidation):
			fmt.Println(failed.Src, "cannot be copied to", failed.Dst)
		}
	}
	// Output:
	// true
	// a cannot be copied to a
	// b does not exist
}
