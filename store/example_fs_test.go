package store_test

import (
	"context"
	"fmt"
	"io/fs"
	"log"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// What works on an fs.FS works on objects: template.ParseFS, http.FS,
// fs.WalkDir, …
func ExampleFS() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	for _, key := range []string{"site/index.html", "site/css/main.css", "site/css/print.css"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	site := store.FS(bucket.Prefix("site"))
	err = fs.WalkDir(site, ".", func(path string, d fs.DirEntry, err error) error {
		if err == nil && !d.IsDir() {
			fmt.Println(path)
		}
		return err
	})
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(fs.Glob(site, "css/p*"))
	// Output:
	// css/main.css
	// css/print.css
	// index.html
	// [css/print.css] <nil>
}
