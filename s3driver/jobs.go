package s3driver

import "sync"

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

// result is what a request in the background has come to.
type result[T any] struct {
	out T
	err error
}

// inBackground makes a request whose result need not be waited for.
func inBackground[T any](j *jobs, request func() (T, error)) <-chan result[T] {
	results := make(chan result[T], 1)
	j.Go(func() {
		out, err := request()
		results <- result[T]{out, err}
	})
	return results
}
