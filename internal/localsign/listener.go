package localsign

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"sync"
	"time"
)

// listener is a server on loopback.
type listener struct {
	url  string
	srv  *http.Server
	done chan error // what Serve returned

	running sync.RWMutex // held for reading by each request
}

// listen starts a server on a free port of 127.0.0.1. ctx governs starting it,
// not its life.
func listen(ctx context.Context, h http.Handler) (*listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", "127.0.0.1:0")
	if err != nil {
		return nil, fmt.Errorf("serving presigned URLs: %w", err)
	}
	l := &listener{url: "http://" + ln.Addr().String() + "/", done: make(chan error, 1)}
	l.srv = &http.Server{
		Handler: http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			l.running.RLock()
			defer l.running.RUnlock()
			h.ServeHTTP(w, r)
		}),
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       time.Minute,
	}
	go func() { l.done <- l.srv.Serve(ln) }()
	return l, nil
}

// close cuts all connections, which ends their requests, and waits for these.
func (l *listener) close() error {
	err := l.srv.Close()
	if e := <-l.done; !errors.Is(e, http.ErrServerClosed) {
		err = errors.Join(err, e)
	}
	l.running.Lock()
	defer l.running.Unlock()
	return err
}
