package store

import "testing"

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
		got, err := decodeText([]byte(tt.data), tt.encoding)
		if got != tt.want || (err != nil) != tt.bad {
			t.Errorf("%s: got %q, %v; want %q", tt.name, got, err, tt.want)
		}
	}
}
