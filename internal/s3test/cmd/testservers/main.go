// Command testservers builds and runs the S3 servers of the tests.
//
//	go run ./internal/s3test/cmd/testservers build [name...]
//	go run ./internal/s3test/cmd/testservers run [name...]
//
// build fills the cache that the tests use; CI does it ahead of the tests. run
// starts the servers, prints how to reach them and keeps them until Ctrl-C.
// Without names it is all of them.
package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"os/signal"
	"syscall"

	"github.com/s3mio/s3mio/internal/s3test"
)

func main() {
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	if err := command(ctx, os.Args[1:]); err != nil {
		fmt.Fprintln(os.Stderr, "testservers:", err)
		os.Exit(1)
	}
}

func command(ctx context.Context, args []string) error {
	if len(args) == 0 {
		return errors.New("usage: testservers build|run [name...]")
	}
	names := args[1:]
	if len(names) == 0 {
		names = s3test.Names()
	}
	switch args[0] {
	case "build":
		return build(ctx, names)
	case "run":
		return run(ctx, names)
	}
	return fmt.Errorf("unknown command %q: there is build and run", args[0])
}

func build(ctx context.Context, names []string) error {
	for _, name := range names {
		path, err := s3test.Build(ctx, name)
		if err != nil {
			return err
		}
		fmt.Println(path)
	}
	return nil
}

func run(ctx context.Context, names []string) (err error) {
	for _, name := range names {
		s, err := s3test.Start(ctx, name)
		if err != nil {
			return err // the servers already started end with this process
		}
		defer func() { err = errors.Join(err, s.Stop()) }()
		fmt.Printf("# %s\nexport S3MIO_TEST_S3_ENDPOINT=%s\nexport S3MIO_TEST_S3_ACCESS_KEY=%s\nexport S3MIO_TEST_S3_SECRET_KEY=%s\n",
			s.Name, s.Endpoint, s.AccessKey, s.SecretKey)
	}
	fmt.Fprintln(os.Stderr, "Press Ctrl-C to stop.")
	<-ctx.Done()
	return nil
}
