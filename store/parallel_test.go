package store

import (
	"sync/atomic"
	"testing"
)

func TestParallelStaysWithinItsWorkers(t *testing.T) {
	var running, most, done atomic.Int32
	parallel(3, indexes(100, 1), func(int) {
		n := running.Add(1)
		for {
			m := most.Load()
			if n <= m || most.CompareAndSwap(m, n) {
				break
			}
		}
		done.Add(1)
		running.Add(-1)
	})
	if done.Load() != 100 || most.Load() > 3 {
		t.Errorf("%d items done, up to %d at once; want 100 and at most 3", done.Load(), most.Load())
	}
}
