package blobdriver

import (
	"errors"
	"fmt"

	"gocloud.dev/blob"

	"github.com/s3mio/s3mio/driver"
)

// asTest asks each As function for what the package comment promises.
type asTest struct{}

func (asTest) Name() string { return "driver types" }

func (asTest) BucketCheck(b *blob.Bucket) error { return gives[driver.Bucket](b.As) }

func (asTest) ErrorCheck(b *blob.Bucket, err error) error {
	var source *driver.SourceError
	var sentinel interface{ Unwrap() error }
	switch {
	case b.ErrorAs(err, &source):
		return errors.New("the error is no copy's")
	case !b.ErrorAs(err, &sentinel), b.ErrorAs(err, new(string)):
		return errors.New("ErrorAs is not errors.As")
	case !errors.Is(err, driver.ErrObjectNotFound):
		return err
	}
	return nil
}

func (asTest) BeforeRead(as func(any) bool) error   { return gives[*driver.GetOptions](as) }
func (asTest) BeforeWrite(as func(any) bool) error  { return gives[*driver.PutOptions](as) }
func (asTest) BeforeList(as func(any) bool) error   { return gives[*driver.ListOptions](as) }
func (asTest) BeforeSign(as func(any) bool) error   { return gives[*driver.PresignOptions](as) }
func (asTest) BeforeCopy(as func(any) bool) error   { return givesNothing(as) }
func (asTest) BeforeDelete(as func(any) bool) error { return givesNothing(as) }

func (asTest) AttributesCheck(a *blob.Attributes) error { return gives[driver.ObjectInfo](a.As) }
func (asTest) ReaderCheck(r *blob.Reader) error         { return gives[driver.ObjectInfo](r.As) }
func (asTest) ListObjectCheck(o *blob.ListObject) error {
	if o.IsDir {
		return givesNothing(o.As)
	}
	return gives[driver.ObjectInfo](o.As)
}

func gives[T any](as func(any) bool) error {
	var v T
	if !as(&v) || as(new(string)) {
		return fmt.Errorf("As does not give a %T alone", v)
	}
	return nil
}

func givesNothing(as func(any) bool) error {
	if as(new(driver.ObjectInfo)) || as(new(*driver.GetOptions)) {
		return errors.New("As gives something")
	}
	return nil
}
