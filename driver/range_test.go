package driver

import (
	"errors"
	"testing"
)

func TestRangeResolve(t *testing.T) {
	tests := []struct {
		r                    *Range
		size, offset, length int64
		err                  error
	}{
		{nil, 10, 0, 10, nil},
		{nil, 0, 0, 0, nil},
		{&Range{Offset: 0, Length: -1}, 10, 0, 10, nil},
		{&Range{Offset: 9, Length: 5}, 10, 9, 1, nil},
		{&Range{Offset: 3, Length: 0}, 10, 3, 0, nil},
		{&Range{Offset: 10, Length: 0}, 10, 0, 0, ErrInvalidRange},
		{&Range{Offset: 11, Length: -1}, 10, 0, 0, ErrInvalidRange},
		{&Range{Offset: 0, Length: 0}, 0, 0, 0, nil},
		{&Range{Offset: 0, Length: -1}, 0, 0, 0, nil},
		{&Range{Offset: 1, Length: -1}, 0, 0, 0, ErrInvalidRange},
		{&Range{Tail: true, Length: 4}, 10, 6, 4, nil},
		{&Range{Tail: true, Length: 40}, 10, 0, 10, nil},
		{&Range{Tail: true, Length: 0}, 10, 0, 0, ErrInvalidRange},
		{&Range{Tail: true, Length: 4}, 0, 0, 0, nil},
		{&Range{Tail: true, Length: 0}, 0, 0, 0, nil},
		{&Range{Offset: 5, Length: 1<<63 - 1}, 10, 5, 5, nil},
	}
	for _, tt := range tests {
		offset, length, err := tt.r.Resolve(tt.size)
		if offset != tt.offset || length != tt.length || !errors.Is(err, tt.err) {
			t.Errorf("%+v of %d: got %d, %d, %v; want %d, %d, %v", tt.r, tt.size, offset, length, err, tt.offset, tt.length, tt.err)
		}
	}
}
