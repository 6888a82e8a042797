package main

import (
	"bytes"
	"fmt"
	"math"
	"strings"
)

// A panel is one diagram of the plot: a value against the offered load.
type panel struct {
	title, unit string
	of          func(outcome) float64
}

var panels = []panel{
	{"Served", "× capacity", func(o outcome) float64 { return o.goodput }},
	{"Latency of the served, 99 %", "s", func(o outcome) float64 { return o.slow.Seconds() }},
}

// colours differ visibly on white and on black, also for colour-blind people.
var colours = []string{"#0072b2", "#d55e00"}

const (
	panelWidth, panelHeight = 320.0, 220.0
	margin                  = 50.0
)

// draw returns the plot of the outcomes of each subject as an SVG.
func draw(subjects []subject, outcomes [][]outcome) []byte {
	var b bytes.Buffer
	width, height := float64(len(panels))*(panelWidth+2*margin), panelHeight+2.4*margin
	fmt.Fprintf(&b, `<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 %g %g" font-family="sans-serif" font-size="12" role="img">`+"\n", width, height)
	fmt.Fprintf(&b, `<title>Throughput and latency against offered load</title>`+"\n"+`<rect width="%g" height="%g" fill="#fff"/>`+"\n", width, height)
	for i, p := range panels {
		fmt.Fprintf(&b, `<g transform="translate(%g %g)">`+"\n", float64(i)*(panelWidth+2*margin)+margin*1.2, margin)
		p.draw(&b, outcomes)
		b.WriteString("</g>\n")
	}
	for i, s := range subjects {
		x, y := margin*1.2+float64(i)*160, height-14
		fmt.Fprintf(&b, `<path d="M%g %gh24" stroke="%s" stroke-width="2"/><text x="%g" y="%g">%s</text>`+"\n", x, y-4, colours[i], x+30, y, s.name)
	}
	b.WriteString("</svg>\n")
	return b.Bytes()
}

func (p panel) draw(b *bytes.Buffer, outcomes [][]outcome) {
	var maxX, maxY float64
	for _, series := range outcomes {
		for _, o := range series {
			maxX, maxY = max(maxX, o.offered), max(maxY, p.of(o))
		}
	}
	stepX, stepY := step(maxX), step(maxY)
	maxX, maxY = math.Ceil(maxX/stepX)*stepX, math.Ceil(maxY/stepY)*stepY
	x := func(v float64) float64 { return v / maxX * panelWidth }
	y := func(v float64) float64 { return panelHeight - v/maxY*panelHeight }
	for v := 0.0; v <= maxY*1.001; v += stepY {
		fmt.Fprintf(b, `<path d="M0 %.1fh%g" stroke="#ddd"/><text x="-6" y="%.1f" text-anchor="end">%.3g</text>`+"\n", y(v), panelWidth, y(v)+4, v)
	}
	for v := 0.0; v <= maxX*1.001; v += stepX {
		fmt.Fprintf(b, `<path d="M%.1f 0v%g" stroke="#ddd"/><text x="%.1f" y="%g" text-anchor="middle">%.3g</text>`+"\n", x(v), panelHeight, x(v), panelHeight+16, v)
	}
	fmt.Fprintf(b, `<text x="0" y="-12" font-weight="bold">%s (%s)</text>`+"\n", p.title, p.unit)
	fmt.Fprintf(b, `<text x="%g" y="%g" text-anchor="end">offered (× capacity)</text>`+"\n", panelWidth, panelHeight+34)
	for i, series := range outcomes {
		var points []string
		for _, o := range series {
			px, py := x(o.offered), y(p.of(o))
			points = append(points, fmt.Sprintf("%.1f,%.1f", px, py))
			fmt.Fprintf(b, `<circle cx="%.1f" cy="%.1f" r="3" fill="%s"/>`+"\n", px, py, colours[i])
		}
		fmt.Fprintf(b, `<polyline points="%s" fill="none" stroke="%s" stroke-width="2"/>`+"\n", strings.Join(points, " "), colours[i])
	}
}

// step returns a round number of which at most six make up most.
func step(most float64) float64 {
	if most <= 0 {
		return 1
	}
	power := math.Pow(10, math.Floor(math.Log10(most)))
	for _, s := range []float64{.2, .5, 1} {
		if most/(s*power) <= 6 {
			return s * power
		}
	}
	return 2 * power
}
