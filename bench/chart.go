package main

import (
	"fmt"
	"html"
	"math"
	"slices"
	"strings"
)

// colours of the clients, in the order of the legend.
var colours = []struct{ client, colour string }{
	{"fileblob", "#c2410c"},
	{"fileblob, no attributes", "#f59e0b"},
	{"write + rename", "#111827"},
	{"walk", "#111827"},
	{"memblob", "#c2410c"},
	{"map", "#111827"},
	{"s3blob", "#c2410c"},
	{"transfermanager", "#7c3aed"},
	{"aws-sdk", "#2563eb"},
	{"minio-go", "#dc2626"},
	{"floor", "#111827"},
}

func colourOf(client string) string {
	for _, c := range colours {
		if c.client == client {
			return c.colour
		}
	}
	return ""
}

// The measures of the chart.
const (
	chartLeft, chartWidth, chartLine = 230, 900, 18
	chartMin, chartMax               = 0.1, 1000.0
)

// chartX is where a ratio is, on a logarithmic axis.
func chartX(ratio float64) float64 {
	ratio = min(max(ratio, chartMin), chartMax)
	return chartLeft + (chartWidth-chartLeft-30)*math.Log(ratio/chartMin)/math.Log(chartMax/chartMin)
}

// chart draws how many times as fast as each other client s3mio was, in SVG.
func (r *report) chart() string {
	var body strings.Builder
	y := 60
	topic := ""
	var used []string
	for _, row := range r.Rows {
		mine := row.client(ours)
		if mine == nil {
			continue
		}
		if t := topicOf(row.Name); t != topic {
			topic = t
			y += chartLine
			text(&body, 10, y, "font-weight='bold'", topicTitles[topic])
		}
		y += chartLine
		text(&body, 20, y, "", row.Title)
		fmt.Fprintf(&body, "<line x1='%d' x2='%d' y1='%d' y2='%d' stroke='#e5e7eb'/>\n", chartLeft, chartWidth-30, y-4, y-4)
		for _, c := range row.Clients {
			colour := colourOf(c.Name)
			if colour == "" {
				continue
			}
			if !slices.Contains(used, c.Name) {
				used = append(used, c.Name)
			}
			times := ratio(mine.Rates, c.Rates)
			fmt.Fprintf(&body, "<circle cx='%.1f' cy='%d' r='5' fill='%s' fill-opacity='0.8'><title>%s</title></circle>\n",
				chartX(times), y-4, colour, html.EscapeString(fmt.Sprintf("%s: %s × %s", row.Title, number(times), c.Name)))
		}
	}
	height := y + 2*chartLine
	var b strings.Builder
	fmt.Fprintf(&b, "<svg xmlns='http://www.w3.org/2000/svg' width='%d' height='%d' font-family='sans-serif' font-size='12'>\n", chartWidth, height)
	fmt.Fprintf(&b, "<rect width='%d' height='%d' fill='#ffffff'/>\n", chartWidth, height)
	text(&b, 10, 20, "font-size='14' font-weight='bold'", "How many times as fast s3mio is (further right is better)")
	x := 10
	for _, c := range colours {
		if slices.Contains(used, c.client) {
			fmt.Fprintf(&b, "<circle cx='%d' cy='38' r='5' fill='%s'/>\n", x+5, c.colour)
			text(&b, x+14, 42, "", c.client)
			x += 24 + 7*len(c.client)
		}
	}
	for _, ratio := range []float64{0.1, 0.5, 1, 2, 5, 10, 50, 100, 1000} {
		at, stroke := chartX(ratio), "#d1d5db"
		if ratio == 1 {
			stroke = "#374151"
		}
		fmt.Fprintf(&b, "<line x1='%.1f' x2='%.1f' y1='66' y2='%d' stroke='%s'/>\n", at, at, height-chartLine, stroke)
		text(&b, int(at), height-4, "text-anchor='middle'", number(ratio)+" ×")
	}
	return b.String() + body.String() + "</svg>\n"
}

func text(b *strings.Builder, x, y int, attributes, content string) {
	fmt.Fprintf(b, "<text x='%d' y='%d' fill='#111827' %s>%s</text>\n", x, y, attributes, html.EscapeString(content))
}
