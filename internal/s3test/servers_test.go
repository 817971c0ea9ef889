package s3test

import (
	"errors"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"
)

func TestServersAnswer(t *testing.T) {
	seen := map[string]bool{}
	for _, s := range All(t) {
		t.Run(s.Name, func(t *testing.T) {
			if seen[s.Endpoint] {
				t.Errorf("%s is the endpoint of two servers", s.Endpoint)
			}
			seen[s.Endpoint] = true
			if err := s.probe(t.Context()); err != nil {
				t.Errorf("a request with the announced credentials: %v", err)
			}

			wrong := *s
			wrong.SecretKey += "x"
			if err := wrong.probe(t.Context()); err == nil || !strings.Contains(err.Error(), "403") {
				t.Errorf("a request with another secret key: %v, want a 403", err)
			}

			req, err := http.NewRequestWithContext(t.Context(), http.MethodGet, s.Endpoint+"/", nil)
			if err != nil {
				t.Fatal(err)
			}
			resp, err := prober.Do(req)
			if err != nil {
				t.Fatal(err)
			}
			if err := resp.Body.Close(); err != nil {
				t.Error(err)
			}
			if resp.StatusCode != http.StatusForbidden {
				t.Errorf("a request without credentials: %s, want 403", resp.Status)
			}
		})
	}
}

func TestServersAreShared(t *testing.T) {
	want := []*Server{MinIO(t), VersityGW(t)}
	for range 2 {
		if got := All(t); !slices.Equal(got, want) {
			t.Errorf("All = %v, want the same servers as before, %v", got, want)
		}
	}
}

// TestPortRace starts each server on a port that another server has, as if it
// had been lost after it was chosen.
func TestPortRace(t *testing.T) {
	for _, s := range All(t) {
		k, err := kindOf(s.Name)
		if err != nil {
			t.Skip(err) // a custom server
		}
		t.Run(k.name, func(t *testing.T) {
			bin, err := Build(t.Context(), k.name)
			if err != nil {
				t.Fatal(err)
			}
			other := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
				w.WriteHeader(http.StatusForbidden) // it knows other credentials
			}))
			defer other.Close()
			taken := other.Listener.Addr().String()

			calls := 0
			started, err := k.start(t.Context(), bin, func() (string, error) {
				if calls++; calls == 1 {
					return taken, nil
				}
				return freeAddr()
			})
			if err != nil {
				t.Fatal(err)
			}
			if err := errors.Join(started.probe(t.Context()), started.CreateBucket(t.Context(), "bucket"), started.Stop()); err != nil {
				t.Error(err)
			}
			if calls < 2 {
				t.Error("the taken port was used")
			}

			_, err = k.start(t.Context(), bin, func() (string, error) { return taken, nil })
			if !errors.Is(err, errPortTaken) {
				t.Errorf("with every port taken: %v, want %v", err, errPortTaken)
			}
		})
	}
}
