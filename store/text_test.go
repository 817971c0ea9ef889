package store

import (
	"strings"
	"testing"

	"github.com/s3mio/s3mio/memdriver"
)

func TestDecodeText(t *testing.T) {
	tests := []struct {
		name, encoding, data, want string
		bad                        bool
	}{
		{"plain keeps its mark", "", "\ufeffa", "\ufeffa", false},
		{"named UTF-8 drops it", "utf-8", "\ufeffa", "a", false},
		{"UTF-8 too short for a mark", "utf8", "a", "a", false},
		{"not UTF-8", "", "\xff", "", true},
		{"little endian", "utf-16", "h\x00\xe9\x00", "hé", false},
		{"mark of little endian", "utf-16le", "\xff\xfeh\x00", "h", false},
		{"mark of big endian", "utf-16", "\xfe\xff\x00h\x00\xe9", "hé", false},
		{"lone surrogate", "utf-16le", "\x00\xd8", "", true},
		{"latin1 has all bytes", "latin1", "\x80\x81\xe9\xff", "\u0080\u0081éÿ", false},
		{"windows-1252", "windows-1252", "\x80", "€", false},
		{"Shift JIS", "shift_jis", "\x93\xfa\x96\x7b", "日本", false},
		{"not Shift JIS", "shift_jis", "\x93", "", true},
	}
	for _, tt := range tests {
		got, err := decodeText([]byte(tt.data), 0, tt.encoding)
		if got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}

// A byte that is no UTF-8 is told with its place in the object.
func TestBadTextIsLocated(t *testing.T) {
	ctx := t.Context()
	s := New(memdriver.New(nil))
	defer s.Close()
	if err := s.CreateBucket(ctx, "bucket"); err != nil {
		t.Fatal(err)
	}
	b := s.Bucket("bucket")
	for _, tt := range []struct {
		content, want string
		opts          []ReadOption
	}{
		{"\xff", "byte 0xff at offset 0", nil},
		{"é\r\nab\nc\xfe\xff\n\xff", "byte 0xfe at offset 8", nil},
		{"a\ncut \xc3", "byte 0xc3 at offset 6", nil},
		{"a\n\ufffd\n\xed\xa0\x80", "byte 0xed at offset 6", nil},
		{"\ufeffab\n\x80", "byte 0x80 at offset 6", nil},
		{"\ufeffab\n\x80", "byte 0x80 at offset 6", []ReadOption{Encoding("utf-8")}},
		{"ab\ncd\n\x80", "byte 0x80 at offset 6", []ReadOption{Range(1, 6)}},
		{"ab\ncd\n\x80", "byte 0x80 at offset 6", []ReadOption{Tail(3)}},
	} {
		if _, err := b.Put(ctx, "k", []byte(tt.content)); err != nil {
			t.Fatal(err)
		}
		_, getErr := b.GetText(ctx, "k", tt.opts...)
		var linesErr error
		for _, linesErr = range b.Lines(ctx, "k", tt.opts...) {
		}
		for call, err := range map[string]error{"GetText": getErr, "Lines": linesErr} {
			if err == nil || !strings.Contains(err.Error(), "not valid UTF-8: "+tt.want) {
				t.Errorf("%s of %q: %v, want %s", call, tt.content, err, tt.want)
			}
		}
	}
}
