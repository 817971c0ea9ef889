package store

import (
	"errors"
	"math/bits"
	"strings"
	"testing"
)

func TestEveryOptionHasAName(t *testing.T) {
	if n := bits.TrailingZeros32(uint32(optTo)) + 1; n != len(optionNames) {
		t.Errorf("%d options, %d names", n, len(optionNames))
	}
	if optTo.name() != "To" || optContentType.name() != "ContentType" || optRange.name() != "Range" {
		t.Error("names out of step")
	}
}

func TestOptionsThatDoNotFitAreRefused(t *testing.T) {
	tests := []struct {
		name string
		err  func() error
		text string
	}{
		{"workers of a put", func() error { _, err := writeConfig("Put", optsWrite, []WriteOption{Workers(2)}); return err }, "Put does not take the option Workers"},
		{"nil option", func() error { _, err := writeConfig("Put", optsWrite, []WriteOption{nil}); return err }, "nil"},
		{"both conditions", func() error {
			_, err := writeConfig("Put", optsWrite, []WriteOption{IfAbsent(), IfMatch("x")})
			return err
		}, "exclude"},
		{"range and tail", func() error {
			_, err := readConfig("Open", optsRead, []ReadOption{Range(0, 1), Tail(1)})
			return err
		}, "exclude"},
		{"empty content type", func() error { _, err := writeConfig("Put", optsWrite, []WriteOption{ContentType("")}); return err }, "empty"},
		{"header injection", func() error {
			_, err := writeConfig("Put", optsWrite, []WriteOption{CacheControl("a\r\nb: c")})
			return err
		}, "CacheControl"},
		{"wild ETag", func() error { _, err := readConfig("Open", optsRead, []ReadOption{IfMatch("*")}); return err }, "ETag"},
		{"page size", func() error { _, err := listConfig("List", []ListOption{PageSize(1001)}); return err }, "PageSize"},
		{"list bytes", func() error { _, err := listConfig("List", []ListOption{KeyPrefix("\xff")}); return err }, "KeyPrefix"},
	}
	for _, tt := range tests {
		err := tt.err()
		if !errors.Is(err, ErrValidation) || !strings.Contains(err.Error(), tt.text) {
			t.Errorf("%s: got %v, want ErrValidation saying %q", tt.name, err, tt.text)
		}
	}
}

func TestETagMayBeQuoted(t *testing.T) {
	c, err := readConfig("Open", optsRead, []ReadOption{IfMatch(`"abc"`), IfNoneMatch("def")})
	if err != nil || c.get.IfMatch != "abc" || c.get.IfNoneMatch != "def" {
		t.Errorf("got %+v, %v", c, err)
	}
}
