package archtest

import (
	"bytes"
	"flag"
	"fmt"
	"go/ast"
	"go/doc"
	"go/parser"
	"go/printer"
	"go/token"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

var update = flag.Bool("update", false, "write the exported API to testdata instead of comparing it")

// TestExportedAPI compares the exported API with testdata/api.txt. A change is
// made with
//
//	go test ./internal/archtest -update
//
// and shows in the diff of that file.
func TestExportedAPI(t *testing.T) {
	const golden = "testdata/api.txt"
	var api bytes.Buffer
	for _, p := range list(t, "./...") {
		if p.Name == "main" || strings.HasPrefix(p.rel(), "internal/") || strings.HasPrefix(p.rel(), "examples/") {
			continue
		}
		writeAPI(t, &api, p)
	}
	if *update {
		if err := os.WriteFile(golden, api.Bytes(), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got := api.String(); got != string(want) {
		t.Errorf("the exported API is not that of %s; if that is meant, run: go test ./internal/archtest -update\n%s", golden, firstDifference(got, string(want)))
	}
}

// writeAPI prints the declarations of a package without comments and bodies.
func writeAPI(t *testing.T, w *bytes.Buffer, p pkg) {
	t.Helper()
	fset := token.NewFileSet()
	var files []*ast.File
	for _, name := range p.GoFiles {
		f, err := parser.ParseFile(fset, filepath.Join(p.Dir, name), nil, parser.SkipObjectResolution|parser.ParseComments)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, f)
	}
	d, err := doc.NewFromFiles(fset, files, p.ImportPath)
	if err != nil {
		t.Fatal(err)
	}
	fmt.Fprintf(w, "package %s\n", p.rel())
	decl := func(n ast.Node) {
		var b bytes.Buffer
		if err := printer.Fprint(&b, fset, withoutComments(n)); err != nil {
			t.Fatal(err)
		}
		fmt.Fprintf(w, "\t%s\n", strings.ReplaceAll(b.String(), "\n", "\n\t"))
	}
	values := func(vs []*doc.Value) {
		for _, v := range vs {
			decl(v.Decl)
		}
	}
	funcs := func(fs []*doc.Func) {
		for _, f := range fs {
			f.Decl.Body = nil
			decl(f.Decl)
		}
	}
	values(d.Consts)
	values(d.Vars)
	funcs(d.Funcs)
	for _, typ := range d.Types {
		decl(typ.Decl)
		values(typ.Consts)
		values(typ.Vars)
		funcs(typ.Funcs)
		funcs(typ.Methods)
	}
	fmt.Fprintln(w)
}

// withoutComments drops the comments inside a declaration.
func withoutComments(n ast.Node) ast.Node {
	ast.Inspect(n, func(n ast.Node) bool {
		switch n := n.(type) {
		case *ast.GenDecl:
			n.Doc = nil
		case *ast.FuncDecl:
			n.Doc = nil
		case *ast.Field:
			n.Doc, n.Comment = nil, nil
		case *ast.TypeSpec:
			n.Doc, n.Comment = nil, nil
		case *ast.ValueSpec:
			n.Doc, n.Comment = nil, nil
		}
		return true
	})
	return n
}

// firstDifference shows where two texts part.
func firstDifference(got, want string) string {
	g, w := strings.Split(got, "\n"), strings.Split(want, "\n")
	for i := range max(len(g), len(w)) {
		line := func(lines []string) string {
			if i < len(lines) {
				return lines[i]
			}
			return "(end)"
		}
		if line(g) != line(w) {
			return fmt.Sprintf("line %d:\n got %s\nwant %s", i+1, line(g), line(w))
		}
	}
	return ""
}
