package main

import (
	"context"
	"html"
	"io"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
)

// start runs the program until the end of the test.
func start(t *testing.T, dir, bucketURL string) (pageURL string) {
	t.Helper()
	ctx, cancel := context.WithCancel(context.Background())
	ready, ended := make(chan string, 1), make(chan error, 1)
	go func() { ended <- run(ctx, "127.0.0.1:0", dir, bucketURL, func(url string) { ready <- url }) }()
	t.Cleanup(func() {
		cancel()
		if err := <-ended; err != nil {
			t.Error(err)
		}
	})
	select {
	case url := <-ready:
		return url
	case err := <-ended:
		ended <- nil
		t.Fatal(err)
		return ""
	}
}

func do(t *testing.T, method, url, contentType, body string) (int, string) {
	t.Helper()
	req, err := http.NewRequestWithContext(t.Context(), method, url, strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	req.Header.Set("Content-Type", contentType)
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	answer, err := io.ReadAll(resp.Body)
	if err != nil {
		t.Fatal(err)
	}
	return resp.StatusCode, string(answer)
}

// upload does what the page's script does.
func upload(t *testing.T, pageURL, name, contentType, content string) {
	t.Helper()
	form := url.Values{"name": {name}, "type": {contentType}}.Encode()
	status, signed := do(t, "POST", pageURL+"/sign", "application/x-www-form-urlencoded", form)
	if status != http.StatusOK {
		t.Fatalf("signing: %d %s", status, signed)
	}
	if status, answer := do(t, "PUT", signed, contentType, content); status != http.StatusOK {
		t.Fatalf("uploading: %d %s", status, answer)
	}
}

// link finds the address of a file on the page.
func link(t *testing.T, pageURL, name string) string {
	t.Helper()
	status, body := do(t, "GET", pageURL+"/", "", "")
	m := regexp.MustCompile(`href="([^"]+)">` + regexp.QuoteMeta(html.EscapeString(name)) + `<`).FindStringSubmatch(body)
	if status != http.StatusOK || m == nil {
		t.Fatalf("the page does not show %s: %d\n%s", name, status, body)
	}
	return html.UnescapeString(m[1])
}

func TestDirectory(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	pageURL := start(t, dir, "")
	const name, content = "summer & <b>sun</b>.txt", "Hello from the browser"
	upload(t, pageURL, name, "text/plain", content)

	address := link(t, pageURL, name)
	if !strings.HasPrefix(address, pageURL+"/objects?") {
		t.Errorf("the link is %s, not below %s", address, pageURL)
	}
	if status, body := do(t, "GET", address, "", ""); status != http.StatusOK || body != content {
		t.Errorf("GET %s: %d %q", name, status, body)
	}
	upload(t, pageURL, "plain.txt", "text/plain", content)
	if data, err := os.ReadFile(filepath.Join(dir, "localdev", "uploads", "plain.txt")); err != nil || string(data) != content {
		t.Errorf("the file holds %q, %v", data, err)
	}
}

func TestBucketURL(t *testing.T) {
	pageURL := start(t, "", "mem://")
	upload(t, pageURL, "a.txt", "text/plain", "Hello")
	if status, body := do(t, "GET", link(t, pageURL, "a.txt"), "", ""); status != http.StatusOK || body != "Hello" {
		t.Errorf("%d %q", status, body)
	}
}

func TestBadName(t *testing.T) {
	pageURL := start(t, "", "mem://")
	form := url.Values{"name": {""}, "type": {"text/plain"}}.Encode()
	status, body := do(t, "POST", pageURL+"/sign", "application/x-www-form-urlencoded", form)
	if status != http.StatusBadRequest || !strings.Contains(body, "the key is empty") {
		t.Errorf("%d %s", status, body)
	}
}
