package s3driver

import (
	"bufio"
	"io"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/s3mio/s3mio/driver"
)

// TestSlowUpload: what the system has taken on is sent over a slow line for a
// long time after the last byte of a body was handed over. That is no stall; a
// line that then goes silent is.
func TestSlowUpload(t *testing.T) {
	for _, silent := range []bool{false, true} {
		l, err := net.Listen("tcp", "127.0.0.1:0")
		if err != nil {
			t.Fatal(err)
		}
		quit, done := make(chan struct{}), make(chan struct{})
		go func() {
			defer close(done)
			for {
				conn, err := l.Accept()
				if err != nil {
					return
				}
				slowServer(conn.(*net.TCPConn), silent, quit)
			}
		}()
		b := openBucket(t, newDriver(t, Config{
			Endpoint: "http://" + l.Addr().String(), AccessKeyID: "a", SecretAccessKey: "b",
			StallTimeout: 400 * time.Millisecond, MaxRetries: -1,
		}), "bucket")
		content := string(noise(2 * mib))
		start := time.Now()
		_, err = b.Put(t.Context(), "k", strings.NewReader(content), &driver.PutOptions{Size: 2 * mib, ContentType: "x"})
		took := time.Since(start)
		if silent != (err != nil) {
			t.Errorf("silent %v: %v after %v", silent, err, took)
		}
		if silent && !strings.Contains(err.Error(), "no byte sent or received") {
			t.Errorf("%v", err)
		}
		t.Logf("silent %v: %v with a StallTimeout of 400ms: %v", silent, took.Round(time.Millisecond), err)
		close(quit)
		if err := l.Close(); err != nil {
			t.Error(err)
		}
		<-done
	}
}

// slowServer takes a PUT at some 1.6 MB/s, or stops taking it half way.
func slowServer(conn *net.TCPConn, silent bool, quit chan struct{}) {
	defer conn.Close()
	_ = conn.SetReadBuffer(64 << 10) // only makes the test sharper
	req, err := http.ReadRequest(bufio.NewReaderSize(conn, 4<<10))
	if err != nil || req.Method != http.MethodPut {
		return
	}
	if req.Header.Get("Expect") != "" {
		_, _ = io.WriteString(conn, "HTTP/1.1 100 Continue\r\n\r\n")
	}
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for left := req.ContentLength; left > 0; left -= 16 << 10 {
		select {
		case <-quit:
			return
		case <-tick.C:
		}
		if _, err := io.CopyN(io.Discard, req.Body, min(left, 16<<10)); err != nil {
			return
		}
		if silent && left < req.ContentLength/2 {
			<-quit
			return
		}
	}
	_, _ = io.WriteString(conn, "HTTP/1.1 200 OK\r\nETag: \"e\"\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
}
