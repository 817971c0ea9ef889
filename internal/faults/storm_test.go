package faults

import (
	"bytes"
	"context"
	"errors"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// TestSlowProgress: a line so slow that a transfer takes several times the
// StallTimeout is no stall, either way.
func TestSlowProgress(t *testing.T) {
	// At this rate what is on its way, in the system's buffers, is there long before
	// the StallTimeout ends, and all of it takes more than twice as long.
	const size, rate, stall = 5 * mib, 1000, 2 * time.Second // bytes, and KB/s
	content := noise(size)
	for _, server := range s3test.All(t) {
		t.Run(server.Name, func(t *testing.T) {
			t.Parallel()
			direct := newBucket(t, server)
			mustPut(t, direct, "key", content)
			slow := map[string]any{"rate": rate}
			p := newProxy(t, server, toxic{Type: "bandwidth", Stream: "downstream", Attributes: slow},
				toxic{Type: "bandwidth", Stream: "upstream", Attributes: slow})
			b := storeAt(t, p.endpoint(), server, s3driver.Config{MaxRetries: -1, StallTimeout: stall}).Bucket(direct.Name())
			var both sync.WaitGroup
			for name, transfer := range map[string]func() ([]byte, error){
				"GetBytes": func() ([]byte, error) { return b.GetBytes(t.Context(), "key") },
				"Put": func() ([]byte, error) {
					if _, err := b.Put(t.Context(), "new", content); err != nil {
						return nil, err
					}
					return direct.GetBytes(t.Context(), "new")
				},
			} {
				both.Go(func() {
					start := time.Now()
					got, err := transfer()
					took := time.Since(start)
					if err != nil || !bytes.Equal(got, content) {
						t.Errorf("%s: %d bytes, %v", name, len(got), err)
					} else if took <= stall {
						t.Errorf("%s took %v: the line is not slow", name, took)
					}
					t.Logf("%s of %d KiB took %v with a StallTimeout of %v", name, size/kib, took.Round(time.Millisecond), stall)
				})
			}
			both.Wait()
		})
	}
}

// TestStallEnds: a line that has gone silent ends each call in an error, though
// not in a cancellation, and the one after it is well again.
func TestStallEnds(t *testing.T) {
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		mustPut(t, direct, "key", noise(mib))
		p := newProxy(t, server)
		b := storeAt(t, p.endpoint(), server, s3driver.Config{MaxRetries: 1, StallTimeout: 50 * time.Millisecond}).Bucket(direct.Name())
		for _, stream := range []string{"downstream", "upstream"} {
			p.restart(toxic{Type: "timeout", Stream: stream, Attributes: map[string]any{"timeout": 0}})
			for name, call := range map[string]func() error{
				"GetBytes": func() error { _, err := b.GetBytes(t.Context(), "key"); return err },
				"Put":      func() error { _, err := b.Put(t.Context(), "new", noise(mib)); return err },
				"List":     func() error { _, err := b.List(t.Context()); return err },
				"Head":     func() error { _, err := b.Head(t.Context(), "key"); return err },
			} {
				err := call()
				var timeout interface{ Timeout() bool }
				if err == nil || errors.Is(err, context.Canceled) || !errors.As(err, &timeout) || !strings.Contains(err.Error(), "2 attempts") {
					t.Errorf("%s, %s, silent %s: %v", server.Name, name, stream, err)
				}
			}
			p.restart()
			if got, err := b.GetBytes(t.Context(), "key"); err != nil || len(got) != mib {
				t.Errorf("%s: afterwards: %d bytes, %v", server.Name, len(got), err)
			}
		}
	}
}

// TestOutage: a server that is away for a while costs calls nothing but time; one
// that stays away fails them, saying how often they tried. Calls after a storm
// of failures have all of their retries.
func TestOutage(t *testing.T) {
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		mustPut(t, direct, "key", "content")
		p := newProxy(t, server)
		s := storeAt(t, p.endpoint(), server, s3driver.Config{MaxRetries: 3, RetryDelay: time.Millisecond})
		b := s.Bucket(direct.Name())
		patient := storeAt(t, p.endpoint(), server, s3driver.Config{
			MaxRetries: 1000, RetryDelay: time.Millisecond, MaxRetryDelay: 20 * time.Millisecond,
		}).Bucket(direct.Name())
		p.Stop()

		var mu sync.Mutex
		failed := 0
		storm := sync.WaitGroup{}
		for range 300 {
			storm.Go(func() {
				_, err := b.GetBytes(t.Context(), "key")
				if err == nil || !strings.Contains(err.Error(), "4 attempts") {
					t.Errorf("%s is away: %v", server.Name, err)
				}
				mu.Lock()
				failed++
				mu.Unlock()
			})
		}
		storm.Wait()

		waiting := sync.WaitGroup{}
		for range 20 {
			waiting.Go(func() {
				if got, err := patient.GetText(t.Context(), "key"); err != nil || got != "content" {
					t.Errorf("%s came back: %q, %v", server.Name, got, err)
				}
			})
		}
		if err := p.Start(); err != nil {
			t.Fatal(err)
		}
		waiting.Wait()
		for range 50 {
			if got, err := b.GetText(t.Context(), "key"); err != nil || got != "content" {
				t.Errorf("%s, after the storm: %q, %v", server.Name, got, err)
			}
		}
		t.Logf("%s: %d calls failed after 4 attempts each; 20 that waited and 50 afterwards succeeded", server.Name, failed)
	}
}

// TestWrongRegion: every call ends in an error where the server checks the region,
// and the error names the right one where there is a way to know it: a HEAD's answer
// has no body to say so.
func TestWrongRegion(t *testing.T) {
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		mustPut(t, direct, "key", "content")
		mustPut(t, direct, "spare", "content")
		other := *server
		other.Region = "eu-west-3"
		b := storeAt(t, server.Endpoint, &other, s3driver.Config{PartSize: 5 * mib}).Bucket(direct.Name())
		failed := 0
		for name, call := range map[string]func() error{
			"List":         func() error { _, err := b.List(t.Context()); return err },
			"ListDir":      func() error { _, err := b.ListDir(t.Context()); return err },
			"GetBytes":     func() error { _, err := b.GetBytes(t.Context(), "key"); return err },
			"Head":         func() error { _, err := b.Head(t.Context(), "key"); return err },
			"Exists":       func() error { _, err := b.Exists(t.Context(), "key"); return err },
			"Put":          func() error { _, err := b.Put(t.Context(), "new", "x"); return err },
			"Put of parts": func() error { _, err := b.Put(t.Context(), "new", make([]byte, 6*mib)); return err },
			"Copy":         func() error { _, err := b.Copy(t.Context(), "key", "copy"); return err },
			"GetTags":      func() error { _, err := b.GetTags(t.Context(), "key"); return err },
			"SetTags":      func() error { return b.SetTags(t.Context(), "key", map[string]string{"a": "b"}) },
			"Download":     func() error { return b.Download(t.Context(), "key", filepath.Join(t.TempDir(), "file")) },
			"Delete":       func() error { return b.Delete(t.Context(), "spare") },
			"DeleteMany":   func() error { _, err := b.DeleteMany(t.Context(), []string{"spare"}); return err },
		} {
			err := call()
			if err == nil {
				if server.Name == s3test.NameVersityGW {
					t.Errorf("%s, %s: success", server.Name, name)
				}
				continue
			}
			failed++
			var e *store.Error
			if !errors.As(err, &e) || !strings.Contains(err.Error(), "region") || !strings.Contains(err.Error(), server.Region) {
				t.Errorf("%s, %s: %v", server.Name, name, err)
			}
			if errors.Is(err, store.ErrObjectNotFound) || errors.Is(err, store.ErrBucketNotFound) {
				t.Errorf("%s, %s: what is there is said to be missing: %v", server.Name, name, err)
			}
		}
		t.Logf("%s: %d of 13 calls failed", server.Name, failed)
	}
}
