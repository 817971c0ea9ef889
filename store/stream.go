package store

import (
	"context"
	"io"
	"iter"
)

// Stream ranges over an object in chunks of exactly [ChunkSize] bytes, but for
// the last; an empty object has none. Each chunk is the caller's to keep. The
// object is opened at the first step; an error is yielded once, as the last.
// Breaking out of the loop ends the request.
func (c *core) Stream(ctx context.Context, key string, opts ...ReadOption) iter.Seq2[[]byte, error] {
	return func(yield func([]byte, error) bool) {
		r, cfg, err := c.open(ctx, "Stream", optsStream, key, opts)
		if err != nil {
			yield(nil, err)
			return
		}
		defer r.Close() //nolint:errcheck // nothing is lost by it
		for left := r.length; left > 0; {
			n := min(int64(cfg.chunkSize), left)
			chunk, err := readAll(struct{ io.Reader }{r}, n)
			if err != nil {
				yield(nil, r.fail(err))
				return
			}
			left -= n
			if !yield(chunk, nil) {
				return
			}
		}
	}
}
