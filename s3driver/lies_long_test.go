package s3driver

import (
	"context"
	"fmt"
	"net/http"
	"runtime"
	"strconv"
	"strings"
	"sync/atomic"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// TestListCycles: tokens that lead in a circle, or on for ever without an entry,
// end the listing.
func TestListCycles(t *testing.T) {
	page := func(next string, keys ...string) string {
		var entries strings.Builder
		for _, k := range keys {
			entries.WriteString(entry(k))
		}
		return fmt.Sprintf(listOf, "<IsTruncated>true</IsTruncated><NextContinuationToken>"+next+"</NextContinuationToken>"+entries.String())
	}
	for name, pages := range map[string]func(token string, n int) string{
		"A B A": func(token string, n int) string {
			if token == "B" {
				return page("A", "pb")
			}
			return page("B", "pa")
		},
		"A B C A": func(token string, n int) string {
			switch token {
			case "B":
				return page("C", "pb")
			case "C":
				return page("A", "pc")
			}
			return page("B", "pa")
		},
		"back":              func(token string, n int) string { return page(strconv.Itoa(n), fmt.Sprintf("p%09d", 1e6-n)) },
		"the same page":     func(token string, n int) string { return page(strconv.Itoa(n), "pa", "pb") },
		"overlapping pages": func(token string, n int) string { return page(strconv.Itoa(n), "pa", fmt.Sprintf("pb%09d", n)) },
		"empty pages":       func(token string, n int) string { return page(strconv.Itoa(n)) },
		"an empty circle": func(token string, n int) string {
			if token == "B" {
				return page("A")
			}
			return page("B")
		},
	} {
		t.Run(name, func(t *testing.T) {
			s := script(t, Config{MaxRetries: -1}, func(n int, w http.ResponseWriter, r *http.Request) {
				fmt.Fprint(w, pages(r.URL.Query().Get("continuation-token"), n))
			})
			ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
			defer cancel()
			wantFailure(t, listToEnd(ctx, s.bucket, &driver.ListOptions{Prefix: "p"}))
			t.Logf("given up after %d requests", len(s.seen()))
		})
	}
}

func TestListBucketsCycles(t *testing.T) {
	s := script(t, Config{MaxRetries: -1}, func(n int, w http.ResponseWriter, r *http.Request) {
		fmt.Fprintf(w, "<ListAllMyBucketsResult><Buckets><Bucket><Name>b%d</Name></Bucket></Buckets><ContinuationToken>t%d</ContinuationToken></ListAllMyBucketsResult>", n%3, n%3)
	})
	ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
	defer cancel()
	wantFailure(t, bucketsToEnd(ctx, s.bucket))
}

// hugeAnswer is the end of what seems to have none, so that a driver that reads it
// all comes to an end. An honest one stops well before, though what connections
// buffer comes on top of the answer's limit.
const hugeAnswer = 1 << 30

// TestHugeAnswers: of an answer without an end a bounded part is read.
func TestHugeAnswers(t *testing.T) {
	for name, c := range map[string]struct {
		status int
		start  string
		chunk  string
		limit  uint64 // MiB that may be allocated in all
	}{
		"error":         {403, "<Error><Code>X</Code><Message>", "m", 40},
		"error of tags": {500, "", "<x>", 40},
		"error of text": {404, "", "no such thing ", 40},
		"list":          {200, "<ListBucketResult>", "<Contents><Key>p1</Key></Contents>", 800},
		"list of text":  {200, "<ListBucketResult><Name>", "m", 100},
	} {
		t.Run(name, func(t *testing.T) {
			var sent atomic.Int64
			chunk := []byte(strings.Repeat(c.chunk, mib/len(c.chunk)))
			s := script(t, Config{MaxRetries: -1}, func(_ int, w http.ResponseWriter, r *http.Request) {
				w.WriteHeader(c.status)
				fmt.Fprint(w, c.start)
				for sent.Load() < hugeAnswer {
					if _, err := w.Write(chunk); err != nil {
						return
					}
					sent.Add(int64(len(chunk)))
				}
			})
			var before, after runtime.MemStats
			runtime.ReadMemStats(&before)
			err := listToEnd(t.Context(), s.bucket, &driver.ListOptions{Prefix: "p"})
			runtime.ReadMemStats(&after)
			wantFailure(t, err)
			allocated := (after.TotalAlloc - before.TotalAlloc) >> 20
			t.Logf("%d MiB sent of %d, %d MiB allocated: %.80s", sent.Load()>>20, hugeAnswer>>20, allocated, fmt.Sprint(err))
			if sent.Load() >= hugeAnswer || allocated > c.limit {
				t.Errorf("%d MiB sent, %d MiB allocated", sent.Load()>>20, allocated)
			}
		})
	}
}
