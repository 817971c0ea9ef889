package store

import (
	"bytes"
	"context"
	"errors"
	"io"
	"testing"
	"testing/iotest"

	"github.com/s3mio/s3mio/driver"
)

func TestPumpDeliversEverything(t *testing.T) {
	want := bytes.Repeat([]byte("0123456789"), pumpBuffer/4)
	for name, r := range map[string]io.Reader{
		"plain":        bytes.NewReader(want),
		"one byte":     iotest.OneByteReader(bytes.NewReader(want)),
		"data and err": iotest.DataErrReader(bytes.NewReader(want)),
	} {
		p := newPump(t.Context(), r)
		got, err := io.ReadAll(p)
		p.stop()
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s: %d of %d bytes, error %v", name, len(got), len(want), err)
		}
	}
}

func TestPumpEndsWithItsContext(t *testing.T) {
	ctx, cancel := context.WithCancel(t.Context())
	r, w := io.Pipe() // nobody writes: Read blocks
	defer w.Close()
	p := newPump(ctx, r)
	defer p.stop()
	go cancel()
	if n, err := p.Read(make([]byte, 8)); n != 0 || !errors.Is(err, context.Canceled) {
		t.Errorf("Read = %d, %v; want context.Canceled", n, err)
	}
}

type panicReader struct{}

func (panicReader) Read([]byte) (int, error) { panic("boom") }

type lyingReader struct{}

func (lyingReader) Read(p []byte) (int, error) { return len(p) + 1, nil }

func TestPumpTurnsBrokenReadersIntoErrors(t *testing.T) {
	for name, r := range map[string]io.Reader{"panic": panicReader{}, "too many": lyingReader{}} {
		p := newPump(t.Context(), r)
		if n, err := p.Read(make([]byte, 8)); n != 0 || err == nil || err == io.EOF {
			t.Errorf("%s: Read = %d, %v; want an error", name, n, err)
		}
		p.stop()
	}
}

func TestSizedReader(t *testing.T) {
	tests := []struct {
		data string
		want int64
		err  error
	}{
		{"", 0, nil}, {"abc", 3, nil}, {"abc", 4, driver.ErrSizeMismatch}, {"abc", 2, driver.ErrSizeMismatch},
		{"abc", 0, driver.ErrSizeMismatch}, {"", 1, driver.ErrSizeMismatch},
	}
	for _, tt := range tests {
		for _, slow := range []bool{false, true} {
			var src io.Reader = bytes.NewReader([]byte(tt.data))
			if slow {
				src = iotest.OneByteReader(src)
			}
			got, err := io.ReadAll(&sizedReader{r: src, want: tt.want})
			if !errors.Is(err, tt.err) {
				t.Errorf("%q announced as %d: error %v, want %v", tt.data, tt.want, err, tt.err)
			}
			if tt.err == nil && string(got) != tt.data {
				t.Errorf("%q announced as %d: got %q", tt.data, tt.want, got)
			}
		}
	}
}

// A driver that reads just the announced bytes must not miss that more follow.
func TestSizedReaderHoldsTheLastByte(t *testing.T) {
	r := &sizedReader{r: bytes.NewReader([]byte("abcd")), want: 3}
	if n, err := io.ReadFull(r, make([]byte, 3)); !errors.Is(err, driver.ErrSizeMismatch) {
		t.Errorf("ReadFull = %d, %v; want ErrSizeMismatch", n, err)
	}
}
