package driver

import "fmt"

// CheckWrite evaluates the conditions of a Put against the object now at the
// key. A driver calls it while it holds off other writers.
func CheckWrite(opts *PutOptions, exists bool, etag string) error {
	switch {
	case opts.IfAbsent && exists:
		return fmt.Errorf("%w: the object exists", ErrPreconditionFailed)
	case opts.IfMatch != "" && !exists:
		return ErrObjectNotFound
	case opts.IfMatch != "" && opts.IfMatch != etag:
		return fmt.Errorf("%w: the ETag differs", ErrPreconditionFailed)
	}
	return nil
}

// CheckRead evaluates the conditions of a Get, If-Match first (RFC 9110,
// section 13.2.2).
func CheckRead(opts *GetOptions, etag string) error {
	if opts.IfMatch != "" && opts.IfMatch != etag {
		return fmt.Errorf("%w: the ETag differs", ErrPreconditionFailed)
	}
	if opts.IfNoneMatch != "" && opts.IfNoneMatch == etag {
		return ErrNotModified
	}
	return nil
}
