package lockstep

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/store"
)

// A deleteManyStep deletes a batch.
type deleteManyStep struct {
	call
	keys []string
}

func drawDeleteMany(t *rapid.T, pool *pool) step {
	s := &deleteManyStep{call: drawCall(t)}
	for range rapid.IntRange(0, 5).Draw(t, "") {
		s.keys = append(s.keys, pool.drawKey(t, s.on))
	}
	if len(s.keys) > 0 && rarely(t, 3) {
		s.keys = append(s.keys, s.keys[0])
	}
	return s
}

func (s *deleteManyStep) kind() string { return "DeleteMany" }

func (s *deleteManyStep) restrict(holds func(string) bool) step {
	r := *s
	r.keys = slices.DeleteFunc(slices.Clone(s.keys), func(key string) bool { return !holds(s.full(key)) })
	if len(r.keys) == 0 && len(s.keys) > 0 {
		return nil
	}
	return &r
}

func (s *deleteManyStep) GoString() string {
	return s.show("DeleteMany", quoted(s.keys))
}

func (s *deleteManyStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	r, err := w.objects(s.on).DeleteMany(ctx, s.keys)
	var failed []string
	for _, f := range r.Failed {
		failed = append(failed, f.Key)
	}
	text := showDeleted(r.Len(), r.Deleted, failed)
	if err != nil {
		text += ", " + w.failed(err)
	}
	return text
}

func showDeleted(n int, deleted, failed []string) string {
	return fmt.Sprintf("%d deleted %s, failed %s", n, quoted(deleted), quoted(failed))
}

func (s *deleteManyStep) predict(m *model) string {
	const op = "delete many"
	none := showDeleted(0, nil, nil) + ", "
	var unique []string
	for _, key := range s.keys {
		if f := s.invalid(op, key, true); f != "" {
			return none + f
		}
		if !slices.Contains(unique, key) {
			unique = append(unique, key)
		}
	}
	switch {
	case s.on == onEmptySegment:
		return none + s.failure("invalid argument", op, s.on.prefix())
	case s.canceled:
		return none + s.unreachable(op, s.on.prefix())
	case s.on == onMissing && len(unique) > 0:
		var failures []string
		for _, key := range unique {
			failures = append(failures, s.failure("bucket not found", "delete", s.full(key)))
		}
		return showDeleted(0, nil, unique) + ", " + batchFailure(failures)
	}
	for _, key := range unique {
		m.delete(s.full(key))
	}
	return showDeleted(len(unique), unique, nil)
}

// A deleteAllStep deletes all below a prefix of the handle's.
type deleteAllStep struct {
	call
	segments []string
}

func drawDeleteAll(t *rapid.T, _ *pool) step {
	s := &deleteAllStep{call: drawCall(t)}
	s.segments = pick(t, []string{"a"}, []string{"a", "b"}, []string{"/a/b/"}, []string{"p/q"}, []string{"."}, []string{".."},
		[]string{"é"}, []string{"a b"}, []string{"none"}, []string{"a", ""}, []string{"a", "//"}, nil)
	return s
}

func (s *deleteAllStep) kind() string { return "DeleteAll" }

func (s *deleteAllStep) restrict(func(string) bool) step { return s }

func (s *deleteAllStep) GoString() string {
	return s.show(fmt.Sprintf("Prefix(%q).DeleteAll", s.segments))
}

func (s *deleteAllStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	r, err := w.objects(s.on).Prefix(s.segments...).DeleteAll(ctx)
	text := showDeletedAll(r)
	if err != nil {
		text += ", " + w.failed(err)
	}
	return text
}

func showDeletedAll(r store.DeleteResult) string {
	return fmt.Sprintf("%d deleted %q, %d failed", r.Len(), r.Deleted, len(r.Failed))
}

func (s *deleteAllStep) prefix() string {
	prefix := s.on.prefix()
	for _, segment := range s.segments {
		prefix += strings.Trim(segment, "/") + "/"
	}
	return prefix
}

func (s *deleteAllStep) predict(m *model) string {
	prefix := s.prefix()
	class := ""
	switch {
	case s.on == onEmptySegment, len(s.segments) == 0, strings.HasSuffix(prefix, "//"):
		class = "invalid argument"
	case s.canceled:
		class = classCanceled
	case s.on == onMissing:
		class = "bucket not found"
	}
	if class != "" {
		return "0 deleted [], 0 failed, " + s.failure(class, "list", prefix)
	}
	n := 0
	for _, key := range m.keys(prefix) {
		m.delete(key)
		n++
	}
	return fmt.Sprintf("%d deleted [], 0 failed", n)
}
