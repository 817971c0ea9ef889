package lockstep

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"strings"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/store"
)

// A getStep reads an object by one of the calls that do.
type getStep struct {
	call
	key     string
	by      string // the call
	ranges  []byteRange
	ifMatch etag
	ifNone  etag
}

// A byteRange is the option Range, or Tail of length bytes.
type byteRange struct {
	tail           bool
	offset, length int64
}

func (r byteRange) GoString() string {
	if r.tail {
		return fmt.Sprintf("Tail(%d)", r.length)
	}
	return fmt.Sprintf("Range(%d, %d)", r.offset, r.length)
}

func drawGet(t *rapid.T, pool *pool) step {
	s := &getStep{
		call: drawCall(t),
		by:   pick(t, "GetBytes", "GetBytes", "GetText", "GetJSON", "Open", "Open", "Seek", "Stream", "Lines", "Download"),
	}
	s.key = pool.drawKey(t, s.on)
	if rarely(t, 2) {
		s.ranges = append(s.ranges, drawRange(t))
		if rarely(t, 20) {
			s.ranges = append(s.ranges, drawRange(t))
		}
	}
	if rarely(t, 4) {
		s.ifMatch = drawETag(t)
	}
	if rarely(t, 4) {
		s.ifNone = drawETag(t)
	}
	return s
}

func drawRange(t *rapid.T) byteRange {
	n := []int64{0, 1, 2, 9, 10, 11, 100, 1 << 14, 1<<14 - 1, math.MaxInt64}
	if rarely(t, 3) {
		return byteRange{tail: true, length: pick(t, append(n, -1)...)}
	}
	offset := pick(t, append([]int64{0, 0, 0, 1, 1}, n...)...)
	if rarely(t, 20) {
		offset = -1
	}
	return byteRange{offset: offset, length: pick(t, append(n, -1, -1, math.MinInt64)...)}
}

func (s *getStep) kind() string { return "get" }

func (s *getStep) restrict(holds func(string) bool) step {
	if !holds(s.full(s.key)) {
		return nil
	}
	return s
}

func (s *getStep) GoString() string {
	args := []string{quote(s.key)}
	for _, r := range s.ranges {
		args = append(args, fmt.Sprintf("%#v", r))
	}
	if s.ifMatch != noETag {
		args = append(args, fmt.Sprintf("IfMatch(%#v)", s.ifMatch))
	}
	if s.ifNone != noETag {
		args = append(args, fmt.Sprintf("IfNoneMatch(%#v)", s.ifNone))
	}
	return s.show(s.by, args...)
}

func (s *getStep) options(w *world) []store.ReadOption {
	full := s.full(s.key)
	var opts []store.ReadOption
	for _, r := range s.ranges {
		if r.tail {
			opts = append(opts, store.Tail(r.length))
		} else {
			opts = append(opts, store.Range(r.offset, r.length))
		}
	}
	if s.ifMatch != noETag {
		opts = append(opts, store.IfMatch(w.etag(s.ifMatch, full)))
	}
	if s.ifNone != noETag {
		opts = append(opts, store.IfNoneMatch(w.etag(s.ifNone, full)))
	}
	return opts
}

func (s *getStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	from, opts := w.objects(s.on), s.options(w)
	var text string
	var err error
	switch s.by {
	case "GetBytes":
		var b []byte
		b, err = from.GetBytes(ctx, s.key, opts...)
		text = showContent(string(b))
	case "GetText":
		text, err = from.GetText(ctx, s.key, opts...)
		text = showContent(text)
	case "GetJSON":
		var v any
		err = from.GetJSON(ctx, s.key, &v, opts...)
		text = fmt.Sprintf("%#v", v)
	case "Open", "Seek":
		text, err = s.open(ctx, w, opts)
	case "Stream":
		var chunks []string
		for chunk, stepErr := range from.Stream(ctx, s.key, append(opts, store.ChunkSize(chunkSize))...) {
			if err = stepErr; err == nil {
				chunks = append(chunks, showContent(string(chunk)))
			}
		}
		text = showList(chunks)
	case "Lines":
		// What comes before an error counts as well.
		return s.lines(ctx, w, opts)
	case "Download":
		path := filepath.Join(w.dir, "download")
		if err = from.Download(ctx, s.key, path, opts...); err == nil {
			text, err = readAndRemove(path)
		}
	}
	if err != nil {
		return w.failed(err)
	}
	return text
}

const chunkSize = 4000

func (s *getStep) open(ctx context.Context, w *world, opts []store.ReadOption) (string, error) {
	r, err := w.objects(s.on).Open(ctx, s.key, opts...)
	if err != nil {
		return "", err
	}
	defer r.Close() //nolint:errcheck // closed twice
	var b bytes.Buffer
	if s.by == "Seek" {
		// The second byte, then all: the reader has to go back.
		if _, err := r.Seek(1, io.SeekStart); err != nil {
			return "", err
		}
		if _, err := r.Read(make([]byte, 1)); err != nil && err != io.EOF {
			return "", err
		}
		if _, err := r.Seek(0, io.SeekStart); err != nil {
			return "", err
		}
	}
	if _, err := r.WriteTo(&b); err != nil {
		return "", err
	}
	return w.info(s.on, r.Info()) + " " + showContent(b.String()), r.Close()
}

func (s *getStep) lines(ctx context.Context, w *world, opts []store.ReadOption) string {
	var lines []string
	for line, err := range w.objects(s.on).Lines(ctx, s.key, opts...) {
		if err != nil {
			lines = append(lines, w.failed(err))
		} else {
			lines = append(lines, quote(line))
		}
	}
	return showList(lines)
}

func readAndRemove(path string) (string, error) {
	b, err := os.ReadFile(path)
	if err != nil {
		return "", err
	}
	return showContent(string(b)), os.Remove(path)
}

func showContent(s string) string {
	return fmt.Sprintf("%d bytes %s (%.8s)", len(s), quote(s), md5Hex(s))
}

func showList(texts []string) string { return "[" + strings.Join(texts, ", ") + "]" }
