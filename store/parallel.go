package store

import (
	"iter"
	"sync"
)

// parallel calls f for each item, n at once, and returns when all are done.
func parallel[T any](n int, items iter.Seq[T], f func(T)) {
	work := make(chan T)
	var wg sync.WaitGroup
	defer wg.Wait()
	defer close(work)
	started := 0
	for item := range items {
		select {
		case work <- item: // a worker is idle
			continue
		default:
		}
		if started < n {
			started++
			wg.Go(func() {
				for item := range work {
					f(item)
				}
			})
		}
		work <- item
	}
}

// indexes yields 0, step, 2*step, … below n.
func indexes(n, step int) iter.Seq[int] {
	return func(yield func(int) bool) {
		for i := 0; i < n && yield(i); i += step {
		}
	}
}
