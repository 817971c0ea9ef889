// Command quickstart is a tour of the API that needs no set-up: in memory, or
// on any bucket it is given.
//
//	go run ./examples/quickstart
//	go run ./examples/quickstart 'file://./demo?create=true'
//	go run ./examples/quickstart 's3://my-bucket?region=eu-west-1'
//	go run ./examples/quickstart 's3://my-bucket?endpoint=http://127.0.0.1:9000'
//
// It works below a prefix of its own and removes what it has stored. The tour
// is listed in tour.go.
package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/signal"

	// Each driver makes a URL scheme known: file, mem and s3.
	_ "github.com/s3mio/s3mio/filedriver"
	_ "github.com/s3mio/s3mio/memdriver"
	_ "github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

func main() {
	// Ctrl-C ends the tour early; it still cleans up, unless pressed again.
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	context.AfterFunc(ctx, stop)
	if err := run(ctx, os.Args[1:], os.Stdout); err != nil {
		fmt.Fprintln(os.Stderr, "quickstart:", err)
		os.Exit(1)
	}
}

func run(ctx context.Context, args []string, stdout io.Writer) (err error) {
	url := "mem://"
	switch {
	case len(args) > 1 || len(args) == 1 && (args[0] == "" || args[0][0] == '-'):
		return errors.New("usage: quickstart [bucket-URL], such as mem://, file://./demo?create=true or s3://my-bucket")
	case len(args) == 1:
		url = args[0]
	}
	bucket, err := store.OpenBucket(ctx, url)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, bucket.Close()) }()
	return advise(tour(ctx, bucket, stdout))
}

// advise adds to an error what a newcomer can do about it.
func advise(err error) error {
	hint := ""
	switch {
	case errors.Is(err, store.ErrBucketNotFound):
		hint = "The quick start does not create the bucket. On S3: aws s3 mb s3://NAME (with --endpoint-url for another server). " +
			"For a directory: add ?create=true to the URL."
	case errors.Is(err, store.ErrAccessDenied):
		hint = "On S3 the credentials come from AWS_ACCESS_KEY_ID and AWS_SECRET_ACCESS_KEY, from AWS_PROFILE, or from the machine's role. " +
			"They must allow reading, writing, listing, tagging and deleting in the bucket."
	default:
		return err
	}
	return fmt.Errorf("%w\n%s", err, hint)
}
