package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// report is what was measured, the newest of each row. It is kept as JSON, so
// that rows can be measured one at a time.
type report struct {
	Rows []*rowResult
}

type rowResult struct {
	Name, Title string
	Unit        string // of the rates
	CPUUnit     string // of the CPU times; empty when they say nothing
	Date        string
	Machine     string
	Versions    map[string]string
	Rounds      int
	Clients     []*clientResult
}

type clientResult struct {
	Name   string
	Rates  []float64 // one for each round
	AtMost bool      `json:",omitempty"` // the work was broken off: the rate is less
	CPU    []float64 // of a unit, one for each round
	Peak   float64   `json:",omitempty"` // memory above idle, in MiB
	Note   string    `json:",omitempty"`

	unit unit
}

func newReport() *report { return &report{} }

func newRowResult(r *row) *rowResult {
	result := &rowResult{
		Name: r.name, Title: r.title, Unit: r.unit.rate,
		Date: time.Now().Format(time.DateOnly), Machine: machine(), Versions: versions(),
	}
	if !r.noCPU {
		result.CPUUnit = r.unit.cpu + "/" + r.unit.cpuUnits
	}
	for _, c := range r.clients {
		result.Clients = append(result.Clients, &clientResult{Name: c.name, unit: r.unit})
	}
	return result
}

func (c *clientResult) add(s sample) {
	c.Rates = append(c.Rates, s.units/c.unit.perRate/s.wall.Seconds())
	c.CPU = append(c.CPU, s.cpu.Seconds()/s.units/c.unit.perCPU)
	c.AtMost = c.AtMost || s.atMost
}

// last describes the newest run.
func (c *clientResult) last(u unit) string {
	i := len(c.Rates) - 1
	return fmt.Sprintf("%s %s, CPU %s %s/%s", number(c.Rates[i]), u.rate, number(c.CPU[i]), u.cpu, u.cpuUnits)
}

func (r *report) row(name string) *rowResult {
	for _, row := range r.Rows {
		if row.Name == name {
			return row
		}
	}
	return nil
}

func (r *rowResult) client(name string) *clientResult {
	for _, c := range r.Clients {
		if c.Name == name {
			return c
		}
	}
	return nil
}

// publish puts the rows into a Markdown file, with the rows that were measured
// before, and writes the chart and the figures beside it.
func (r *report) publish(path string) error {
	base := strings.TrimSuffix(path, filepath.Ext(path))
	merged, err := readReport(base + ".json")
	if err != nil {
		return err
	}
	merged.merge(r)
	text, err := json.MarshalIndent(merged, "", "\t")
	if err != nil {
		return err
	}
	doc, err := os.ReadFile(path)
	if err != nil {
		return err
	}
	replaced, err := replaceRegion(string(doc), merged.markdown())
	if err != nil {
		return fmt.Errorf("%s: %w", path, err)
	}
	return errors.Join(
		os.WriteFile(base+".json", append(text, '\n'), 0o666),
		os.WriteFile(base+".svg", []byte(merged.chart()), 0o666),
		os.WriteFile(path, []byte(replaced), 0o666),
	)
}

func readReport(path string) (*report, error) {
	r := newReport()
	text, err := os.ReadFile(path)
	if errors.Is(err, fs.ErrNotExist) {
		return r, nil
	}
	if err != nil {
		return nil, err
	}
	return r, json.Unmarshal(text, r)
}

// merge takes over rows, in the order of the program.
func (r *report) merge(newer *report) {
	for _, row := range newer.Rows {
		i := slices.IndexFunc(r.Rows, func(old *rowResult) bool { return old.Name == row.Name })
		if i >= 0 {
			r.Rows[i] = row
		} else {
			r.Rows = append(r.Rows, row)
		}
	}
	place := map[string]int{}
	for i, row := range allRows(&settings{}) {
		place[row.name] = i
	}
	// A row that is no more goes.
	r.Rows = slices.DeleteFunc(r.Rows, func(row *rowResult) bool { _, ok := place[row.Name]; return !ok })
	slices.SortFunc(r.Rows, func(a, b *rowResult) int { return place[a.Name] - place[b.Name] })
}

// The region of a Markdown file that is written here lies between these.
const (
	regionBegin = "<!-- results: written by bench, not by hand -->\n"
	regionEnd   = "<!-- end of results -->\n"
)

func replaceRegion(doc, region string) (string, error) {
	before, rest, ok := strings.Cut(doc, regionBegin)
	_, after, ok2 := strings.Cut(rest, regionEnd)
	if !ok || !ok2 {
		return "", errors.New("there is no results region")
	}
	return before + regionBegin + region + regionEnd + after, nil
}
