package s3test

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
)

// smallModule returns a builder for a module with a program that prints text.
// It stands in for the servers, which take minutes to build.
func smallModule(t *testing.T, text string) (builder, *progressLog) {
	t.Helper()
	dir := t.TempDir()
	for name, content := range map[string]string{
		"go.mod":  "module example.com/small\n\ngo 1.26\n",
		"go.sum":  "",
		"main.go": "package main\n\nfunc main() { print(`" + text + "`) }\n",
	} {
		if err := os.WriteFile(filepath.Join(dir, name), []byte(content), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	progress := &progressLog{}
	return builder{module: dir, cache: t.TempDir(), goTool: "go", progress: progress}, progress
}

// A progressLog is a buffer for concurrent builds.
type progressLog struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (l *progressLog) Write(b []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.buf.Write(b)
}

func (l *progressLog) builds() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return strings.Count(l.buf.String(), "building")
}

func TestBuildOnce(t *testing.T) {
	b, progress := smallModule(t, "hello")
	paths := make([]string, 4)
	errs := make([]error, len(paths))
	var wg sync.WaitGroup
	for i := range paths {
		wg.Go(func() { paths[i], errs[i] = b.build(t.Context(), "small", ".") })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	for _, path := range paths {
		if path != paths[0] {
			t.Errorf("built %s and %s, want one binary", paths[0], path)
		}
	}
	if n := progress.builds(); n != 1 {
		t.Errorf("%d concurrent calls built %d times, want once", len(paths), n)
	}
	out, err := exec.Command(paths[0]).CombinedOutput()
	if err != nil || string(out) != "hello" {
		t.Errorf("the binary printed %q, %v; want hello", out, err)
	}

	entries, err := os.ReadDir(b.cache)
	if err != nil {
		t.Fatal(err)
	}
	if len(entries) != 2 { // the binary and the lock
		t.Errorf("the cache holds %v, want the binary and the lock only", entries)
	}
}

func TestBuildTakesFromCache(t *testing.T) {
	b, progress := smallModule(t, "hello")
	first, err := b.build(t.Context(), "small", ".")
	if err != nil {
		t.Fatal(err)
	}
	b.goTool = filepath.Join(t.TempDir(), "no-go-here")
	second, err := b.build(t.Context(), "small", ".")
	if err != nil {
		t.Fatalf("the second build needed the go tool: %v", err)
	}
	if second != first || progress.builds() != 1 {
		t.Errorf("second build: %s after %d builds, want %s after 1", second, progress.builds(), first)
	}
}

func TestBuildFollowsGoSum(t *testing.T) {
	b, _ := smallModule(t, "hello")
	first, err := b.build(t.Context(), "small", ".")
	if err != nil {
		t.Fatal(err)
	}
	sum := "example.com/x v1.0.0/go.mod h1:47DEQpj8HBSa+/TImW+5JCeuQeRkm5NMpJWZG3hSuFU=\n"
	if err := os.WriteFile(filepath.Join(b.module, "go.sum"), []byte(sum), 0o644); err != nil {
		t.Fatal(err)
	}
	second, err := b.build(t.Context(), "small", ".")
	if err != nil {
		t.Fatal(err)
	}
	if second == first {
		t.Error("the same binary before and after a change of go.sum")
	}
}

func TestBuildFailure(t *testing.T) {
	b, _ := smallModule(t, "hello")
	if err := os.WriteFile(filepath.Join(b.module, "main.go"), []byte("package main\n\nfunc oops\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	_, err := b.build(t.Context(), "small", ".")
	if err == nil || !strings.Contains(err.Error(), "main.go:3") {
		t.Errorf("error %v does not hold what the compiler said", err)
	}
	if found, err := filepath.Glob(filepath.Join(b.cache, "small*-*")); err != nil || len(found) > 0 {
		t.Errorf("the failed build left %v, %v", found, err)
	}
}

func TestBuildWithoutModule(t *testing.T) {
	b := builder{module: filepath.Join(t.TempDir(), "gone"), cache: t.TempDir(), goTool: "go", progress: io.Discard}
	_, err := b.build(t.Context(), "small", ".")
	if !errors.Is(err, fs.ErrNotExist) || !strings.Contains(err.Error(), "clone") {
		t.Errorf("error %v does not say that the sources are missing", err)
	}
}

func TestBuildWaitsForLock(t *testing.T) {
	b, progress := smallModule(t, "hello")
	unlock, err := lock(t.Context(), filepath.Join(b.cache, "small.lock"))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeoutCause(t.Context(), 2*pollInterval, errors.New("waited enough"))
	defer cancel()
	_, err = b.build(ctx, "small", ".")
	if canSupervise && (err == nil || !strings.Contains(err.Error(), "waited enough")) {
		t.Errorf("build while another holds the lock: %v, %d builds; want it to wait", err, progress.builds())
	}
	if err := unlock(); err != nil {
		t.Fatal(err)
	}
	if _, err := b.build(t.Context(), "small", "."); err != nil {
		t.Errorf("build after the lock was given back: %v", err)
	}
}

func TestUnknownServer(t *testing.T) {
	if _, err := Build(t.Context(), "unknown"); err == nil {
		t.Error("Build: no error")
	}
	if _, err := Start(t.Context(), "unknown"); err == nil {
		t.Error("Start: no error")
	}
}
