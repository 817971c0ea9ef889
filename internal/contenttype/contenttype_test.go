package contenttype

import (
	"mime"
	"strings"
	"testing"
)

func TestByName(t *testing.T) {
	for name, want := range map[string]string{
		"a.txt": "text/plain; charset=utf-8", "A.HTML": "text/html; charset=utf-8", "dir.d/photo.JPeG": "image/jpeg",
		"archive.tar.gz": "application/gzip", "none": Default, "dot.": Default, "x.unheard-of": Default, ".json": "application/json", "": Default,
	} {
		if got := ByName(name); got != want {
			t.Errorf("ByName(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestTable(t *testing.T) {
	for ext, typ := range byExtension {
		if ext != strings.ToLower(ext) || !strings.HasPrefix(ext, ".") {
			t.Errorf("extension %q can never be found", ext)
		}
		if _, _, err := mime.ParseMediaType(typ); err != nil {
			t.Errorf("%s: %q: %v", ext, typ, err)
		}
	}
}
