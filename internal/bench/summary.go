package main

import (
	"fmt"
	"io"
	"os"
)

// A goal is what a ratio is to be.
type goal struct {
	text    string
	reached func(spread) bool // nil: there is none
}

func atLeast(limit float64) goal {
	return goal{fmt.Sprintf("≥ %v", limit), func(s spread) bool { return s.median >= limit }}
}

func atMost(limit float64) goal {
	return goal{fmt.Sprintf("≤ %v", limit), func(s spread) bool { return s.median <= limit }}
}

// notBehind is reached by who is behind by no more than chance explains.
func notBehind() goal {
	return goal{"1 within the interval, or above", func(s spread) bool { return s.high >= 1 }}
}

// note keeps a line for the summary.
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

// exactly is a spread that is one measurement.
func exactly(x float64) spread { return spread{median: x, low: x, high: x} }

// summarize prints all ratios in one table, with those of a run before that left
// them in the file of the flag -summary, where it leaves its own.
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
