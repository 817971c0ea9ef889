package main

import (
	"fmt"
	"io"
	"iter"
	"maps"
	"math"
	"slices"
	"strconv"
	"strings"
)

func (r *report) writeMarkdown(w io.Writer) error {
	_, err := io.WriteString(w, r.markdown())
	return err
}

// markdown gives the tables of a report.
func (r *report) markdown() string {
	var b strings.Builder
	r.writeSetting(&b)
	r.writeSummary(&b)
	for rows := range chunksBy(r.Rows, func(a, b *rowResult) bool { return topicOf(a.Name) == topicOf(b.Name) }) {
		topic := topicOf(rows[0].Name)
		fmt.Fprintf(&b, "\n### %s\n", topicTitles[topic])
		for same := range chunksBy(rows, sameColumns) {
			writeRows(&b, same)
		}
		r.writeFigures(&b, topic)
	}
	return b.String()
}

// chunksBy cuts a slice where neighbours are not alike.
func chunksBy(rows []*rowResult, alike func(a, b *rowResult) bool) iter.Seq[[]*rowResult] {
	return func(yield func([]*rowResult) bool) {
		for len(rows) > 0 {
			n := 1
			for n < len(rows) && alike(rows[n-1], rows[n]) {
				n++
			}
			if !yield(rows[:n]) {
				return
			}
			rows = rows[n:]
		}
	}
}

// topicOf is the first part of a row's name.
func topicOf(name string) string {
	topic, _, _ := strings.Cut(name, "/")
	return topic
}

var topicTitles = map[string]string{
	"file":      "Files",
	"memory":    "Memory",
	"minio":     "S3, MinIO",
	"versitygw": "S3, versitygw",
}

// sameColumns reports whether two rows can be in one table.
func sameColumns(a, b *rowResult) bool {
	return topicOf(a.Name) == topicOf(b.Name) && a.Machine == b.Machine && maps.Equal(a.Versions, b.Versions) &&
		slices.EqualFunc(a.Clients, b.Clients, func(a, b *clientResult) bool { return a.Name == b.Name })
}

func writeRows(b *strings.Builder, rows []*rowResult) {
	b.WriteString("\n| |")
	for _, c := range rows[0].Clients {
		fmt.Fprintf(b, " %s |", c.Name)
	}
	b.WriteString("\n|---|" + strings.Repeat("---|", len(rows[0].Clients)) + "\n")
	var notes []string
	for _, row := range rows {
		fmt.Fprintf(b, "| %s: %s", row.Title, row.Unit)
		if row.CPUUnit != "" {
			fmt.Fprintf(b, " · CPU %s", row.CPUUnit)
		}
		b.WriteString(" |")
		for _, c := range row.Clients {
			fmt.Fprintf(b, " %s |", c.cell(row))
			if len(c.Rates) < row.Rounds {
				notes = append(notes, fmt.Sprintf("%s, %s: one pass.", row.Title, c.Name))
			}
			if c.Note != "" {
				notes = append(notes, fmt.Sprintf("%s, %s: %s.", row.Title, c.Name, c.Note))
			}
		}
		b.WriteString("\n")
	}
	fmt.Fprintf(b, "\nMeasured on %s.", dates(rows))
	for _, n := range notes {
		fmt.Fprintf(b, " %s", n)
	}
	b.WriteString("\n")
}

// dates tells when, and how often.
func dates(rows []*rowResult) string {
	var texts []string
	for _, row := range rows {
		text := fmt.Sprintf("%s, rounds: %d", row.Date, row.Rounds)
		if !slices.Contains(texts, text) {
			texts = append(texts, text)
		}
	}
	return strings.Join(texts, "; ")
}

// cell gives the median of the rates, their spread, the CPU time and the peak.
func (c *clientResult) cell(row *rowResult) string {
	text := number(median(c.Rates))
	if c.AtMost {
		text = "< " + text
	}
	if len(c.Rates) > 1 {
		text += fmt.Sprintf(" (%s–%s)", number(slices.Min(c.Rates)), number(slices.Max(c.Rates)))
	}
	if row.CPUUnit != "" {
		text += " · " + number(median(c.CPU))
	}
	if c.Peak > 0 {
		text += " · " + number(c.Peak) + " MiB"
	}
	return text
}

// writeSetting says on what machines and with what versions.
func (r *report) writeSetting(b *strings.Builder) {
	var lines []string
	for _, row := range r.Rows {
		line := "- " + row.Machine
		for _, name := range slices.Sorted(maps.Keys(row.Versions)) {
			line += "; " + name + " " + row.Versions[name]
		}
		if !slices.Contains(lines, line) {
			lines = append(lines, line)
		}
	}
	b.WriteString("\n" + strings.Join(lines, "\n") + "\n")
}

// writeSummary says how many figures are reached, and which are not.
func (r *report) writeSummary(b *strings.Builder) {
	for _, aim := range []bool{false, true} {
		n := 0
		var missed []string
		for _, f := range figures() {
			value, _, ok := f.measured(r)
			if !ok || f.aim != aim {
				continue
			}
			n++
			if !f.reached(value) {
				row := r.row(f.row)
				missed = append(missed, fmt.Sprintf("- %s, %s: %s; measured %s", topicTitles[topicOf(row.Name)], row.Title, f.text(r), precise(value)))
			}
		}
		kind := "musts"
		if aim {
			kind = "aims"
		}
		fmt.Fprintf(b, "\n**%d of %d %s reached.**", n-len(missed), n, kind)
		if len(missed) > 0 {
			fmt.Fprintf(b, " Missed:\n\n%s", strings.Join(missed, "\n"))
		}
		b.WriteString("\n")
	}
}

// writeFigures says which figures of a topic are reached.
func (r *report) writeFigures(b *strings.Builder, topic string) {
	b.WriteString("\n| work | figure to reach | | measured | |\n|---|---|---|---|---|\n")
	for _, f := range figures() {
		value, bound, ok := f.measured(r)
		if !ok || topicOf(f.row) != topic {
			continue
		}
		more, verdict, kind := "", "**missed**", "must"
		if bound {
			more = "more than "
		}
		if f.reached(value) {
			verdict = "reached"
		}
		if f.aim {
			kind = "aim"
		}
		fmt.Fprintf(b, "| %s | %s | %s | %s%s | %s |\n", r.row(f.row).Title, f.text(r), kind, more, precise(value), verdict)
	}
}

// text says what a figure asks for.
func (f *figure) text(r *report) string {
	sign := "≥"
	if f.less {
		sign = "≤"
	}
	text := fmt.Sprintf("%s %s %s", f.metric.what(r.row(f.row)), sign, number(f.limit))
	switch len(f.of) {
	case 0:
		return text
	case 1:
		return text + " × " + f.of[0]
	}
	return text + " × the best of " + strings.Join(f.of, ", ")
}

// precise writes a value that is compared with a limit, which has three digits.
func precise(v float64) string { return strconv.FormatFloat(v, 'g', 4, 64) }

// number writes a number with three digits that count.
func number(v float64) string {
	switch a := math.Abs(v); {
	case a >= 1000:
		step := math.Pow(10, math.Floor(math.Log10(a))-2)
		text := fmt.Sprintf("%.0f", math.Round(v/step)*step)
		for i := len(text) - 3; i > 0; i -= 3 {
			text = text[:i] + "," + text[i:]
		}
		return text
	case a >= 100:
		return strconv.FormatFloat(v, 'f', 0, 64)
	}
	return strconv.FormatFloat(v, 'g', 3, 64)
}
