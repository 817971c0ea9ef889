package filedriver

import (
	"bufio"
	"bytes"
	"encoding/json"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"
)

// roleEnv makes TestRole of the test binary play a part in another process: a
// role in JSON.
const roleEnv = "S3MIO_FILEDRIVER_ROLE"

// role is what a child process is to do. It answers in lines of its standard
// output that begin with answerMark, and takes orders from its standard input.
type role struct {
	Part   string // one of parts
	Dir    string
	Number int
}

const answerMark = "answer:"

// parts are what children can do.
var parts = map[string]func(t *testing.T, r role, orders *bufio.Scanner){
	"writer": playWriter,
	"reader": playReader,
	"racers": playRacers,
	"midway": playMidway,
}

// TestRole is for children alone; otherwise it has nothing to do.
func TestRole(t *testing.T) {
	text := os.Getenv(roleEnv)
	if text == "" {
		return
	}
	var r role
	if err := json.Unmarshal([]byte(text), &r); err != nil {
		t.Fatal(err)
	}
	orders := bufio.NewScanner(os.Stdin)
	answer(t, "ready")
	parts[r.Part](t, r, orders)
}

// answer sends a value to the parent.
func answer(t *testing.T, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	// The testing package may have left an unfinished line.
	if _, err := fmt.Fprintf(os.Stdout, "\n%s%s\n", answerMark, text); err != nil {
		t.Fatal(err)
	}
}

// order waits for the next order and decodes it; it reports false when there
// are no more.
func order(t *testing.T, orders *bufio.Scanner, v any) bool {
	t.Helper()
	if !orders.Scan() {
		return false
	}
	if err := json.Unmarshal(orders.Bytes(), v); err != nil {
		t.Fatal(err)
	}
	return true
}

// process is a child that plays a role.
type process struct {
	role role
	cmd  *exec.Cmd
	in   io.WriteCloser
	out  *bufio.Scanner
	said bytes.Buffer // all that is no answer
	done bool
}

// start starts a child and waits until it is ready.
func start(t *testing.T, r role) *process {
	t.Helper()
	text, err := json.Marshal(r)
	if err != nil {
		t.Fatal(err)
	}
	p := &process{role: r, cmd: exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestRole$")}
	p.cmd.Env = append(os.Environ(), roleEnv+"="+string(text))
	p.cmd.Stderr = os.Stderr
	if p.in, err = p.cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := p.cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	p.out = bufio.NewScanner(out)
	p.out.Buffer(nil, 1<<20)
	if err := p.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	// The context of a test that fails ends the child, too.
	t.Cleanup(func() {
		if !p.done {
			t.Logf("%+v: %v", p.role, p.cmd.Wait())
		}
	})
	var ready string
	p.hear(t, &ready)
	return p
}

// tell gives an order.
func (p *process) tell(t *testing.T, v any) {
	t.Helper()
	text, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.in.Write(append(text, '\n')); err != nil {
		t.Fatalf("%+v: %v\n%s", p.role, err, &p.said)
	}
}

// hear waits for the next answer.
func (p *process) hear(t *testing.T, v any) {
	t.Helper()
	for p.out.Scan() {
		text, ok := strings.CutPrefix(p.out.Text(), answerMark)
		if !ok {
			fmt.Fprintln(&p.said, p.out.Text())
			continue
		}
		if err := json.Unmarshal([]byte(text), v); err != nil {
			t.Fatalf("%+v answered %q: %v", p.role, text, err)
		}
		return
	}
	p.done = true
	t.Fatalf("%+v ended: %v\n%s", p.role, p.cmd.Wait(), &p.said)
}

// finish closes the orders and waits for the end, which must be a success.
func (p *process) finish(t *testing.T) {
	t.Helper()
	if err := p.in.Close(); err != nil {
		t.Error(err)
	}
	for p.out.Scan() {
		fmt.Fprintln(&p.said, p.out.Text())
	}
	p.done = true
	if err := p.cmd.Wait(); err != nil {
		t.Errorf("%+v: %v\n%s", p.role, err, &p.said)
	}
}
