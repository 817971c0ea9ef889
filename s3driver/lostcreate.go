package s3driver

import (
	"context"
	"errors"
	"slices"
	"sync"
	"time"

	"github.com/aws/aws-sdk-go-v2/aws"
	"github.com/aws/aws-sdk-go-v2/service/s3"

	"github.com/s3mio/s3mio/driver"
)

// A lost answer to CreateMultipartUpload can leave an upload whose ID nobody
// knows. It is found again by what can be seen of it: its key, the time it was
// made, and that it never gets a part. None of that tells it from an upload
// that somebody else began for the same key at the same moment and that is
// slow to send its first part: hence the wait before anything is removed, and
// the rule that nothing is when there are more such uploads than lost answers.

// reclaimDelay is how long after the lost answer an upload must still be
// without a part (Driver.reclaimDelay).
const reclaimDelay = 5 * time.Second

// reclaimRounds is how often that is tried, not counting when it has to wait for a
// create of this process.
const reclaimRounds = 5

// liveUploads has the IDs of the uploads that this process has under way,
// whatever their driver.
var liveUploads sync.Map

func isLive(id string) bool {
	_, live := liveUploads.Load(id)
	return live
}

// object names an object of a driver.
type object struct{ bucket, key string }

// creating counts the creates of this process that have no answer yet: an upload
// may be theirs.
var creating creates

type creates struct {
	mu sync.Mutex
	n  map[object]int
}

func (c *creates) begin(o object) (end func()) {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.n == nil {
		c.n = map[object]int{}
	}
	c.n[o]++
	return func() {
		c.mu.Lock()
		defer c.mu.Unlock()
		if c.n[o]--; c.n[o] == 0 {
			delete(c.n, o)
		}
	}
}

func (c *creates) any(o object) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.n[o] > 0
}

// lostCreates are the lost answers about one key that have not been seen to.
type lostCreates struct {
	n        int
	from, to time.Time // when the requests were made
	like     *s3.CreateMultipartUploadInput
}

// lostUploads has the lost creates of a driver.
type lostUploads struct {
	mu sync.Mutex
	m  map[object]*lostCreates
}

// createsLost removes, in the background, what n creates have left whose
// answers did not get here. They were made between from and now.
func (b *bucket) createsLost(ctx context.Context, n int, from time.Time, like *s3.CreateMultipartUploadInput) {
	now := time.Now()
	o := object{b.name, *like.Key}
	b.lost.mu.Lock()
	defer b.lost.mu.Unlock()
	if l := b.lost.m[o]; l != nil {
		l.n += n
		l.to = now
		if from.Before(l.from) {
			l.from = from
		}
		return
	}
	if b.lost.m == nil {
		b.lost.m = map[object]*lostCreates{}
	}
	b.lost.m[o] = &lostCreates{n, from, now, like}
	ctx = context.WithoutCancel(ctx)
	b.background.Go(func() {
		l := b.nextLost(ctx, o)
		ctx, cancel := b.detach(ctx)
		defer cancel()
		wait := abortInterval
		for rounds := 0; rounds < reclaimRounds; {
			try, cancel := context.WithTimeout(ctx, b.abortTimeout/abortTries)
			done, busy := b.reclaim(try, o.key, l)
			cancel()
			if done || sleep(ctx, wait) != nil {
				return
			}
			if !busy {
				rounds++
				wait *= 2
			}
		}
	})
}

// nextLost waits until the last answer about the key was lost long enough ago.
func (b *bucket) nextLost(ctx context.Context, o object) *lostCreates {
	for {
		b.lost.mu.Lock()
		l := b.lost.m[o]
		wait := time.Until(l.to.Add(b.reclaimDelay))
		if wait <= 0 {
			delete(b.lost.m, o)
		}
		b.lost.mu.Unlock()
		if wait <= 0 {
			return l
		}
		_ = sleep(ctx, wait) // this context does not end
	}
}

// reclaim aborts the uploads that lost creates have made. It reports whether
// there is no more to do, or whether a create is under way that has to end first.
func (b *bucket) reclaim(ctx context.Context, key string, l *lostCreates) (done, busy bool) {
	o := object{b.name, key}
	if creating.any(o) {
		return false, true // what is listed may be theirs
	}
	ids, err := b.uploadsLike(ctx, key, l)
	if err == nil {
		ids, err = b.withoutParts(ctx, key, ids)
	}
	if err != nil {
		var bad *malformedError
		return denied(err) || errors.Is(err, driver.ErrUnsupported) || errors.As(err, &bad) || noUpload(err), false
	}
	if creating.any(o) {
		return false, true
	}
	ids = slices.DeleteFunc(ids, isLive) // what has been answered meanwhile is known by now
	if len(ids) > l.n {
		return true, false // not all are from here, and nothing tells which
	}
	for _, id := range ids {
		err = errors.Join(err, b.abort(ctx, key, id))
	}
	return err == nil, false
}

// uploadsLike lists the uploads of the key that lost creates may have made.
func (b *bucket) uploadsLike(ctx context.Context, key string, l *lostCreates) (ids []string, err error) {
	in := &s3.ListMultipartUploadsInput{Bucket: &b.name, Prefix: &key}
	seen := markers{}
	for more := true; more; {
		asked := time.Now()
		page, err := b.listUploads(ctx, in)
		if err != nil {
			return nil, err
		}
		from, ok := serverTime(page.ResultMetadata, l.from)
		to, _ := serverTime(page.ResultMetadata, l.to)
		to = to.Add(time.Since(asked)) // at the latest
		if !ok {
			return nil, nil // a server that does not tell the time
		}
		for _, u := range page.Uploads {
			if aws.ToString(u.Key) != key {
				return ids, nil // uploads come in the order of their keys
			}
			if isLive(aws.ToString(u.UploadId)) || u.Initiated == nil ||
				u.Initiated.Before(from.Add(-clockSlack)) || u.Initiated.After(to.Add(clockSlack)) ||
				u.ChecksumAlgorithm != "" && l.like.ChecksumAlgorithm != "" && u.ChecksumAlgorithm != l.like.ChecksumAlgorithm ||
				u.StorageClass != "" && storageClass(u.StorageClass) != storageClass(l.like.StorageClass) {
				continue
			}
			ids = append(ids, aws.ToString(u.UploadId))
		}
		if more, err = seen.advance(in, page); err != nil {
			return nil, err
		}
	}
	return ids, nil
}

// withoutParts keeps the uploads that have no part.
func (b *bucket) withoutParts(ctx context.Context, key string, ids []string) ([]string, error) {
	var failed error
	ids = slices.DeleteFunc(ids, func(id string) bool {
		out, err := b.listParts(ctx, key, id)
		if err != nil && !noUpload(err) {
			failed = err
		}
		return err != nil || len(out.Parts) > 0
	})
	return ids, failed
}
