// Command bench measures s3mio beside what else there is, on the machine it
// runs on, and says which of the figures it set itself are reached.
//
//	cd bench && go run .                          # everything
//	cd bench && go run . -run file/list           # the rows that match
//	cd bench && go run . -quick                   # small sizes: does it work?
//	cd bench && go run . -o ../docs/performance.md
//
// Each row is one piece of work that several clients do in turn, A B C, B C A,
// C A B, on the same server or filesystem, so that what else the machine does
// meets all of them. A client whose work comes out wrong fails the run.
package main

import (
	"context"
	"errors"
	"flag"
	"fmt"
	"io"
	"log"
	"os"
	"os/signal"
	"regexp"
	"runtime/pprof"
	"syscall"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
)

// settings are what the flags say.
type settings struct {
	run    *regexp.Regexp
	rounds int
	quick  bool
	dir    string        // where trees and files go; empty: memory if there is room
	budget time.Duration // what one pass of a client may take that is known to be slow
	output string
}

func main() {
	log.SetFlags(0)
	log.SetPrefix("bench: ")
	if len(os.Args) == 2 && os.Args[1] == childFlag {
		if err := child(context.Background(), os.Stdin, os.Stdout); err != nil {
			log.Fatal(err)
		}
		return
	}
	s := &settings{}
	list := flag.Bool("list", false, "name the rows and end")
	flag.Func("run", "measure the rows whose names match `regexp`", func(text string) (err error) {
		s.run, err = regexp.Compile(text)
		return err
	})
	flag.IntVar(&s.rounds, "rounds", 5, "how often each client does each work")
	flag.BoolVar(&s.quick, "quick", false, "small sizes and one round: shows that it works, and nothing else")
	flag.StringVar(&s.dir, "dir", "", "`directory` for files; by default /dev/shm if there is room, else the system's temporary directory")
	flag.DurationVar(&s.budget, "budget", 15*time.Minute, "the longest single pass of a client known to be slow")
	flag.StringVar(&s.output, "o", "", "put the tables into the results region of this Markdown `file`, with the chart and the figures beside it")
	profile := flag.String("cpuprofile", "", "write a CPU profile to this `file`; its samples are labelled work=ROW CLIENT")
	flag.Parse()
	if flag.NArg() > 0 || s.rounds < 1 || s.quick && s.output != "" {
		flag.Usage()
		os.Exit(2)
	}
	if *list {
		for _, r := range allRows(s) {
			fmt.Println(r.name)
		}
		return
	}
	ctx, cancel := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer cancel()
	stop, err := startProfile(*profile)
	if err == nil {
		err = errors.Join(bench(ctx, s, os.Stdout), stop())
	}
	if err != nil {
		cancel()
		log.Fatal(err)
	}
}

// startProfile begins a CPU profile, if a file is named, which stop ends.
func startProfile(path string) (stop func() error, err error) {
	if path == "" {
		return func() error { return nil }, nil
	}
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() error {
		pprof.StopCPUProfile()
		return f.Close()
	}, nil
}

// bench measures the rows wanted and reports on them.
func bench(ctx context.Context, s *settings, w io.Writer) (err error) {
	e := newEnv(s)
	defer func() { err = errors.Join(err, e.close()) }()
	got := newReport()
	for _, r := range allRows(s) {
		if s.run != nil && !s.run.MatchString(r.name) {
			continue
		}
		result, err := r.measure(ctx, e)
		if err != nil {
			return fmt.Errorf("%s: %w", r.name, err)
		}
		got.Rows = append(got.Rows, result)
	}
	if len(got.Rows) == 0 {
		return errors.New("no row matches")
	}
	if s.quick {
		_, err := fmt.Fprintf(w, "%d rows work\n", len(got.Rows))
		return err
	}
	if err := got.writeMarkdown(w); err != nil {
		return err
	}
	if s.output == "" {
		return nil
	}
	return got.publish(s.output)
}

// allRows gives every row, in the order of the report.
func allRows(s *settings) []*row {
	var rows []*row
	rows = append(rows, fileListRows(s)...)
	rows = append(rows, fileRows(s)...)
	rows = append(rows, memoryRows(s)...)
	for _, server := range s3test.Names() {
		rows = append(rows, s3Rows(s, server)...)
	}
	return rows
}
