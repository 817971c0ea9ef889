package s3driver

import (
	"fmt"
	"net/http"
	"runtime"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/s3mio/s3mio/driver"
)

// TestCloseBesideCall closes the driver while a call goes on to need the background.
func TestCloseBesideCall(t *testing.T) {
	reached, answer := make(chan struct{}, 100), make(chan struct{})
	s := script(t, Config{MaxRetries: -1, PartSize: 5 * mib}, func(_ int, w http.ResponseWriter, r *http.Request) {
		drain(r)
		reached <- struct{}{}
		<-answer
		fail(w, 403, "AccessDenied")
	})
	done := make(chan error, 2)
	go func() {
		_, err := s.Put(t.Context(), "k", sixMiB(), putOptions(6*mib))
		done <- err
	}()
	<-reached
	closed := make(chan error, 1)
	go func() { closed <- s.Close() }()
	close(answer)
	wantError(t, "Put", <-done, driver.ErrAccessDenied)
	if err := <-closed; err != nil {
		t.Error(err)
	}
}

// TestCloseIsNotForCalls closes the driver while an upload is made, or completed, for
// as long as it likes.
func TestCloseIsNotForCalls(t *testing.T) {
	for _, op := range []string{"create", "complete"} {
		synctest.Test(t, func(t *testing.T) {
			reached, release := make(chan struct{}), make(chan struct{})
			b := direct(func(w http.ResponseWriter, r *http.Request) {
				if operation(r) == op {
					close(reached)
					<-release
				}
				honest(w, r)
			}).bucket(t)
			done := make(chan error, 1)
			go func() { done <- errorOf(b.Put(t.Context(), "k", sixMiB(), putOptions(6*mib))) }()
			<-reached
			if err := b.Close(); err != nil { // a deadlock of the bubble, if it waits
				t.Error(err)
			}
			close(release)
			if err := <-done; err != nil {
				t.Error(err)
			}
		})
	}
}

// TestClientThatDoesNotReturn has an HTTP client that panics, or ends its goroutine:
// that is the call's, and not the process's or a wait without end.
func TestClientThatDoesNotReturn(t *testing.T) {
	for _, op := range []string{"create", "complete"} {
		for name, leave := range map[string]func(){"panic": func() { panic("mine") }, "Goexit": runtime.Goexit} {
			synctest.Test(t, func(t *testing.T) {
				b := direct(func(w http.ResponseWriter, r *http.Request) {
					if operation(r) == op {
						leave()
					}
					honest(w, r)
				}).bucket(t)
				err := func() (err error) {
					defer func() {
						if v := recover(); v != nil {
							err = fmt.Errorf("panic: %v", v)
						}
					}()
					return errorOf(b.Put(t.Context(), "k", sixMiB(), putOptions(6*mib)))
				}()
				b.background.Wait()
				want := "ended its goroutine"
				if name == "panic" {
					want = "panic: mine"
				}
				if err == nil || !strings.Contains(err.Error(), want) {
					t.Errorf("%s, %s: %v", op, name, err)
				}
			})
		}
	}
}
