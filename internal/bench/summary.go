package main

import (
	"fmt"
	"io"
	"math"
	"os"
)

// A goal is a condition on a ratio.
type goal struct {
	text    string
	reached func(spread) bool // nil: no condition
}

func atLeast(limit float64) goal {
	return goal{fmt.Sprintf("≥ %v", limit), func(s spread) bool { return s.median >= limit }}
}

func atMost(limit float64) goal {
	return goal{fmt.Sprintf("≤ %v", limit), func(s spread) bool { return s.median <= limit }}
}

// noGoal is the goal of a ratio that is only said.
func noGoal() goal { return goal{text: "–"} }

// notBehind is reached if the ratio is not below 1 by more than chance explains.
func notBehind() goal {
	return goal{"1 within the interval, or above", func(s spread) bool { return s.high >= 1 }}
}

// note adds a line to the summary.
func (b *bench) note(what, baseline string, ratio spread, g goal) {
	reached := "–"
	switch {
	case g.reached == nil:
	case g.reached(ratio):
		reached = "yes"
	default:
		reached = "**no**"
	}
	b.notes = append(b.notes, fmt.Sprintf("| %s | %s | %v | %s | %s |\n", what, baseline, ratio, g.text, reached))
}

// A ratioRow is a line of the summary.
type ratioRow struct {
	what, baseline string
	ratio          spread
	goal           goal
}

// noteAll adds lines to the summary. It returns an error if one has no result.
func (b *bench) noteAll(rows []ratioRow) error {
	for _, row := range rows {
		if math.IsNaN(row.ratio.median) {
			return fmt.Errorf("the benchmarks have no result for %q", row.what)
		}
		b.note(row.what, row.baseline, row.ratio, row.goal)
	}
	return nil
}

// exactly returns the spread of a single measurement.
func exactly(x float64) spread { return spread{median: x, low: x, high: x} }

// summarize prints all ratios in one table. With the flag -summary, the table begins
// with the lines that earlier runs wrote to that file, and summarize appends the lines
// of this run to the file.
func (b *bench) summarize(w io.Writer) error {
	var before []byte
	if b.summary != "" {
		f, err := os.OpenFile(b.summary, os.O_RDWR|os.O_CREATE, 0o644)
		if err != nil {
			return err
		}
		defer func() { _ = f.Close() }()
		if before, err = io.ReadAll(f); err != nil {
			return err
		}
		for _, line := range b.notes {
			if _, err := f.WriteString(line); err != nil {
				return err
			}
		}
	}
	if len(before) == 0 && len(b.notes) == 0 {
		return nil
	}
	if _, err := fmt.Fprintf(w, `
## Ratios

| what | to | ratio | goal | reached |
|---|---|--:|---|---|
%s`, before); err != nil {
		return err
	}
	for _, line := range b.notes {
		if _, err := io.WriteString(w, line); err != nil {
			return err
		}
	}
	return nil
}
