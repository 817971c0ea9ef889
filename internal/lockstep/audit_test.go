package lockstep

import (
	"context"
	"slices"
)

// An auditStep looks at everything: a listing, and every object that the
// sequence can have created.
type auditStep struct {
	keys []string // full
}

func (s *auditStep) kind() string { return "audit" }

func (s *auditStep) GoString() string { return "look at everything" }

func (s *auditStep) restrict(holds func(string) bool) step {
	return &auditStep{slices.DeleteFunc(slices.Clone(s.keys), func(key string) bool { return !holds(key) })}
}

// parts are the steps that it consists of.
func (s *auditStep) parts(m *model) []step {
	parts := []step{
		&listStep{by: "List", pageSize: new(2)},
		&listStep{call: call{on: onPrefix}, by: "ListDir", pageSize: new(2)},
	}
	for _, key := range s.keys {
		if _, exists := m.objects[key]; exists {
			parts = append(parts, &keyStep{key: key, by: "Head with tags"}, &getStep{key: key, by: "Open"})
		} else if validNewKey(key) {
			parts = append(parts, &keyStep{key: key, by: "Exists"})
		}
	}
	return parts
}

func (s *auditStep) run(ctx context.Context, w *world) string {
	return s.all(w.model, func(part step) string { return part.run(ctx, w) })
}

func (s *auditStep) predict(m *model) string {
	return s.all(m, func(part step) string { return part.predict(m) })
}

func (s *auditStep) all(m *model, do func(step) string) string {
	text := ""
	for _, part := range s.parts(m) {
		text += "\n\t\t" + part.GoString() + " = " + do(part)
	}
	return text
}
