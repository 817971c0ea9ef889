package s3driver

import (
	"encoding/pem"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/s3mio/s3mio/driver"
)

// TestEarlyAnswer has a server that refuses a write when it has read the header,
// and closes: that is heard, whatever becomes of the body.
func TestEarlyAnswer(t *testing.T) {
	const body = "<Error><Code>PreconditionFailed</Code><Message>m</Message></Error>"
	refuse := http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		conn, buf, err := http.NewResponseController(w).Hijack()
		if err != nil {
			t.Error(err)
			return
		}
		fmt.Fprintf(buf, "HTTP/1.1 412 Precondition Failed\r\nContent-Length: %d\r\n\r\n%s", len(body), body)
		_ = buf.Flush() // the client tells what arrived
		_ = conn.Close()
	})
	for name, start := range map[string]func(http.Handler) *httptest.Server{"plain": httptest.NewServer, "TLS": httptest.NewTLSServer} {
		t.Run(name, func(t *testing.T) {
			server := start(refuse)
			defer server.Close()
			if cert := server.Certificate(); cert != nil {
				file := filepath.Join(t.TempDir(), "ca.pem")
				if err := os.WriteFile(file, pem.EncodeToMemory(&pem.Block{Type: "CERTIFICATE", Bytes: cert.Raw}), 0o600); err != nil {
					t.Fatal(err)
				}
				t.Setenv("AWS_CA_BUNDLE", file)
			}
			b := openBucket(t, newDriver(t, Config{Endpoint: server.URL, AccessKeyID: "a", SecretAccessKey: "b", MaxRetries: -1}), "bucket")
			for range 50 {
				_, err := b.Put(t.Context(), "k", strings.NewReader(strings.Repeat("x", 8*mib)), putOptions(8*mib))
				wantError(t, "Put", err, driver.ErrPreconditionFailed)
			}
		})
	}
}
