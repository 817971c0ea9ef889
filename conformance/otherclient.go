package conformance

import (
	"context"
	"fmt"
	"net/http"
	"time"

	"github.com/s3mio/s3mio/store"
)

func otherClientLaws() []Law {
	return []Law{{
		Name:  "K3/OtherClients",
		Needs: []Capability{Presign},
		Text:  "What another client stores under a key is read, listed and deleted here under that key, and the other way round: a driver has no private escaping of keys.",
		Check: checkOtherClients,
	}}
}

// escapedKeys look as if somebody had escaped them, or would.
var escapedKeys = sorted("foo__0x2f__bar", "a%2Fb", "%", "a b+c", "q?x=1&y#z", "back\\slash", "é😀", "x.attrs", "dir/file.txt")

// checkOtherClients takes a plain HTTP client with signed URLs as the other.
func checkOtherClients(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, key := range escapedKeys {
		theirs := []byte("theirs, under " + key)
		url, err := b.PresignPut(ctx, key, time.Minute)
		if err != nil {
			return err
		}
		if err := request(http.MethodPut, url, theirs).with("Content-Type", "text/x-other").expect(ctx, http.StatusOK); err != nil {
			return fmt.Errorf("key %q: %w", key, err)
		}
		p.add(holds(ctx, b, key, theirs))
		info, err := b.Head(ctx, key)
		p.add(err)
		p.add(equal(fmt.Sprintf("content type of %q", key), info.ContentType, "text/x-other"))
	}
	all, err := b.List(ctx)
	p.add(err)
	p.add(sameStrings("keys written by another client", keysOf(all), escapedKeys))
	for _, key := range escapedKeys {
		ours := []byte("ours, under " + key)
		if _, err := b.Put(ctx, key, ours); err != nil {
			return err
		}
		url, err := b.PresignGet(ctx, key, time.Minute)
		if err != nil {
			return err
		}
		answer, err := request(http.MethodGet, url, nil).send(ctx)
		if err != nil {
			return err
		}
		p.add(equal(fmt.Sprintf("what another client reads under %q", key), string(answer.body), string(ours)))
		p.add(b.Delete(ctx, key))
		_, err = b.Head(ctx, key)
		p.add(want(fmt.Sprintf("Head of %q after Delete", key), err, store.ErrObjectNotFound))
	}
	return p.err()
}
