// Package testswap is a small service whose tests run in memory, and against a
// real bucket when one is named:
//
//	go test ./examples/testswap
//	TEST_BUCKET_URL='s3://my-bucket?region=eu-west-1' go test ./examples/testswap
//
// The service knows no backend: it takes a [store.Objects], which is a bucket
// or a prefix of any. The program's main function opens it by URL, and so does
// the test; see archive_test.go.
package testswap

import (
	"context"
	"errors"
	"fmt"

	"github.com/s3mio/s3mio/store"
)

// Archive keeps invoices, each as a JSON object.
type Archive struct {
	invoices store.Objects
}

// Invoice is what an Archive keeps.
type Invoice struct {
	Number string `json:"number"`
	Year   int    `json:"year"`
	Cents  int64  `json:"cents"`
}

// ErrExists says that the archive has an invoice of that number already.
var ErrExists = errors.New("the invoice exists")

// NewArchive makes an archive in a bucket or prefix.
func NewArchive(invoices store.Objects) *Archive { return &Archive{invoices} }

// Add keeps a new invoice. However many processes add the same number at once,
// one succeeds and the others get [ErrExists].
func (a *Archive) Add(ctx context.Context, inv Invoice) error {
	_, err := a.invoices.Put(ctx, key(inv.Year, inv.Number), inv, store.IfAbsent())
	if errors.Is(err, store.ErrPreconditionFailed) {
		return fmt.Errorf("%w: %s", ErrExists, inv.Number)
	}
	return err
}

// Total sums up the invoices of a year.
func (a *Archive) Total(ctx context.Context, year int) (cents int64, err error) {
	for o, err := range a.invoices.All(ctx, store.KeyPrefix(key(year, ""))) {
		if err != nil {
			return 0, err
		}
		inv, err := store.GetJSON[Invoice](ctx, a.invoices, o.Key)
		if err != nil {
			return 0, err
		}
		cents += inv.Cents
	}
	return cents, nil
}

func key(year int, number string) string { return fmt.Sprintf("%d/%s", year, number) }
