package faults

import (
	"io"
	"math/rand/v2"
	"net/http"
	"os"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/credentials"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// flipping is a network that flips one bit of the body of one answer.
type flipping struct {
	rt   http.RoundTripper
	skip atomic.Int64 // answers to GET to leave alone first; negative: it is done
	at   atomic.Int64 // the byte in the body
	done atomic.Int64 // bits flipped
}

func (f *flipping) Do(req *http.Request) (*http.Response, error) {
	resp, err := f.rt.RoundTrip(req)
	if err == nil && req.Method == http.MethodGet && f.skip.Add(-1) == -1 {
		resp.Body = &flippedBody{resp.Body, f.at.Load(), &f.done}
	}
	return resp, err
}

type flippedBody struct {
	io.ReadCloser
	left int64 // bytes before the one to flip
	done *atomic.Int64
}

func (b *flippedBody) Read(p []byte) (int, error) {
	n, err := b.ReadCloser.Read(p)
	if b.left >= 0 && b.left < int64(n) {
		p[b.left] ^= 1
		b.done.Add(1)
	}
	b.left -= int64(n)
	return n, err
}

// TestFlippedBit: of an object that the server keeps a CRC32C of, as it does of
// all that is uploaded here, no flipped bit is read or downloaded, in one part or
// in several. A range has no checksum of its own; nor has an object that was copied
// in parts on these servers.
func TestFlippedBit(t *testing.T) {
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		small, large := text(100*kib), noise(12*mib)
		mustPut(t, direct, "small", small)
		mustPut(t, direct, "large", large)
		transport := &http.Transport{MaxIdleConnsPerHost: 8}
		t.Cleanup(transport.CloseIdleConnections)
		network := &flipping{rt: transport}
		d, err := s3driver.New(t.Context(), s3driver.Config{PartSize: 5 * mib, Concurrency: 3, Client: s3.New(s3.Options{
			Region: server.Region, BaseEndpoint: aws.String(server.Endpoint), UsePathStyle: true, HTTPClient: network,
			Credentials: credentials.NewStaticCredentialsProvider(server.AccessKey, server.SecretKey, ""),
		})})
		if err != nil {
			t.Fatal(err)
		}
		s := store.New(d)
		b := s.Bucket(direct.Name())
		flips, noticed := 0, 0
		// flip says whether the bit was read at all: how many requests a download
		// makes, and what it reads of each, depends on which is faster.
		flip := func(name, key string, at, skip int64) bool {
			dir := t.TempDir()
			network.at.Store(at)
			network.skip.Store(skip)
			before := network.done.Load()
			_, err := readers[name](t.Context(), b, key, dir)
			if network.done.Load() == before {
				if err != nil {
					t.Errorf("%s, %s of %s, no bit flipped: %v", server.Name, name, key, err)
				}
				return false
			}
			flips++
			if err == nil || !strings.Contains(err.Error(), "CRC32C") {
				t.Errorf("%s, %s of %s, byte %d of answer %d: %v", server.Name, name, key, at, skip, err)
			} else {
				noticed++
			}
			if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
				t.Errorf("%s: a failed download left %v, %v", server.Name, left, err)
			}
			return true
		}
		for name := range readers {
			for range 20 {
				if !flip(name, "small", rand.Int64N(int64(len(small))), 0) {
					t.Errorf("%s: %s did not read all of an object", server.Name, name)
				}
			}
		}
		for answer := range int64(3) {
			for hits, tries := 0, 0; hits < 3; tries++ {
				if tries == 1000 {
					t.Fatalf("%s: in %d downloads %d bits of answer %d were read", server.Name, tries, hits, answer)
				}
				if flip("Download", "large", rand.Int64N(2*mib), answer) {
					hits++
				}
			}
		}
		t.Logf("%s: %d flipped bits, %d noticed", server.Name, flips, noticed)
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	}
}
