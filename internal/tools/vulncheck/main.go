// Vulncheck runs govulncheck on the packages it is given and fails for a
// vulnerability that the code reaches and that a newer version mends. One
// without a fix is shown and does not fail. When the vulnerability database
// cannot be reached it says so; with -require that is a failure.
package main

import (
	"bytes"
	"encoding/json"
	"errors"
	"flag"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
)

// message is one item of govulncheck's JSON output.
type message struct {
	Finding *struct {
		OSV          string `json:"osv"`
		FixedVersion string `json:"fixed_version"`
		Trace        []struct {
			Module   string `json:"module"`
			Package  string `json:"package"`
			Function string `json:"function"`
		} `json:"trace"`
	} `json:"finding"`
}

func main() {
	require := flag.Bool("require", false, "fail when the vulnerability database cannot be reached")
	flag.Parse()
	if err := run(*require, flag.Args()); err != nil {
		fmt.Fprintln(os.Stderr, "vulncheck:", err)
		os.Exit(1)
	}
}

func run(require bool, packages []string) error {
	var stdout, stderr bytes.Buffer
	cmd := exec.Command("go", append([]string{"tool", "-modfile", "internal/tools/go.mod", "govulncheck", "-format", "json"}, packages...)...)
	cmd.Stdout, cmd.Stderr = &stdout, &stderr
	if err := cmd.Run(); err != nil {
		if strings.Contains(stderr.String(), "fetching vulnerabilities") && !require {
			fmt.Println("vulncheck: NOT CHECKED, the vulnerability database cannot be reached from here")
			return nil
		}
		return fmt.Errorf("%w\n%s", err, &stderr)
	}
	fixable := 0
	seen := map[string]bool{}
	for dec := json.NewDecoder(&stdout); ; {
		var m message
		if err := dec.Decode(&m); errors.Is(err, io.EOF) {
			break
		} else if err != nil {
			return err
		}
		f := m.Finding
		if f == nil || len(f.Trace) == 0 || f.Trace[0].Function == "" || seen[f.OSV] {
			continue // only what the code calls counts
		}
		seen[f.OSV] = true
		fix := "no fix yet"
		if f.FixedVersion != "" {
			fixable++
			fix = "fixed in " + f.FixedVersion
		}
		fmt.Printf("%s: %s.%s in %s: %s\n", f.OSV, f.Trace[0].Package, f.Trace[0].Function, f.Trace[0].Module, fix)
	}
	if fixable > 0 {
		return fmt.Errorf("%d vulnerabilities have a fix", fixable)
	}
	fmt.Printf("vulncheck: %d reachable vulnerabilities, none with a fix\n", len(seen))
	return nil
}
