package store

import (
	"math/rand/v2"
	"testing"
)

func TestCoverageCountsDistinctBytes(t *testing.T) {
	const size = 1000
	r := rand.New(rand.NewPCG(1, 2))
	for range 200 {
		var last Progress
		c := &coverage{m: newMeter(func(p Progress) {
			if p.Bytes < last.Bytes {
				t.Fatalf("progress went back from %d to %d", last.Bytes, p.Bytes)
			}
			last = p
		}, size)}
		seen := [size]bool{}
		distinct := int64(0)
		for range 60 {
			from := r.Int64N(size)
			to := from + r.Int64N(min(80, size-from)+1)
			c.add(from, to)
			for i := from; i < to; i++ {
				if !seen[i] {
					seen[i] = true
					distinct++
				}
			}
			if last.Bytes != distinct {
				t.Fatalf("after [%d,%d): %d bytes reported, %d are distinct", from, to, last.Bytes, distinct)
			}
		}
		for i := 1; i < len(c.done); i++ {
			if c.done[i-1].to >= c.done[i].from {
				t.Fatalf("intervals not merged: %v", c.done)
			}
		}
	}
}

func TestMeterFinish(t *testing.T) {
	tests := []struct {
		name         string
		total, bytes int64
		want         []Progress
	}{
		{"complete", 5, 5, []Progress{{5, 5}}},
		{"empty", 0, 0, []Progress{{0, 0}}},
		{"unknown total", -1, 5, []Progress{{5, -1}, {5, 5}}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			var got []Progress
			m := newMeter(func(p Progress) { got = append(got, p) }, tt.total)
			m.add(tt.bytes)
			m.finish()
			if len(got) != len(tt.want) {
				t.Fatalf("got %v, want %v", got, tt.want)
			}
			for i := range got {
				if got[i] != tt.want[i] {
					t.Fatalf("got %v, want %v", got, tt.want)
				}
			}
		})
	}
}

func TestPercent(t *testing.T) {
	for p, want := range map[Progress]float64{{5, 10}: 50, {0, 0}: 100, {7, -1}: 0, {10, 10}: 100} {
		if got := p.Percent(); got != want {
			t.Errorf("%+v: %v, want %v", p, got, want)
		}
	}
}
