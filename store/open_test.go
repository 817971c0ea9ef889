package store

import (
	"errors"
	"strings"
	"testing"
)

func TestOpenBucketRefusesBadURLs(t *testing.T) {
	const secret = "hunter2"
	for _, url := range []string{
		"", "uploads", "mem:", "file:/tmp", "nosuch://bucket", "s3mio-test:bucket",
		"nosuch://user:hunter2@bucket/path?token=hunter2#hunter2", "nosuch://AKIA:hunter2", "nosuch://AKIA:hunter2%40bucket",
		"nosuch://bucket?secret=hunter2",
		"nosuch://%zz?x=hunter2", "hunter2@://x", "no such://x?hunter2", "nosuch://[::1?hunter2",
	} {
		b, err := OpenBucket(t.Context(), url)
		if b != nil || !errors.Is(err, ErrValidation) {
			t.Errorf("OpenBucket(%q): %v, want ErrValidation", url, err)
			continue
		}
		if _, ok := errors.AsType[*Error](err); !ok {
			t.Errorf("OpenBucket(%q): %T is no *Error", url, err)
		}
		if strings.Contains(err.Error(), secret) {
			t.Errorf("OpenBucket(%q) shows the secret: %v", url, err)
		}
	}
}

func TestOpenBucketNamesTheScheme(t *testing.T) {
	_, err := OpenBucket(t.Context(), "nosuch://bucket")
	if err == nil || !strings.Contains(err.Error(), `"nosuch"`) {
		t.Errorf("got %v, want the scheme named", err)
	}
}
