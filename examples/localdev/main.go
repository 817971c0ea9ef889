// Command localdev is a web page on which files are uploaded and downloaded
// through presigned URLs, without AWS: the objects are plain files in a
// directory.
//
//	go run ./examples/localdev                                   # http://127.0.0.1:8080
//	go run ./examples/localdev -bucket 's3://my-bucket?region=eu-west-1'
//
// The second line is production: the same program, with the URLs signed for
// and answered by S3 (whose bucket needs a CORS rule that allows PUT from the
// page's origin).
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"log"
	"net"
	"net/http"
	"os"
	"os/signal"
	"time"

	"github.com/s3mio/s3mio/filedriver"
	_ "github.com/s3mio/s3mio/memdriver"
	_ "github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

func main() {
	addr := flag.String("addr", "127.0.0.1:8080", "where to listen")
	dir := flag.String("dir", "localdev-data", "where to keep the objects")
	bucketURL := flag.String("bucket", "", "a bucket to use instead of the directory")
	flag.Parse()
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt)
	defer stop()
	if err := run(ctx, *addr, *dir, *bucketURL, func(url string) { fmt.Println("Open", url) }); err != nil {
		log.Fatal(err)
	}
}

// run serves the page until ctx ends. It tells ready where.
func run(ctx context.Context, addr, dir, bucketURL string, ready func(url string)) (err error) {
	listener, err := net.Listen("tcp", addr)
	if err != nil {
		return err
	}
	url := "http://" + listener.Addr().String()
	mux := http.NewServeMux()
	objects, done, err := open(ctx, mux, url, dir, bucketURL)
	if err != nil {
		return errors.Join(err, listener.Close())
	}
	defer func() { err = errors.Join(err, done()) }()
	addPages(mux, objects)

	server := &http.Server{Handler: mux, ReadHeaderTimeout: 10 * time.Second}
	stopped := make(chan error, 1)
	context.AfterFunc(ctx, func() { stopped <- server.Close() })
	ready(url)
	if err := server.Serve(listener); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return <-stopped
}

// open is all that differs between development and production.
func open(ctx context.Context, mux *http.ServeMux, url, dir, bucketURL string) (store.Objects, func() error, error) {
	if bucketURL != "" {
		bucket, err := store.OpenBucket(ctx, bucketURL)
		if err != nil {
			return nil, nil, err
		}
		return bucket.Prefix("uploads"), bucket.Close, nil
	}
	// The directory's presigned URLs are answered by this server, below
	// /objects.
	drv, err := filedriver.New(dir, &filedriver.Options{BaseURL: url + "/objects"})
	if err != nil {
		return nil, nil, err
	}
	mux.Handle("/objects", drv.Handler())
	s := store.New(drv)
	if err := s.CreateBucket(ctx, "localdev"); err != nil {
		return nil, nil, errors.Join(err, s.Close())
	}
	return s.Bucket("localdev").Prefix("uploads"), s.Close, nil
}
