package conformance

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/s3mio/s3mio/store"
)

// hostileKeys are keys that some backend has rewritten, merged or refused.
var hostileKeys = []string{
	// What a path would clean away or resolve.
	"a//b", "/a", "//a", "a/", "a//", "/", "//", "./a", "a/.", "a/./b", "a/..", "a/../b", "..", ".", "../a", "...", ".hidden",
	// What means something to a file system.
	"con", "NUL.txt", "aux/prn", "C:\\x", "C:/x", `back\slash`, `..\a`, "a:b", "a*b|c<d>e", "x.attrs", "x.attrs/y", "trailing.", "trailing ", " leading", ".tmp", "lost+found", "~",
	// What means something to a URL or a header.
	"%", "%2F", "%2f", "a%2Fb", "%00", "100%", "a+b", "a b", "a%20b", "?", "a?b=c", "#", "a#b", "&", "a&b=c;d", "=", "a=b", ":", "@", "$", ",", ";", "!", "a'b", `a"b`, "(a)", "[a]", "{a}", "`a`", "^", "|", "<a>&amp;", "http://host/path",
	// What some library uses to escape.
	"foo__0x2f__bar", "__0x2f__", "a_b", "__", "=?utf-8?q?a?=", "\\u0041", "&#x41;",
	// What is not ASCII.
	"é", "e\u0301", "Ω", "日本語/キー", "😀", "👩‍👩‍👧", "\u202eabc", "\ufeffbom", "\u00a0", "\u2028", "\u0085", "ß", "ẞ", "İ", "ı", "\u007f", "\U0010FFFD", "\uFFFD",
}

// neighbours are keys that must not be taken for one another.
var neighbours = [][2]string{
	{"a", "a/b"}, {"a", "a/"}, {"a/", "a//"}, {"a/b", "a//b"}, {"a", "/a"}, {"a", "./a"}, {"a/b", "a/./b"}, {"b", "a/../b"},
	{"A", "a"}, {"ß", "ss"}, {"İ", "i"}, {"Dir/x", "dir/x"},
	{"\u00e9", "e\u0301"}, {"\uac00", "\u1100\u1161"}, {"\u212b", "\u00c5"},
	{"a b", "a+b"}, {"a b", "a%20b"}, {"a/b", "a%2Fb"}, {"a%2Fb", "a%2fb"}, {"a", "a "}, {"a", "a."}, {"a/b", `a\b`},
	{"x", "x.attrs"}, {"foo/bar", "foo__0x2f__bar"}, {"a", "a\u200b"},
}

func hostileKeyLaws() []Law {
	return []Law{
		{
			Name:  "K2/RoundTrip",
			Text:  "A key is an opaque string: whatever it looks like, put, get, head, list, tag, copy, download, delete and batch delete use it as it is, and a listing gives it back as it is.",
			Check: checkEachKey((*Env).roundTrip),
		},
		{
			Name:  "K2/Presign",
			Needs: []Capability{Presign},
			Text:  "A signed URL leads to the very key it was made for.",
			Check: checkEachKey((*Env).presignRoundTrip),
		},
		{
			Name:  "K2/Neighbours",
			Text:  "Two different keys are two different objects, be it letter case, normalisation form, escaping, or one being a directory of the other on a file system.",
			Check: checkNeighbours,
		},
	}
}

func checkEachKey(check func(*Env, context.Context, store.Objects, string) error) func(context.Context, *Env) error {
	return func(ctx context.Context, e *Env) error {
		for _, key := range hostileKeys {
			e.sub(key, func() error {
				b, err := e.bucket(ctx)
				if err != nil {
					return err
				}
				return check(e, ctx, b, key)
			})
		}
		return nil
	}
}

// roundTrip takes a key through every kind of call, in an empty bucket.
func (e *Env) roundTrip(ctx context.Context, b store.Objects, key string) error {
	var p problems
	want := []byte("content of " + key)
	info, err := b.Put(ctx, key, want, e.rich()...)
	if err != nil {
		return err
	}
	p.add(equal("Put's Key", info.Key, key))
	p.add(holds(ctx, b, key, want))
	before, err := e.look(ctx, b, key)
	if err != nil {
		return err
	}
	if before == nil {
		return fmt.Errorf("Head does not find the object just written")
	}
	p.add(equal("Head's Key", before.info.Key, key))
	p.add(exists(ctx, b, key, true))
	p.add(listed(ctx, b, []string{key}))
	p.add(listed(ctx, b, []string{key}, store.KeyPrefix(key)))
	p.add(listed(ctx, b, nil, store.StartAfter(key)))
	p.add(b.Download(ctx, key, filepath.Join(e.tb.TempDir(), "file")))
	if e.has(Tags) {
		tags := map[string]string{"changed": "yes"}
		p.add(b.SetTags(ctx, key, tags))
		got, err := b.GetTags(ctx, key)
		p.add(err)
		p.add(sameMap("tags", got, tags))
		before.info.Tags = tags
	}
	p.add(e.copyThere(ctx, b, key, before))
	p.add(b.Delete(ctx, key))
	p.add(absent(ctx, b, key))
	if _, err := b.Put(ctx, key, "again"); err != nil {
		return err
	}
	result, err := b.DeleteMany(ctx, []string{key})
	p.add(err)
	p.add(sameStrings("keys deleted", result.Deleted, []string{key}))
	p.add(listed(ctx, b, nil))
	return p.err()
}

// copyThere copies the object to another key and back.
func (e *Env) copyThere(ctx context.Context, b store.Objects, key string, before *snapshot) error {
	other := "copied" // differs from all hostile keys, and from all directories in them
	if _, err := b.Copy(ctx, key, other); err != nil {
		return err
	}
	if err := b.Delete(ctx, key); err != nil {
		return err
	}
	if err := holds(ctx, b, other, before.content); err != nil {
		return err
	}
	if _, err := b.Copy(ctx, other, key); err != nil {
		return err
	}
	if err := b.Delete(ctx, other); err != nil {
		return err
	}
	now, err := e.look(ctx, b, key)
	if err != nil {
		return err
	}
	if now == nil {
		return fmt.Errorf("the copy of the copy is not there")
	}
	// Copies may have an ETag of their own.
	return errors.Join(sameBytes("the copy of the copy", now.content, before.content), sameHeaders("the copy of the copy", now.info, before.info))
}

func (e *Env) presignRoundTrip(ctx context.Context, b store.Objects, key string) error {
	var p problems
	u, err := b.PresignPut(ctx, key, time.Minute)
	if err != nil {
		return err
	}
	content := []byte("sent to " + key)
	if err := request("PUT", u, content).expect(ctx, 200); err != nil {
		return err
	}
	p.add(listed(ctx, b, []string{key}))
	p.add(holds(ctx, b, key, content))
	if u, err = b.PresignGet(ctx, key, time.Minute); err != nil {
		return err
	}
	answer, err := request("GET", u, nil).send(ctx)
	if err != nil {
		return err
	}
	p.add(equal("status of GET", answer.status, 200))
	p.add(sameBytes("body of GET", answer.body, content))
	p.add(b.Delete(ctx, key))
	return p.err()
}

func checkNeighbours(ctx context.Context, e *Env) error {
	for _, pair := range neighbours {
		e.sub(pair[0]+" beside "+pair[1], func() error {
			b, err := e.bucket(ctx)
			if err != nil {
				return err
			}
			var p problems
			p.add(checkPair(ctx, b, pair[0], pair[1]))
			p.add(checkPair(ctx, b, pair[1], pair[0]))
			return p.err()
		})
	}
	return nil
}

// checkPair writes a, then b; changes a; deletes a, then b.
func checkPair(ctx context.Context, bucket store.Objects, a, b string) error {
	var p problems
	p.add(put(ctx, bucket, a))
	p.add(absent(ctx, bucket, b))
	p.add(put(ctx, bucket, b))
	p.add(holds(ctx, bucket, a, []byte("content of "+a)))
	p.add(holds(ctx, bucket, b, []byte("content of "+b)))
	both := []string{a, b}
	slices.Sort(both)
	p.add(listed(ctx, bucket, both))
	_, err := bucket.Put(ctx, a, "changed")
	p.add(err)
	p.add(holds(ctx, bucket, b, []byte("content of "+b)))
	p.add(bucket.Delete(ctx, a))
	p.add(absent(ctx, bucket, a))
	p.add(holds(ctx, bucket, b, []byte("content of "+b)))
	p.add(listed(ctx, bucket, []string{b}))
	p.add(bucket.Delete(ctx, b))
	p.add(listed(ctx, bucket, nil))
	if err := p.err(); err != nil {
		return fmt.Errorf("%q first: %w", strings.ToValidUTF8(a, "?"), err)
	}
	return nil
}
