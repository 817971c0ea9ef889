package main

import (
	"bytes"
	"context"
	"crypto/rand"
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"go.uber.org/goleak"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

func TestMain(m *testing.M) { os.Exit(s3test.Main(m, func() error { return goleak.Find() })) }

func TestMemory(t *testing.T) {
	checkTour(t)           // the default
	checkTour(t, "mem://") // the same, by name
}

func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "demo")
	checkTour(t, "file://"+filepath.ToSlash(dir)+"?create=true")
	checkEmpty(t, "file://"+filepath.ToSlash(dir))
}

func TestRelativeDirectory(t *testing.T) {
	t.Chdir(t.TempDir())
	checkTour(t, "file://./demo?create=true")
	if info, err := os.Stat("demo"); err != nil || !info.IsDir() {
		t.Errorf("the bucket's directory: %v, %v", info, err)
	}
}

func TestS3(t *testing.T) {
	for _, server := range s3test.All(t) {
		t.Run(server.Name, func(t *testing.T) {
			server.Setenv(t)
			drv, err := s3driver.New(t.Context(), s3driver.Config{Endpoint: server.Endpoint, Region: server.Region})
			if err != nil {
				t.Fatal(err)
			}
			s := store.New(drv)
			defer s.Close()
			name := "quickstart-" + strings.ToLower(rand.Text())
			if err := s.CreateBucket(t.Context(), name); err != nil {
				t.Fatal(err)
			}
			checkTour(t, server.BucketURL(name))
			if err := s.DeleteBucket(t.Context(), name); err != nil {
				t.Errorf("is the bucket not empty? %v", err)
			}

			err = run(t.Context(), []string{server.BucketURL(name)}, new(bytes.Buffer))
			if !errors.Is(err, store.ErrBucketNotFound) || !strings.Contains(err.Error(), "aws s3 mb") {
				t.Errorf("a missing bucket: %v", err)
			}
		})
	}
}

// checkTour takes the whole tour and looks at what it tells.
func checkTour(t *testing.T, args ...string) {
	t.Helper()
	var out bytes.Buffer
	if err := run(t.Context(), args, &out); err != nil {
		t.Fatalf("%q: %v; the output was:\n%s", args, err, &out)
	}
	for _, stop := range stops {
		want(t, out.String(), stop.title)
	}
	want(t, out.String(),
		"stored hello.txt, 15 bytes",
		`-> "Hello, objects!"`,
		"{Theme:dark Limit:20}",
		"no-such-key: object not found",
		"14 bytes, image/gif, metadata map[origin:quickstart]",
		"refused, store.ErrPreconditionFailed",
		"-> february.csv, 21 bytes",
		"-> folder reports/\n",
		"-> object settings.json\n",
		"-> map[lang:en mood:good]\n",
		"-> 10:01 error: disk full\n",
		"-> copied settings.json to backup/settings.json\n",
		"3 copied, 1 failed",
		`gone: ["backup/hello.txt" "backup/march.csv" "never-there"]`,
		"3 objects deleted",
		"upload   [##############################] 100%  10.0 of 10.0 MiB",
		"download [##############################] 100%  10.0 of 10.0 MiB",
		"the downloaded file equals the uploaded one",
		`200 OK: "Hello again!"`,
		`200 OK, and the object holds "I was here."`,
		"Cleaned up: 7 objects removed",
	)
	if strings.Contains(strings.ToLower(out.String()), "signature=") {
		t.Errorf("the output shows the signature of a presigned URL:\n%s", &out)
	}
}

func want(t *testing.T, output string, parts ...string) {
	t.Helper()
	for _, part := range parts {
		if !strings.Contains(output, part) {
			t.Errorf("the output lacks %q:\n%s", part, output)
		}
	}
}

// checkEmpty looks whether the tour left anything.
func checkEmpty(t *testing.T, url string) {
	t.Helper()
	bucket, err := store.OpenBucket(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	left, err := bucket.List(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(left) > 0 {
		t.Errorf("the tour left %d objects, %s among them", len(left), left[0].Key)
	}
}

func TestCleanUpAfterCancel(t *testing.T) {
	bucket, err := store.OpenBucket(t.Context(), "mem://")
	if err != nil {
		t.Fatal(err)
	}
	defer bucket.Close()
	ctx, cancel := context.WithCancel(t.Context())
	// The tour is cancelled when it comes to its seventh stop.
	out := &trigger{on: "7. Tags", f: cancel}
	if err := tour(ctx, bucket, out); !errors.Is(err, context.Canceled) {
		t.Errorf("tour: %v", err)
	}
	want(t, out.String(), "Cleaned up: 6 objects removed")
	if left, err := bucket.List(t.Context()); err != nil || len(left) > 0 {
		t.Errorf("left behind: %v, %v", left, err)
	}
}

// trigger calls f when a text is written.
type trigger struct {
	bytes.Buffer
	on string
	f  func()
}

func (w *trigger) Write(p []byte) (int, error) {
	if bytes.Contains(p, []byte(w.on)) {
		w.f()
	}
	return w.Buffer.Write(p)
}

func TestErrors(t *testing.T) {
	missing := "file://" + filepath.ToSlash(filepath.Join(t.TempDir(), "missing"))
	for _, test := range []struct {
		args []string
		want string
	}{
		{[]string{"-h"}, "usage: quickstart [bucket-URL]"},
		{[]string{"mem://", "mem://"}, "usage: quickstart [bucket-URL]"},
		{[]string{"gopher://host"}, `unknown URL scheme "gopher"`},
		{[]string{"mem://?crate=true"}, `"crate"`},
		{[]string{missing}, "add ?create=true"},
		{[]string{"s3://my-bucket?endpoint=" + url.QueryEscape("ftp://host")}, "endpoint"},
	} {
		err := run(t.Context(), test.args, new(bytes.Buffer))
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("%q: %v; want %q", test.args, err, test.want)
		}
	}
}
