package faults

import (
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"syscall"
	"testing"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// unreliable is a network between the client and a server that breaks a part of
// the requests, in one way or another.
type unreliable struct {
	rt      http.RoundTripper
	percent int
	broken  atomic.Int64
	uploads atomic.Int64 // multipart ones that were asked for
}

func (u *unreliable) Do(req *http.Request) (*http.Response, error) {
	if operation(req) == "create" {
		u.uploads.Add(1)
	}
	if rand.IntN(100) >= u.percent {
		return u.rt.RoundTrip(req)
	}
	u.broken.Add(1)
	switch rand.IntN(5) {
	case 0: // the server never sees it
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return nil, syscall.ECONNREFUSED
	case 1: // throttled
		if req.Body != nil {
			_ = req.Body.Close()
		}
		return &http.Response{
			StatusCode: http.StatusServiceUnavailable, Proto: "HTTP/1.1", ProtoMajor: 1, ProtoMinor: 1,
			Header: http.Header{}, Body: http.NoBody, Request: req,
		}, nil
	case 2: // nothing comes, until the client gives up
		if req.Body != nil {
			_ = req.Body.Close()
		}
		<-req.Context().Done()
		return nil, req.Context().Err()
	}
	resp, err := u.rt.RoundTrip(req)
	if err != nil {
		return nil, err
	}
	if rand.IntN(2) == 0 { // the answer is lost
		_, _ = io.Copy(io.Discard, resp.Body)
		_ = resp.Body.Close()
		return nil, syscall.ECONNRESET
	}
	resp.Body = &brokenBody{resp.Body, rand.IntN(100)}
	return resp, nil
}

// brokenBody breaks off after some bytes.
type brokenBody struct {
	io.ReadCloser
	left int
}

func (b *brokenBody) Read(p []byte) (int, error) {
	if b.left == 0 {
		return 0, syscall.ECONNRESET
	}
	n, err := b.ReadCloser.Read(p[:min(len(p), b.left)])
	b.left -= n
	return n, err
}

// operations are what the workers do, each on keys of their own. Errors are what
// the faults make them; what counts is what stays behind.
var operations = []func(ctx context.Context, b *store.Bucket, key, dir string) error{
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.Put(ctx, key, "some text\nin lines\n", store.Tags(map[string]string{"a": "b"}))
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.Put(ctx, key, struct{ io.Reader }{io.LimitReader(zeros{}, 70<<10)})
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.GetBytes(ctx, key)
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.Head(ctx, key, store.WithTags())
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.Exists(ctx, key)
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.List(ctx, store.KeyPrefix(key), store.PageSize(2))
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.ListDir(ctx, store.KeyPrefix("a"))
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.Copy(ctx, key, key+"-copy")
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		return b.SetTags(ctx, key, map[string]string{"c": "d"})
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.GetTags(ctx, key)
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, dir string) error {
		return b.Download(ctx, key, filepath.Join(dir, key))
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error { // half read, then closed
		r, err := b.Open(ctx, key)
		if err != nil {
			return err
		}
		_, err = r.Read(make([]byte, 5))
		return errors.Join(err, r.Close())
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error { // left after the first
		for _, err := range b.Stream(ctx, key, store.ChunkSize(4)) {
			return err
		}
		return nil
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		for _, err := range b.Lines(ctx, key) {
			if err != nil {
				return err
			}
		}
		return nil
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.GetBytes(ctx, key, store.Range(0, 0))
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		w, err := b.NewWriter(ctx, key)
		if err != nil {
			return err
		}
		_, err = w.Write([]byte("text"))
		if rand.IntN(2) == 0 {
			return errors.Join(err, w.Abort())
		}
		return errors.Join(err, w.Close())
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error { // given up
		ctx, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(3000))*time.Microsecond)
		defer cancel()
		_, err := b.GetBytes(ctx, key)
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		ctx, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(5000))*time.Microsecond)
		defer cancel()
		_, err := b.Put(ctx, key, make([]byte, 100<<10))
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error { return b.Delete(ctx, key+"-copy") },
	func(ctx context.Context, b *store.Bucket, key, _ string) error {
		_, err := b.DeleteMany(ctx, []string{key + "-copy", key + "-none"})
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error { // in parts, which takes long
		if rand.IntN(3) > 0 {
			return nil
		}
		return putLarge(ctx, b, key)
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error { // in parts, and given up
		ctx, cancel := context.WithTimeout(ctx, time.Duration(rand.IntN(100))*time.Millisecond)
		defer cancel()
		return putLarge(ctx, b, key)
	},
	func(ctx context.Context, b *store.Bucket, key, _ string) error { // in parts, of what may be there
		_, err := b.Copy(ctx, key+"-large", key+"-copy")
		return err
	},
	func(ctx context.Context, b *store.Bucket, key, dir string) error { // now and then
		if rand.IntN(10) > 0 {
			return nil
		}
		return errors.Join(b.Download(ctx, key+"-large", filepath.Join(dir, key)), b.Delete(ctx, key+"-large"))
	},
}

// putLarge uploads an object in parts, from one kind of body or the other.
func putLarge(ctx context.Context, b *store.Bucket, key string) error {
	body := io.Reader(io.NewSectionReader(zeros{}, 0, 6*mib))
	if rand.IntN(2) == 0 {
		body = struct{ io.Reader }{body}
	}
	_, err := b.Put(ctx, key+"-large", body)
	return err
}

type zeros struct{}

func (zeros) Read(p []byte) (int, error)            { clear(p); return len(p), nil }
func (zeros) ReadAt(p []byte, _ int64) (int, error) { clear(p); return len(p), nil }

// held is what a process holds.
type held struct{ goroutines, descriptors, files int }

func count(t *testing.T, dirs ...string) held {
	t.Helper()
	h := held{goroutines: runtime.NumGoroutine()}
	fds, err := os.ReadDir("/proc/self/fd")
	if err != nil {
		t.Skipf("descriptors cannot be counted here: %v", err)
	}
	h.descriptors = len(fds)
	for _, dir := range dirs {
		files, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil {
			t.Fatal(err)
		}
		h.files += len(files)
	}
	return h
}

// TestNothingLeaks runs many operations over a network that breaks one request
// in ten. S3MIO_LEAK_OPS says how many; in full it is run by
//
//	S3MIO_LEAK_OPS=100000 go test -run TestNothingLeaks -timeout 2h -v
func TestNothingLeaks(t *testing.T) {
	const workers = 16
	total := 5000
	if s := os.Getenv("S3MIO_LEAK_OPS"); s != "" {
		n, err := strconv.Atoi(s)
		if err != nil {
			t.Fatal(err)
		}
		total = n
	}
	servers := s3test.All(t) // whose files are not to go away with this test
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	for _, server := range servers {
		direct := newBucket(t, server)
		dir := t.TempDir()
		transport := &http.Transport{MaxIdleConnsPerHost: 4 * workers}
		network := &unreliable{rt: transport, percent: 10}
		d, err := s3driver.New(t.Context(), s3driver.Config{
			RetryDelay: time.Millisecond, StallTimeout: 250 * time.Millisecond, PartSize: 5 * mib, CopyPartThreshold: 5 * mib, MaxRetries: 2,
			Client: s3.New(s3.Options{
				Region: server.Region, BaseEndpoint: aws.String(server.Endpoint), UsePathStyle: true, HTTPClient: network,
				Credentials: credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey, ""),
			}),
		})
		if err != nil {
			t.Fatal(err)
		}
		s := store.New(d)
		b := s.Bucket(direct.Name())
		var ok, failed atomic.Int64
		run := func(n int) {
			var next atomic.Int64
			var wg sync.WaitGroup
			for worker := range workers {
				wg.Go(func() {
					key := fmt.Sprintf("a-%d", worker)
					for next.Add(1) <= int64(n) {
						if err := operations[rand.IntN(len(operations))](t.Context(), b, key, dir); err != nil {
							failed.Add(1)
						} else {
							ok.Add(1)
						}
					}
				})
			}
			wg.Wait()
		}
		// What is in the background ends with Close, and with idle connections.
		// A driver can be closed and used again: this one has no pool of its own.
		settled := func() held {
			if err := d.Close(); err != nil {
				t.Error(err)
			}
			transport.CloseIdleConnections()
			h := count(t, temp)
			tick := time.NewTicker(20 * time.Millisecond)
			defer tick.Stop()
			for range 100 { // connections end on their own time
				<-tick.C
				now := count(t, temp)
				h = held{min(h.goroutines, now.goroutines), min(h.descriptors, now.descriptors), now.files}
			}
			return h
		}
		run(total / 20)
		before := settled()
		run(total / 2)
		after := settled()
		left := sweep(t, server, direct.Name())
		t.Logf("%s: %d operations, %d of them failed, %d requests broken, %d uploads in parts; before %+v, after %+v, %d uploads left",
			server.Name, ok.Load()+failed.Load(), failed.Load(), network.broken.Load(), network.uploads.Load(), before, after, left)
		if after.goroutines > before.goroutines || after.descriptors > before.descriptors || after.files > before.files || left > 0 {
			t.Errorf("%s: leaked", server.Name)
		}
		partial, err := filepath.Glob(filepath.Join(dir, "*"))
		if err != nil || len(partial) > workers {
			t.Errorf("%d files beside %d targets, %v", len(partial), workers, err)
		}
		if ok.Load() < int64(total/4) {
			t.Errorf("only %d operations succeeded", ok.Load())
		}
		if network.uploads.Load() < int64(total/50) {
			t.Errorf("only %d uploads in parts", network.uploads.Load())
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
