// Command testservers builds and runs the S3 servers of the tests.
//
//	go run ./internal/s3test/cmd/testservers build [name...]
//	go run ./internal/s3test/cmd/testservers run [name...]
//
// build fills the cache that the tests use; CI does it ahead of the tests. run
// starts the servers, each with a bucket named play, and keeps them until Ctrl-C.
// It prints a shell function for each, with_minio, say, to be pasted into another
// terminal, in which it runs a program or the tests on that server.
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
	var hints string
	for _, name := range names {
		s, err := s3test.Start(ctx, name)
		if err != nil {
			return err // the servers already started end with this process
		}
		defer func() { err = errors.Join(err, s.Stop()) }()
		if err := s.CreateBucket(ctx, playBucket); err != nil {
			return err
		}
		fmt.Println(shell(s))
		hints += hint(s)
	}
	fmt.Fprintf(os.Stderr, "Paste this into another shell; then, for example:\n%sPress Ctrl-C to stop.\n", hints)
	<-ctx.Done()
	return nil
}
