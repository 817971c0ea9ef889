package archtest

import (
	"encoding/json"
	"errors"
	"io"
	"os/exec"
	"slices"
	"strings"
	"testing"
)

const module = "github.com/s3mio/s3mio"

// pkg is what go list tells of a package.
type pkg struct {
	ImportPath   string
	Dir          string
	Name         string
	Doc          string
	Standard     bool
	GoFiles      []string
	Imports      []string
	TestImports  []string
	XTestImports []string
	Deps         []string
}

func (p pkg) rel() string { return strings.TrimPrefix(strings.TrimPrefix(p.ImportPath, module), "/") }

// list runs go list from the module's root.
func list(t *testing.T, args ...string) []pkg {
	t.Helper()
	cmd := exec.Command("go", append([]string{"list", "-json"}, args...)...)
	cmd.Dir = "../.."
	var stderr strings.Builder
	cmd.Stderr = &stderr
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("go list: %v\n%s", err, &stderr)
	}
	var pkgs []pkg
	for dec := json.NewDecoder(strings.NewReader(string(out))); ; {
		var p pkg
		if err := dec.Decode(&p); errors.Is(err, io.EOF) {
			return pkgs
		} else if err != nil {
			t.Fatal(err)
		}
		pkgs = append(pkgs, p)
	}
}

// mayImport says what each package may import besides the standard library:
// import paths and their subtrees, those of this module relative to it. A
// package that is not named may import nothing else.
var mayImport = map[string][]string{
	"driver":                          {},
	"store":                           {"driver", "internal/contenttype", "golang.org/x/text/encoding"},
	"conformance":                     {"driver", "store"},
	"memdriver":                       {"driver", "internal/localsign", "gocloud.dev", "github.com/tidwall/btree"},
	"filedriver":                      {"driver", "internal/localsign", "internal/contenttype", "gocloud.dev", "golang.org/x"},
	"s3driver":                        {"driver", "gocloud.dev", "golang.org/x", "github.com/aws/aws-sdk-go-v2", "github.com/aws/smithy-go"},
	"blobdriver":                      {"driver", "gocloud.dev"},
	"internal/contenttype":            {},
	"internal/localsign":              {"driver"},
	"internal/s3test":                 {},
	"internal/s3test/cmd/testservers": {"internal/s3test"},
	"internal/archtest":               {},
	"internal/lockstep":               {"driver", "store", "memdriver", "filedriver", "s3driver", "internal/s3test", "pgregory.net/rapid"},
}

func TestImports(t *testing.T) {
	for _, p := range list(t, "./...") {
		if strings.HasPrefix(p.rel(), "examples/") {
			continue // examples may import anything
		}
		allowed, known := mayImport[p.rel()]
		if !known {
			t.Errorf("%s: say in mayImport what this package may import", p.ImportPath)
			continue
		}
		for _, imp := range p.Imports {
			if first, _, _ := strings.Cut(imp, "/"); !strings.Contains(first, ".") {
				continue // the standard library
			}
			name := strings.TrimPrefix(imp, module+"/")
			if !slices.ContainsFunc(allowed, func(a string) bool { return name == a || strings.HasPrefix(name, a+"/") }) {
				t.Errorf("%s imports %s, which it may not", p.ImportPath, imp)
			}
		}
	}
}

func TestNothingImportsExamples(t *testing.T) {
	for _, p := range list(t, "./...") {
		for _, imp := range slices.Concat(p.Imports, p.TestImports, p.XTestImports) {
			if strings.HasPrefix(imp, module+"/examples/") && !strings.HasPrefix(imp, p.ImportPath) {
				t.Errorf("%s imports %s", p.ImportPath, imp)
			}
		}
	}
}

func TestLocalDriversPullInNoAWS(t *testing.T) {
	local := []string{module + "/store", module + "/memdriver", module + "/filedriver", module + "/conformance"}
	seen := 0
	for _, p := range list(t, append([]string{"-deps"}, local...)...) {
		seen++
		if strings.Contains(p.ImportPath, "aws") {
			t.Errorf("the local drivers pull in %s", p.ImportPath)
		}
	}
	if seen < len(local) {
		t.Errorf("go list gave %d packages", seen)
	}
}

func TestEveryPackageHasADoc(t *testing.T) {
	for _, p := range list(t, "./...") {
		if len(p.GoFiles) == 0 {
			continue // only tests
		}
		want := "Package " + p.Name + " "
		if p.Name == "main" {
			want = ""
		}
		if p.Doc == "" || !strings.HasPrefix(p.Doc, want) {
			t.Errorf("%s has no doc comment that starts with %q", p.ImportPath, want)
		}
	}
}
