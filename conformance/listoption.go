package conformance

import (
	"context"

	"github.com/s3mio/s3mio/store"
)

func listOptionLaws() []Law {
	return []Law{
		{
			Name:  "L2/KeyPrefix",
			Text:  "A key prefix is an arbitrary string: it need not end at a slash, and is neither cleaned nor escaped.",
			Check: checkKeyPrefix,
		},
		{
			Name:  "L2/Delimiter",
			Text:  "A delimiter is an arbitrary string. List and All give the objects not rolled up, ListDir also the common prefixes; its default is a slash.",
			Check: checkDelimiter,
		},
		{
			Name:  "L2/StartAfter",
			Text:  "StartAfter is exclusive and an arbitrary string, whether or not it is a key, below the prefix or not.",
			Check: checkStartAfter,
		},
		{
			Name:  "L2/StartAfterCommonPrefix",
			Text:  "With a delimiter, a common prefix that StartAfter lies in, or equals, is left out as a whole, as servers do.",
			Check: checkStartAfterCommonPrefix,
		},
	}
}

func checkKeyPrefix(ctx context.Context, e *Env) error {
	keys := sorted("a", "a b", "a%20b", "a+b", "aa", "ab/c", "ab/d", "ab_c", "abc", "b/.x/y", "b/x", "b0", "é/1", "é1", "ê/1", "日本")
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	for _, prefix := range []string{
		"", "a", "a ", "a%", "a+", "aa", "aaa", "ab", "ab/", "ab/c", "ab/c/", "ab_", "b/", "b/.", "b//", "é", "é/", "日", "/", ".", "..", "zzz", "abc", "abcd",
	} {
		e.sub("prefix "+prefix, func() error {
			var p problems
			p.add(lists(ctx, b, keys, prefix, "", "", 1000))
			p.add(lists(ctx, b, keys, prefix, "/", "", 2))
			return p.err()
		})
	}
	return nil
}

func checkDelimiter(ctx context.Context, e *Env) error {
	keys := sorted("a--b", "a-b", "a-b-c", "a/b/c", "a/b/d", "ab", "abab", "abba", "b/y", "é", "éa", "x::y::z", "x:y", "日本日", "q w", "q%20w")
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	var p problems
	delimiters := []string{"/", "//", "-", "--", "b", "ba", "ab", "::", ":", "é", "日", "本日", " ", "%20", "zz", "a/b/", "\\"}
	for _, delimiter := range delimiters {
		for _, prefix := range []string{"", "a", "a/", "x", "b"} {
			p.add(lists(ctx, b, keys, prefix, delimiter, "", 1000))
		}
	}
	e.sub("small pages", func() error {
		var p problems
		for _, delimiter := range delimiters {
			p.add(lists(ctx, b, keys, "", delimiter, "", 2))
		}
		return p.err()
	})
	dir, err := b.ListDir(ctx)
	p.add(err)
	objects, prefixes := model(keys, "", "/", "")
	p.add(sameStrings("objects of ListDir without options", keysOf(dir.Objects), objects))
	p.add(sameStrings("prefixes of ListDir without options", dir.Prefixes, prefixes))
	p.add(listed(ctx, b, keys))
	all, err := drain(b.All(ctx, store.Delimiter("/")))
	p.add(err)
	p.add(sameStrings("All with a delimiter", keysOf(all), objects))
	e.sub("double slash", func() error { return checkDoubleSlash(ctx, e) })
	return p.err()
}

func checkDoubleSlash(ctx context.Context, e *Env) error {
	keys := sorted("a/b/c", "b//x", "b//y//z", "b/y", "//", "c//")
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	var p problems
	for _, delimiter := range []string{"/", "//"} {
		for _, prefix := range []string{"", "/", "b", "b/", "b//"} {
			p.add(lists(ctx, b, keys, prefix, delimiter, "", 1000))
			p.add(lists(ctx, b, keys, prefix, delimiter, "", 1))
		}
	}
	return p.err()
}

func checkStartAfter(ctx context.Context, e *Env) error {
	keys := sorted("a", "a!", "a-b", "a0", "b/1", "b/2", "b/20", "b/3/x", "c", "é", "日本")
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	var p problems
	for _, after := range append([]string{"!", "a ", "a/", "a-", "a-b ", "b", "b/", "b/2!", "b/3/", "b0", "cc", "z", "ê", "~~"}, keys...) {
		for _, prefix := range []string{"", "b/", "b", "a"} {
			p.add(lists(ctx, b, keys, prefix, "", after, 1000))
		}
		p.add(lists(ctx, b, keys, "", "", after, 1))
		p.add(lists(ctx, b, keys, "b/", "", after, 2))
	}
	return p.err()
}

func checkStartAfterCommonPrefix(ctx context.Context, e *Env) error {
	keys := sorted("a", "b-1", "b/1", "b/2", "b/3/x", "b0", "c/1", "c/2/x", "d")
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	var p problems
	for _, n := range []int{1, 2, 1000} {
		for _, after := range []string{"a", "b", "b-", "b-1", "b.", "b/", "b/0", "b/1", "b/2", "b/3", "b/3/", "b/3/x", "b/9", "b0", "c", "c/", "c/1", "c/2/", "c/2/x", "c0", "d"} {
			for _, prefix := range []string{"", "b/", "c/", "c"} {
				p.add(lists(ctx, b, keys, prefix, "/", after, n))
			}
		}
	}
	return p.err()
}
