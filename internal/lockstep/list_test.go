package lockstep

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"unicode/utf8"

	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// A listStep lists by List, All or ListDir. A nil option is not given.
type listStep struct {
	call
	by                            string
	keyPrefix, delimiter, startAt *string
	pageSize                      *int
}

func drawList(t *rapid.T, pool *pool) step {
	s := &listStep{call: drawCall(t), by: pick(t, "List", "List", "All", "ListDir", "ListDir", "ListDir")}
	if rarely(t, 2) {
		s.keyPrefix = new(drawPart(t, pool, s.on))
	}
	if rarely(t, 2) {
		s.delimiter = new(pick(t, "/", "/", "/", "/", "b", "//", "a/", ".", "%", "é", "", "zz", " "))
	}
	if rarely(t, 2) {
		s.startAt = new(drawPart(t, pool, s.on))
	}
	if !rarely(t, 3) {
		s.pageSize = new(pick(t, 1, 2, 3, 4, 1000))
	}
	if rarely(t, 25) {
		switch rapid.IntRange(0, 3).Draw(t, "") {
		case 0:
			s.pageSize = new(pick(t, 0, -1, driver.MaxPageSize+1))
		case 1:
			s.keyPrefix = new("a\xff")
		case 2:
			s.delimiter = new("\xc3")
		case 3:
			s.startAt = new("\xed\xa0\x80")
		}
	}
	return s
}

// drawPart draws a key, or what a key of the pool starts with.
func drawPart(t *rapid.T, pool *pool, on handle) string {
	key := pick(t, pool.keys...)
	if on == onBucket && rarely(t, 3) {
		key = onPrefix.prefix() + key
	}
	if rarely(t, 2) || key == "" {
		return key
	}
	runes := []rune(key)
	return string(runes[:rapid.IntRange(0, min(len(runes), 12)).Draw(t, "")])
}

func (s *listStep) kind() string { return "list" }

func (s *listStep) restrict(func(string) bool) step { return s }

func (s *listStep) GoString() string {
	var args []string
	for _, o := range []struct {
		name  string
		value *string
	}{{"KeyPrefix", s.keyPrefix}, {"Delimiter", s.delimiter}, {"StartAfter", s.startAt}} {
		if o.value != nil {
			args = append(args, fmt.Sprintf("%s(%s)", o.name, quote(*o.value)))
		}
	}
	if s.pageSize != nil {
		args = append(args, fmt.Sprintf("PageSize(%d)", *s.pageSize))
	}
	return s.show(s.by, args...)
}

func (s *listStep) run(ctx context.Context, w *world) string {
	ctx, cancel := s.context(ctx)
	defer cancel()
	var opts []store.ListOption
	if s.keyPrefix != nil {
		opts = append(opts, store.KeyPrefix(*s.keyPrefix))
	}
	if s.delimiter != nil {
		opts = append(opts, store.Delimiter(*s.delimiter))
	}
	if s.startAt != nil {
		opts = append(opts, store.StartAfter(*s.startAt))
	}
	if s.pageSize != nil {
		opts = append(opts, store.PageSize(*s.pageSize))
	}
	on := w.objects(s.on)
	var l store.Listing
	var err error
	switch s.by {
	case "List":
		l.Objects, err = on.List(ctx, opts...)
	case "ListDir":
		l, err = on.ListDir(ctx, opts...)
	case "All":
		for o, stepErr := range on.All(ctx, opts...) {
			if err = stepErr; err == nil {
				l.Objects = append(l.Objects, o)
			}
		}
	}
	if err != nil {
		return w.failed(err)
	}
	objects := make([]string, len(l.Objects))
	for i, o := range l.Objects {
		objects[i] = w.info(s.on, o)
	}
	return showListing(objects, l.Prefixes)
}

func showListing(objects, prefixes []string) string {
	return fmt.Sprintf("objects %s, prefixes %s", showList(objects), quoted(prefixes))
}

func (s *listStep) predict(m *model) string {
	valid := s.pageSize == nil || 1 <= *s.pageSize && *s.pageSize <= 1000
	for _, p := range []*string{s.keyPrefix, s.delimiter, s.startAt} {
		valid = valid && (p == nil || utf8.ValidString(*p))
	}
	at := s.on.prefix()
	if !valid || s.on == onEmptySegment {
		return s.failure("invalid argument", "list", at)
	}
	if f := s.unreachable("list", at); f != "" {
		return f
	}
	delimiter := ""
	if s.by == "ListDir" {
		delimiter = "/"
	}
	if s.delimiter != nil {
		delimiter = *s.delimiter
	}
	prefix, after := at, ""
	if s.keyPrefix != nil {
		prefix += *s.keyPrefix
	}
	if s.startAt != nil && *s.startAt != "" {
		after = at + *s.startAt
	}
	var objects, prefixes []string
	for _, key := range m.keys(prefix) {
		if key <= after || key == at {
			continue
		}
		head, _, found := strings.Cut(key[len(prefix):], delimiter)
		if delimiter == "" || !found {
			objects = append(objects, describe(m.objects[key].listed(key[len(at):])))
			continue
		}
		common := prefix + head + delimiter
		if strings.HasPrefix(after, common) {
			continue // it is behind StartAfter as a whole
		}
		if rel := common[len(at):]; !slices.Contains(prefixes, rel) {
			prefixes = append(prefixes, rel)
		}
	}
	if s.by != "ListDir" {
		prefixes = nil
	}
	return showListing(objects, prefixes)
}
