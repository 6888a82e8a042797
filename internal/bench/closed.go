package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"strings"
	"time"

	"github.com/gosignup/signup/internal/bench/cpu"
	"github.com/gosignup/signup/internal/bench/load"
)

// A turn is the result of one turn of a subject.
type turn struct {
	perSecond float64
	cpuOfOne  float64 // of the server, in ms per granted request
	median    float64 // of the time of a granted request, in ms
	slow      float64 // its 99th percentile
	refused   float64 // share
	generator float64 // share of the machine's processor time that this process used
}

// A cell is all turns of a subject with one number of connections.
type cell []turn

func (c cell) column(of func(turn) float64) []float64 {
	xs := make([]float64, len(c))
	for i, t := range c {
		xs[i] = of(t)
	}
	return xs
}

func perSecond(t turn) float64 { return t.perSecond }
func cpuOfOne(t turn) float64  { return t.cpuOfOne }
func slow(t turn) float64      { return t.slow }

// A contest compares subjects in closed loops with several numbers of connections.
type contest struct {
	title       string
	subjects    []subject
	connections []int
	baselines   []baseline // the first is also the baseline of processor time
}

// A baseline is the subject by whose throughput that of another subject is divided.
type baseline struct {
	name string
	of   func(subject int) int // returns the baseline of a subject
}

func against(other int) func(int) int { return func(int) int { return other } }

// closedLoops compares all servers that need no Elasticsearch.
func (b *bench) closedLoops(ctx context.Context, w io.Writer) error {
	const (
		atRaw = iota
		atOurs
		atLogIns
		atSessions
		atMinimal
		_
		atPocketBase
	)
	cells, err := b.hold(ctx, w, contest{
		title:       "Closed loop",
		subjects:    []subject{raw, ours, logIns, sessions, minimal, authboss, pocketBase},
		connections: b.connections,
		baselines:   []baseline{{"raw bcrypt", against(atRaw)}, {"minimal handler", against(atMinimal)}},
	})
	if err != nil || cells == nil {
		return err
	}
	// PocketBase computes two hashes for each sign-up.
	const hashingTwice = "PocketBase, which computes two hashes"
	note := func(n, this, that int, what, baseline string, of func(turn) float64, g goal) {
		at := fmt.Sprintf(", %d connections", n)
		b.note(what+at, baseline, spreadOf(ratios(cells[n][this].column(of), cells[n][that].column(of))), g)
	}
	for _, n := range b.connections {
		note(n, atOurs, atRaw, "sign-ups per second", "raw bcrypt", perSecond, atLeast(.97))
		note(n, atLogIns, atRaw, "log-ins per second", "raw bcrypt", perSecond, atLeast(.97))
		note(n, atSessions, atRaw, "LogIns per second", "raw bcrypt", perSecond, atLeast(.97))
		if crowded := n > 2*runtime.NumCPU(); crowded {
			note(n, atOurs, atMinimal, "sign-ups per second", "minimal handler", perSecond, atLeast(1))
			note(n, atOurs, atMinimal, "time of 99 % of the accepted", "minimal handler", slow, atMost(1))
		} else {
			note(n, atOurs, atMinimal, "sign-ups per second", "minimal handler", perSecond, notBehind())
		}
		note(n, atOurs, atPocketBase, "sign-ups per second", hashingTwice, perSecond, atLeast(1))
		note(n, atOurs, atPocketBase, "processor time of a sign-up", hashingTwice, cpuOfOne, atMost(1))
	}
	return nil
}

// hold measures all subjects in turn, prints a table, and returns it: by the
// number of connections, then by subject. It returns nil if there are no rounds.
func (b *bench) hold(ctx context.Context, w io.Writer, c contest) (map[int][]cell, error) {
	if b.rounds == 0 {
		return nil, nil
	}
	processes := make(map[string]*process)
	defer func() {
		for _, p := range processes {
			p.stop()
		}
	}()
	targets, err := b.startAll(ctx, c.subjects, processes)
	if err != nil {
		return nil, err
	}
	cells, err := b.turns(ctx, c, targets, processes)
	if err != nil {
		return nil, err
	}
	memory := make(map[string]float64)
	for server, p := range processes {
		if memory[server], err = p.memory(); err != nil {
			return nil, err
		}
	}
	return cells, b.print(w, c, cells, memory)
}

// startAll starts the servers of the subjects, adds them to processes by name, and
// returns the target of each subject. On an error, it leaves stopping the processes
// to the caller.
func (b *bench) startAll(ctx context.Context, subjects []subject, processes map[string]*process) ([]load.Target, error) {
	targets := make([]load.Target, len(subjects))
	for i, s := range subjects {
		p := processes[s.server]
		if p == nil {
			var err error
			if p, err = b.start(s.server); err != nil {
				return nil, err
			}
			processes[s.server] = p
		}
		var err error
		if targets[i], err = b.target(ctx, s, p); err != nil {
			return nil, err
		}
	}
	return targets, nil
}

// turns runs all rounds, and returns the turns by the number of connections, then by
// subject.
func (b *bench) turns(ctx context.Context, c contest, targets []load.Target, processes map[string]*process) (map[int][]cell, error) {
	cells := make(map[int][]cell)
	for _, n := range c.connections {
		cells[n] = make([]cell, len(c.subjects))
	}
	for round := range b.rounds {
		for _, n := range c.connections {
			for i := range c.subjects {
				i = (i + round) % len(c.subjects) // so that no subject always follows the same one
				s := c.subjects[i]
				t, err := b.turn(ctx, targets[i], processes[s.server], n)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", s.name, err)
				}
				say("round %d of %d, %2d connections, %-16s %6.2f/s", round+1, b.rounds, n, s.name, t.perSecond)
				cells[n][i] = append(cells[n][i], t)
			}
		}
	}
	return cells, nil
}

// turn sends requests over n connections for the duration of a turn.
func (b *bench) turn(ctx context.Context, t load.Target, p *process, n int) (turn, error) {
	cpuBefore, err := p.cpu()
	if err != nil {
		return turn{}, err
	}
	ownBefore, start := cpu.Own(), time.Now()
	all := load.Closed(ctx, t, n, b.closed)
	if ctx.Err() != nil {
		return turn{}, errInterrupted
	}
	own, took := cpu.Own()-ownBefore, time.Since(start)
	cpuAfter, err := p.cpu()
	if err != nil {
		return turn{}, err
	}
	good, refused := all.Granted(), all.Refused()
	if len(good) == 0 {
		return turn{}, fmt.Errorf("the server granted none of %d requests", len(all))
	}
	if failed := len(all) - len(good) - len(refused); failed > 0 {
		return turn{}, fmt.Errorf("%d of %d requests failed", failed, len(all))
	}
	return turn{
		perSecond: float64(len(good)) / good.End().Seconds(),
		cpuOfOne:  milliseconds(cpuAfter-cpuBefore) / float64(len(good)),
		median:    milliseconds(good.Quantile(.5)),
		slow:      milliseconds(good.Quantile(.99)),
		refused:   float64(len(refused)) / float64(len(all)),
		generator: own.Seconds() / took.Seconds() / float64(runtime.NumCPU()),
	}, nil
}

// print prints the medians, and the ratios to the baselines with their intervals.
func (b *bench) print(w io.Writer, c contest, cells map[int][]cell, memory map[string]float64) error {
	var head, line strings.Builder
	for _, base := range c.baselines {
		head.WriteString("÷ " + base.name + " | ")
		line.WriteString("--:|")
	}
	_, err := fmt.Fprintf(w, `
## %s

Each connection sends its next request after the response to the last one. A refused
client tries again after Retry-After. There are %d rounds. In each round, each server
gets requests for %v in turn, and its turn ends when all have a response. The values
are medians. In brackets is the interval of the median ratio, round by round, at a
confidence level of %.0f %%.

| connections | server | per second | %sCPU time each, ms | ÷ %s | median, ms | 99 %%, ms | refused | peak memory, MiB |
|--:|---|--:|%s--:|--:|--:|--:|--:|--:|
`, c.title, b.rounds, b.closed, 100*spreadOf(make([]float64, b.rounds)).level, &head, c.baselines[0].name, &line)
	if err != nil {
		return err
	}
	var generator float64
	for _, n := range c.connections {
		for i, s := range c.subjects {
			cell := cells[n][i]
			generator = max(generator, median(cell.column(func(t turn) float64 { return t.generator })))
			fmt.Fprintf(w, "| %d | %s | %.2f | ", n, s.name, median(cell.column(perSecond)))
			for _, base := range c.baselines {
				fmt.Fprintf(w, "%v | ", spreadOf(ratios(cell.column(perSecond), cells[n][base.of(i)].column(perSecond))))
			}
			if _, err := fmt.Fprintf(w, "%.1f | %.2f | %.0f | %.0f | %.0f %% | %.0f |\n",
				median(cell.column(cpuOfOne)), median(ratios(cell.column(cpuOfOne), cells[n][c.baselines[0].of(i)].column(cpuOfOne))),
				median(cell.column(func(t turn) float64 { return t.median })),
				median(cell.column(slow)),
				100*median(cell.column(func(t turn) float64 { return t.refused })),
				memory[s.server]); err != nil {
				return err
			}
		}
	}
	for _, s := range c.subjects {
		if s.remark != "" {
			fmt.Fprintf(w, "\n%s\n", s.remark)
		}
	}
	_, err = fmt.Fprintf(w, "\nThe load generator used at most %.2f %% of the processor time.\n", 100*generator)
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
