package faults

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"log"
	"log/slog"
	"maps"
	"net"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"reflect"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/s3mio/s3mio/internal/s3test"
	"github.com/s3mio/s3mio/s3driver"
	"github.com/s3mio/s3mio/store"
)

// canary is in every credential of these tests, and must be in no text.
const canary = "CANARY"

// handle is what buckets and prefixes have in common.
type handle interface {
	store.Objects
	DownloadDir(ctx context.Context, keyPrefix, localDir string, opts ...store.ReadOption) (store.TransferResult, error)
	UploadDir(ctx context.Context, localDir, keyPrefix string, opts ...store.WriteOption) (store.TransferResult, error)
	NewWriter(ctx context.Context, key string, opts ...store.WriteOption) (*store.Writer, error)
	Prefix(segments ...string) *store.Prefix
}

// handleCalls has all methods of buckets and prefixes; results come as errors or
// as values to look at.
func handleCalls(ctx context.Context, h handle, s *store.Store, dir string) map[string]func() (any, error) {
	file := filepath.Join(dir, "file")
	large := filepath.Join(dir, "large")
	return map[string]func() (any, error){
		"All": func() (any, error) {
			for _, err := range h.All(ctx) {
				return nil, err
			}
			return nil, nil
		},
		"Copy": func() (any, error) { return h.Copy(ctx, "a", "b") },
		"CopyMany": func() (any, error) {
			return h.CopyMany(ctx, []store.CopyPair{{Src: "a", Dst: "b"}, {Src: "c", Dst: "d"}})
		},
		"Delete":      func() (any, error) { return nil, h.Delete(ctx, "k") },
		"DeleteMany":  func() (any, error) { return h.DeleteMany(ctx, []string{"k", "l", "m\x01"}) },
		"Download":    func() (any, error) { return nil, h.Download(ctx, "k", filepath.Join(dir, "target")) },
		"DownloadDir": func() (any, error) { return h.DownloadDir(ctx, "p", filepath.Join(dir, "down")) },
		"Exists":      func() (any, error) { return h.Exists(ctx, "k") },
		"GetBytes":    func() (any, error) { return h.GetBytes(ctx, "k") },
		"GetJSON":     func() (any, error) { var v any; return nil, h.GetJSON(ctx, "k", &v) },
		"GetTags":     func() (any, error) { return h.GetTags(ctx, "k") },
		"GetText":     func() (any, error) { return h.GetText(ctx, "k") },
		"Head":        func() (any, error) { return h.Head(ctx, "k", store.WithTags()) },
		"Lines": func() (any, error) {
			for _, err := range h.Lines(ctx, "k") {
				if err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
		"List":    func() (any, error) { return h.List(ctx) },
		"ListDir": func() (any, error) { return h.ListDir(ctx) },
		"NewWriter": func() (any, error) {
			w, err := h.NewWriter(ctx, "k")
			if err != nil {
				return nil, err
			}
			_, err = w.Write(make([]byte, 6*mib))
			return w, errors.Join(err, w.Close(), w.Abort())
		},
		"Open": func() (any, error) {
			r, err := h.Open(ctx, "k")
			if err != nil {
				return nil, err
			}
			_, err = io.Copy(io.Discard, r)
			_, errAt := r.ReadAt(make([]byte, 10), 0)
			return r, errors.Join(err, errAt, r.Close())
		},
		"Prefix":     func() (any, error) { return h.Prefix("more"), nil },
		"PresignGet": func() (any, error) { _, err := h.PresignGet(ctx, "k", 8*24*time.Hour); return nil, err },
		"PresignPut": func() (any, error) { _, err := h.PresignPut(ctx, "k", time.Hour); return nil, err },
		"Put":        func() (any, error) { return h.Put(ctx, "k", "text", store.IfMatch("e")) },
		"SetTags":    func() (any, error) { return nil, h.SetTags(ctx, "k", map[string]string{"a": "b"}) },
		"Stream": func() (any, error) {
			for _, err := range h.Stream(ctx, "k") {
				if err != nil {
					return nil, err
				}
			}
			return nil, nil
		},
		"String": func() (any, error) { return h, nil },
		"Upload": func() (any, error) {
			_, err := h.Upload(ctx, file, "k")
			_, errLarge := h.Upload(ctx, large, "k")
			return nil, errors.Join(err, errLarge)
		},
		"UploadDir": func() (any, error) { return h.UploadDir(ctx, dir, "p") },

		// Of buckets alone.
		"Close": func() (any, error) { return nil, nil }, // called at the end, for all the rest to work
		"Name":  func() (any, error) { return s.Bucket("name").Name(), nil },
		// Of prefixes alone.
		"Bucket":    func() (any, error) { return h.Prefix("p").Bucket(), nil },
		"Path":      func() (any, error) { return h.Prefix("p").Path(), nil },
		"DeleteAll": func() (any, error) { return h.Prefix("p").DeleteAll(ctx) },
	}
}

// storeCalls has all methods of a store.
func storeCalls(ctx context.Context, s *store.Store) map[string]func() (any, error) {
	return map[string]func() (any, error){
		"Bucket": func() (any, error) { return s.Bucket("Bad_Name").List(ctx) },
		"Buckets": func() (any, error) {
			for _, err := range s.Buckets(ctx) {
				return nil, err
			}
			return nil, nil
		},
		"Close":        func() (any, error) { return s, nil },
		"CreateBucket": func() (any, error) { return nil, s.CreateBucket(ctx, "bucket") },
		"DeleteBucket": func() (any, error) { return nil, s.DeleteBucket(ctx, "bucket") },
	}
}

// complete checks that a table of calls has all methods of a type.
func complete[T any](t *testing.T, table map[string]func() (any, error)) {
	t.Helper()
	for m := range reflect.TypeFor[T]().Methods() {
		if table[m.Name] == nil {
			t.Errorf("%v.%s is not in the table", reflect.TypeFor[T](), m.Name)
		}
	}
}

// noCanary looks for credentials in every way to print a value. The verbs of
// text are for values that have one: of others fmt follows every pointer, without
// locks, into contexts that are in use.
func noCanary(t *testing.T, what string, v any) {
	t.Helper()
	texts := []string{}
	verbs := []string{"%v", "%+v", "%#v"}
	switch v.(type) {
	case error, fmt.Stringer, fmt.Formatter:
		verbs = append(verbs, "%s", "%q")
	}
	for _, verb := range verbs {
		texts = append(texts, fmt.Sprintf(verb, v))
	}
	if b, err := json.Marshal(v); err == nil { // what cannot be marshalled shows nothing
		texts = append(texts, string(b))
	}
	for _, text := range texts {
		if at := strings.Index(text, canary); at >= 0 {
			t.Errorf("%s: %T shows …%s", what, v, text[max(0, at-100):min(len(text), at+30)])
			return
		}
	}
}

// echo answers with all of the request in the error.
func echo(w http.ResponseWriter, r *http.Request, status int, code string) {
	_, _ = io.Copy(io.Discard, r.Body)
	var request bytes.Buffer
	_ = r.Header.Write(&request)
	fmt.Fprintf(&request, "%s %s %+v", r.Method, r.URL, r.Header)
	w.Header().Set("X-Amz-Request-Id", "REQUEST1")
	w.WriteHeader(status)
	text := strings.NewReplacer("&", "&amp;", "<", "&lt;").Replace(request.String())
	fmt.Fprintf(w, "<Error><Code>%s</Code><Message>%s</Message><AWSAccessKeyId>%s</AWSAccessKeyId></Error>", code, text, canary)
}

// secretFaults are servers that fail, each in its way.
var secretFaults = map[string]http.HandlerFunc{
	"403":            func(w http.ResponseWriter, r *http.Request) { echo(w, r, 403, "SignatureDoesNotMatch") },
	"404":            func(w http.ResponseWriter, r *http.Request) { echo(w, r, 404, "NoSuchKey") },
	"404 of buckets": func(w http.ResponseWriter, r *http.Request) { echo(w, r, 404, "NoSuchBucket") },
	"400":            func(w http.ResponseWriter, r *http.Request) { echo(w, r, 400, "ExpiredToken") },
	"412":            func(w http.ResponseWriter, r *http.Request) { echo(w, r, 412, "PreconditionFailed") },
	"500":            func(w http.ResponseWriter, r *http.Request) { echo(w, r, 500, "InternalError") },
	"200":            func(w http.ResponseWriter, r *http.Request) { echo(w, r, 200, "InternalError") },
	"text": func(w http.ResponseWriter, r *http.Request) {
		w.WriteHeader(502)
		fmt.Fprintf(w, "%v %v", r.URL, r.Header)
	},
	"redirect": func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("Location", "http://127.0.0.1:1/?X-Amz-Signature="+canary)
		echo(w, r, 307, "TemporaryRedirect")
	},
	"lost answer": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		panic(http.ErrAbortHandler)
	},
	"half a body": func(w http.ResponseWriter, r *http.Request) {
		if r.Method != http.MethodGet || r.Header.Get("Range") != "" {
			echo(w, r, 403, "AccessDenied")
			return
		}
		w.Header().Set("ETag", `"e"`)
		w.Header().Set("Last-Modified", "Tue, 02 Jan 2024 03:04:05 GMT")
		w.Header().Set("Content-Length", "100")
		fmt.Fprint(w, "half")
		w.(http.Flusher).Flush()
		panic(http.ErrAbortHandler)
	},
	"stall": func(_ http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		<-r.Context().Done()
	},
}

// TestNoSecrets makes every call of the library meet every fault, and looks for
// the credentials in all that comes of it.
func TestNoSecrets(t *testing.T) {
	var logs syncBuffer
	oldSlog, oldLog := slog.Default(), log.Writer()
	slog.SetDefault(slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug})))
	log.SetOutput(&logs)
	t.Cleanup(func() { slog.SetDefault(oldSlog); log.SetOutput(oldLog) })

	endpoints := map[string]string{}
	for name, handler := range secretFaults {
		srv := httptest.NewServer(handler)
		srv.Config.ErrorLog = log.New(io.Discard, "", 0)
		t.Cleanup(srv.Close)
		endpoints[name] = srv.URL
	}
	refused, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	endpoints["refused"] = "http://" + refused.Addr().String()
	endpoints["not TLS"] = strings.Replace(endpoints["403"], "http:", "https:", 1)
	if err := refused.Close(); err != nil {
		t.Fatal(err)
	}
	for _, server := range s3test.All(t) {
		endpoints["wrong credentials for "+server.Name] = server.Endpoint
	}
	t.Setenv("AWS_ACCESS_KEY_ID", canary+"ENVKEY")
	t.Setenv("AWS_SECRET_ACCESS_KEY", canary+"ENVSECRET")
	t.Setenv("AWS_SESSION_TOKEN", canary+"ENVTOKEN")
	var calls atomic.Int64
	var wg sync.WaitGroup // most of the time is spent in waiting for aborts that cannot succeed
	for kind, endpoint := range endpoints {
		for _, static := range []bool{true, false} {
			dir := t.TempDir()
			for name, size := range map[string]int{"file": 10, "large": 6 * mib} {
				if err := os.WriteFile(filepath.Join(dir, name), noise(size), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			wg.Go(func() { calls.Add(meetFault(t, kind, endpoint, static, dir)) })
		}
	}
	wg.Wait()
	if strings.Contains(logs.String(), canary) {
		t.Error("a secret in the logs")
	}
	if t.Failed() {
		return
	}
	t.Logf("%d calls under %d faults, no secret in %d KiB of logs nor any error", calls.Load(), len(endpoints), logs.Len()>>10)
}

// meetFault makes every call on a server, with credentials from the
// configuration or from the environment.
func meetFault(t *testing.T, kind, endpoint string, static bool, dir string) (calls int64) {
	cfg := s3driver.Config{
		Endpoint: endpoint, Region: "us-east-1", MaxRetries: 1, RetryDelay: time.Microsecond,
		StallTimeout: 20 * time.Millisecond, PartSize: 5 * mib,
	}
	if static {
		cfg.AccessKeyID, cfg.SecretAccessKey, cfg.SessionToken = canary+"KEY", canary+"SECRET", canary+"TOKEN"
	}
	d, err := s3driver.New(t.Context(), cfg)
	if err != nil {
		t.Error(err)
		return 0
	}
	s := store.New(d)
	noCanary(t, "config", cfg)
	noCanary(t, "driver", d)
	check := func(what string, table map[string]func() (any, error)) {
		for _, name := range slices.Sorted(maps.Keys(table)) {
			calls++
			v, err := table[name]()
			noCanary(t, kind+", "+what+"."+name, v)
			for _, layer := range s3test.Layers(err) {
				noCanary(t, kind+", "+what+"."+name, layer)
			}
			slog.Error("call failed", "err", err, "result", v)
			log.Printf("%v %+v", err, v)
		}
	}
	bucket := s.Bucket("bucket")
	check("Bucket", handleCalls(t.Context(), bucket, s, dir))
	check("Prefix", handleCalls(t.Context(), bucket.Prefix("p"), s, dir))
	check("Store", storeCalls(t.Context(), s))
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	noCanary(t, "closed", bucket)
	return calls
}

// syncBuffer is a buffer that several loggers write to.
type syncBuffer struct {
	mu sync.Mutex
	bytes.Buffer
}

func (b *syncBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.Buffer.Write(p)
}

// TestSecretsTableIsComplete: a method added later is looked at, too.
func TestSecretsTableIsComplete(t *testing.T) {
	s := storeAt(t, "http://127.0.0.1:1", &s3test.Server{Region: "us-east-1", AccessKey: "a", SecretKey: "b"}, s3driver.Config{})
	objects := handleCalls(t.Context(), s.Bucket("bucket"), s, "")
	complete[*store.Bucket](t, objects)
	complete[*store.Prefix](t, objects)
	complete[*store.Store](t, storeCalls(t.Context(), s))
}

// TestSecretsInURLs: what is given to OpenBucket by mistake is not shown.
func TestSecretsInURLs(t *testing.T) {
	for _, raw := range []string{
		"s3://" + canary + ":x@bucket?region=us-east-1",
		"s3://bucket?access_key=" + canary,
		"s3://bucket?region=us-east-1&secret_access_key=" + canary,
		"s3://bucket?endpoint=http://user:" + canary + "@host",
		"s3://bucket?endpoint=http://host?token=" + canary,
		"s3://bucket?region=" + canary + "/x",
		"s3://bucket#" + canary,
		"https://bucket.s3.amazonaws.com/key?X-Amz-Credential=" + canary + "&X-Amz-Signature=" + canary,
		"://" + canary, "s3:" + canary, "%zz" + canary,
	} {
		_, err := store.OpenBucket(t.Context(), raw)
		if err == nil {
			t.Errorf("%q is taken", raw)
		}
		for _, layer := range s3test.Layers(err) {
			noCanary(t, raw, layer)
		}
	}
}
