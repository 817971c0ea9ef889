package driver

import (
	"errors"
	"io/fs"
)

// Sentinels by which drivers classify failures. Where the standard library has
// a matching sentinel, errors.Is matches that as well.
var (
	ErrObjectNotFound     error = &sentinel{"object not found", fs.ErrNotExist}
	ErrBucketNotFound     error = &sentinel{"bucket not found", fs.ErrNotExist}
	ErrAccessDenied       error = &sentinel{"access denied", fs.ErrPermission}
	ErrValidation         error = &sentinel{"invalid argument", fs.ErrInvalid}
	ErrPreconditionFailed error = &sentinel{"precondition failed", nil}
	ErrNotModified        error = &sentinel{"not modified", nil}
	ErrInvalidRange       error = &sentinel{"range starts at or beyond the end of the object", nil}
	ErrObjectChanged      error = &sentinel{"object changed while it was read", nil}
	ErrSizeMismatch       error = &sentinel{"body and announced size differ", nil}
	ErrBucketNotEmpty     error = &sentinel{"bucket not empty", nil}

	// ErrUnsupported says that the backend cannot do what was asked; it is
	// returned before any side effect. Helpers fall back only on this value,
	// never on errors.ErrUnsupported itself, which system calls may return.
	ErrUnsupported error = &sentinel{"not supported by this backend", errors.ErrUnsupported}
)

type sentinel struct {
	text string
	std  error // the standard library's sentinel, or nil
}

func (e *sentinel) Error() string { return e.text }
func (e *sentinel) Unwrap() error { return e.std }

// SourceError marks the failure of a [Copy] as the source's: the error shown
// to the user then names the source rather than the destination.
type SourceError struct{ Err error }

func (e *SourceError) Error() string { return e.Err.Error() }
func (e *SourceError) Unwrap() error { return e.Err }
