package s3test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"strings"
	"time"
)

const (
	defaultRegion = "us-east-1"
	readyTimeout  = 60 * time.Second
	pollInterval  = 50 * time.Millisecond
	portAttempts  = 5
)

// errPortTaken is the error of a server that lost its port to another process
// between the choice of the port and its use.
var errPortTaken = errors.New("port already in use")

// Start builds the named server if needed and starts it. The server ends with
// [Server.Stop], and at the latest with this process.
func Start(ctx context.Context, name string) (*Server, error) {
	kind, err := kindOf(name)
	if err != nil {
		return nil, err
	}
	bin, err := Build(ctx, name)
	if err != nil {
		return nil, err
	}
	return kind.start(ctx, bin, freeAddr)
}

// Stop ends the server and removes its data. A server that has ended before
// is an error, with the end of its log. Stop may be called again, and does
// nothing for a server that this package did not start.
func (s *Server) Stop() error {
	if s.proc == nil {
		return nil
	}
	p := s.proc
	s.proc = nil
	ended, err := p.wait(time.Millisecond)
	if ended {
		err = fmt.Errorf("%s ended before its time; its log:\n%s", s.Name, p.logTail())
	}
	return errors.Join(err, p.stop())
}

// start starts bin on the first address from choose that it can have.
func (k kind) start(ctx context.Context, bin string, choose func() (string, error)) (*Server, error) {
	var err error
	for range portAttempts {
		var addr string
		if addr, err = choose(); err != nil {
			break
		}
		var s *Server
		if s, err = k.startAt(ctx, bin, addr); err == nil {
			return s, nil
		}
		if !errors.Is(err, errPortTaken) {
			break
		}
	}
	return nil, fmt.Errorf("start %s: %w", k.name, err)
}

func (k kind) startAt(ctx context.Context, bin, addr string) (*Server, error) {
	dir, err := os.MkdirTemp("", "s3test-"+k.name+"-")
	if err != nil {
		return nil, err
	}
	data, meta := filepath.Join(dir, "data"), filepath.Join(dir, "meta")
	if err := errors.Join(os.Mkdir(data, 0o700), os.Mkdir(meta, 0o700)); err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	s := &Server{
		Name:      k.name,
		Endpoint:  "http://" + addr,
		AccessKey: rand.Text()[:20],
		SecretKey: rand.Text() + rand.Text(),
		Region:    defaultRegion,
	}
	// Nothing else of the environment reaches the server: no settings of the
	// person who runs the tests, and no proxy.
	env := append(k.env(s), "PATH="+os.Getenv("PATH"), "HOME="+dir, "TMPDIR="+dir)
	s.proc, err = supervise(dir, env, append([]string{bin}, k.args(addr, data, meta)...)...)
	if err != nil {
		return nil, err
	}
	if err := s.waitReady(ctx); err != nil {
		return nil, errors.Join(err, s.proc.stop())
	}
	return s, nil
}

// waitReady polls until the server answers a signed request. That is more
// than a health check: since the credentials are new and random, it also shows
// that the one who answers is this server and not another on the same port.
func (s *Server) waitReady(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, readyTimeout)
	defer cancel()
	for {
		probeErr := s.probe(ctx)
		ended, err := s.proc.wait(pollInterval)
		switch {
		case err != nil:
			return err
		case ended && strings.Contains(s.proc.logTail(), "already in use"):
			return fmt.Errorf("%w: %s", errPortTaken, s.proc.logTail())
		case ended:
			return fmt.Errorf("the server ended at once; its log:\n%s", s.proc.logTail())
		case probeErr == nil:
			return nil
		case ctx.Err() != nil:
			return fmt.Errorf("the server is not ready: %w; its log:\n%s", errors.Join(ctx.Err(), probeErr), s.proc.logTail())
		}
	}
}

// freeAddr returns a loopback address that was free a moment ago.
func freeAddr() (string, error) {
	l, err := net.Listen("tcp4", "127.0.0.1:0")
	if err != nil {
		return "", err
	}
	return l.Addr().String(), l.Close()
}
