package lockstep

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/store"
)

// deviations is the table of all that is known. The drivers of this module, and
// a server given by S3MIO_TEST_S3_ENDPOINT, have none.
var deviations = []deviation{
	{
		server: s3test.NameMinIO,
		name:   "dot segments",
		reason: "keys are paths on its disks: a segment . or .. is refused with 400, also between backslashes",
		key:    func(key string) bool { return hasDotSegment(strings.ReplaceAll(key, `\`, "/")) },
		list:   func(at string) bool { return hasDotSegment(strings.ReplaceAll(at, `\`, "/")) },
		shows: func(ctx context.Context, w *world) error {
			_, listErr := w.bucket.List(ctx, store.KeyPrefix("a/../b"))
			return shows(refused(ctx, w, "./a"), refused(ctx, w, "a/.."), refused(ctx, w, ".."), refused(ctx, w, `..\a`), listErr != nil)
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "empty segments",
		reason: "a//b is refused with 400, /a is taken for a",
		key:    hasEmptySegment,
		list:   hasEmptySegment,
		shows: func(ctx context.Context, w *world) error {
			_, listErr := w.bucket.List(ctx, store.KeyPrefix("a//b"))
			return shows(refused(ctx, w, "a//b"), refused(ctx, w, "/"), takenFor(ctx, w, "/a", "a"), listErr != nil)
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "long segments",
		reason: "a segment is a file name: above 255 bytes it is refused with 400",
		key:    func(key string) bool { return hasSegmentOf(256, key) },
		shows: func(ctx context.Context, w *world) error {
			return shows(refused(ctx, w, strings.Repeat("k", 256)))
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "NUL",
		reason: "a NUL is refused with 400, also in a key that is only asked for",
		key:    func(key string) bool { return strings.Contains(key, "\x00") },
		shows: func(ctx context.Context, w *world) error {
			return shows(w.bucket.Delete(ctx, "\x00") != nil)
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "object above object",
		reason: "beside a, a/b can be read but is not listed",
		beside: func(a, b string) bool { return strings.HasPrefix(b, a+"/") },
		shows: func(ctx context.Context, w *world) error {
			if err := put(ctx, w, "a", "a/b"); err != nil {
				return err
			}
			_, err := w.bucket.GetBytes(ctx, "a/b")
			return shows(err == nil, lists(ctx, w, "a"))
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "tag alphabet",
		reason: "tags with other letters than those of ASCII are refused with 400",
		step:   func(_ *model, s step) bool { return !isASCII(tagsOf(s)) },
		shows: func(ctx context.Context, w *world) error {
			_, err := w.bucket.Put(ctx, "a", "x", store.Tags(map[string]string{"é": "x"}))
			return shows(err != nil)
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "metadata prefix",
		reason: "the limit of 2 KiB of metadata includes the x-amz-meta- of each key",
		step: func(_ *model, s step) bool {
			n := 0
			if put, ok := s.(*putStep); ok && put.attrs.metadata != nil {
				for k, v := range put.attrs.metadata.value {
					n += len("x-amz-meta-" + k + v)
				}
			}
			return n > 2048
		},
		shows: func(ctx context.Context, w *world) error {
			_, err := w.bucket.Put(ctx, "a", "x", store.Metadata(map[string]string{"k": strings.Repeat("v", 2047)}))
			return shows(err != nil)
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "order of conditions",
		reason: "If-None-Match comes before If-Match: where both say no it is 304, not 412",
		step: func(m *model, s step) bool {
			get, ok := s.(*getStep)
			if !ok || get.ifMatch == noETag || get.ifNone == noETag {
				return false
			}
			key := get.full(get.key)
			return !m.matches(get.ifMatch, key) && m.matches(get.ifNone, key)
		},
		shows: func(ctx context.Context, w *world) error {
			info, err := w.bucket.Put(ctx, "a", "x")
			if err != nil {
				return err
			}
			_, err = w.bucket.GetBytes(ctx, "a", store.IfMatch("another"), store.IfNoneMatch(info.ETag))
			return shows(classOf(err) == "not modified")
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "range before condition",
		reason: "a range beyond the end of an empty object is 416 also where a condition does not hold",
		step: func(m *model, s step) bool {
			get, ok := s.(*getStep)
			if !ok || len(get.ranges) == 0 || get.ifMatch == noETag && get.ifNone == noETag {
				return false
			}
			o, exists := m.objects[get.full(get.key)]
			return exists && o.content == "" && get.ranges[len(get.ranges)-1].offset > 0
		},
		shows: func(ctx context.Context, w *world) error {
			if _, err := w.bucket.Put(ctx, "a", ""); err != nil {
				return err
			}
			_, err := w.bucket.GetBytes(ctx, "a", store.Range(1, 1), store.IfMatch("another"))
			return shows(classOf(err) == "range starts at or beyond the end of the object")
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "pages by another delimiter",
		reason: "a list does not get beyond a page that ends in a common prefix of several keys by another delimiter than /",
		step: func(_ *model, s step) bool {
			l, ok := s.(*listStep)
			return ok && l.delimiter != nil && *l.delimiter != "" && *l.delimiter != "/" && l.pageSize != nil
		},
		shows: func(ctx context.Context, w *world) error {
			if err := put(ctx, w, "a", "a-1", "a-2", "a-3", "b"); err != nil {
				return err
			}
			_, err := w.bucket.ListDir(ctx, store.Delimiter("-"), store.PageSize(2))
			return shows(err != nil)
		},
	},
	{
		server: s3test.NameMinIO,
		name:   "list behind the prefix",
		reason: "a list that starts behind its prefix, so that it can only be empty, is empty also in a bucket that does not exist",
		step: func(_ *model, s step) bool {
			l, ok := s.(*listStep)
			return ok && l.on == onMissing && l.startAt != nil
		},
		shows: func(ctx context.Context, w *world) error {
			_, err := w.missing.List(ctx, store.KeyPrefix("a"), store.StartAfter("b"))
			return shows(err == nil)
		},
	},

	{
		server: s3test.NameVersityGW,
		name:   "paths",
		reason: "keys are paths in its directory: dot and empty segments are resolved, and refused with 400 if they lead out",
		key:    func(key string) bool { return hasDotSegment(key) || hasEmptySegment(key) },
		list:   func(at string) bool { return hasDotSegment(at) || hasEmptySegment(at) },
		shows: func(ctx context.Context, w *world) error {
			return shows(refused(ctx, w, "../a"), refused(ctx, w, "."), takenFor(ctx, w, "a//b", "a/b"),
				takenFor(ctx, w, "./a", "a"), takenFor(ctx, w, "/a", "a"), takenFor(ctx, w, "a/b/..", "a"))
		},
	},
	{
		server: s3test.NameVersityGW,
		name:   "folders with content",
		reason: "a key that ends in a slash is a directory: content is refused with 400",
		key:    func(key string) bool { return strings.HasSuffix(key, "/") },
		shows: func(ctx context.Context, w *world) error {
			return shows(refused(ctx, w, "a/"))
		},
	},
	{
		server: s3test.NameVersityGW,
		name:   "object above object",
		reason: "a file a and a directory a exclude each other: 409",
		beside: func(a, b string) bool { return strings.HasPrefix(b, a+"/") },
		shows: func(ctx context.Context, w *world) error {
			if err := put(ctx, w, "a"); err != nil {
				return err
			}
			return shows(refused(ctx, w, "a/b"))
		},
	},
	{
		server: s3test.NameVersityGW,
		name:   "long segments",
		reason: "a segment is a file name: above 255 bytes it is refused with 400, above 227 an object is not overwritten: 409",
		key:    func(key string) bool { return hasSegmentOf(228, key) },
		shows: func(ctx context.Context, w *world) error {
			long := strings.Repeat("k", 228)
			if err := put(ctx, w, long); err != nil {
				return err
			}
			return shows(refused(ctx, w, long), refused(ctx, w, strings.Repeat("k", 256)))
		},
	},
	{
		server: s3test.NameVersityGW,
		name:   "length of tags",
		reason: "the limits of tags are counted in bytes, not in characters",
		step: func(_ *model, s step) bool {
			for k, v := range tagsOf(s) {
				if len(k) > 128 || len(v) > 256 {
					return true
				}
			}
			return false
		},
		shows: func(ctx context.Context, w *world) error {
			_, err := w.bucket.Put(ctx, "a", "x", store.Tags(map[string]string{"k": strings.Repeat("é", 256)}))
			return shows(err != nil)
		},
	},
	{
		server: s3test.NameVersityGW,
		name:   "storage class",
		reason: "it is not kept",
		step: func(_ *model, s step) bool {
			put, ok := s.(*putStep)
			return ok && put.attrs.class != nil && put.attrs.class.value != "STANDARD"
		},
		shows: func(ctx context.Context, w *world) error {
			if _, err := w.bucket.Put(ctx, "a", "x", store.StorageClass("REDUCED_REDUNDANCY")); err != nil {
				return err
			}
			info, err := w.bucket.Head(ctx, "a")
			return shows(err == nil, info.StorageClass == "STANDARD")
		},
	},
	{
		server: s3test.NameVersityGW,
		name:   "NUL",
		reason: "a NUL is answered with 500, also in a key that is only asked for",
		key:    func(key string) bool { return strings.Contains(key, "\x00") },
		shows: func(ctx context.Context, w *world) error {
			return shows(w.bucket.Delete(ctx, "\x00") != nil)
		},
	},
	{
		server: s3test.NameVersityGW,
		name:   "private directory",
		reason: "what is below a directory .sgwtmp is not listed",
		key:    func(key string) bool { return slices.Contains(strings.Split(key, "/"), ".sgwtmp") },
		shows: func(ctx context.Context, w *world) error {
			if err := put(ctx, w, "a/.sgwtmp/b"); err != nil {
				return err
			}
			return shows(lists(ctx, w))
		},
	},
}

// shows fails unless all of the differences are there.
func shows(differences ...bool) error {
	for i, there := range differences {
		if !there {
			return fmt.Errorf("difference %d of %d does not show", i+1, len(differences))
		}
	}
	return nil
}

func put(ctx context.Context, w *world, keys ...string) error {
	for _, key := range keys {
		if _, err := w.bucket.Put(ctx, key, "x"); err != nil {
			return err
		}
	}
	return nil
}

func refused(ctx context.Context, w *world, key string) bool { return put(ctx, w, key) != nil }

// takenFor reports whether what is stored under a key is another object, which
// it then deletes.
func takenFor(ctx context.Context, w *world, key, other string) bool {
	return put(ctx, w, key) == nil && lists(ctx, w, other) && w.bucket.Delete(ctx, other) == nil && lists(ctx, w)
}

// lists reports whether the bucket's list has these keys.
func lists(ctx context.Context, w *world, want ...string) bool {
	var keys []string
	for o, err := range w.bucket.All(ctx) {
		if err != nil {
			return false
		}
		keys = append(keys, o.Key)
	}
	return slices.Equal(keys, want)
}
