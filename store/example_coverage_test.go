package store_test

import (
	"go/ast"
	"go/doc"
	"go/parser"
	"go/token"
	"os"
	"slices"
	"strings"
	"testing"
)

// Every exported function and method has an Example whose output is checked.
// An example of Bucket's method stands for Prefix's, which is the same code,
// and an example of an error type for its Error and Unwrap.
func TestEveryCallHasExample(t *testing.T) {
	pkg := parsePackage(t)
	for _, f := range pkg.Funcs {
		wantExample(t, "Example"+f.Name, f.Examples)
	}
	bucket := map[string][]*doc.Example{}
	for _, typ := range pkg.Types {
		if typ.Name == "Bucket" {
			for _, m := range typ.Methods {
				bucket[m.Name] = m.Examples
			}
		}
	}
	if len(bucket["Put"]) == 0 {
		t.Fatal("go/doc no longer finds Bucket's promoted methods, or ExampleBucket_Put is gone")
	}
	for _, typ := range pkg.Types {
		for _, f := range typ.Funcs {
			wantExample(t, "Example"+f.Name, f.Examples)
		}
		for _, m := range typ.Methods {
			name, examples := "Example"+typ.Name+"_"+m.Name, m.Examples
			switch {
			case len(examples) > 0:
			case typ.Name == "Prefix" && m.Level > 0:
				name, examples = "ExampleBucket_"+m.Name, bucket[m.Name]
			case slices.Contains([]string{"Error", "Unwrap"}, m.Name):
				name, examples = "Example"+typ.Name, typ.Examples
			}
			wantExample(t, name, examples)
		}
	}
}

func wantExample(t *testing.T, name string, examples []*doc.Example) {
	t.Helper()
	if len(examples) == 0 {
		t.Errorf("there is no %s", name)
	}
	for _, e := range examples {
		if strings.TrimSpace(e.Output) == "" {
			t.Errorf("Example%s shows no output, and so is not run", e.Name)
		}
	}
}

func parsePackage(t *testing.T) *doc.Package {
	t.Helper()
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	fset := token.NewFileSet()
	var files []*ast.File
	for _, e := range entries {
		if !strings.HasSuffix(e.Name(), ".go") {
			continue
		}
		f, err := parser.ParseFile(fset, e.Name(), nil, parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	pkg, err := doc.NewFromFiles(fset, files, "github.com/s3mio/s3mio/store")
	if err != nil {
		t.Fatal(err)
	}
	return pkg
}
