package store

import (
	"bufio"
	"context"
	"io"
	"iter"
	"strings"
)

// Lines ranges over the lines of an object without their endings, "\n" or
// "\r\n"; a final line need not have one. A line may be as long as memory
// allows. The text is UTF-8 unless [Encoding] says otherwise: a single byte that is
// not, as logs may have, ends the lines in an error that says where it is, unless
// the encoding has all bytes, such as Encoding("latin1"). The object is
// opened at the first step; an error is yielded once, as the last. Breaking out
// of the loop ends the request.
func (c *core) Lines(ctx context.Context, key string, opts ...ReadOption) iter.Seq2[string, error] {
	return func(yield func(string, error) bool) {
		r, cfg, err := c.open(ctx, "Lines", optsText, key, opts)
		if err != nil {
			yield("", err)
			return
		}
		defer r.Close() //nolint:errcheck // nothing is lost by it
		text, check, err := textReader(r, r.base, cfg.encoding)
		if err != nil {
			yield("", r.fail(err))
			return
		}
		lines := bufio.NewReaderSize(text, 64<<10)
		for {
			line, readErr := lines.ReadString('\n')
			if readErr != nil && readErr != io.EOF {
				yield("", r.fail(readErr))
				return
			}
			if readErr == io.EOF && line == "" {
				return
			}
			if err := check(line); err != nil {
				yield("", r.fail(err))
				return
			}
			if s, ok := strings.CutSuffix(line, "\n"); ok {
				line = strings.TrimSuffix(s, "\r")
			}
			if !yield(line, nil) || readErr != nil {
				return
			}
		}
	}
}
