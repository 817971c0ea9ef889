package conformance

import (
	"fmt"
	"io"
	"reflect"
	"regexp"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/memdriver"
)

// TestUnbroken shows that the wrapper by itself breaks nothing.
func TestUnbroken(t *testing.T) {
	Run(t, func(testing.TB) driver.Driver { return &brokenDriver{Driver: memdriver.New(nil)} }, Options{})
}

func TestLaws(t *testing.T) {
	form := regexp.MustCompile(`^([A-Z][0-9]|API|Unsupported)/[A-Za-z0-9]+$`)
	seen := map[string]bool{}
	for _, l := range Laws() {
		switch {
		case !form.MatchString(l.Name):
			t.Errorf("the name %q is not of the form W5/IfMatch", l.Name)
		case seen[l.Name]:
			t.Errorf("two laws are called %s", l.Name)
		case l.Text == "" || !strings.HasSuffix(l.Text, "."):
			t.Errorf("%s: the text is not a sentence: %q", l.Name, l.Text)
		case l.Check == nil:
			t.Errorf("%s: no check", l.Name)
		}
		seen[l.Name] = true
	}
}

// recorder is a testing.TB that takes note of errors.
type recorder struct {
	testing.TB
	errors []string
}

func (r *recorder) Helper()             {}
func (r *recorder) Logf(string, ...any) {}
func (r *recorder) Errorf(format string, args ...any) {
	r.errors = append(r.errors, fmt.Sprintf(format, args...))
}

func TestDeviations(t *testing.T) {
	l := Law{Name: "K2/Neighbours", Text: "The law."}
	const sub = "K2/Neighbours/a beside a/b"
	for _, c := range []struct {
		what       string
		deviations map[string]string
		name       string
		err        error
		complaints []string
	}{
		{"a law that holds", nil, l.Name, nil, nil},
		{"a breach", nil, l.Name, io.EOF, []string{"EOF\nthe law: The law."}},
		{"a declared breach", map[string]string{sub: "why"}, sub, io.EOF, nil},
		{"a declared breach that is gone", map[string]string{sub: "why"}, sub, nil,
			[]string{`this case passes: remove it from the table of deviations, where it says "why"`}},
		{"a breach beside a declared one", map[string]string{sub: "why"}, "K2/Neighbours/A beside a", io.EOF,
			[]string{"EOF\nthe law: The law.", `the table of deviations names a case that does not exist: "` + sub + `"`}},
		{"an unknown law", map[string]string{"K9/Nothing": "why"}, l.Name, nil,
			[]string{`the table of deviations names a case that does not exist: "K9/Nothing"`}},
		{"a law that did not run", map[string]string{"W1/Types/bytes": "why"}, l.Name, nil, nil},
	} {
		r := &runner{opts: Options{Deviations: c.deviations}, laws: map[string]bool{}, seen: map[string]bool{}}
		rec := &recorder{}
		r.note(r.laws, l.Name)
		r.judge(rec, l, c.name, c.err)
		r.checkDeviations(rec)
		if !reflect.DeepEqual(rec.errors, c.complaints) {
			t.Errorf("%s: got the complaints %q, want %q", c.what, rec.errors, c.complaints)
		}
	}
}
