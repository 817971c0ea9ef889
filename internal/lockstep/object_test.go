package lockstep

import (
	"context"
	"fmt"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/store"
)

// A keyStep is a call with a key and nothing else that matters: Head, Exists,
// GetTags, Delete.
type keyStep struct {
	call
	key string
	by  string
}

func drawKeyStep(t *rapid.T, pool *pool, by ...string) step {
	s := &keyStep{call: drawCall(t), by: pick(t, by...)}
	s.key = pool.drawKey(t, s.on)
	return s
}

func (s *keyStep) kind() string { return s.by }

func (s *keyStep) restrict(holds func(string) bool) step {
	if !holds(s.full(s.key)) {
		return nil
	}
	return s
}

func (s *keyStep) GoString() string {
	if s.by == "Head with tags" {
		return s.show("Head", quote(s.key), "WithTags()")
	}
	return s.show(s.by, quote(s.key))
}

func (s *keyStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	on := w.objects(s.on)
	var text string
	var err error
	switch s.by {
	case "Head", "Head with tags":
		var opts []store.HeadOption
		if s.by == "Head with tags" {
			opts = append(opts, store.WithTags())
		}
		var info store.ObjectInfo
		if info, err = on.Head(ctx, s.key, opts...); err == nil {
			text = w.info(s.on, info)
		}
	case "Exists":
		var exists bool
		exists, err = on.Exists(ctx, s.key)
		text = fmt.Sprint(exists)
	case "GetTags":
		var tags map[string]string
		tags, err = on.GetTags(ctx, s.key)
		text = showTags(tags)
	case "Delete":
		err = on.Delete(ctx, s.key)
		text = "deleted"
	}
	if err != nil {
		return w.failed(err)
	}
	return text
}

func showTags(tags map[string]string) string {
	if tags == nil {
		return "nil tags"
	}
	return "tags " + showMap(tags)
}

func (s *keyStep) predict(m *model) string {
	op := map[string]string{"Head": "head", "Head with tags": "head", "Exists": "head", "GetTags": "get tags", "Delete": "delete"}[s.by]
	if f := m.refuse(s.call, op, s.key, true); f != "" {
		return f
	}
	full := s.full(s.key)
	o, exists := m.objects[full]
	switch {
	case s.by == "Exists":
		return fmt.Sprint(exists)
	case s.by == "Delete":
		m.delete(full)
		return "deleted"
	case !exists:
		return s.failure("object not found", op, full)
	case s.by == "GetTags":
		return showTags(o.info(s.key, true).Tags)
	}
	return describe(o.info(s.key, s.by == "Head with tags"))
}

// A setTagsStep replaces the tags of an object.
type setTagsStep struct {
	call
	key  string
	tags argument[map[string]string]
}

func drawSetTags(t *rapid.T, pool *pool) step {
	s := &setTagsStep{call: drawCall(t), tags: pick(t, goodTags...)}
	if rarely(t, 8) {
		s.tags = pick(t, badTags...)
	}
	s.key = pool.drawKey(t, s.on)
	return s
}

func (s *setTagsStep) kind() string { return "SetTags" }

func (s *setTagsStep) restrict(holds func(string) bool) step {
	if !holds(s.full(s.key)) {
		return nil
	}
	return s
}

func (s *setTagsStep) GoString() string {
	return s.show("SetTags", quote(s.key), showMap(s.tags.value))
}

func (s *setTagsStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	if err := w.objects(s.on).SetTags(ctx, s.key, s.tags.value); err != nil {
		return w.failed(err)
	}
	return "tagged"
}

func (s *setTagsStep) predict(m *model) string {
	if f := m.refuse(s.call, "set tags", s.key, !s.tags.bad); f != "" {
		return f
	}
	full := s.full(s.key)
	o, exists := m.objects[full]
	if !exists {
		return s.failure("object not found", "set tags", full)
	}
	tagged := *o
	tagged.tags = s.tags.value
	m.objects[full] = &tagged
	return "tagged"
}
