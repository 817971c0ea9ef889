package faults

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"sync/atomic"
	"testing"

	"github.com/aws/aws-sdk-go-v2/service/s3"
	"github.com/aws/aws-sdk-go-v2/service/s3/types"
	"github.com/aws/smithy-go"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
)

// TestUploadCuts breaks all connections of an upload after so many bytes, by an
// end or by a reset: the object is the old one or the new one, whole.
func TestUploadCuts(t *testing.T) {
	const size = 11 * mib
	content := noise(size)
	stamped := func(n uint64) []byte {
		binary.BigEndian.PutUint64(content, n)
		binary.BigEndian.PutUint64(content[size-8:], n)
		return content
	}
	calls, failed, orphans := 0, 0, 0
	for _, server := range s3test.All(t) {
		p := newProxy(t, server)
		direct := newBucket(t, server)
		s := storeAt(t, p.endpoint(), server, s3driver.Config{PartSize: 5 * mib, Concurrency: 2, MaxRetries: 1})
		bucket := s.Bucket(direct.Name())
		there, number := uint64(0), uint64(0)
		mustPut(t, direct, "key", stamped(0))
		cuts := []toxic{}
		for at := 0; at < 6*mib; at += 256<<10 + 777 {
			cuts = append(cuts, toxic{Type: "limit_data", Stream: "upstream", Attributes: map[string]any{"bytes": at}})
		}
		for ms := 1; ms < 200; ms += 9 {
			cuts = append(cuts, toxic{Type: "reset_peer", Stream: "upstream", Attributes: map[string]any{"timeout": ms}})
		}
		for _, cut := range cuts {
			what := fmt.Sprintf("%s, %s %v", server.Name, cut.Type, cut.Attributes)
			p.restart(cut)
			number++
			_, err := bucket.Put(t.Context(), "key", stamped(number))
			p.restart()
			got, getErr := direct.GetBytes(t.Context(), "key")
			if getErr != nil || len(got) != size {
				t.Fatalf("%s: %d bytes, %v", what, len(got), getErr)
			}
			now := binary.BigEndian.Uint64(got)
			if !bytes.Equal(got, stamped(now)) || now != there && now != number || err == nil && now != number {
				t.Errorf("%s: error %v, version %d is there; %d was and %d was written", what, err, now, there, number)
			}
			there = now
			if calls++; err != nil {
				failed++
			}
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		left := uploads(t, server, direct.Name())
		if server.Name == s3test.NameMinIO {
			all := len(left)
			left = slices.DeleteFunc(left, func(u types.MultipartUpload) bool { return unknown(t, server, direct.Name(), u) })
			t.Logf("%s lists %d uploads that it does not know", server.Name, all-len(left))
		}
		orphans += len(left)
		if len(left) > 0 {
			t.Errorf("%s: %d uploads left behind", server.Name, len(left))
		}
	}
	t.Logf("%d uploads through breaking connections, %d failed: %d orphans, no object in between", calls, failed, orphans)
	if failed == 0 || failed == calls {
		t.Errorf("%d of %d failed: the cuts are not where they should be", failed, calls)
	}
}

// unknown reports that the server does not know an upload that it lists: MinIO does
// so for a day when the connection breaks in which it completes one.
func unknown(t *testing.T, server *s3test.Server, bucket string, u types.MultipartUpload) bool {
	t.Helper()
	_, err := client(server).ListParts(t.Context(), &s3.ListPartsInput{Bucket: &bucket, Key: u.Key, UploadId: u.UploadId})
	var api smithy.APIError
	return errors.As(err, &api) && api.ErrorCode() == "NoSuchUpload"
}

// TestFlippedBits alters one bit of what is sent: the server notices, and the
// write is made again, or fails.
func TestFlippedBits(t *testing.T) {
	flips := 0
	for _, server := range s3test.All(t) {
		for _, mode := range []s3driver.Compatibility{s3driver.CompatibilityDefault, s3driver.CompatibilityMD5} {
			direct := newBucket(t, server)
			var left, hits atomic.Int64
			r := newRelay(t, server.Endpoint, "", func(r *http.Request) fault {
				if op := operation(r); (op == "PUT" || op == "part 2") && r.ContentLength > 0 && left.Add(-1) >= 0 {
					hits.Add(1)
					return flip
				}
				return pass
			})
			s := storeAt(t, r.URL, server, s3driver.Config{PartSize: 5 * mib, MaxRetries: 2, Compatibility: mode})
			bucket := s.Bucket(direct.Name())
			for _, size := range []int{1, 100 << 10, 6 * mib} {
				for _, times := range []int64{1, 1000} {
					what := fmt.Sprintf("%s, Compatibility %q, %d bytes, %d times", server.Name, mode, size, times)
					mustPut(t, direct, "key", "old")
					left.Store(times)
					_, err := bucket.Put(t.Context(), "key", noise(size))
					want := noise(size)
					if times > 1 {
						want = []byte("old")
					}
					got, getErr := direct.GetBytes(t.Context(), "key")
					if (err == nil) != (times == 1) || getErr != nil || !bytes.Equal(got, want) {
						t.Errorf("%s: error %v; %d bytes are there, %v", what, err, len(got), getErr)
					}
				}
			}
			if err := s.Close(); err != nil {
				t.Error(err)
			}
			if n := len(uploads(t, server, direct.Name())); n != 0 {
				t.Errorf("%s: %d uploads left behind", server.Name, n)
			}
			flips += int(hits.Load())
		}
	}
	t.Logf("%d flipped bits, all noticed", flips)
}
