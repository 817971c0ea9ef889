package lockstep

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing/iotest"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/store"
)

// contents are few, so that an ETag often fits by accident.
var contents = []string{
	"", "x", "y", "0123456789", "line one\nline two\r\n\nend", `{"n":1}`, "\xff\xfe\x00 not text\n",
	strings.Repeat("0123456789abcdef", 1<<10),
}

// A data is a way to hand over the content.
type data int

const (
	asBytes data = iota
	asString
	asReader
	asSlowReader // byte by byte
	asSizedReader
	asJSON
	asWriter
	asFile
	// What follows cannot succeed.
	asWrongSize // bytes, and another size announced
	asNegativeSize
	asNil
	asChannel
	asNaN
	asFailingReader
	asShortReader // shorter than announced
	asLongReader
	asAbortedWriter
)

func (d data) String() string {
	return [...]string{"bytes", "string", "reader", "slowReader", "sizedReader", "json", "writer", "file",
		"wrongSize", "negativeSize", "nil", "channel", "NaN", "failingReader", "shortReader", "longReader", "abortedWriter"}[d]
}

type putStep struct {
	call
	key      string
	data     data
	content  string
	attrs    attrs
	ifAbsent bool
	ifMatch  etag
}

func drawPut(t *rapid.T, pool *pool) step {
	s := &putStep{
		call:    drawCall(t),
		data:    pick(t, asBytes, asBytes, asString, asString, asReader, asSlowReader, asSizedReader, asJSON, asWriter, asFile),
		content: pick(t, contents...),
	}
	s.key = pool.drawNewKey(t, s.on)
	s.attrs = drawAttrs(t)
	if rarely(t, 10) {
		s.data = pick(t, asWrongSize, asNegativeSize, asNil, asChannel, asNaN, asFailingReader, asShortReader, asLongReader, asAbortedWriter)
	}
	switch {
	case s.data >= asFailingReader:
		// Which of several failures shows is not fixed.
		if s.on == onMissing {
			s.on = onBucket
		}
	case rarely(t, 3):
		s.ifAbsent = true
	case rarely(t, 3):
		s.ifMatch = drawETag(t)
		s.ifAbsent = rarely(t, 20) // the two exclude each other
	}
	return s
}

func (s *putStep) kind() string { return "put" }

func (s *putStep) restrict(holds func(string) bool) step {
	if !holds(s.full(s.key)) {
		return nil
	}
	return s
}

func (s *putStep) GoString() string {
	args := append([]string{quote(s.key), fmt.Sprintf("%v(%s)", s.data, quote(s.content))}, s.attrs.show()...)
	if s.ifAbsent {
		args = append(args, "IfAbsent()")
	}
	if s.ifMatch != noETag {
		args = append(args, fmt.Sprintf("IfMatch(%#v)", s.ifMatch))
	}
	method := "Put"
	switch s.data {
	case asFile:
		method = "Upload"
	case asWriter, asAbortedWriter:
		method = "NewWriter"
	}
	return s.show(method, args...)
}

func (s *putStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	opts := s.attrs.options()
	if s.ifAbsent {
		opts = append(opts, store.IfAbsent())
	}
	if s.ifMatch != noETag {
		opts = append(opts, store.IfMatch(w.etag(s.ifMatch, s.full(s.key))))
	}
	var info store.ObjectInfo
	var err error
	switch s.data {
	case asFile:
		path := filepath.Join(w.dir, "upload")
		if err := os.WriteFile(path, []byte(s.content), 0o600); err != nil {
			return err.Error()
		}
		info, err = w.objects(s.on).Upload(ctx, path, s.key, opts...)
	case asWriter, asAbortedWriter:
		info, err = s.write(ctx, w.objects(s.on), opts)
	default:
		data, more := s.body()
		info, err = w.objects(s.on).Put(ctx, s.key, data, append(opts, more...)...)
	}
	if err != nil {
		return w.failed(err)
	}
	if s.data == asAbortedWriter {
		return "aborted"
	}
	w.wrote(s.on, info, s.stored())
	return written(info)
}

// body gives the data for Put, and the options that belong to it.
func (s *putStep) body() (any, []store.WriteOption) {
	n := int64(len(s.content))
	r := struct{ io.Reader }{strings.NewReader(s.content)}
	switch s.data {
	case asBytes:
		return []byte(s.content), nil
	case asReader:
		return r, nil
	case asSlowReader:
		return iotest.OneByteReader(iotest.DataErrReader(r)), nil
	case asSizedReader:
		return r, []store.WriteOption{store.Size(n)}
	case asJSON:
		return map[string]any{"content": len(s.content)}, nil
	case asWrongSize:
		return []byte(s.content), []store.WriteOption{store.Size(n + 1)}
	case asNegativeSize:
		return []byte(s.content), []store.WriteOption{store.Size(-1)}
	case asNil:
		return nil, nil
	case asChannel:
		return make(chan int), nil
	case asNaN:
		return []float64{math.NaN()}, nil
	case asFailingReader:
		return io.MultiReader(r, iotest.ErrReader(errSource)), nil
	case asShortReader:
		return r, []store.WriteOption{store.Size(n + 1)}
	case asLongReader:
		return io.MultiReader(r, strings.NewReader("+")), []store.WriteOption{store.Size(n)}
	}
	return s.content, nil
}

func (s *putStep) write(ctx context.Context, to store.Objects, opts []store.WriteOption) (store.ObjectInfo, error) {
	w, err := to.NewWriter(ctx, s.key, opts...)
	if err != nil {
		return store.ObjectInfo{}, err
	}
	half := len(s.content) / 2
	for _, part := range []string{s.content[:half], s.content[half:]} {
		if _, err := w.Write([]byte(part)); err != nil {
			break // Close tells
		}
	}
	if s.data == asAbortedWriter {
		return store.ObjectInfo{}, w.Abort()
	}
	err = w.Close()
	return w.Info(), err
}

// stored gives the content that ends up in the bucket.
func (s *putStep) stored() string {
	if s.data == asJSON {
		return fmt.Sprintf(`{"content":%d}`, len(s.content))
	}
	return s.content
}

func (s *putStep) predict(m *model) string {
	op := "put"
	if s.data == asFile {
		op = "upload"
	}
	full := s.full(s.key)
	valid := validNewKey(full) && s.attrs.valid() && s.ifMatch != etagMalformed && (!s.ifAbsent || s.ifMatch == noETag) &&
		!slices.Contains([]data{asNegativeSize, asNil, asChannel, asNaN}, s.data)
	if f := s.invalid(op, s.key, valid); f != "" {
		return f
	}
	if s.data == asWrongSize {
		return s.failure("body and announced size differ", op, full)
	}
	if f := s.unreachable(op, full); f != "" {
		return f
	}
	_, exists := m.objects[full]
	class := ""
	switch {
	case s.data == asAbortedWriter:
		return "aborted"
	case s.data == asFailingReader:
		class = classSource
	case s.data == asShortReader, s.data == asLongReader:
		class = "body and announced size differ"
	case s.ifAbsent && exists, s.ifMatch != noETag && exists && !m.matches(s.ifMatch, full):
		class = "precondition failed"
	case s.ifMatch != noETag && !exists:
		class = "object not found"
	}
	if class != "" {
		return s.failure(class, op, full)
	}
	contentType := "application/octet-stream"
	switch s.data {
	case asString:
		contentType = "text/plain; charset=utf-8"
	case asJSON:
		contentType = "application/json"
	}
	o := s.attrs.object(s.stored(), contentType)
	m.put(full, o)
	return written(o.listed(s.key))
}
