package store_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"os"
	"path/filepath"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// Upload takes the content type from the file's extension, on every machine
// the same.
func ExampleBucket_Upload() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	file := filepath.Join(dir, "logo.svg")
	if err := os.WriteFile(file, []byte("<svg/>"), 0o666); err != nil {
		log.Fatal(err)
	}

	if _, err := bucket.Upload(ctx, file, "images/logo.svg"); err != nil {
		log.Fatal(err)
	}
	info, err := bucket.Head(ctx, "images/logo.svg")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(info.Size, info.ContentType)
	// Output: 6 image/svg+xml
}

// Download makes missing directories. The file appears complete or not at all.
func ExampleBucket_Download() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	if _, err := bucket.Put(ctx, "hello.txt", "Hello"); err != nil {
		log.Fatal(err)
	}

	file := filepath.Join(dir, "new", "folder", "hello.txt")
	if err := bucket.Download(ctx, "hello.txt", file); err != nil {
		log.Fatal(err)
	}
	data, err := os.ReadFile(file)
	fmt.Println(string(data), err)
	// Output: Hello <nil>
}

// Any transfer can report its progress: puts, gets, whole directories.
func ExampleOnProgress() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	var last store.Progress
	_, err = bucket.Put(ctx, "big", make([]byte, 10<<20), store.OnProgress(func(p store.Progress) {
		last = p // a program would draw a bar
	}))
	if err != nil {
		log.Fatal(err)
	}
	fmt.Printf("%d of %d bytes\n", last.Bytes, last.Total)
	// Output: 10485760 of 10485760 bytes
}

func ExampleProgress_Percent() {
	p := store.Progress{Bytes: 3 << 20, Total: 8 << 20}
	fmt.Printf("%.1f%%\n", p.Percent())
	// Output: 37.5%
}

// A directory tree becomes keys with slashes.
func ExampleBucket_UploadDir() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	site, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(site)
	for name, content := range map[string]string{"index.html": "<h1>Hi</h1>", "css/site.css": "h1 {}"} {
		if err := os.MkdirAll(filepath.Join(site, filepath.Dir(name)), 0o777); err != nil {
			log.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(site, name), []byte(content), 0o666); err != nil {
			log.Fatal(err)
		}
	}

	result, err := bucket.UploadDir(ctx, site, "www", store.Workers(8))
	if err != nil {
		log.Fatal(err)
	}
	for _, file := range result.Done {
		fmt.Println(file.Key, file.Size)
	}
	// Output:
	// www/css/site.css 5
	// www/index.html 11
}

// A transfer that broke off is made again with IfAbsent, which leaves out what is
// there.
func ExampleBucket_UploadDir_resume() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, name := range []string{"a", "b", "c"} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(name), 0o666); err != nil {
			log.Fatal(err)
		}
	}
	if _, err := bucket.Put(ctx, "backup/b", "stored before"); err != nil {
		log.Fatal(err)
	}

	result, err := bucket.UploadDir(ctx, dir, "backup", store.IfAbsent())
	if err != nil && len(result.Failed) == 0 {
		log.Fatal(err) // nothing was tried
	}
	for _, f := range result.Failed {
		if !errors.Is(f.Err, store.ErrPreconditionFailed) {
			log.Fatal(f.Err)
		}
		fmt.Println("there already:", f.Key)
	}
	for _, file := range result.Done {
		fmt.Println("stored:", file.Key)
	}
	// Output:
	// there already: backup/b
	// stored: backup/a
	// stored: backup/c
}

// Keys with slashes become a directory tree.
func ExampleBucket_DownloadDir() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, key := range []string{"www/index.html", "www/css/site.css", "other"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	if _, err := bucket.DownloadDir(ctx, "www", dir); err != nil {
		log.Fatal(err)
	}
	data, err := os.ReadFile(filepath.Join(dir, "css", "site.css"))
	fmt.Println(string(data), err)
	// Output: www/css/site.css <nil>
}

func ExampleTransferResult_Len() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, key := range []string{"a", "b", "c/d"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	result, err := bucket.DownloadDir(ctx, "", dir)
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(result.Len(), "files")
	// Output: 3 files
}

// A key that would leave the directory fails by name, and the others are
// written all the same.
func ExampleTransferError() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	dir, err := os.MkdirTemp("", "example")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	for _, key := range []string{"../outside", "inside"} {
		if _, err := bucket.Put(ctx, key, key); err != nil {
			log.Fatal(err)
		}
	}

	result, err := bucket.DownloadDir(ctx, "", dir)
	fmt.Println(err != nil, result.Len())
	for _, failed := range result.Failed {
		fmt.Println(failed.Key, errors.Is(failed, store.ErrValidation))
	}
	// Output:
	// true 1
	// ../outside true
}
