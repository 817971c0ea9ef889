package driver

import (
	"context"
	"iter"
	"strings"
)

// MaxPageSize is the most entries a list page holds.
const MaxPageSize = 1000

// BuildPage makes one list page for a backend that can walk its keys in byte
// order. seek(from) yields the objects with a key of at least from, ascending,
// and must reach the first of them without walking those before it: the cost
// of a page is then O(page) plus one seek for each common prefix.
func BuildPage(ctx context.Context, opts *ListOptions, seek func(from string) iter.Seq2[ObjectInfo, error]) (*ListPage, error) {
	b := pageBuilder{opts: opts, page: &ListPage{}, limit: opts.PageSize, after: max(opts.StartAfter, opts.Token)}
	if b.limit <= 0 || b.limit > MaxPageSize {
		b.limit = MaxPageSize
	}
	from, more := opts.Prefix, true
	if b.after >= from && b.after != "" {
		from = b.after + "\x00"
		// A common prefix the marker lies in is behind us as a whole.
		if p := b.commonPrefix(b.after); p != "" {
			from, more = PrefixEnd(p)
		}
	}
	for more {
		var err error
		if from, more, err = b.walk(ctx, seek(from)); err != nil {
			return nil, err
		}
	}
	return b.page, nil
}

type pageBuilder struct {
	opts  *ListOptions
	page  *ListPage
	limit int
	after string // exclusive start: the later of StartAfter and Token
	last  string // the entry added last
}

// walk adds entries until the page is complete (more is false) or a common
// prefix is met whose end is the place to seek next.
func (b *pageBuilder) walk(ctx context.Context, objects iter.Seq2[ObjectInfo, error]) (next string, more bool, err error) {
	if err := ctx.Err(); err != nil {
		return "", false, err
	}
	for o, err := range objects {
		if err != nil {
			return "", false, err
		}
		if !strings.HasPrefix(o.Key, b.opts.Prefix) {
			return "", false, nil
		}
		if len(b.page.Objects)+len(b.page.Prefixes) == b.limit {
			b.page.NextToken = b.last
			return "", false, nil
		}
		if p := b.commonPrefix(o.Key); p != "" {
			b.page.Prefixes = append(b.page.Prefixes, p)
			b.last = p
			next, more = PrefixEnd(p)
			return next, more, nil
		}
		b.page.Objects = append(b.page.Objects, o)
		b.last = o.Key
	}
	return "", false, ctx.Err()
}

// commonPrefix gives the common prefix that key is rolled up into, or "".
func (b *pageBuilder) commonPrefix(key string) string {
	if b.opts.Delimiter == "" || !strings.HasPrefix(key, b.opts.Prefix) {
		return ""
	}
	i := strings.Index(key[len(b.opts.Prefix):], b.opts.Delimiter)
	if i < 0 {
		return ""
	}
	return key[:len(b.opts.Prefix)+i+len(b.opts.Delimiter)]
}

// PrefixEnd gives the least string that is greater than every string starting
// with prefix; ok is false when there is none.
func PrefixEnd(prefix string) (end string, ok bool) {
	for i := len(prefix) - 1; i >= 0; i-- {
		if prefix[i] < 0xff {
			return prefix[:i] + string([]byte{prefix[i] + 1}), true
		}
	}
	return "", false
}
