package main

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
)

// TestChild does a child's task here, and looks whether memory it takes counts.
func TestChild(t *testing.T) {
	grown := func(row string) (n uint64) {
		t.Helper()
		in, err := json.Marshal(task{Row: row, Client: "map", Dir: t.TempDir(), Quick: true})
		if err != nil {
			t.Fatal(err)
		}
		var out strings.Builder
		if err := child(t.Context(), strings.NewReader(string(in)), &out); err != nil {
			t.Fatal(err)
		}
		if _, err := fmt.Sscan(out.String(), &n); err != nil {
			t.Fatal(err)
		}
		return n
	}
	if n := grown("memory/large"); n < 1<<20 {
		t.Errorf("an object of 1 MiB in memory took %d bytes", n)
	}
	if err := child(t.Context(), strings.NewReader(`{"Row": "none"}`), &strings.Builder{}); err == nil {
		t.Error("a row that there is not was done")
	}
}
