package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
)

// results has the values that Go's benchmarks reported, one for each run, by the
// benchmark's name and the unit.
type results map[[2]string][]float64

// add adds the output of one run.
func (r results) add(output []byte) error {
	for line := range strings.Lines(string(output)) {
		fields := strings.Fields(line)
		if len(fields) < 4 || !strings.HasPrefix(fields[0], "Benchmark") {
			continue
		}
		name := strings.TrimPrefix(fields[0], "Benchmark")
		if at := strings.LastIndexByte(name, '-'); at >= 0 {
			name = name[:at] // the number of processors
		}
		for i := 2; i+1 < len(fields); i += 2 {
			v, err := strconv.ParseFloat(fields[i], 64)
			if err != nil {
				return fmt.Errorf("a benchmark printed %q, which is not a number and a unit", line)
			}
			key := [2]string{name, fields[i+1]}
			r[key] = append(r[key], v)
		}
	}
	return nil
}

// one returns the first value of a benchmark, or NaN if there is none.
func (r results) one(name, unit string) float64 {
	if xs := r[[2]string{name, unit}]; len(xs) > 0 {
		return xs[0]
	}
	return math.NaN()
}

// ratio returns what rounds.ReportRatio has reported. Of a single round, there is no
// interval.
func (r results) ratio(name string) spread {
	s := exactly(r.one(name, "ratio"))
	if low := r.one(name, "ratio-low"); !math.IsNaN(low) {
		s.low, s.high = low, r.one(name, "ratio-high")
	}
	return s
}

// inProcess runs this package's benchmarks in turn and prints a table.
func (b *bench) inProcess(ctx context.Context, w io.Writer) error {
	if b.runs == 0 {
		return nil
	}
	// A fixed number of sign-ups, because the users that are kept are work for the
	// garbage collector.
	groups := slices.Repeat([]group{{"NoHash", "20000x"}, {"Growth", "1x"}, {"Resume", "200000x"}}, b.runs)
	r, _, err := b.measure(ctx, ".", append(groups, group{"Memory", "1x"}), nil)
	if err != nil {
		return err
	}
	return b.printInProcess(w, r)
}

// A group is a number of Go's benchmarks that are run together. Its fields are the
// values of the flags -bench and -benchtime.
type group struct{ pattern, benchtime string }

// measure runs the groups of the package in dir one after the other, each with more
// flags and environment variables, and returns their results and their output. With
// the flag -raw, it also writes the output to a file, for benchstat.
func (b *bench) measure(ctx context.Context, dir string, groups []group, flags []string, env ...string) (results, []byte, error) {
	program, err := b.buildBenchmarks(ctx, dir)
	if err != nil {
		return nil, nil, err
	}
	r := make(results)
	var raw []byte
	for _, g := range groups {
		out, err := benchmark(ctx, program, g, flags, env)
		if err != nil {
			return nil, nil, err
		}
		raw = append(raw, out...)
		if err := r.add(out); err != nil {
			return nil, nil, err
		}
	}
	if b.raw == "" {
		return r, raw, nil
	}
	return r, raw, os.WriteFile(b.raw, raw, 0o644)
}

// buildBenchmarks builds a program that runs the benchmarks of the package in dir,
// and returns its path.
func (b *bench) buildBenchmarks(ctx context.Context, dir string) (program string, err error) {
	program = filepath.Join(b.dir, filepath.Base(dir)+"bench.test")
	build := exec.CommandContext(ctx, "go", "test", "-c", "-o", program, dir)
	build.Stderr = os.Stderr
	if err := build.Run(); err != nil {
		return "", fmt.Errorf("building the benchmarks: %w", err)
	}
	return program, nil
}

// benchmark runs a group with more flags and environment variables, and returns its
// output.
func benchmark(ctx context.Context, program string, g group, flags, env []string) ([]byte, error) {
	say("Go's benchmarks: %s", g.pattern)
	cmd := exec.CommandContext(ctx, program, append([]string{
		"-test.run", "^$", "-test.bench", g.pattern, "-test.benchtime", g.benchtime,
	}, flags...)...)
	cmd.Env = append(os.Environ(), env...)
	cmd.Stderr = os.Stderr
	out, err := cmd.Output()
	if err != nil {
		return nil, fmt.Errorf("benchmark %s: %w", g.pattern, err)
	}
	return out, nil
}

func (b *bench) printInProcess(w io.Writer, r results) error {
	_, err := fmt.Fprintf(w, `
## In process, without the hash

There are %d runs, in turn. The values are medians. In brackets is the interval of the
median ratio, run by run, at a confidence level of %.0f %%.

| what | unit | value | baseline | its value | ratio |
|---|---|--:|---|--:|--:|
`, b.runs, 100*spreadOf(make([]float64, b.runs)).level)
	if err != nil {
		return err
	}
	below, nearly, threefold := atMost(1), atMost(1.3), atMost(3)
	for _, row := range []struct {
		what, unit, name, baseline, baselineName string
		goal                                     *goal // nil: none
	}{
		{"sign-up without the hash", "ns/op", "NoHash/server=ours", "minimal handler", "NoHash/server=minimal", &threefold},
		{"sign-up without the hash", "ns/op", "NoHash/server=ours", "Authboss", "NoHash/server=authboss", &below},
		{"sign-up without the hash", "allocs/op", "NoHash/server=ours", "minimal handler", "NoHash/server=minimal", nil},
		{"sign-up without the hash", "allocs/op", "NoHash/server=ours", "Authboss", "NoHash/server=authboss", &below},
		{"sign-up without the hash", "B/op", "NoHash/server=ours", "Authboss", "NoHash/server=authboss", nil},
		{"sign-up without the hash, logged", "ns/op", "NoHash/server=logged", "Authboss", "NoHash/server=authboss", nil},
		{"sign-up without the hash, in parallel", "ns/op", "NoHash/server=ours/parallel", "minimal handler", "NoHash/server=minimal/parallel", &threefold},
		{"sign-up without the hash, in parallel", "ns/op", "NoHash/server=ours/parallel", "Authboss", "NoHash/server=authboss/parallel", &below},
		{"memstore's create among 10,000", "ns/create", "Growth/store=memstore/users=10000", "map", "Growth/store=map/users=10000", nil},
		{"memstore's create among 1,000,000", "ns/create", "Growth/store=memstore/users=1000000", "map", "Growth/store=map/users=1000000", &nearly},
		{"memstore's create among 1,000,000", "ns/create", "Growth/store=memstore/users=1000000", "among 10,000", "Growth/store=memstore/users=10000", nil},
		{"memstore's user, one of 1,000,000", "B/user", "Memory/store=memstore", "map", "Memory/store=map", &nearly},
		{"Resume, five devices", "ns/op", "Resume/call=Resume", "the Get of memstore in it", "Resume/call=Get", nil},
	} {
		this, that := r[[2]string{row.name, row.unit}], r[[2]string{row.baselineName, row.unit}]
		if len(this) == 0 || len(this) != len(that) {
			return fmt.Errorf("the benchmarks have no equal number of results of %s and %s in %s", row.name, row.baselineName, row.unit)
		}
		ratio := spreadOf(ratios(this, that))
		if _, err := fmt.Fprintf(w, "| %s | %s | %.0f | %s | %.0f | %v |\n",
			row.what, row.unit, median(this), row.baseline, median(that), ratio); err != nil {
			return err
		}
		if row.goal != nil {
			b.note(row.what+", "+row.unit, row.baseline, ratio, *row.goal)
		}
	}
	return nil
}
