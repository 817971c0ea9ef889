package faults

import (
	"bytes"
	"context"
	"encoding/base64"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"testing"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

const kib, mib = 1 << 10, 1 << 20

// readers are the ways to read a whole object.
var readers = map[string]func(ctx context.Context, b *store.Bucket, key, dir string) ([]byte, error){
	"GetBytes": func(ctx context.Context, b *store.Bucket, key, _ string) ([]byte, error) { return b.GetBytes(ctx, key) },
	"Open": func(ctx context.Context, b *store.Bucket, key, _ string) ([]byte, error) {
		r, err := b.Open(ctx, key)
		if err != nil {
			return nil, err
		}
		defer r.Close()
		return io.ReadAll(r)
	},
	"Stream": func(ctx context.Context, b *store.Bucket, key, _ string) ([]byte, error) {
		var all []byte
		for chunk, err := range b.Stream(ctx, key, store.ChunkSize(50_000)) {
			if err != nil {
				return all, err
			}
			all = append(all, chunk...)
		}
		return all, nil
	},
	"Lines": func(ctx context.Context, b *store.Bucket, key, _ string) ([]byte, error) {
		var all []byte
		for line, err := range b.Lines(ctx, key) {
			if err != nil {
				return all, err
			}
			all = append(append(all, line...), '\n')
		}
		return all, nil
	},
	"Download": func(ctx context.Context, b *store.Bucket, key, dir string) ([]byte, error) {
		path := filepath.Join(dir, "file")
		if err := b.Download(ctx, key, path); err != nil {
			return nil, err
		}
		return os.ReadFile(path)
	},
}

// text gives n bytes of lines, the last complete.
func text(n int) []byte {
	lines := make([]byte, 0, n+80)
	for raw := noise(n); len(lines) < n; raw = raw[57:] {
		lines = append(base64.StdEncoding.AppendEncode(lines, raw[:57]), '\n')
	}
	lines = lines[:n]
	lines[n-1] = '\n'
	return lines
}

// TestReadResumesAnywhere breaks the connection at every 64 KiB of an object,
// one byte before and one after, in each way and for each way to read.
func TestReadResumesAnywhere(t *testing.T) {
	const size = 2*mib + 12345
	content := text(size)
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		mustPut(t, direct, "key", content)
		for _, how := range cutModes {
			t.Run(server.Name+"/"+how, func(t *testing.T) {
				t.Parallel() // stalls are mostly waiting
				c, p := newCutter(t, server, how)
				b := storeAt(t, p.endpoint(), server, s3driver.Config{MaxRetries: 10, StallTimeout: 50 * time.Millisecond}).Bucket(direct.Name())
				dir, cuts, identical := t.TempDir(), 0, 0
				for name, read := range readers {
					for at := int64(0); at <= size+64*kib; at += 64 * kib {
						for _, at := range []int64{at - 1, at, at + 1} {
							if at < 0 || at > size {
								continue
							}
							c.arm(at, 0)
							got, err := read(t.Context(), b, "key", dir)
							if err != nil || !bytes.Equal(got, content) {
								t.Errorf("%s cut at %d: %d bytes of %d, %v", name, at, len(got), size, err)
							} else {
								identical++
							}
							cuts += c.disarm()
						}
					}
				}
				if cuts < 5*3*(size/(64*kib)) {
					t.Errorf("only %d cuts", cuts)
				}
				t.Logf("reads: %d broken off by %s, %d identical", cuts, how, identical)
			})
		}
	}
}

// TestReadEndsCleanly breaks the connection right after the last byte. A reset
// can take bytes back that were on their way, and a stalled connection is not
// seen to be one before its next use: both take a retry.
func TestReadEndsCleanly(t *testing.T) {
	content := text(300 * kib)
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		mustPut(t, direct, "key", content)
		for _, how := range cutModes {
			c, p := newCutter(t, server, how)
			b := storeAt(t, p.endpoint(), server, s3driver.Config{StallTimeout: 200 * time.Millisecond}).Bucket(direct.Name())
			for name, read := range readers {
				c.arm(int64(len(content)), 0)
				got, err := read(t.Context(), b, "key", t.TempDir())
				if err != nil || !bytes.Equal(got, content) || c.disarm() != 1 {
					t.Errorf("%s, %s by %s: %d bytes, %v", server.Name, name, how, len(got), err)
				}
			}
		}
	}
}

// TestDownloadResumesAnywhere does it to parallel downloads: the n-th answer is
// cut at each 64 KiB of a part, if it comes that far. Which parts are asked for
// depends on which stream is faster.
func TestDownloadResumesAnywhere(t *testing.T) {
	content := noise(15*mib - 12345) // the last part is shorter, but has each of these places
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		mustPut(t, direct, "key", content)
		for _, how := range cutModes {
			t.Run(server.Name+"/"+how, func(t *testing.T) {
				t.Parallel() // stalls are mostly waiting
				c, p := newCutter(t, server, how)
				b := storeAt(t, p.endpoint(), server, s3driver.Config{
					MaxRetries: 10, StallTimeout: 200 * time.Millisecond, PartSize: 5 * mib, Concurrency: 3,
				}).Bucket(direct.Name())
				dir, cuts, identical := t.TempDir(), 0, 0
				for i := range 5 * mib / (64 * kib) {
					cut := 0
					for tries := 0; cut == 0 && tries < 100; tries++ {
						c.arm(int64(i)*64*kib, i%3)
						got, err := readers["Download"](t.Context(), b, "key", dir)
						if err != nil || !bytes.Equal(got, content) {
							t.Errorf("answer %d cut at %d KiB: %d bytes, %v", i%3, i*64, len(got), err)
						} else {
							identical++
						}
						cut = c.disarm()
					}
					if cut == 0 {
						t.Errorf("in 100 downloads answer %d was never cut at %d KiB", i%3, i*64)
					}
					cuts += cut
				}
				t.Logf("parallel downloads: %d broken off by %s, %d identical", cuts, how, identical)
				left, err := filepath.Glob(filepath.Join(dir, "*"))
				if err != nil || len(left) != 1 {
					t.Errorf("left in the directory: %q, %v", left, err)
				}
			})
		}
	}
}

// TestReadGivesUp: with a server that breaks off every answer, reading ends in
// an error within its retries and says so.
func TestReadGivesUp(t *testing.T) {
	for _, server := range s3test.All(t) {
		direct := newBucket(t, server)
		mustPut(t, direct, "key", noise(mib))
		p := newProxy(t, server, toxic{Type: "limit_data", Stream: "downstream", Attributes: map[string]any{"bytes": 100}})
		b := storeAt(t, p.endpoint(), server, s3driver.Config{MaxRetries: 2}).Bucket(direct.Name())
		for name, read := range readers {
			got, err := read(t.Context(), b, "key", t.TempDir())
			if err == nil {
				t.Errorf("%s, %s: %d bytes and no error", server.Name, name, len(got))
				continue
			}
			if want := fmt.Sprintf("%d attempts", 3); !bytes.Contains([]byte(err.Error()), []byte(want)) {
				t.Errorf("%s, %s: %q is not in %v", server.Name, name, want, err)
			}
		}
	}
}
