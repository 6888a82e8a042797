package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
)

// An event is a line of go test -json; see go doc test2json.
type event struct {
	Action, Package, Test string
	Key, Value            string
	Output                string
}

// A report is what there is to say about a run.
type report struct {
	output                  map[string]*strings.Builder // by package, as they run at once
	passed, failed, skipped int
}

// read prints what failed and what the tests report, as it is read.
func (r *report) read(events io.Reader) error {
	r.output = make(map[string]*strings.Builder)
	outputs := make(map[string]*strings.Builder) // of the tests that still run
	dec := json.NewDecoder(events)
	for {
		var e event
		if err := dec.Decode(&e); errors.Is(err, io.EOF) {
			for _, o := range outputs { // of a run that was ended in the middle of them
				fmt.Print(o)
			}
			return nil
		} else if err != nil {
			return fmt.Errorf("reading the output of go test: %w", err)
		}
		if r.output[e.Package] == nil {
			r.output[e.Package] = new(strings.Builder)
		}
		r.output[e.Package].WriteString(e.Output)
		id := e.Package + " " + e.Test
		switch e.Action {
		case "build-output":
			fmt.Print(e.Output)
		case "output":
			if e.Test == "" {
				if e.Output != "PASS\n" && !strings.Contains(e.Output, "[no test files]") {
					fmt.Print(e.Output)
				}
			} else if o := outputs[id]; o != nil {
				o.WriteString(e.Output)
			}
		case "run":
			outputs[id] = new(strings.Builder)
		case "attr":
			fmt.Printf("%s: %s: %s\n", e.Test, e.Key, e.Value)
		case "pass", "fail", "skip":
			if e.Test == "" {
				continue
			}
			switch e.Action {
			case "pass":
				r.passed++
			case "skip":
				r.skipped++
			case "fail":
				r.failed++
			}
			if o := outputs[id]; o != nil && e.Action != "pass" {
				fmt.Print(o)
			}
			delete(outputs, id)
		}
	}
}

// text returns the output of all packages.
func (r *report) text() string {
	var all strings.Builder
	for _, o := range r.output {
		all.WriteString(o.String() + "\n")
	}
	return all.String()
}

func (r *report) summary(dir string) string {
	return fmt.Sprintf("%s: %d passed, %d failed, %d skipped", name(dir), r.passed, r.failed, r.skipped)
}
