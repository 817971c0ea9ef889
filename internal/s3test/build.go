package s3test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"time"
)

const modulePath = "github.com/s3mio/s3mio"

// Build builds the named server, unless the cache has it, and returns the
// path of its binary. Processes that ask for the same server at the same time
// build it once.
func Build(ctx context.Context, name string) (string, error) {
	kind, err := kindOf(name)
	if err != nil {
		return "", err
	}
	b, err := defaultBuilder(ctx)
	if err != nil {
		return "", fmt.Errorf("build %s: %w", name, err)
	}
	return b.build(ctx, name, kind.pkg)
}

// A builder builds the packages of one module into a cache directory.
type builder struct {
	module   string // directory of the module
	cache    string
	goTool   string
	progress io.Writer
}

func defaultBuilder(ctx context.Context) (builder, error) {
	b := builder{goTool: "go", progress: os.Stderr}
	root, err := repoDir(ctx)
	if err != nil {
		return b, err
	}
	b.module = filepath.Join(root, "internal", "testservers")
	b.cache = os.Getenv("S3MIO_TEST_CACHE")
	if b.cache == "" {
		dir, err := os.UserCacheDir()
		if err != nil {
			return b, fmt.Errorf("no cache directory (S3MIO_TEST_CACHE can name one): %w", err)
		}
		b.cache = filepath.Join(dir, "s3mio", "testservers")
	}
	b.cache, err = filepath.Abs(b.cache)
	return b, err
}

// repoDir returns the root of this module's source.
func repoDir(ctx context.Context) (string, error) {
	// Absolute, except in binaries built with -trimpath.
	if _, file, _, ok := runtime.Caller(0); ok && filepath.IsAbs(file) {
		return filepath.Dir(filepath.Dir(filepath.Dir(file))), nil
	}
	out, err := exec.CommandContext(ctx, "go", "list", "-m", "-f", "{{.Dir}}", modulePath).Output()
	if err != nil {
		return "", fmt.Errorf("find the source of %s: %w", modulePath, err)
	}
	return strings.TrimSpace(string(out)), nil
}

// buildArgs and buildEnv make small binaries that do not depend on where they were built
// or on the flags of the person who runs the tests.
var buildArgs = []string{"build", "-mod=readonly", "-trimpath", "-buildvcs=false", "-ldflags=-s -w"}

var buildEnv = []string{"CGO_ENABLED=0", "GOWORK=off", "GOFLAGS=", "GOOS=" + runtime.GOOS, "GOARCH=" + runtime.GOARCH}

func (b builder) build(ctx context.Context, name, pkg string) (path string, err error) {
	defer func() {
		if err != nil {
			err = fmt.Errorf("build %s: %w", name, err)
		}
	}()
	path, err = b.path(name, pkg)
	if err != nil {
		return "", err
	}
	if built(path) {
		return path, nil
	}
	if err := os.MkdirAll(b.cache, 0o755); err != nil {
		return "", err
	}
	unlock, err := lock(ctx, filepath.Join(b.cache, name+".lock"))
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, unlock()) }()
	if built(path) { // by the process that held the lock before
		return path, nil
	}

	// A directory of its own, so that a build that was cut short never
	// leaves, or still writes, a file under the final name.
	tmp, err := os.MkdirTemp(b.cache, name+".tmp-")
	if err != nil {
		return "", err
	}
	defer func() { err = errors.Join(err, os.RemoveAll(tmp)) }()
	bin := filepath.Join(tmp, filepath.Base(path))

	if _, err := fmt.Fprintf(b.progress, "s3test: building %s, once; this can take some minutes\n", name); err != nil {
		return "", err
	}
	cmd := exec.CommandContext(ctx, b.goTool, append(slices.Clone(buildArgs), "-o", bin, pkg)...)
	cmd.Dir = b.module
	cmd.Env = append(cmd.Environ(), buildEnv...)
	cmd.WaitDelay = 5 * time.Second
	if out, err := cmd.CombinedOutput(); err != nil {
		return "", fmt.Errorf("go build in %s: %w\n%s", b.module, errors.Join(err, ctx.Err()), tail(out))
	}
	return path, os.Rename(bin, path)
}

// path returns where the binary belongs: its name tells apart everything that
// makes for a different one.
func (b builder) path(name, pkg string) (string, error) {
	h := sha256.New()
	fmt.Fprintln(h, runtime.Version(), pkg, buildArgs, buildEnv)
	for _, file := range []string{"go.mod", "go.sum"} {
		data, err := os.ReadFile(filepath.Join(b.module, file))
		if errors.Is(err, fs.ErrNotExist) {
			return "", fmt.Errorf("%w: the sources of the test servers are in a clone of the repository only; the module zip leaves them out", err)
		}
		if err != nil {
			return "", err
		}
		fmt.Fprintf(h, "%d\n%s", len(data), data)
	}
	path := filepath.Join(b.cache, fmt.Sprintf("%s-%x", name, h.Sum(nil)[:8]))
	if runtime.GOOS == "windows" {
		path += ".exe"
	}
	return path, nil
}

func built(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// tail returns the end of a log, short enough for a test's output.
func tail(log []byte) string {
	const limit = 4 << 10
	if len(log) > limit {
		return "..." + string(log[len(log)-limit:])
	}
	return string(log)
}
