package conformance

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/s3mio/s3mio/store"
)

func prefixLaws() []Law {
	return []Law{
		{
			Name:  "API/PrefixRelative",
			Text:  "Keys given to and returned by a Prefix are relative to it, by every call, so that what a list returns can be passed straight back.",
			Check: checkPrefixRelative,
		},
		{
			Name:  "API/PrefixLists",
			Text:  "Listing a Prefix is listing a bucket that holds only what is below it: prefixes, delimiters, StartAfter and pages work alike, and nothing beside it shows.",
			Check: checkPrefixLists,
		},
		{
			Name:  "API/PrefixSegments",
			Text:  "Outer slashes of a prefix's segments are trimmed, nested prefixes add up, and an empty segment makes every call ErrValidation before any request.",
			Check: checkPrefixSegments,
		},
		{
			Name:  "API/FolderMarker",
			Text:  "A folder marker, an object with the prefix itself for a key, is left out of the lists of the Prefix, since its key there would be empty; DeleteAll removes it.",
			Check: checkFolderMarker,
		},
	}
}

func checkPrefixRelative(ctx context.Context, e *Env) error {
	b, err := e.withKeys(ctx, []string{"dir/sub2/x", "source", "k"})
	if err != nil {
		return err
	}
	f := b.Prefix("dir", "sub")
	var p problems
	for _, key := range []string{"k", "a/b c", "dir/sub/k"} {
		info, err := f.Put(ctx, key, "x", e.rich()...)
		p.add(err)
		p.add(equal("Put's Key", info.Key, key))
		p.add(holds(ctx, b, "dir/sub/"+key, []byte("x")))
		p.add(holds(ctx, f, key, []byte("x")))
		full, err := e.look(ctx, b, "dir/sub/"+key)
		p.add(err)
		p.add(e.unchanged(ctx, f, key, full))
		head, err := f.Head(ctx, key)
		p.add(err)
		p.add(equal("Head's Key", head.Key, key))
		p.add(listed(ctx, f, []string{key}))
		info, err = f.Copy(ctx, key, "copied")
		p.add(err)
		p.add(equal("Copy's Key", info.Key, "copied"))
		p.add(e.copied(ctx, f, key, b, "dir/sub/copied"))
		result, err := f.DeleteMany(ctx, []string{"copied", key})
		p.add(err)
		p.add(sameStrings("keys deleted", result.Deleted, []string{"copied", key}))
		p.add(absent(ctx, b, "dir/sub/"+key))
	}
	path, err := e.file("file.txt", []byte("uploaded"))
	if err != nil {
		return err
	}
	info, err := f.Upload(ctx, path, "up/loaded")
	p.add(err)
	p.add(equal("Upload's Key", info.Key, "up/loaded"))
	p.add(write(ctx, f, "written", []byte("w")))
	p.add(listed(ctx, b, []string{"dir/sub/up/loaded", "dir/sub/written"}, store.KeyPrefix("dir/sub/")))
	for _, o := range mustList(ctx, f, &p) {
		p.add(f.Delete(ctx, o.Key))
	}
	p.add(listed(ctx, b, []string{"dir/sub2/x", "k", "source"}))
	if e.has(Tags) {
		p.add(put(ctx, f, "k"))
		p.add(f.SetTags(ctx, "k", map[string]string{"a": "b"}))
		p.add(hasTags(ctx, b, "dir/sub/k", map[string]string{"a": "b"}))
		p.add(hasTags(ctx, b, "k", nil))
	}
	if e.has(Presign) {
		u, err := f.PresignPut(ctx, "signed", time.Minute)
		p.add(err)
		p.add(request("PUT", u, []byte("s")).expect(ctx, 200))
		p.add(holds(ctx, b, "dir/sub/signed", []byte("s")))
	}
	return p.err()
}

func mustList(ctx context.Context, b store.Objects, p *problems) []store.ObjectInfo {
	all, err := b.List(ctx)
	p.add(err)
	return all
}

func checkPrefixLists(ctx context.Context, e *Env) error {
	inside := sorted("a", "a!", "b-1", "b/1", "b/2", "b/3/x", "b0", "dir/x", "é")
	keys := []string{"dir!", "dir-a", "dir0", "a", "b/1", "z"}
	for _, key := range inside {
		keys = append(keys, "dir/"+key)
	}
	b, err := e.withKeys(ctx, keys)
	if err != nil {
		return err
	}
	f := b.Prefix("dir")
	var p problems
	for _, n := range []int{1, 3, 1000} {
		for _, prefix := range []string{"", "b", "b/", "dir", "dir/", "zz"} {
			for _, after := range []string{"", "a", "b/", "b/2", "dir", "zz", "!"} {
				p.add(lists(ctx, f, inside, prefix, "/", after, n))
				p.add(lists(ctx, f, inside, prefix, "", after, n))
			}
		}
	}
	dir, err := f.Prefix("b").ListDir(ctx)
	p.add(err)
	p.add(sameStrings("objects below a nested prefix", keysOf(dir.Objects), []string{"1", "2"}))
	p.add(sameStrings("prefixes below a nested prefix", dir.Prefixes, []string{"3/"}))
	p.add(listed(ctx, b.Prefix("missing"), nil))
	return p.err()
}

func checkPrefixSegments(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	var p problems
	for _, c := range []struct {
		f    *store.Prefix
		path string
	}{
		{b.Prefix("a"), "a/"}, {b.Prefix("/a/"), "a/"}, {b.Prefix("//a//"), "a/"}, {b.Prefix("a", "b"), "a/b/"},
		{b.Prefix("a/b"), "a/b/"}, {b.Prefix("a").Prefix("b"), "a/b/"}, {b.Prefix("/a/").Prefix("/b/", "c"), "a/b/c/"},
		{b.Prefix(" a "), " a /"}, {b.Prefix("é"), "é/"},
	} {
		p.add(equal("Path()", c.f.Path(), c.path))
		p.add(equal("Bucket().Name()", c.f.Bucket().Name(), b.Name()))
		p.add(put(ctx, c.f, "k"))
		p.add(holds(ctx, b, c.path+"k", []byte("content of k")))
		if !strings.Contains(c.f.String(), strings.TrimSpace(c.path)) {
			p.addf("String() is %q, which does not show the path %q", c.f.String(), c.path)
		}
	}
	missing := e.missing()
	for name, f := range map[string]*store.Prefix{
		`Prefix("")`: missing.Prefix(""), `Prefix("/")`: missing.Prefix("/"), `Prefix("a", "")`: missing.Prefix("a", ""),
		`Prefix("").Prefix("a")`: missing.Prefix("").Prefix("a"), `Prefix("a", "//", "b")`: missing.Prefix("a", "//", "b"),
	} {
		for _, c := range e.calls() {
			p.add(want(name+": "+c.name, c.do(ctx, f, "k"), store.ErrValidation))
		}
	}
	// What is too long together is too long.
	long := b.Prefix(strings.Repeat("p/", 500))
	_, err = long.Put(ctx, strings.Repeat("k", 25), "x")
	p.add(want("a key of 1,025 bytes through a Prefix", err, store.ErrValidation))
	_, err = long.Put(ctx, strings.Repeat("k", 24), "x")
	p.add(want("a key of 1,024 bytes through a Prefix", err, nil))
	return p.err()
}

func checkFolderMarker(ctx context.Context, e *Env) error {
	b, err := e.bucket(ctx)
	if err != nil {
		return err
	}
	keys := []string{"dir/", "dir/a", "dir/sub/", "dir/sub/b", "other/"}
	for _, key := range keys {
		if _, err := b.Put(ctx, key, ""); err != nil {
			return err
		}
	}
	f := b.Prefix("dir")
	for _, n := range []int{1, 2, 1000} {
		e.sub(fmt.Sprint(n, " a page"), func() error {
			var p problems
			p.add(listed(ctx, f, []string{"a", "sub/", "sub/b"}, store.PageSize(n)))
			dir, err := f.ListDir(ctx, store.PageSize(n))
			p.add(err)
			p.add(sameStrings("objects of ListDir", keysOf(dir.Objects), []string{"a"}))
			p.add(sameStrings("prefixes of ListDir", dir.Prefixes, []string{"sub/"}))
			return p.err()
		})
	}
	var p problems
	p.add(listed(ctx, b, keys))
	p.add(listed(ctx, b.Prefix("dir/sub"), []string{"b"}))
	p.add(listed(ctx, b.Prefix("other"), nil))
	_, err = f.GetBytes(ctx, "")
	p.add(want("GetBytes of an empty key, which is the marker's", err, store.ErrValidation))
	result, err := f.DeleteAll(ctx)
	p.add(err)
	p.add(equal("DeleteAll's Len()", result.Len(), 4))
	p.add(listed(ctx, b, []string{"other/"}))
	return p.err()
}
