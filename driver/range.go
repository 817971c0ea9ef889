package driver

import "fmt"

// Range is a part of an object: Length bytes from Offset on, or to the end
// when Length is negative. With Tail set it is the last Length bytes, and
// Offset is not used.
type Range struct {
	Offset, Length int64
	Tail           bool
}

// Resolve gives the range's place in an object of the given size. A nil Range
// is the whole object. What lies past the end is cut off; a start at or beyond
// the end is [ErrInvalidRange], even for no bytes at all, except that offset 0
// of an empty object is empty.
func (r *Range) Resolve(size int64) (offset, length int64, err error) {
	if r == nil {
		return 0, size, nil
	}
	offset, length = r.Offset, r.Length
	if r.Tail {
		length = min(r.Length, size)
		offset = size - length
	}
	if offset >= size && (offset > 0 || size > 0) {
		return 0, 0, fmt.Errorf("%w: offset %d, size %d", ErrInvalidRange, offset, size)
	}
	if rest := size - offset; length < 0 || length > rest {
		length = rest
	}
	return offset, length, nil
}
