// Package readme has no code but a test: what README.md shows compiles, and
// what it shows as output comes out.
package readme

import (
	"bytes"
	"cmp"
	"encoding/json"
	"fmt"
	"go/format"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
)

const root = "../.."

func TestCode(t *testing.T) {
	doc := document(t, "README.md")
	blocks := regexp.MustCompile("(?s)```go\n(.*?)```\n(?:\n```output\n(.*?)```\n)?").FindAllStringSubmatch(doc, -1)
	if len(blocks) == 0 {
		t.Fatal("README.md has no Go code")
	}
	programs := newOverlay(t)
	outputs := map[string]string{}
	var fragments strings.Builder
	for i, block := range blocks {
		code, output := block[1], block[2]
		if formatted, err := format.Source([]byte(code)); err != nil {
			t.Errorf("%v in\n%s", err, code)
			continue
		} else if string(formatted) != code {
			t.Errorf("not gofmt-clean; it should be\n%s", formatted)
		}
		dir := fmt.Sprintf("block%d", i+1)
		switch {
		case strings.HasPrefix(code, "package main"):
			programs.add(dir+"/main.go", code)
		case strings.HasPrefix(code, "package "):
			programs.add(dir+"/block_test.go", code)
		case strings.HasPrefix(code, "func "):
			fragments.WriteString(code)
		default:
			if !strings.Contains(code, "\nreturn ") {
				code += "return nil\n"
			}
			fmt.Fprintf(&fragments, "func _() error {\n%s}\n", code)
		}
		if output != "" {
			outputs[dir] = output
		}
	}
	programs.add("fragments/main.go", wrapper+fragments.String())
	programs.add("table/main.go", wrapper+tableCode(t, doc))
	programs.compile()
	if len(outputs) == 0 {
		t.Error("README.md shows no output")
	}
	for dir, want := range outputs {
		if got := programs.goTool("run", dir); got != want {
			t.Errorf("the program prints\n%s\nREADME.md says\n%s", got, want)
		}
	}
}

// tableCode gives the calls in the table for users of s3mio as Go code.
func tableCode(t *testing.T, doc string) string {
	t.Helper()
	_, section, _ := strings.Cut(doc, "## Coming from s3mio")
	section, _, _ = strings.Cut(section, "\n## ")
	var code strings.Builder
	rows := 0
	for _, row := range strings.Split(section, "\n") {
		cells := strings.Split(row, "|")
		if len(cells) != 4 {
			continue
		}
		rows++
		for _, m := range regexp.MustCompile("`([^`]+)`").FindAllStringSubmatch(cells[2], -1) {
			call := m[1]
			switch {
			case strings.HasPrefix(call, "for "):
				v := strings.TrimSuffix(strings.Fields(call)[1], ",")
				fmt.Fprintf(&code, "func _() { %s { _, _ = %s, err } }\n", call, v)
			case strings.Contains(call, "("):
				fmt.Fprintf(&code, "func _() { %s }\n", call)
			}
		}
	}
	if rows < 20 {
		t.Fatalf("found %d rows of the table", rows)
	}
	return code.String()
}

// wrapper is what fragments take for granted.
const wrapper = `package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"testing"
	"time"

	"github.com/s3mio/s3mio/conformance"
	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/filedriver"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// Everything is used, whatever the fragments use.
var (
	_ = errors.New
	_ = fmt.Print
	_ = os.Exit
	_ = testing.Short
	_ = conformance.Run
	_ = memdriver.New
	_ = filedriver.New
)

type T struct{}

var (
	ctx                                    context.Context
	s                                      *store.Store
	bucket                                 *store.Bucket
	folder                                 *store.Prefix
	b, other                               store.Objects
	drv                                    driver.Driver
	config                                 s3driver.Config
	mydriver                               interface{ New() driver.Driver }
	name, url, key, src, dst, path, prefix string
	dir, contentType, etag                 string
	data, v                                any
	keys                                   []string
	pairs                                  []store.CopyPair
	metadata, tags                         map[string]string
	n                                      int
	offset, length                         int64
	ttl                                    time.Duration
	report                                 func(store.Progress)
	options                                *memdriver.Options
	result                                 store.CopyResult
)

func main() {}

`

// overlay has files that the go command sees below this directory.
type overlay struct {
	t    *testing.T
	dir  string
	path string // of the file that -overlay takes
	m    map[string]string
	pkgs map[string]bool // by directory: has a test file
}

func newOverlay(t *testing.T) *overlay {
	dir := t.TempDir()
	return &overlay{t: t, dir: dir, path: filepath.Join(dir, "overlay.json"), m: map[string]string{}, pkgs: map[string]bool{}}
}

func (o *overlay) add(name, code string) {
	o.t.Helper()
	file := filepath.Join(o.dir, strings.ReplaceAll(name, "/", "-"))
	if err := os.WriteFile(file, []byte(code), 0o666); err != nil {
		o.t.Fatal(err)
	}
	seen, err := filepath.Abs(name)
	if err != nil {
		o.t.Fatal(err)
	}
	o.m[seen] = file
	o.pkgs[filepath.Dir(name)] = strings.HasSuffix(name, "_test.go")
	data, err := json.Marshal(map[string]any{"Replace": o.m})
	if err == nil {
		err = os.WriteFile(o.path, data, 0o666)
	}
	if err != nil {
		o.t.Fatal(err)
	}
}

// compile compiles everything, and runs what are tests.
func (o *overlay) compile() {
	o.t.Helper()
	for dir, isTest := range o.pkgs {
		if !isTest {
			o.goTool("build", dir, "-o", os.DevNull)
			continue
		}
		// vet and the test itself would change to the directory, which is not
		// there.
		binary := filepath.Join(o.dir, dir+".test.exe")
		o.goTool("test", dir, "-vet=off", "-c", "-o", binary)
		cmd := exec.CommandContext(o.t.Context(), binary)
		cmd.Env = append(os.Environ(), "TEST_BUCKET_URL=")
		if out, err := cmd.CombinedOutput(); err != nil {
			o.t.Errorf("the tests of %s: %v\n%s", dir, err, out)
		}
	}
}

// goTool runs the go command on a directory of the overlay.
func (o *overlay) goTool(command, dir string, flags ...string) string {
	o.t.Helper()
	args := append([]string{command, "-overlay", o.path}, flags...)
	cmd := exec.CommandContext(o.t.Context(), "go", append(args, "./"+dir)...)
	var stdout, stderr bytes.Buffer
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		code := ""
		for seen, file := range o.m {
			if filepath.Base(filepath.Dir(seen)) == dir {
				data, err := os.ReadFile(file)
				if err != nil {
					o.t.Fatal(err)
				}
				code += strings.TrimPrefix(string(data), wrapper)
			}
		}
		o.t.Errorf("go %s %s: %v\n%s\n%s", command, dir, err, &stderr, code)
	}
	return stdout.String()
}

// TestLinks looks whether the files and sections that the documents link to are
// there.
func TestLinks(t *testing.T) {
	for _, name := range []string{"README.md", "CONTRIBUTING.md", "CHANGELOG.md"} {
		text := document(t, name)
		text = regexp.MustCompile("(?s)```.*?```|`[^`]*`").ReplaceAllString(text, "")
		for _, m := range regexp.MustCompile(`\]\(([^)#:]*)(#[^)]*)?\)`).FindAllStringSubmatch(text, -1) {
			file, section := cmp.Or(m[1], name), m[2]
			if _, err := os.Stat(filepath.Join(root, filepath.FromSlash(file))); err != nil {
				t.Errorf("%s links to %s: %v", name, file, err)
			} else if section != "" && !slices.Contains(sections(document(t, file)), section) {
				t.Errorf("%s links to %s%s, which is no section", name, file, section)
			}
		}
	}
}

// sections gives the anchors of a document's headings.
func sections(doc string) (anchors []string) {
	for _, m := range regexp.MustCompile(`(?m)^#+ (.*)$`).FindAllStringSubmatch(doc, -1) {
		anchor := regexp.MustCompile(`[^a-z0-9 -]`).ReplaceAllString(strings.ToLower(m[1]), "")
		anchors = append(anchors, "#"+strings.ReplaceAll(anchor, " ", "-"))
	}
	return anchors
}

func document(t *testing.T, name string) string {
	t.Helper()
	data, err := os.ReadFile(filepath.Join(root, filepath.FromSlash(name)))
	if err != nil {
		t.Fatal(err)
	}
	return strings.ReplaceAll(string(data), "\r\n", "\n")
}
