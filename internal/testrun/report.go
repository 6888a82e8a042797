package main

import (
	"cmp"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
)

// An event is a line of go test -json; see go doc test2json.
type event struct {
	Action, Package, Test string
	Key, Value            string
	Output                string
	Elapsed               float64 // seconds
}

// A report is the result of a run.
type report struct {
	output                  map[string]*strings.Builder // by package, as they run at once
	running                 map[string]*strings.Builder // the output of the tests that haven't ended
	racing                  map[string]bool             // the packages of which a data race is being reported
	slow                    []event                     // the ends of tests that took 10 seconds or more
	passed, failed, skipped int
}

// read reads the events of a run. It prints what failed and what the tests report,
// while it reads.
func (r *report) read(events io.Reader) error {
	r.output = make(map[string]*strings.Builder)
	r.running = make(map[string]*strings.Builder)
	r.racing = make(map[string]bool)
	dec := json.NewDecoder(events)
	for {
		var e event
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			for _, o := range r.running { // the run ended before these tests did
				fmt.Print(o)
			}
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the output of go test: %w", err)
		}
		r.add(e)
	}
}

// add counts an event, and prints what there is to print of it.
func (r *report) add(e event) {
	if r.output[e.Package] == nil {
		r.output[e.Package] = new(strings.Builder)
	}
	r.output[e.Package].WriteString(e.Output)
	id := e.Package + " " + e.Test
	switch e.Action {
	case "build-output":
		fmt.Print(e.Output)
	case "output":
		if r.race(e) {
			fmt.Print(e.Output)
		} else if e.Test == "" {
			if e.Output != "PASS\n" && !strings.Contains(e.Output, "[no test files]") {
				fmt.Print(e.Output)
			}
		} else if o := r.running[id]; o != nil {
			o.WriteString(e.Output)
		}
	case "run":
		r.running[id] = new(strings.Builder)
	case "attr":
		fmt.Printf("%s: %s: %s\n", e.Test, e.Key, e.Value)
	case "pass", "fail", "skip":
		if e.Test != "" {
			r.end(id, e.Action)
			if e.Elapsed >= 10 && !strings.Contains(e.Test, "/") {
				r.slow = append(r.slow, e)
			}
		}
	}
}

// race reports whether the line is part of the report of a data race. Whatever was
// running gets that as its output, also a test that passed.
func (r *report) race(e event) bool {
	switch {
	case strings.HasPrefix(e.Output, "WARNING: DATA RACE"):
		r.racing[e.Package] = true
	case strings.HasPrefix(e.Output, "=================="):
		r.racing[e.Package] = false
	}
	return r.racing[e.Package]
}

// end counts a test that ended, and prints its output unless it passed.
func (r *report) end(id, action string) {
	switch action {
	case "pass":
		r.passed++
	case "skip":
		r.skipped++
	case "fail":
		r.failed++
	}
	if o := r.running[id]; o != nil && action != "pass" {
		fmt.Print(o)
	}
	delete(r.running, id)
}

// text returns the output of all packages.
func (r *report) text() string {
	var all strings.Builder
	for _, o := range r.output {
		all.WriteString(o.String() + "\n")
	}
	return all.String()
}

// slowest names the ten slowest tests, which are where a run can become faster.
func (r *report) slowest() string {
	slices.SortFunc(r.slow, func(a, b event) int { return cmp.Compare(b.Elapsed, a.Elapsed) })
	var b strings.Builder
	for _, e := range r.slow[:min(len(r.slow), 10)] {
		fmt.Fprintf(&b, " %s %.0fs", e.Test, e.Elapsed)
	}
	return b.String()
}

func (r *report) summary(dir string) string {
	return fmt.Sprintf("%s: %d passed, %d failed, %d skipped", name(dir), r.passed, r.failed, r.skipped)
}
