package store_test

import (
	"errors"
	"testing"

	"github.com/s3mio/s3mio/store"
)

// An empty key has no name to show, so its place in the batch says which it is.
func TestABadKeyOfABatchIsNamed(t *testing.T) {
	b := open(t, &hostile{})
	p := b.Prefix("p")
	for _, c := range []struct {
		err  error
		want string
	}{
		{errOf(b.DeleteMany(t.Context(), []string{"a", "", "c"})), "delete many mem://bucket: invalid argument: the key is empty (keys[1])"},
		{errOf(p.DeleteMany(t.Context(), []string{""})), "delete many mem://bucket/p/: invalid argument: the key is empty (keys[0])"},
		{errOf(b.DeleteMany(t.Context(), []string{"a", "\xff"})), `delete many mem://bucket/"\xff": invalid argument: the key is not valid UTF-8 (keys[1])`},
		{errOf(b.Prefix("").DeleteMany(t.Context(), []string{"", "a"})), "delete many mem://bucket//: invalid argument: a segment of the prefix is empty"},
		{errOf(b.CopyMany(t.Context(), []store.CopyPair{{Src: "", Dst: "b"}})),
			`copy many mem://bucket: 1 of 1 failed, the first: copy mem://bucket: invalid argument: the key is empty (the source of "b")`},
		{errOf(p.Copy(t.Context(), "a", "")), `copy mem://bucket/p/: invalid argument: the key is empty (the destination of "a")`},
		{errOf(b.Prefix("").Copy(t.Context(), "", "")), "copy mem://bucket//: invalid argument: a segment of the prefix is empty"},
	} {
		if !errors.Is(c.err, store.ErrValidation) || c.err.Error() != c.want {
			t.Errorf("got  %v\nwant %s", c.err, c.want)
		}
	}
}

func errOf[T any](_ T, err error) error { return err }
