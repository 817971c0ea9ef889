package driver

import (
	"errors"
	"fmt"
	"io/fs"
	"net/url"
	"strings"
	"testing"
	"time"
)

// check runs a validator over what must pass and what must not.
func check[T any](t *testing.T, name string, valid func(T) error, good, bad []T) {
	t.Helper()
	for _, v := range good {
		if err := valid(v); err != nil {
			t.Errorf("%s(%.40q) = %v, want nil", name, fmt.Sprint(v), err)
		}
	}
	for _, v := range bad {
		if err := valid(v); !errors.Is(err, ErrValidation) {
			t.Errorf("%s(%.40q) = %v, want ErrValidation", name, fmt.Sprint(v), err)
		}
	}
}

func TestKeys(t *testing.T) {
	foreign := []string{"\x01", "a\nb", "\x00", "\ufffe", "\uffff"}
	good := []string{"a", "a/b", "a//b", "/a", "a/", "./a", "..", "con", "é", "\x7f", "\ufffd", strings.Repeat("k", 1024)}
	bad := []string{"", strings.Repeat("k", 1025), "\xff", "a\xc3"}
	check(t, "ValidKey", ValidKey, append(foreign, good...), bad)
	check(t, "ValidNewKey", ValidNewKey, good, append(foreign, bad...))
}

func TestBucketNames(t *testing.T) {
	good := []string{"abc", "a-b.c9", "123", "my-bucket", strings.Repeat("b", 63), "1.2.3.4.5"}
	reserved := []string{"xn--abc", "sthree-abc", "amzn-s3-demo-x", "abc-s3alias", "abc--ol-s3", "abc.mrap", "abc--x-s3", "abc--table-s3"}
	bad := []string{"", "ab", strings.Repeat("b", 64), "Bad", "a_b", "-ab", "ab-", ".ab", "ab.", "a..b", "1.2.3.4", "a/b", "é-bucket"}
	check(t, "ValidBucketName", ValidBucketName, append(reserved, good...), bad)
	check(t, "ValidNewBucketName", ValidNewBucketName, good, append(reserved, bad...))
}

func TestMetadata(t *testing.T) {
	check(t, "ValidMetadata", ValidMetadata,
		[]map[string]string{nil, {"a": ""}, {"x-y_z!": "some value"}, {"k": strings.Repeat("v", 2047)}},
		[]map[string]string{{"": "v"}, {"a b": "v"}, {"é": "v"}, {"k": "é"}, {"k": "a\nb"}, {"k": " v"}, {"k": "v "}, {"K": "1", "k": "2"}, {"k": strings.Repeat("v", 2048)}})
}

func TestTags(t *testing.T) {
	many := func(n int) map[string]string {
		m := map[string]string{}
		for i := range n {
			m[fmt.Sprint(i)] = ""
		}
		return m
	}
	check(t, "ValidTags", ValidTags,
		[]map[string]string{nil, {"a": ""}, {"Straße 1+-=._:/@": "ü"}, many(10), {strings.Repeat("é", 128): strings.Repeat("é", 256)}},
		[]map[string]string{{"": ""}, many(11), {"aws:x": ""}, {"AWS:x": ""}, {"a*b": ""}, {"a": "b;c"}, {"a\n": ""}, {"a": "\xff"},
			{strings.Repeat("k", 129): ""}, {"k": strings.Repeat("v", 257)}})
}

func TestETagsAndPresign(t *testing.T) {
	check(t, "ValidETag", ValidETag, []string{"abc", "9e10-2", "W/x"}, []string{"", "*", `a"b`, "a b", "é", "a\n"})
	check(t, "ValidStorageClass", ValidStorageClass, []string{"STANDARD", "MY-class_1.x"}, []string{"", "A B", "a\n", strings.Repeat("C", 129)})
	check(t, "KnownStorageClass", KnownStorageClass, []string{"", "STANDARD", "GLACIER_IR"}, []string{"STANDART"})
	check(t, "ValidPresign", func(o PresignOptions) error { return ValidPresign(&o) },
		[]PresignOptions{{Method: "GET", TTL: time.Second}, {Method: "PUT", TTL: 7 * 24 * time.Hour, ContentType: "a/b"}},
		[]PresignOptions{{Method: "GET"}, {Method: "GET", TTL: -1}, {Method: "GET", TTL: time.Second - 1}, {Method: "GET", TTL: 7*24*time.Hour + 1},
			{Method: "DELETE", TTL: time.Minute}, {Method: "GET", TTL: time.Minute, ContentType: "a/b"}, {Method: "PUT", TTL: time.Minute, ContentType: "a\nb"}})
}

func TestSentinelsMatchTheStandardLibrary(t *testing.T) {
	for ours, std := range map[error]error{
		ErrObjectNotFound: fs.ErrNotExist, ErrBucketNotFound: fs.ErrNotExist, ErrAccessDenied: fs.ErrPermission,
		ErrValidation: fs.ErrInvalid, ErrUnsupported: errors.ErrUnsupported,
	} {
		if err := fmt.Errorf("wrapped: %w", ours); !errors.Is(err, ours) || !errors.Is(err, std) {
			t.Errorf("%v does not match %v", ours, std)
		}
	}
	for err, target := range map[error]error{errors.ErrUnsupported: ErrUnsupported, ErrObjectNotFound: ErrBucketNotFound} {
		if errors.Is(err, target) {
			t.Errorf("%v matches %v", err, target)
		}
	}
}

func TestParams(t *testing.T) {
	tests := []struct{ query, want string }{
		{"a=1&b=true", ""},
		{"", ""},
		{"a=1&token=hunter2", `unknown URL parameter "token" (known: a, b)`},
		{"a=hunter2&a=hunter2", `URL parameter "a" is given twice`},
		{"b=hunter2", `URL parameter "b" must be true or false`},
		{"a=%zzhunter2", "malformed query"},
	}
	for _, tt := range tests {
		p := ParseParams(&url.URL{RawQuery: tt.query})
		p.String("a")
		p.Bool("b", false)
		err := p.Err()
		switch {
		case tt.want == "" && err != nil:
			t.Errorf("%q: %v", tt.query, err)
		case tt.want != "" && (!errors.Is(err, ErrValidation) || !strings.Contains(err.Error(), tt.want) || strings.Contains(err.Error(), "hunter2")):
			t.Errorf("%q: got %v, want %q without the value", tt.query, err, tt.want)
		}
	}
}
