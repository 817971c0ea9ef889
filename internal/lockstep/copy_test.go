package lockstep

import (
	"context"
	"fmt"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/store"
)

// A copyStep copies one object, or with CopyMany several.
type copyStep struct {
	call
	to      handle // the same as on: the option To is not given
	many    bool
	pairs   []store.CopyPair
	workers *int // of CopyMany
}

func drawCopy(t *rapid.T, pool *pool) step {
	s := &copyStep{call: drawCall(t), many: rarely(t, 3)}
	s.to = s.on
	if rarely(t, 3) {
		s.to = drawCall(t).on
	}
	n := 1
	if s.many {
		n = rapid.IntRange(0, 4).Draw(t, "")
		if rarely(t, 4) {
			s.workers = new(pick(t, 1, 1, 0))
		}
	}
	for range n {
		p := store.CopyPair{Src: pool.drawKey(t, s.on), Dst: pool.drawNewKey(t, s.to)}
		if rarely(t, 10) {
			p.Dst = p.Src
		}
		s.pairs = append(s.pairs, p)
	}
	return s
}

func (s *copyStep) kind() string {
	if s.many {
		return "CopyMany"
	}
	return "Copy"
}

func (s *copyStep) restrict(holds func(string) bool) step {
	r := *s
	r.pairs = nil
	for _, p := range s.pairs {
		if holds(s.full(p.Src)) && holds(s.to.prefix()+p.Dst) {
			r.pairs = append(r.pairs, p)
		}
	}
	if len(r.pairs) == 0 && len(s.pairs) > 0 {
		return nil
	}
	return &r
}

func (s *copyStep) GoString() string {
	var args []string
	for _, p := range s.pairs {
		args = append(args, quote(p.Src), quote(p.Dst))
	}
	if s.to != s.on {
		args = append(args, fmt.Sprintf("To(%#v)", s.to))
	}
	if s.workers != nil {
		args = append(args, fmt.Sprintf("Workers(%d)", *s.workers))
	}
	return s.show(s.kind(), args...)
}

func (s *copyStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	var opts []store.CopyOption
	if s.to != s.on {
		opts = append(opts, store.To(w.objects(s.to)))
	}
	if s.workers != nil {
		opts = append(opts, store.Workers(*s.workers))
	}
	if !s.many {
		info, err := w.objects(s.on).Copy(ctx, s.pairs[0].Src, s.pairs[0].Dst, opts...)
		if err != nil {
			return w.failed(err)
		}
		w.wrote(s.to, info, w.copied(s, s.pairs[0]))
		return written(info)
	}
	r, err := w.objects(s.on).CopyMany(ctx, s.pairs, opts...)
	for _, p := range r.Done {
		delete(w.times, s.to.prefix()+p.Dst)
	}
	text := fmt.Sprintf("%d done %s, failed %s", r.Len(), showPairs(r.Done), showPairs(r.FailedPairs()))
	if err != nil {
		text += ", " + w.failed(err)
	}
	return text
}

func showPairs(pairs []store.CopyPair) string {
	var keys []string
	for _, p := range pairs {
		keys = append(keys, p.Src, p.Dst)
	}
	return quoted(keys)
}

// copied gives the content that was copied.
func (w *world) copied(s *copyStep, p store.CopyPair) string {
	if o, ok := w.model.objects[s.full(p.Src)]; ok {
		return o.content
	}
	return ""
}

func (s *copyStep) predict(m *model) string {
	if !s.many {
		text, _ := s.predictPair(m, s.pairs[0])
		return text
	}
	var done, failed []store.CopyPair
	class := ""
	switch {
	case s.workers != nil && *s.workers < 1, s.on == onEmptySegment:
		class = "invalid argument"
	case s.canceled:
		class = classCanceled
	}
	var errText string
	if class != "" {
		errText = ", " + s.failure(class, "copy many", "")
	} else {
		var failures []string
		for _, p := range s.pairs {
			if text, ok := s.predictPair(m, p); ok {
				done = append(done, p)
			} else {
				failed = append(failed, p)
				failures = append(failures, text)
			}
		}
		if failures != nil {
			errText = ", " + batchFailure(failures)
		}
	}
	return fmt.Sprintf("%d done %s, failed %s", len(done), showPairs(done), showPairs(failed)) + errText
}

func (s *copyStep) predictPair(m *model, p store.CopyPair) (text string, ok bool) {
	const op = "copy"
	src, dst := s.full(p.Src), s.to.prefix()+p.Dst
	to := call{on: s.to, canceled: s.canceled}
	if f := s.invalid(op, p.Src, true); f != "" {
		return f, false
	}
	if s.canceled {
		return s.failure(classCanceled, op, src), false
	}
	self := src == dst && (s.on == onMissing) == (s.to == onMissing)
	if f := to.invalid(op, p.Dst, validNewKey(dst) && !self); f != "" {
		return f, false
	}
	// The source comes first: if neither is there, the error names it.
	if f := s.unreachable(op, src); f != "" {
		return f, false
	}
	o, exists := m.objects[src]
	if !exists {
		return s.failure("object not found", op, src), false
	}
	if f := to.unreachable(op, dst); f != "" {
		return f, false
	}
	clone := *o
	m.put(dst, &clone)
	return written(clone.listed(p.Dst)), true
}
