//go:build unix

package filedriver

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// barrier is a permission that an order takes away, and what then must be
// refused and what must not.
type barrier struct {
	Path string // in the bucket
	Mode os.FileMode

	Denied  []string // keys that every call refuses
	Read    []string // keys of which only the content is refused
	Lists   []string // prefixes that cannot be listed
	Dirs    []string // prefixes that cannot be listed with the delimiter "/": all that is below a common prefix is barred
	Others  []string // keys that can be read
	Further []string // prefixes that can be listed, having as many objects as Others
}

var (
	allCalls  = []string{"copyfrom", "copyto", "batch", "delete", "get", "head", "put", "settags"}
	readCalls = []string{"copyfrom", "get"}
	escapable = strings.Repeat("e", escapedChunk) + "//x"
)

var barriers = []barrier{
	{Path: "dir/locked", Denied: []string{"dir/locked/x", "dir/locked/new", "dir/locked/deep/x"}, Lists: []string{"", "dir/", "dir/locked/", "dir/locked/deep/"}, Others: []string{"a/x", "z"}},
	{Path: "dir/locked", Mode: 0o444, Denied: []string{"dir/locked/x", "dir/locked/deep/x"}, Lists: []string{"", "dir/locked/"}, Others: []string{"a/x"}},
	// A Root opens directories for reading, so the right to search is not enough.
	{Path: "dir/locked", Mode: 0o111, Denied: []string{"dir/locked/x", "dir/locked/deep/x"}, Lists: []string{"", "dir/", "dir/locked/"}, Others: []string{"a/x", "z"}},
	{Path: "dir", Denied: []string{"dir/locked/x", "dir/y"}, Lists: []string{"", "d", "dir/"}, Dirs: []string{"", "d", "dir/"}, Others: []string{"a/x", "z"}},
	{Path: "only/locked", Denied: []string{"only/locked/x"}, Lists: []string{"", "only/"}, Dirs: []string{"", "o", "only/", "only/locked/"}, Others: []string{"a/x", "z"}},
	{Path: "only/locked", Mode: 0o111, Denied: []string{"only/locked/x"}, Lists: []string{"", "only/"}, Dirs: []string{"", "o", "only/"}, Others: []string{"a/x", "z"}},
	{Path: "z", Read: []string{"z"}, Others: []string{"a/x", "dir/y"}, Further: []string{"", "z"}},
	{Path: keysPath + "/" + escapedName(dirMark, escapable[:escapedChunk]), Denied: []string{escapable}, Lists: []string{"", "e", escapable}, Others: []string{"z"}},
	{Path: keysPath, Denied: []string{"missing", escapable}, Lists: []string{"", "e"}},
	{Path: attrsPath, Denied: []string{"z"}, Lists: []string{"", "z"}},
	{Path: reserved, Denied: []string{"z", "missing"}, Lists: []string{"", "z"}},
	{Path: ".", Denied: []string{"z", "missing", "dir/y"}, Lists: []string{"", "z"}},
	{Path: "..", Denied: []string{"z", "missing", "dir/y"}, Lists: []string{"", "z"}},
}

var unreadableObjects = []string{"a/x", "dir/locked/deep/x", "dir/locked/x", "dir/y", escapable, "only/locked/x", "seed", "z"}

// playUnreadable checks what an ordinary user is told; root may read all.
func playUnreadable(t *testing.T, r role, orders *bufio.Scanner) {
	becomeOrdinary(t)
	if os.Geteuid() == 0 {
		t.Fatal("this is root")
	}
	ctx := context.Background()
	for {
		var o barrier
		if !order(t, orders, &o) {
			return
		}
		// What is allowed has its handles open; what follows must not profit by
		// a handle from before, so each has a driver of its own.
		b := newTestBucketIn(t, r.Dir)
		var wrong []string
		checked := 0
		want := func(call, key string, err, sentinel error) {
			if checked++; !errors.Is(err, sentinel) || err == nil && sentinel != nil {
				wrong = append(wrong, fmt.Sprintf("%s %q: %v", call, key, err))
			}
			if sentinel == driver.ErrAccessDenied && (errors.Is(err, driver.ErrBucketNotFound) || errors.Is(err, driver.ErrObjectNotFound)) {
				wrong = append(wrong, fmt.Sprintf("%s %q is said to be missing: %v", call, key, err))
			}
		}
		for _, key := range o.Denied {
			for _, call := range allCalls {
				want(call, key, swapCalls[call](ctx, b, key), driver.ErrAccessDenied)
			}
			_, err := b.GetTags(ctx, key)
			want("gettags", key, err, driver.ErrAccessDenied)
		}
		for _, key := range o.Read {
			for _, call := range readCalls {
				want(call, key, swapCalls[call](ctx, b, key), driver.ErrAccessDenied)
			}
			want("head", key, swapCalls["head"](ctx, b, key), nil)
		}
		for _, prefix := range o.Lists {
			_, err := listAll(ctx, b, prefix, "")
			want("list", prefix, err, driver.ErrAccessDenied)
		}
		for _, prefix := range o.Dirs {
			_, err := listAll(ctx, b, prefix, "/")
			want("list dir", prefix, err, driver.ErrAccessDenied)
		}
		for _, key := range o.Others {
			want("head", key, swapCalls["head"](ctx, b, key), nil)
			want("get", key, swapCalls["get"](ctx, b, key), nil)
		}
		if len(o.Others) > 0 {
			want("put", "writable", swapCalls["put"](ctx, b, "writable"), nil)
			want("delete", "writable", swapCalls["delete"](ctx, b, "writable"), nil)
		}
		for _, prefix := range o.Further {
			got, err := listAll(ctx, b, prefix, "")
			want("list", prefix, err, nil)
			expected := slices.DeleteFunc(slices.Clone(unreadableObjects), func(k string) bool { return !strings.HasPrefix(k, prefix) })
			if checked++; !slices.Equal(got, expected) {
				wrong = append(wrong, fmt.Sprintf("listed %q below %q", got, prefix))
			}
		}
		answer(t, unreadableResult{checked, wrong})
	}
}

type unreadableResult struct {
	Checked int
	Wrong   []string
}

// listAll lists in pages of one, so that an error may come late.
func listAll(ctx context.Context, b *bucket, prefix, delimiter string) (all []string, err error) {
	opts := &driver.ListOptions{Prefix: prefix, Delimiter: delimiter, PageSize: 1}
	for {
		page, err := b.List(ctx, opts)
		if err != nil {
			return all, err
		}
		for _, o := range page.Objects {
			all = append(all, o.Key)
		}
		if opts.Token = page.NextToken; opts.Token == "" {
			return all, nil
		}
	}
}

// TestUnreadableIsDenied takes permissions away and lets a process without
// root's rights see what it is told: never that something is missing.
func TestUnreadableIsDenied(t *testing.T) {
	outer := t.TempDir()
	dir := filepath.Join(outer, "in", "bucket")
	if err := os.MkdirAll(dir, 0o777); err != nil {
		t.Fatal(err)
	}
	for _, d := range []string{filepath.Dir(outer), outer} {
		if err := os.Chmod(d, 0o755); err != nil {
			t.Fatal(err)
		}
	}
	b := newTestBucketIn(t, dir)
	for _, key := range unreadableObjects {
		put(t, b, key, key)
	}
	// What is refused below is not so because nothing may be written anyway.
	eachFile(t, b, func(path string, e fs.DirEntry) {
		if err := os.Chmod(filepath.Join(dir, path), 0o777); err != nil {
			t.Error(err)
		}
	})
	p := start(t, role{Part: "unreadable", Dir: dir})
	checks := 0
	for _, o := range barriers {
		path := filepath.Join(dir, o.Path)
		fi, err := os.Stat(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.Chmod(path, o.Mode); err != nil {
			t.Fatal(err)
		}
		p.tell(t, o)
		var result unreadableResult
		p.hear(t, &result)
		if err := os.Chmod(path, fi.Mode().Perm()); err != nil {
			t.Fatal(err)
		}
		checks += result.Checked
		for _, wrong := range result.Wrong {
			t.Errorf("with %s of mode %#o: %s", o.Path, o.Mode, wrong)
		}
	}
	p.finish(t)
	t.Logf("%d barriers, %d checks", len(barriers), checks)
	if got := keys(t, b); !slices.Equal(got, unreadableObjects) {
		t.Errorf("in the end there is %q", got)
	}
	for _, key := range unreadableObjects {
		if got, _ := get(t, b, key); got != key {
			t.Errorf("%q is %q", key, got)
		}
	}
}
