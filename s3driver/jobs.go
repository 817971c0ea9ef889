package s3driver

import (
	"errors"
	"sync"
)

// jobs counts what goes on in the background. Unlike a sync.WaitGroup it may be
// waited for while calls under way begin more. The zero value is ready.
type jobs struct {
	mu   sync.Mutex
	n    int
	idle sync.Cond
}

func (j *jobs) Go(f func()) {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.n++
	go func() {
		defer j.done()
		f()
	}()
}

func (j *jobs) done() {
	j.mu.Lock()
	defer j.mu.Unlock()
	if j.n--; j.n == 0 && j.idle.L != nil {
		j.idle.Broadcast()
	}
}

// Wait waits for a moment in which there is none.
func (j *jobs) Wait() {
	j.mu.Lock()
	defer j.mu.Unlock()
	j.idle.L = &j.mu
	for j.n > 0 {
		j.idle.Wait()
	}
}

// outcome is what a request has come to that is not bound to its caller's goroutine.
type outcome[T any] struct {
	out      T
	err      error
	panicked any
}

// get gives the result to the caller. A panic of the HTTP client becomes its own.
func (o outcome[T]) get() (T, error) {
	if o.panicked != nil {
		panic(o.panicked)
	}
	return o.out, o.err
}

// apart makes a request in a goroutine of its own.
func apart[T any](request func() (T, error)) <-chan outcome[T] {
	outcomes := make(chan outcome[T], 1)
	go func() {
		o := outcome[T]{err: errors.New("the HTTP client ended its goroutine")} // unless it returns
		defer func() {
			o.panicked = recover()
			outcomes <- o
		}()
		o.out, o.err = request()
	}()
	return outcomes
}
