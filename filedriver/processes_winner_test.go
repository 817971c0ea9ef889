package filedriver

import (
	"bufio"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

const (
	racerProcesses  = 4
	racersEach      = 16   // goroutines of a process, on two drivers
	conditionRounds = 1000 // of each condition
)

// race is the order to write under a condition, all racers at once.
type race struct {
	Key, IfMatch string // without IfMatch the condition is IfAbsent
}

// outcome is what came of a race in one process.
type outcome struct {
	Won    []string // the ETags of the winners
	Lost   int
	Errors []string
}

func playRacers(t *testing.T, r role, orders *bufio.Scanner) {
	buckets := []*bucket{newTestBucketIn(t, r.Dir), newTestBucketIn(t, r.Dir)}
	for {
		var o race
		if !order(t, orders, &o) {
			return
		}
		var mu sync.Mutex
		var out outcome
		var wg sync.WaitGroup
		begin := make(chan struct{})
		for i := range racersEach {
			wg.Go(func() {
				body := fmt.Sprint(o.Key, o.IfMatch, r.Number, "-", i)
				opts := &driver.PutOptions{Size: -1, ContentType: "a/b", IfAbsent: o.IfMatch == "", IfMatch: o.IfMatch}
				<-begin
				info, err := buckets[i%len(buckets)].Put(t.Context(), o.Key, strings.NewReader(body), opts)
				mu.Lock()
				defer mu.Unlock()
				switch {
				case err == nil:
					out.Won = append(out.Won, info.ETag)
				case errors.Is(err, driver.ErrPreconditionFailed):
					out.Lost++
				default:
					out.Errors = append(out.Errors, err.Error())
				}
			})
		}
		close(begin)
		wg.Wait()
		answer(t, out)
	}
}

// TestProcessesRaceForOneWinner lets 64 racers, goroutines of several drivers in
// several processes, write under the same condition: 1,000 times IfAbsent on a new
// key, and after each IfMatch on what won.
func TestProcessesRaceForOneWinner(t *testing.T) {
	dir := t.TempDir()
	b := newTestBucketIn(t, dir)
	var all []*process
	for n := range racerProcesses {
		all = append(all, start(t, role{Part: "racers", Dir: dir, Number: n}))
	}
	var o race
	winners, losers := 0, 0
	for round := range 2 * conditionRounds {
		if round%2 == 0 {
			o = race{Key: fmt.Sprintf("dir%d/%d", round%7, round)}
			if round%10 == 0 {
				o.Key += "//escaped"
			}
		}
		for _, p := range all {
			p.tell(t, o)
		}
		var sum outcome
		for _, p := range all {
			var out outcome
			p.hear(t, &out)
			sum.Won = append(sum.Won, out.Won...)
			sum.Lost += out.Lost
			sum.Errors = append(sum.Errors, out.Errors...)
		}
		if len(sum.Won) != 1 || sum.Lost != racerProcesses*racersEach-1 || sum.Errors != nil {
			t.Fatalf("round %d, %+v: %d winners, %d losers, errors %q", round, o, len(sum.Won), sum.Lost, sum.Errors)
		}
		winners, losers = winners+len(sum.Won), losers+sum.Lost
		if o.IfMatch = head(t, b, o.Key).ETag; o.IfMatch != sum.Won[0] {
			t.Fatalf("round %d: the winner wrote %s, there is %s", round, sum.Won[0], o.IfMatch)
		}
	}
	for _, p := range all {
		p.finish(t)
	}
	t.Logf("%d rounds of IfAbsent and %[1]d of IfMatch, of %d racers in %d processes: %d winners, %d losers", conditionRounds, racerProcesses*racersEach, racerProcesses, winners, losers)
	if left := leftovers(t, b); left != nil {
		t.Errorf("left %q", left)
	}
}
