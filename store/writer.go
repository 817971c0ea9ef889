package store

import (
	"context"
	"errors"
	"io"
	"sync"

	"github.com/s3mio/s3mio/driver"
)

// Writer stores an object as it is written. Nothing is visible before Close.
type Writer struct {
	c      *core
	ctx    context.Context // the caller's
	cancel context.CancelFunc
	key    string
	pipe   *io.PipeWriter
	done   chan struct{} // closed when the driver has returned
	info   ObjectInfo
	err    error // of the driver; read after done

	mu     sync.Mutex
	failed error // the first failed Write; Close then discards
	closed bool
}

var errAborted = errors.New("the write was aborted")

// NewWriter opens an object for writing, with the content type
// application/octet-stream unless [ContentType] says otherwise. Close publishes it, Abort discards it;
// one of the two must be called. Bad input is an error here; what only the
// backend can know (a missing bucket, a failed condition) is one of Write or
// Close. A Write that failed can only end in discard: Close then reports its
// error.
func (c *core) NewWriter(ctx context.Context, key string, opts ...WriteOption) (*Writer, error) {
	const op = "put"
	full, err := c.key(key, driver.ValidNewKey)
	var cfg *config
	if err == nil {
		cfg, err = writeConfig("NewWriter", optsWrite, opts)
	}
	if err := c.store.ready(ctx, err); err != nil {
		return nil, c.fail(ctx, op, full, err)
	}
	r, pw := io.Pipe()
	w := &Writer{c: c, ctx: ctx, key: full, pipe: pw, done: make(chan struct{})}
	putCtx, cancel := context.WithCancel(ctx)
	w.cancel = cancel
	// A Write that waits for the driver must not wait beyond the context.
	stop := context.AfterFunc(putCtx, func() { r.CloseWithError(putCtx.Err()) }) //nolint:errcheck // always nil
	go func() {
		defer close(w.done)
		defer stop()
		w.info, w.err = c.put(putCtx, full, &body{reader: r, size: -1, contentType: driver.DefaultContentType}, cfg)
		reason := w.err
		if reason == nil {
			reason = io.ErrClosedPipe
		}
		r.CloseWithError(reason) //nolint:errcheck // always nil; a Write still waiting fails with the reason
	}()
	return w, nil
}

// Write adds bytes to the object. After Close or Abort it is an error that
// matches fs.ErrClosed.
func (w *Writer) Write(p []byte) (int, error) {
	var n int
	var err error
	if len(p) > 0 {
		n, err = w.pipe.Write(p)
	}
	if err == nil {
		return n, nil
	}
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return n, w.c.fail(context.Background(), "put", w.key, errWriterClosed)
	}
	err = w.c.fail(w.ctx, "put", w.key, err)
	if w.failed == nil {
		w.failed = err
	}
	return n, err
}

// Close publishes the object and waits until it is stored. After a failed
// Write it discards the object and returns that error. Closing again, or after
// Abort, is an error and does nothing.
func (w *Writer) Close() error {
	failed, err := w.finish()
	if err != nil {
		return err
	}
	if failed != nil {
		return w.discard(failed)
	}
	w.pipe.Close() //nolint:errcheck // always nil
	<-w.done
	err = w.c.fail(w.ctx, "put", w.key, w.err)
	w.cancel()
	return err
}

// Abort discards the object: the key keeps what it had. After Close, or
// another Abort, it does nothing and returns nil, so it may be deferred.
func (w *Writer) Abort() error {
	if _, err := w.finish(); err != nil {
		return nil
	}
	return w.discard(nil)
}

// Info describes the object stored: Key, Size and ETag. It is empty before
// Close has succeeded.
func (w *Writer) Info() ObjectInfo {
	select {
	case <-w.done:
		return w.info
	default:
		return ObjectInfo{}
	}
}

// finish lets only one of Close and Abort through.
func (w *Writer) finish() (failed, err error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed {
		return nil, w.c.fail(context.Background(), "put", w.key, errWriterClosed)
	}
	w.closed = true
	return w.failed, nil
}

var errWriterClosed error = &closedErr{"the writer is closed"}

func (w *Writer) discard(reason error) error {
	w.pipe.CloseWithError(errAborted) //nolint:errcheck // always nil
	w.cancel()
	<-w.done
	return reason
}
