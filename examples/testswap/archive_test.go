package testswap

import (
	"cmp"
	"context"
	"crypto/rand"
	"errors"
	"os"
	"testing"

	_ "github.com/s3mio/s3mio/filedriver"
	_ "github.com/s3mio/s3mio/memdriver"
	_ "github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// testObjects gives a place for the objects of one test, in memory or in the
// bucket that TEST_BUCKET_URL names. It is empty, and emptied afterwards.
func testObjects(t *testing.T) store.Objects {
	t.Helper()
	bucket, err := store.OpenBucket(t.Context(), cmp.Or(os.Getenv("TEST_BUCKET_URL"), "mem://"))
	if err != nil {
		t.Fatal(err)
	}
	place := bucket.Prefix("test-" + rand.Text())
	t.Cleanup(func() {
		_, err := place.DeleteAll(context.Background()) // the test's own context has ended
		if err := errors.Join(err, bucket.Close()); err != nil {
			t.Error(err)
		}
	})
	return place
}

func TestArchive(t *testing.T) {
	archive := NewArchive(testObjects(t))
	for _, inv := range []Invoice{{"A-1", 2025, 1000}, {"A-2", 2025, 250}, {"A-1", 2026, 99}} {
		if err := archive.Add(t.Context(), inv); err != nil {
			t.Fatal(err)
		}
	}
	if err := archive.Add(t.Context(), Invoice{"A-1", 2025, 7}); !errors.Is(err, ErrExists) {
		t.Errorf("the same number again: %v", err)
	}
	if cents, err := archive.Total(t.Context(), 2025); err != nil || cents != 1250 {
		t.Errorf("Total(2025) = %d, %v; want 1250", cents, err)
	}
	if cents, err := archive.Total(t.Context(), 2024); err != nil || cents != 0 {
		t.Errorf("Total(2024) = %d, %v; want 0", cents, err)
	}
}
