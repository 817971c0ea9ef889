package lockstep

import (
	"flag"
	"os"
	"strconv"
	"testing"
	"time"

	"go.uber.org/goleak"
	"pgregory.net/rapid"

	"github.com/s3mio/s3mio/driver"
	"github.com/s3mio/s3mio/filedriver"
	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/memdriver"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

func TestMain(m *testing.M) {
	os.Exit(s3test.Main(m, func() error { return goleak.Find() }))
}

// setFlag sets a flag of rapid's for one test, unless the command line has.
func setFlag(t testing.TB, name, value string) {
	t.Helper()
	f := flag.Lookup(name)
	if given(name) {
		return
	}
	old := f.Value.String()
	if err := f.Value.Set(value); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := f.Value.Set(old); err != nil {
			t.Error(err)
		}
	})
}

func given(name string) bool {
	found := false
	flag.Visit(func(f *flag.Flag) { found = found || f.Name == name })
	return found
}

const defaultSteps = 2000

func wantedSteps(t testing.TB) int {
	t.Helper()
	env := os.Getenv("S3MIO_LOCKSTEP_STEPS")
	if env == "" {
		return defaultSteps
	}
	n, err := strconv.Atoi(env)
	if err != nil || n < 1 {
		t.Fatalf("S3MIO_LOCKSTEP_STEPS=%q is no number of steps", env)
	}
	return n
}

// TestLockStep runs all drivers, s3driver against each server.
func TestLockStep(t *testing.T) {
	backends := localBackends(t)
	for _, server := range s3test.All(t) {
		backends = append(backends, s3Backend(t, server))
	}
	newLockstep(backends...).run(t)
}

// TestLocal needs no server.
func TestLocal(t *testing.T) {
	newLockstep(localBackends(t)...).run(t)
}

// run runs sequences until each backend has performed the steps wanted.
func (l *lockstep) run(t *testing.T) {
	useRapid(t)
	wanted := wantedSteps(t)
	for done := 0; done < wanted; {
		rapid.Check(t, l.sequence)
		if given("rapid.seed") || given("rapid.failfile") {
			t.Logf("%d steps, as the flags say", l.least())
			return
		}
		if l.least() == done {
			t.Fatalf("no step was performed after %d of %d", done, wanted)
		}
		done = l.least()
	}
	for _, b := range l.backends {
		t.Logf("%s: %d steps", b.name, b.steps)
	}
	t.Logf("steps and what came of them:%v", &l.stats)
	for _, outcome := range essential {
		if l.stats.outcomes[outcome] == 0 && wanted >= defaultSteps {
			t.Errorf("%d steps, and not once %q: the machine does not get there", wanted, outcome)
		}
	}
}

// useRapid sets rapid up for short sequences, and many of them.
func useRapid(t testing.TB) {
	t.Helper()
	setFlag(t, "rapid.checks", "10")
	setFlag(t, "rapid.steps", "40")
	setFlag(t, "rapid.shrinktime", "0s") // see shrink
	setFlag(t, "rapid.nofailfile", "true")
}

// least gives the steps of the backend that has performed the fewest.
func (l *lockstep) least() int {
	least := l.backends[0].steps
	for _, b := range l.backends {
		least = min(least, b.steps)
	}
	return least
}

// essential outcomes are so frequent that each of thousands of steps misses
// none of them, unless something is wrong with the machine.
var essential = []string{
	"put: ok", "put: precondition failed", "put: object not found", "put: invalid argument", "put: bucket not found",
	"put: body and announced size differ", "put: context canceled",
	"get: ok", "get: object not found", "get: not modified", "get: precondition failed", "get: invalid argument",
	"get: range starts at or beyond the end of the object",
	"Head with tags: ok", "Head with tags: object not found", "GetTags: ok", "SetTags: ok", "Exists: ok",
	"list: ok", "list: invalid argument",
	"Copy: ok", "Copy: object not found", "Copy: invalid argument", "CopyMany: ok",
	"Delete: ok", "DeleteMany: ok", "DeleteAll: ok", "audit: ok",
}

func newLockstep(backends ...*backend) *lockstep {
	return &lockstep{backends: backends, stats: statistics{outcomes: map[string]int{}}}
}

func newBackend(t testing.TB, name string, d driver.Driver) *backend {
	s := store.New(d)
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Errorf("closing %s: %v", name, err)
		}
	})
	return &backend{name: name, store: s, deviations: deviationsOf(name)}
}

func localBackends(t testing.TB) []*backend {
	t.Helper()
	file, err := filedriver.New(t.TempDir(), &filedriver.Options{NoSync: true})
	if err != nil {
		t.Fatal(err)
	}
	return []*backend{newBackend(t, "mem", memdriver.New(nil)), newBackend(t, "file", file)}
}

func s3Backend(t testing.TB, s *s3test.Server) *backend {
	t.Helper()
	d, err := s3driver.New(t.Context(), s3driver.Config{
		Endpoint: s.Endpoint, AccessKeyID: s.AccessKey, SecretAccessKey: s.SecretKey, Region: s.Region,
		RetryDelay: time.Millisecond,
	})
	if err != nil {
		t.Fatal(err)
	}
	return newBackend(t, s.Name, d)
}
