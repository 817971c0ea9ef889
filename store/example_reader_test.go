package store_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"log"
	"os"

	_ "github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/store"
)

// A Reader is what io.Copy and decoders take.
func ExampleBucket_Open() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "hello.txt", "Hello\n"); err != nil {
		log.Fatal(err)
	}

	r, err := bucket.Open(ctx, "hello.txt")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if _, err := io.Copy(os.Stdout, r); err != nil {
		log.Fatal(err)
	}
	// Output: Hello
}

func ExampleReader_Read() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "image.png", []byte("\x89PNG\r\n\x1a\n…")); err != nil {
		log.Fatal(err)
	}

	r, err := bucket.Open(ctx, "image.png")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	magic := make([]byte, 4)
	if _, err := io.ReadFull(r, magic); err != nil { // Read may give less than asked for
		log.Fatal(err)
	}
	fmt.Printf("%q\n", magic)
	// Output: "\x89PNG"
}

// Seek makes no request; the next Read does, if it has to go elsewhere, and
// stays with the version that was opened.
func ExampleReader_Seek() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "records", "header|1|2|3|trailer"); err != nil {
		log.Fatal(err)
	}

	r, err := bucket.Open(ctx, "records")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	if _, err := r.Seek(-7, io.SeekEnd); err != nil {
		log.Fatal(err)
	}
	trailer, err := io.ReadAll(r)
	fmt.Println(string(trailer), err)
	// Output: trailer <nil>
}

func ExampleReader_WriteTo() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "hello.txt", "Hello"); err != nil {
		log.Fatal(err)
	}

	r, err := bucket.Open(ctx, "hello.txt")
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	var buf bytes.Buffer
	n, err := r.WriteTo(&buf)
	fmt.Println(n, buf.String(), err)
	// Output: 5 Hello <nil>
}

// Info describes the very version that is being read, without a request.
func ExampleReader_Info() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "hello.txt", "Hello"); err != nil {
		log.Fatal(err)
	}

	r, err := bucket.Open(ctx, "hello.txt", store.Range(0, 2))
	if err != nil {
		log.Fatal(err)
	}
	defer r.Close()
	fmt.Println(r.Info().ContentType, r.Info().Size) // the whole object's size
	// Output: text/plain; charset=utf-8 5
}

// Closing early ends the request; what was not read is not transferred.
func ExampleReader_Close() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "big", make([]byte, 1<<20)); err != nil {
		log.Fatal(err)
	}

	r, err := bucket.Open(ctx, "big")
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(r.Close())
	_, err = r.Read(make([]byte, 1))
	fmt.Println(err)
	// Output:
	// <nil>
	// get mem:///big: the reader is closed
}

// A Writer is where encoders write to. Abort after Close does nothing, so a
// deferred Abort discards the object exactly when something failed.
func ExampleBucket_NewWriter() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	export := func() error {
		w, err := bucket.NewWriter(ctx, "export.zip", store.ContentType("application/zip"))
		if err != nil {
			return err
		}
		defer w.Abort()
		z := zip.NewWriter(w)
		f, err := z.Create("hello.txt")
		if err != nil {
			return err
		}
		if _, err := io.WriteString(f, "Hello"); err != nil {
			return err
		}
		if err := z.Close(); err != nil {
			return err
		}
		return w.Close()
	}
	fmt.Println(export())
	fmt.Println(bucket.Exists(ctx, "export.zip"))
	// Output:
	// <nil>
	// true <nil>
}

// Nothing is visible before Close.
func ExampleWriter_Write() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	w, err := bucket.NewWriter(ctx, "log.txt")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Abort()
	for i := range 3 {
		if _, err := fmt.Fprintf(w, "line %d\n", i); err != nil {
			log.Fatal(err)
		}
	}
	fmt.Println(bucket.Exists(ctx, "log.txt"))
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(bucket.Exists(ctx, "log.txt"))
	// Output:
	// false <nil>
	// true <nil>
}

// Close is where a write succeeds or fails: its error must be looked at.
func ExampleWriter_Close() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "report", "the first"); err != nil {
		log.Fatal(err)
	}

	w, err := bucket.NewWriter(ctx, "report", store.IfAbsent())
	if err != nil {
		log.Fatal(err)
	}
	fmt.Println(w.Close())
	// Output: put mem:///report: precondition failed: the object exists
}

// Abort discards what was written: the object stays what it was.
func ExampleWriter_Abort() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()
	if _, err := bucket.Put(ctx, "report", "the old one"); err != nil {
		log.Fatal(err)
	}

	w, err := bucket.NewWriter(ctx, "report")
	if err != nil {
		log.Fatal(err)
	}
	if _, err := io.WriteString(w, "half of the new"); err != nil {
		log.Fatal(err)
	}
	fmt.Println(w.Abort())
	fmt.Println(bucket.GetText(ctx, "report"))
	// Output:
	// <nil>
	// the old one <nil>
}

func ExampleWriter_Info() {
	ctx := context.Background()
	bucket, err := store.OpenBucket(ctx, "mem://")
	if err != nil {
		log.Fatal(err)
	}
	defer bucket.Close()

	w, err := bucket.NewWriter(ctx, "report")
	if err != nil {
		log.Fatal(err)
	}
	defer w.Abort()
	if _, err := io.WriteString(w, "Hello"); err != nil {
		log.Fatal(err)
	}
	if err := w.Close(); err != nil {
		log.Fatal(err)
	}
	fmt.Println(w.Info().Key, w.Info().Size)
	// Output: report 5
}
