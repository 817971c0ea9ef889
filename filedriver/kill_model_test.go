package filedriver

import (
	"fmt"
	"slices"
)

// killState is what a key may hold: the version number of its content, type and
// metadata, and that of its tags. The zero value is no object.
type killState struct{ content, tags int64 }

var absent killState

// killModel has for each key the states in which it may be: one, or the old and
// the new one of an action that was cut off.
type killModel map[string][]killState

func (m killModel) states(key string) []killState {
	if s := m[key]; len(s) > 0 {
		return s
	}
	return []killState{absent}
}

// existing gives the states of a key other than absent.
func (m killModel) existing(key string) []killState {
	return slices.DeleteFunc(slices.Clone(m.states(key)), func(s killState) bool { return s == absent })
}

// after gives the states of an action's key once it has done its work. There is
// none if it cannot have found what it needs.
func (m killModel) after(a *action) []killState {
	written := []killState{{a.Version, a.Version}}
	switch a.Kind {
	case "put":
		return written
	case "absent":
		if slices.Contains(m.states(a.Key), absent) {
			return written
		}
	case "match":
		if len(m.existing(a.Key)) > 0 {
			return written
		}
	case "copy":
		return m.existing(a.From)
	case "tags":
		tagged := m.existing(a.Key)
		for i := range tagged {
			tagged[i].tags = a.Version
		}
		return tagged
	case "delete":
		return []killState{absent}
	}
	return nil
}

// ended notes how an action ended; it may narrow down what was before it. It
// gives an error if it cannot have ended so.
func (m killModel) ended(a *action, how string) error {
	needed := a.Key // the key whose state decided
	if a.Kind == "copy" {
		needed = a.From
	}
	switch how {
	case endedWell:
		after := m.after(a)
		if len(after) == 0 {
			return fmt.Errorf("%s %q succeeded, %q being %v", a.Kind, a.Key, needed, m.states(needed))
		}
		if a.Kind == "copy" {
			m[needed] = m.existing(needed)
		}
		m[a.Key] = after
	case endedRefused:
		// Nobody else writes to the key, so an ETag just read must match.
		if a.Kind != "absent" || len(m.existing(needed)) == 0 {
			return fmt.Errorf("%s %q was refused, being %v", a.Kind, a.Key, m.states(needed))
		}
		m[needed] = m.existing(needed)
	case endedMissing:
		if !slices.Contains([]string{"match", "copy", "tags"}, a.Kind) || !slices.Contains(m.states(needed), absent) {
			return fmt.Errorf("%s %q found nothing, %q being %v", a.Kind, a.Key, needed, m.states(needed))
		}
		m[needed] = []killState{absent}
	default:
		return fmt.Errorf("the action ended with %q", how)
	}
	return nil
}

// cutOff notes an action whose process died in it, and gives what it would have
// changed: the states before and after it, if they can be told apart.
func (m killModel) cutOff(a *action) (before, after []killState) {
	before, after = m.states(a.Key), m.after(a)
	m[a.Key] = slices.Concat(before, after)
	if slices.ContainsFunc(after, func(s killState) bool { return slices.Contains(before, s) }) {
		return nil, nil
	}
	return before, after
}
