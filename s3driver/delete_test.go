package s3driver

import (
	"bytes"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

func TestDeleteBatch(t *testing.T) {
	onServers(t, Config{}, func(t *testing.T, b *bucket, _ string) {
		keys := []string{"control\x01key", "new\nline", "<&>\"'", "é"}
		for _, key := range keys[2:] {
			put(t, b, key, "x")
		}
		for len(keys) < driver.MaxBatch {
			keys = append(keys, fmt.Sprintf("missing-%d", len(keys)))
		}
		results, err := b.DeleteBatch(t.Context(), keys)
		if err != nil || len(results) != len(keys) {
			t.Fatalf("%d results, %v", len(results), err)
		}
		for i, err := range results[4:] {
			if err != nil {
				t.Errorf("%q: %v", keys[i+4], err)
			}
		}
		if keys := listAll(t, b, &driver.ListOptions{}); len(keys) != 0 {
			t.Errorf("still there: %q", keys)
		}
	})
}

// TestDeleteBatchAnswers has an answer with a success, two failures of which
// one passes, and a key left out.
func TestDeleteBatchAnswers(t *testing.T) {
	s := script(t, Config{}, func(_ int, w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		switch {
		case r.Method == "DELETE" && r.URL.Path == "/bucket/x\x01":
			w.WriteHeader(204)
		case r.Header.Get("Content-Md5") == "" || r.Header.Get("X-Amz-Checksum-Crc32") == "" || bytes.Contains(body, []byte("<Quiet>true")):
			t.Errorf("request without checksum, or quiet: %v, %s", r.Header, body)
		case bytes.Count(body, []byte("<Key>")) == 5:
			_, _ = io.WriteString(w, `<DeleteResult><Deleted><Key>a</Key></Deleted><Error><Key>b</Key><Code>AccessDenied</Code></Error>`+
				`<Error><Key>c</Key><Code>SlowDown</Code></Error><Error><Key>e</Key><Code>NoSuchKey</Code></Error></DeleteResult>`)
		case bytes.Count(body, []byte("<Key>")) == 1 && bytes.Contains(body, []byte("<Key>c</Key>")):
			_, _ = io.WriteString(w, `<DeleteResult><Deleted><Key>c</Key></Deleted></DeleteResult>`)
		default:
			t.Errorf("unexpected %s %s: %s", r.Method, r.URL, body)
		}
	})
	results, err := s.DeleteBatch(t.Context(), []string{"x\x01", "a", "b", "c", "d", "e"})
	if err != nil || len(results) != 6 {
		t.Fatal(results, err)
	}
	for i, ok := range []bool{true, true, false, true, false, true} {
		if (results[i] == nil) != ok {
			t.Errorf("result %d: %v", i, results[i])
		}
	}
	wantError(t, "b", results[2], driver.ErrAccessDenied)
}

// TestDeleteBatchAttempts has two keys that the server fails on for the moment,
// one of them for ever: MaxRetries is the number of further attempts, and only
// what failed is sent again.
func TestDeleteBatchAttempts(t *testing.T) {
	for retries, want := range map[int]int{-1: 1, 1: 2, 3: 4} {
		var sent []string
		s := script(t, Config{MaxRetries: retries}, func(n int, w http.ResponseWriter, r *http.Request) {
			body, err := io.ReadAll(r.Body)
			if err != nil {
				t.Error(err)
			}
			keys := ""
			_, _ = io.WriteString(w, "<DeleteResult>")
			for _, key := range []string{"good", "late", "bad"} {
				if !bytes.Contains(body, []byte("<Key>"+key+"</Key>")) {
					continue
				}
				keys += key + " "
				answer := "<Deleted><Key>%s</Key></Deleted>"
				if key == "bad" || key == "late" && n < want {
					answer = "<Error><Key>%s</Key><Code>InternalError</Code></Error>"
				}
				fmt.Fprintf(w, answer, key)
			}
			_, _ = io.WriteString(w, "</DeleteResult>")
			sent = append(sent, keys)
		})
		results, err := s.DeleteBatch(t.Context(), []string{"good", "late", "bad"})
		if err != nil || results[0] != nil || results[1] != nil {
			t.Errorf("MaxRetries %d: %v, %v", retries, results, err)
		}
		if code(results[2]) != "InternalError" || want > 1 && !strings.Contains(results[2].Error(), fmt.Sprintf("%d attempts", want)) {
			t.Errorf("MaxRetries %d: %v, want one after %d attempts", retries, results[2], want)
		}
		all := append([]string{"good late bad "}, slices.Repeat([]string{"late bad "}, want-1)...)
		if !slices.Equal(sent, all) {
			t.Errorf("MaxRetries %d: sent %q, want %q", retries, sent, all)
		}
	}
}
