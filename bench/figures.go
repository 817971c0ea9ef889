package main

import (
	"math"
	"slices"
	"strings"

	"github.com/s3mio/s3mio/internal/s3test"
)

// figure is a figure to reach: a rate, a CPU time or a peak of ours, compared
// with those of others in the same row, or with a number.
type figure struct {
	row    string
	metric metric
	less   bool // the smaller the better: at most limit
	limit  float64
	of     []string // times the best of these clients; none: the number itself
	aim    bool     // rather than must
}

// metric is what a figure is about.
type metric struct {
	what func(*rowResult) string
	of   func(*clientResult) []float64 // one for each round
}

var (
	rate = metric{
		func(r *rowResult) string { return r.Unit },
		func(c *clientResult) []float64 { return c.Rates },
	}
	cpu = metric{
		func(r *rowResult) string { return "CPU " + r.CPUUnit },
		func(c *clientResult) []float64 { return c.CPU },
	}
	peak = metric{
		func(*rowResult) string { return "peak memory, MiB" },
		func(c *clientResult) []float64 { return []float64{c.Peak} },
	}
	perUnit = metric{
		func(r *rowResult) string { return "time of a " + strings.TrimSuffix(r.Unit, "s/s") },
		func(c *clientResult) (times []float64) {
			for _, rate := range c.Rates {
				times = append(times, 1/rate)
			}
			return times
		},
	}
)

// measured gives what a report says about the figure; ok is false when it says
// nothing. bound says that the true value is better.
func (f *figure) measured(r *report) (value float64, bound, ok bool) {
	row := r.row(f.row)
	if row == nil {
		return 0, false, false
	}
	c := row.client(ours)
	if c == nil {
		return 0, false, false
	}
	if len(f.of) == 0 {
		return median(f.metric.of(c)), false, true
	}
	var ratios []float64
	for _, name := range f.of {
		o := row.client(name)
		if o == nil {
			return 0, false, false
		}
		ratios = append(ratios, ratio(f.metric.of(c), f.metric.of(o)))
		bound = bound || o.AtMost
	}
	if f.less {
		return slices.Max(ratios), bound, true
	}
	return slices.Min(ratios), bound, true
}

// ratio compares two clients: the median of the rounds' ratios, as what else
// the machine did in a round met both, or the ratio of the medians when one has
// not done every round.
func ratio(mine, theirs []float64) float64 {
	if len(mine) != len(theirs) {
		return median(mine) / median(theirs)
	}
	var ratios []float64
	for i := range mine {
		ratios = append(ratios, mine[i]/theirs[i])
	}
	return median(ratios)
}

// reached says whether a value is good enough.
func (f *figure) reached(value float64) bool {
	if math.IsNaN(value) || value <= 0 {
		return false
	}
	if f.less {
		return value <= f.limit
	}
	return value >= f.limit
}

// Names of clients that are compared with in many rows.
var peers = []string{"aws-sdk", "transfermanager", "s3blob", "minio-go"}

// figures are all of them.
func figures() []figure {
	all := []figure{
		{row: "file/list/16k", metric: rate, limit: 8, of: []string{"fileblob"}},
		{row: "file/list/128k", metric: rate, limit: 50, of: []string{"fileblob"}},
		{row: "file/list/1M", metric: perUnit, less: true, limit: 1.5, of: []string{ours + ", 16k"}},
		{row: "file/put/overwrite", metric: rate, limit: 1, of: []string{"fileblob"}},
		{row: "file/put/new", metric: rate, limit: 1, of: []string{"fileblob"}},
		{row: "file/get", metric: rate, limit: 1, of: []string{"fileblob"}},
		{row: "file/large", metric: rate, limit: 1, of: []string{"fileblob"}},
		{row: "file/list/16k", metric: rate, limit: 0.5, of: []string{"walk"}, aim: true},
		{row: "file/list/128k", metric: rate, limit: 0.5, of: []string{"walk"}, aim: true},
		{row: "file/list/1M", metric: rate, limit: 0.5, of: []string{"walk"}, aim: true},
		{row: "file/put/overwrite", metric: rate, limit: 0.6, of: []string{"write + rename"}, aim: true},
		{row: "file/put/new", metric: rate, limit: 0.6, of: []string{"write + rename"}, aim: true},
		{row: "file/large", metric: rate, limit: 0.8, of: []string{"write + rename"}, aim: true},

		{row: "memory/put", metric: rate, limit: 1, of: []string{"memblob"}},
		{row: "memory/get", metric: rate, limit: 1, of: []string{"memblob"}},
		{row: "memory/list/100k", metric: rate, limit: 50, of: []string{"memblob"}},
		{row: "memory/list/1M", metric: perUnit, less: true, limit: 1.5, of: []string{ours + ", 10k"}},
		{row: "memory/put", metric: rate, limit: 3, of: []string{"memblob"}, aim: true},
		{row: "memory/get", metric: rate, limit: 3, of: []string{"memblob"}, aim: true},
	}
	for _, server := range s3test.Names() {
		all = append(all, s3Figures(server+"/")...)
	}
	return all
}

// s3Figures are those of the rows on one server.
func s3Figures(server string) []figure {
	var musts, aims []figure
	must := func(row string, f figure) {
		f.row = server + row
		musts = append(musts, f)
	}
	aim := func(row string, f figure) {
		f.row, f.aim = server+row, true
		aims = append(aims, f)
	}
	for _, row := range []string{"put/1", "put/32", "get/1", "get/32", "head/1", "head/32"} {
		must(row, figure{metric: rate, limit: 0.97, of: []string{"aws-sdk"}})
		must(row, figure{metric: cpu, less: true, limit: 1.05, of: []string{"aws-sdk"}})
		aim(row, figure{metric: rate, limit: 1, of: []string{"minio-go"}})
		aim(row, figure{metric: cpu, less: true, limit: 0.6, of: []string{"aws-sdk"}})
	}
	must("put/1", figure{metric: rate, limit: 1.2, of: []string{"s3blob"}})
	must("put/32", figure{metric: rate, limit: 1.2, of: []string{"s3blob"}})
	must("put1m", figure{metric: rate, limit: 1.3, of: []string{"s3blob"}})
	must("put1m", figure{metric: rate, limit: 1.05, of: []string{"minio-go"}})
	aim("put1m", figure{metric: cpu, less: true, limit: 1.2})
	for _, row := range []string{"upload/64", "upload/512"} {
		must(row, figure{metric: rate, limit: 1.4, of: []string{"transfermanager", "s3blob"}})
		must(row, figure{metric: rate, limit: 1.2, of: []string{"minio-go"}})
		must(row, figure{metric: cpu, less: true, limit: 0.9})
		must(row, figure{metric: peak, less: true, limit: 64})
		aim(row, figure{metric: rate, limit: 0.95, of: []string{"floor"}})
		aim(row, figure{metric: peak, less: true, limit: 16})
	}
	for _, row := range []string{"download/64", "download/512"} {
		must(row, figure{metric: rate, limit: 1, of: peers})
		must(row, figure{metric: peak, less: true, limit: 64})
		aim(row, figure{metric: rate, limit: 0.95, of: []string{"floor"}})
	}
	must("wan", figure{metric: rate, limit: 3, of: []string{"s3blob", "minio-go"}})
	must("list", figure{metric: rate, limit: 1, of: []string{"aws-sdk"}})
	aim("list", figure{metric: rate, limit: 1.5, of: []string{"aws-sdk"}})
	aim("list", figure{metric: cpu, less: true, limit: 2})
	must("delete", figure{metric: rate, limit: 1.9, of: []string{"minio-go"}})
	aim("delete", figure{metric: rate, limit: 0.97, of: []string{"floor"}})
	must("copy", figure{metric: rate, limit: 1, of: []string{"aws-sdk"}})
	return slices.Concat(musts, aims)
}
