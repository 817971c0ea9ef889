package filedriver

import (
	"errors"
	"fmt"
	"io"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/store"
)

// traversals are ways to spell "..", decoded by nobody here.
var traversals = []string{
	"..", "../..", ".../...", "....//", "..%2f", "%2e%2e/", "%2e%2e%2f", "%252e%252e%252f", "..%5c", `..\`, `..\..`, `\..\`, "..%c0%af", "%c0%ae%c0%ae/",
	"..;/", "..%00/", "..%0d/", "．．/", "‥/", "..／", "..∕", "..\u2044", ".\u200d./", ".. /", " ../", "..\t/", "../.", "./..", "././../", "..//", "//../", "a/../..",
	"a/../../..", "z/./../..", "..\n/", "..\x00/", "\x00../", "..\xc0\xaf", "\xff../", "\xc0\xae\xc0\xae/", "~/..", "$HOME/..", "${PWD}/../", "file:///..", "C:..", `C:\..`, "//?/C:/..", `\\?\C:\..`,
	"\uff0e\uff0e\uff0f", "\u202e../", "..\ufeff/", ".\u0301./", "u002e/u002e/", "&#46;&#46;/", "..%u2215", "%uff0e%uff0e/",
}

// confinedKeys builds the corpus for a bucket: every traversal before each of
// some victims outside, and all else that names no file in the bucket.
func confinedKeys(dir, outer string) []string {
	keys := slices.Clone(hostileKeys)
	for _, t := range traversals {
		keys = append(keys, t)
		up := strings.TrimSuffix(t, "/") + "/"
		for _, victim := range []string{"victim", "etc/new"} {
			keys = append(keys, t+victim, up+victim, "a/"+up+victim, ".s3mio/keys/"+up+up+victim)
		}
	}
	for _, path := range []string{filepath.Join(outer, "victim"), dir, filepath.Join(dir, reserved, "format"), "/etc/passwd", "/dev/zero", "/proc/self/environ", "/"} {
		keys = append(keys, path, "/"+path, path[1:], strings.ReplaceAll(path, "/", "%2f"), strings.ReplaceAll(path, "/", `\`), "file://"+path)
	}
	for _, device := range []string{"CON", "con.txt", "PRN", "AUX", "NUL", "nul", "COM1", "com1.log", "COM¹", "LPT9", "CONIN$", `\\.\PhysicalDrive0`, `\\?\C:\x`, "//server/share", "C:", "C:x", "C:/x", "a:stream", "a::$DATA"} {
		keys = append(keys, device, "dir/"+device, device+"/below", "../"+device)
	}
	for _, name := range []string{"", "/", "/format", "/tmp", "/tmp/x", "/attrs/0/x", "/keys/f-a", "/keys/d-a/f-b", "/locks/00", "/../x", "//format", "/deleted", "/keys/../../../victim"} {
		keys = append(keys, ".s3mio"+name, ".S3MIO"+name, "./.s3mio"+name, "a/../.s3mio"+name, "/.s3mio"+name)
	}
	for _, n := range []int{254, 255, 256, 1023, 1024, 1025, 4095, 4096, 5000} {
		keys = append(keys, strings.Repeat("l", n), strings.Repeat("../", n/3)+"victim", strings.Repeat("l/", n/2), strings.Repeat("/", n), strings.Repeat(".", n))
	}
	keys = append(keys, "", "\x00", "a\x00b", "a\x00/../../victim", "victim\x00.txt", "\x01", "a\rb", "\ufffe", "a\uffffb", "\xff", "\xed\xa0\x80", "\x7f")
	slices.Sort(keys)
	return slices.Compact(keys)
}

// outsideBucket makes a bucket in a tree of decoys.
func outsideBucket(t *testing.T) (outer, dir string) {
	t.Helper()
	outer = t.TempDir()
	dir = filepath.Join(outer, "in", "bucket")
	for _, d := range []string{"in/bucket", "etc", "in/etc", ".s3mio/keys", "in/.s3mio", "in/a", "in/empty"} {
		if err := os.MkdirAll(filepath.Join(outer, d), 0o777); err != nil {
			t.Fatal(err)
		}
	}
	for _, f := range []string{"victim", "in/victim", "etc/passwd", "in/etc/passwd", ".s3mio/format", "in/.s3mio/format", "in/a/victim", "a", "new.attrs", "in/victim.attrs"} {
		if err := os.WriteFile(filepath.Join(outer, f), []byte(secret), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	return outer, dir
}

// TestTraversalKeys takes a corpus of keys through every call of the store, which
// refuses those that the contract forbids before anything happens. The driver,
// given these nevertheless, stays in its bucket.
func TestTraversalKeys(t *testing.T) {
	outer, dir := outsideBucket(t)
	d, err := newDriver(&Driver{single: dir}, &Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	st := store.New(d)
	defer func() {
		if err := st.Close(); err != nil {
			t.Error(err)
		}
	}()
	sb := st.Bucket("bucket")
	raw := &bucket{drv: d, name: "bucket", dir: d.directory(dir)}
	put(t, raw, "source", "source")
	corpus := confinedKeys(dir, outer)
	before := treeOf(t, outer, dir)
	local := t.TempDir()
	held, refused := 0, 0
	for _, key := range corpus {
		if driver.ValidNewKey(key) == nil {
			held++
			if err := roundTrip(t, sb, local, key); err != nil {
				t.Errorf("%q: %v", key, err)
			}
		} else {
			refused++
			for call, err := range refusals(t, sb, local, key) {
				if !errors.Is(err, driver.ErrValidation) {
					t.Errorf("%s %q: got %v, want a refusal", call, key, err)
				}
			}
		}
		if key == "" || driver.ValidNewKey(key) == nil {
			continue
		}
		for call, f := range swapCalls {
			// It may fail in any way.
			if err := f(t.Context(), raw, key); errors.Is(err, errSecret) {
				t.Errorf("%s %q: %v", call, key, err)
			}
		}
	}
	wantTree(t, treeOf(t, outer, dir), before)
	t.Logf("%d keys round-tripped, %d were refused", held, refused)
	if held < 500 || refused < 50 {
		t.Error("the corpus is too small")
	}
	http.DefaultClient.CloseIdleConnections()
}

// roundTrip takes a key through every call of the store.
func roundTrip(t *testing.T, b *store.Bucket, local, key string) error {
	ctx := t.Context()
	fail := func(call string, err error) error { return fmt.Errorf("%s: %w", call, err) }
	if ok, err := b.Exists(ctx, key); err != nil || ok {
		return fail("exists", fmt.Errorf("%v, %w", ok, errors.Join(err)))
	}
	if _, err := b.GetBytes(ctx, key); !errors.Is(err, driver.ErrObjectNotFound) {
		return fail("get of nothing", err)
	}
	if err := b.SetTags(ctx, key, nil); !errors.Is(err, driver.ErrObjectNotFound) {
		return fail("tags of nothing", err)
	}
	if _, err := b.Put(ctx, key, key, store.Metadata(map[string]string{"a": "b"})); err != nil {
		return fail("put", err)
	}
	if err := b.SetTags(ctx, key, map[string]string{"k": "v"}); err != nil {
		return fail("set tags", err)
	}
	info, err := b.Head(ctx, key, store.WithTags())
	if err != nil || info.Tags["k"] != "v" || info.Metadata["a"] != "b" || info.Size != int64(len(key)) {
		return fail("head", fmt.Errorf("%+v, %w", info, errors.Join(err)))
	}
	listed, err := b.List(ctx, store.KeyPrefix(key), store.PageSize(1))
	if err != nil || len(listed) == 0 || listed[0].Key != key {
		return fail("list", fmt.Errorf("%+v, %w", listed, errors.Join(err)))
	}
	if _, err := b.ListDir(ctx, store.StartAfter(key), store.Delimiter("..")); err != nil {
		return fail("list dir", err)
	}
	if _, err := b.Copy(ctx, key, "the copy"); err != nil {
		return fail("copy from", err)
	}
	if _, err := b.Copy(ctx, "the copy", key); err != nil {
		return fail("copy to", err)
	}
	u, err := b.PresignGet(ctx, key, time.Minute)
	if err != nil {
		return fail("presign", err)
	}
	if got, err := fetch(t, u); err != nil || got != key {
		return fail("signed get", fmt.Errorf("%q, %w", got, errors.Join(err)))
	}
	file := filepath.Join(local, "download")
	if err := b.Download(ctx, key, file); err != nil {
		return fail("download", err)
	}
	if _, err := b.Upload(ctx, file, key); err != nil {
		return fail("upload", err)
	}
	if got, err := b.GetText(ctx, key); err != nil || got != key {
		return fail("get", fmt.Errorf("%q, %w", got, errors.Join(err)))
	}
	if _, err := b.DeleteMany(ctx, []string{key, "the copy"}); err != nil {
		return fail("delete many", err)
	}
	return b.Delete(ctx, key)
}

func fetch(t *testing.T, u string) (string, error) {
	req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, u, nil)
	if err != nil {
		return "", err
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		return "", err
	}
	defer resp.Body.Close()
	body, err := io.ReadAll(resp.Body)
	return string(body), err
}

// refusals are what the calls that create an object say of a key, and, if it
// may not even be read, all the others.
func refusals(t *testing.T, b *store.Bucket, local, key string) map[string]error {
	ctx := t.Context()
	got := map[string]error{}
	_, got["put"] = b.Put(ctx, key, "x")
	_, got["copy to"] = b.Copy(ctx, "source", key)
	_, got["presign put"] = b.PresignPut(ctx, key, time.Minute)
	_, got["writer"] = b.NewWriter(ctx, key)
	if driver.ValidKey(key) == nil {
		return got
	}
	_, got["head"] = b.Head(ctx, key)
	_, got["exists"] = b.Exists(ctx, key)
	_, got["get"] = b.GetBytes(ctx, key)
	_, got["open"] = b.Open(ctx, key)
	_, got["get tags"] = b.GetTags(ctx, key)
	got["set tags"] = b.SetTags(ctx, key, nil)
	got["delete"] = b.Delete(ctx, key)
	_, got["delete many"] = b.DeleteMany(ctx, []string{"other", key})
	_, got["copy from"] = b.Copy(ctx, key, "other")
	_, got["presign get"] = b.PresignGet(ctx, key, time.Minute)
	got["download"] = b.Download(ctx, key, filepath.Join(local, "download"))
	return got
}
