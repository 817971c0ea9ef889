package s3driver

import (
	"bytes"
	"fmt"
	"io"
	"maps"
	"net/http"
	"runtime"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// honest answers like a server with one object, "src" of 12 MiB.
func honest(w http.ResponseWriter, r *http.Request) {
	drain(r)
	copies := r.Header.Get("X-Amz-Copy-Source") != ""
	switch {
	case r.Method == "HEAD" && r.URL.Path == "/bucket/src":
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Content-Length", fmt.Sprint(12*mib))
	case r.Method == "HEAD":
		w.WriteHeader(http.StatusNotFound)
	case operation(r) == "create":
		_, _ = io.WriteString(w, "<InitiateMultipartUploadResult><UploadId>u</UploadId></InitiateMultipartUploadResult>")
	case operation(r) == "part" && copies:
		_, _ = io.WriteString(w, "<CopyPartResult><ETag>p</ETag></CopyPartResult>")
	case copies:
		_, _ = io.WriteString(w, "<CopyObjectResult><ETag>e</ETag></CopyObjectResult>")
	case operation(r) == "complete":
		_, _ = io.WriteString(w, "<CompleteMultipartUploadResult><ETag>c-2</ETag></CompleteMultipartUploadResult>")
	case operation(r) == "abort":
		w.WriteHeader(http.StatusNoContent)
	case r.Method == "GET" && r.URL.Query().Has("tagging"):
		_, _ = io.WriteString(w, "<Tagging><TagSet/></Tagging>")
	case r.Method == "GET":
		fail(w, http.StatusNotFound, "NoSuchUpload")
	case r.Method == "POST":
		_, _ = io.WriteString(w, "<DeleteResult><Deleted><Key>k</Key></Deleted></DeleteResult>")
	default:
		w.Header().Set("ETag", `"e"`)
	}
}

// writes are the calls that write, each with the request at which it may be
// lied to.
var writes = map[string]struct {
	lie  func(r *http.Request) bool
	call func(t *testing.T, b *bucket) error
}{
	"Put": {isOperation("PUT"), func(t *testing.T, b *bucket) error {
		_, err := b.Put(t.Context(), "k", strings.NewReader("x"), putOptions(1))
		return err
	}},
	"CreateMultipartUpload": {isOperation("create"), putParts},
	"UploadPart":            {isOperation("part"), putParts},
	"Complete":              {isOperation("complete"), putParts},
	"Copy": {isOperation("PUT"), func(t *testing.T, b *bucket) error {
		_, err := b.Copy(t.Context(), "k", b, "src")
		return err
	}},
	"UploadPartCopy":   {isOperation("part"), copyParts},
	"CompleteTheCopy":  {isOperation("complete"), copyParts},
	"TagsOfTheSource":  {func(r *http.Request) bool { return r.URL.Query().Has("tagging") }, copyParts},
	"DeleteObjects":    {isOperation("POST"), deleteOne},
	"PutObjectTagging": {isOperation("PUT"), func(t *testing.T, b *bucket) error { return b.SetTags(t.Context(), "k", nil) }},
}

func putParts(t *testing.T, b *bucket) error {
	_, err := b.Put(t.Context(), "k", bytes.NewReader(make([]byte, 6*mib)), putOptions(6*mib))
	return err
}

func copyParts(t *testing.T, b *bucket) error {
	b.copyPartThreshold = 5 * mib
	_, err := b.Copy(t.Context(), "k", b, "src")
	return err
}

func deleteOne(t *testing.T, b *bucket) error {
	results, err := b.DeleteBatch(t.Context(), []string{"k"})
	if err == nil {
		err = results[0]
	}
	return err
}

// TestLyingWrites has a server that is honest but for one request, which it
// answers with status 200 and something else than S3 does: that is no success,
// and an upload is aborted.
func TestLyingWrites(t *testing.T) {
	const prolog = `<?xml version="1.0" encoding="UTF-8"?>`
	bodies := map[string]func(w io.Writer) error{
		"empty":   text(""),
		"blank":   text(" \n\t"),
		"HTML":    text("<!DOCTYPE html>\n<html><body>Welcome</body></html>"),
		"text":    text("OK"),
		"error":   text(prolog + "<Error><Code>InternalError</Code><Message>m</Message></Error>"),
		"refusal": text(prolog + "<Error><Code>AccessDenied</Code><Message>m</Message></Error>"),
		"late error": text(strings.Repeat(" ", 100_000) +
			"<Error><Code>InternalError</Code><Message>m</Message></Error>"),
		"foreign":  text(prolog + "<NotificationConfiguration/>"),
		"no ETag":  text(prolog + "<CopyPartResult></CopyPartResult>"),
		"no close": text(prolog + "<CompleteMultipartUploadResult><ETag>c"),
		"endless":  endless(t, "<x>"),
		"blanks":   endless(t, " "),
	}
	// What success looks like for these.
	fine := map[string][]string{
		"UploadPart":       {},
		"PutObjectTagging": {"empty", "blank"},
		"TagsOfTheSource":  {"empty", "blank"},
	}
	var before runtime.MemStats
	runtime.ReadMemStats(&before)
	cases := 0
	for _, name := range slices.Sorted(maps.Keys(writes)) {
		for _, kind := range slices.Sorted(maps.Keys(bodies)) {
			if slices.Contains(fine[name], kind) {
				continue
			}
			// Not a subtest: that would wait for what goes on in the background.
			what := name + ", " + kind
			s := script(t, Config{PartSize: 5 << 20, MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
				if !writes[name].lie(r) {
					honest(w, r)
					return
				}
				drain(r)
				_ = bodies[kind](w) // the client may hang up
			})
			err := writes[name].call(t, s.bucket)
			if err == nil {
				t.Errorf("%s: success; requests: %q", what, s.seen())
			} else if len(err.Error()) > 2000 {
				t.Errorf("%s: an error of %d bytes", what, len(err.Error()))
			}
			requests := strings.Join(s.seen(), "\n")
			if strings.Contains(requests, "uploadId=u") && !strings.Contains(requests, "DELETE /bucket/k?uploadId=u") {
				t.Errorf("%s: the upload is not aborted: %s", what, requests)
			}
			cases++
		}
	}
	var after runtime.MemStats
	if runtime.ReadMemStats(&after); after.HeapSys > before.HeapSys+256*mib {
		t.Errorf("the heap grew from %d to %d MiB", before.HeapSys/mib, after.HeapSys/mib)
	}
	t.Logf("%d lies, no success; the heap went from %d to %d MiB", cases, before.HeapSys/mib, after.HeapSys/mib)
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// endless is a body that is not to be read to its end, which is far.
func endless(t *testing.T, s string) func(io.Writer) error {
	chunk := []byte(strings.Repeat(s, mib/len(s)))
	return func(w io.Writer) error {
		for range hugeAnswer / mib {
			if _, err := w.Write(chunk); err != nil {
				return err
			}
		}
		t.Errorf("an answer of %d MiB was read", hugeAnswer/mib)
		return nil
	}
}

// TestHugeErrorsOfWrites has errors without an end, of which little is read.
func TestHugeErrorsOfWrites(t *testing.T) {
	for _, name := range slices.Sorted(maps.Keys(writes)) {
		s := script(t, Config{PartSize: 5 << 20, MaxRetries: 1}, func(_ int, w http.ResponseWriter, r *http.Request) {
			if !writes[name].lie(r) {
				honest(w, r)
				return
			}
			drain(r)
			w.WriteHeader(http.StatusForbidden)
			_ = endless(t, "<x>")(w) // the client may hang up
		})
		err := writes[name].call(t, s.bucket)
		wantError(t, name, err, driver.ErrAccessDenied)
		if err != nil && len(err.Error()) > 2000 {
			t.Errorf("%s: an error of %d bytes", name, len(err.Error()))
		}
		if t.Failed() {
			break // to read it all takes long
		}
	}
}
