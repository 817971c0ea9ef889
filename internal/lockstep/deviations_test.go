package lockstep

import (
	"context"
	"slices"
	"strings"
	"testing"
	"unicode"

	"github.com/s3mio/s3mio/internal/s3test"
)

// A deviation is what a server is known to do otherwise than Amazon S3 and the
// contract. What falls under it is not sent to that server.
type deviation struct {
	server string
	name   string
	reason string

	// Which calls it concerns: those with such a key; those with one of two
	// keys that cannot be beside each other (of which the server gets one);
	// lists with such a prefix or place to start; others.
	key    func(key string) bool
	beside func(a, b string) bool
	list   func(at string) bool
	step   func(m *model, s step) bool

	// shows fails when the server, asked in a fresh bucket, does not deviate.
	shows func(ctx context.Context, w *world) error
}

func deviationsOf(server string) []deviation {
	return slices.DeleteFunc(slices.Clone(deviations), func(d deviation) bool { return d.server != server })
}

// TestDeviations keeps the table honest: each entry is still needed.
func TestDeviations(t *testing.T) {
	for _, server := range s3test.All(t) {
		b := s3Backend(t, server)
		for _, d := range b.deviations {
			t.Run(server.Name+"/"+d.name, func(t *testing.T) {
				m, err := newMachine(t.Context(), &pool{}, []*backend{b})
				if err != nil {
					t.Fatal(err)
				}
				if err := d.shows(t.Context(), m.worlds[0]); err != nil {
					t.Errorf("%s\n%v: the table of deviations is out of date", d.reason, err)
				}
				if err := m.remove(); err != nil {
					t.Log(err) // such as an object that is not listed
				}
			})
		}
	}
}

// restrict gives the part of a step that the world's server is sent.
func (w *world) restrict(s step) step {
	for _, d := range w.deviations {
		if d.step != nil && d.step(w.model, s) || d.list != nil && slices.ContainsFunc(listPlaces(s), d.list) {
			return nil
		}
	}
	return s.restrict(w.holds)
}

// holds reports whether the server is sent a full key.
func (w *world) holds(key string) bool {
	if held, ok := w.held[key]; ok {
		return held
	}
	return passes(w.deviations, key)
}

func passes(deviations []deviation, key string) bool {
	for _, d := range deviations {
		if d.key != nil && d.key(key) {
			return false
		}
	}
	return true
}

// heldKeys parts the keys of a sequence into those that a server is sent and
// those it is not, so that no two of the former exclude each other.
func heldKeys(deviations []deviation, p *pool) map[string]bool {
	held := map[string]bool{}
	for _, key := range p.universe() {
		held[key] = passes(deviations, key)
		for other := range held {
			for _, d := range deviations {
				if held[key] && key != other && held[other] && d.beside != nil && (d.beside(key, other) || d.beside(other, key)) {
					held[key] = false
				}
			}
		}
	}
	return held
}

func hasDotSegment(key string) bool {
	segments := strings.Split(key, "/")
	return slices.Contains(segments, ".") || slices.Contains(segments, "..")
}

// hasEmptySegment reports whether there is one beside that of a final slash.
func hasEmptySegment(key string) bool {
	return strings.HasPrefix(key, "/") || strings.Contains(key, "//")
}

// hasSegmentOf reports whether there is one of n bytes or more.
func hasSegmentOf(n int, key string) bool {
	for s := range strings.SplitSeq(key, "/") {
		if len(s) >= n {
			return true
		}
	}
	return false
}

// tagsOf gives the tags that a step writes.
func tagsOf(s step) map[string]string {
	switch s := s.(type) {
	case *putStep:
		if s.attrs.tags != nil {
			return s.attrs.tags.value
		}
	case *setTagsStep:
		return s.tags.value
	}
	return nil
}

func isASCII(tags map[string]string) bool {
	for k, v := range tags {
		if strings.ContainsFunc(k+v, func(r rune) bool { return r > unicode.MaxASCII }) {
			return false
		}
	}
	return true
}

// listPlaces gives the full prefix and the full key after which a step lists.
func listPlaces(s step) []string {
	switch s := s.(type) {
	case *listStep:
		places := []string{s.full("")}
		if s.keyPrefix != nil {
			places[0] = s.full(*s.keyPrefix)
		}
		if s.startAt != nil {
			places = append(places, s.full(*s.startAt))
		}
		return places
	case *deleteAllStep:
		return []string{s.prefix()}
	}
	return nil
}
