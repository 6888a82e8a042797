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

// A turn is what one turn of a subject gave.
type turn struct {
	perSecond float64
	cpuOfOne  float64 // of the server, in ms a granted request
	median    float64 // of what a granted request took, in ms
	slow      float64 // its 99th percentile
	refused   float64 // share
	generator float64 // share of the machine's processors that this process took
}

// A cell is all turns of a subject with so many connections.
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

// A contest is of subjects who each have closed loops of some numbers of
// connections.
type contest struct {
	title       string
	subjects    []subject
	connections []int
	baselines   []baseline // the first is that of processor time, too
}

// A baseline is what throughput is divided by: of each subject, another.
type baseline struct {
	name string
	of   func(subject int) int
}

func against(other int) func(int) int { return func(int) int { return other } }

// closedLoops compares all servers that keep users by their own means.
func (b *bench) closedLoops(ctx context.Context, w io.Writer) error {
	const (
		atRaw = iota
		atOurs
		atLogIns
		atMinimal
		_
		atPocketBase
	)
	cells, err := b.hold(ctx, w, contest{
		title:       "Closed loop",
		subjects:    []subject{raw, ours, logIns, minimal, authboss, pocketBase},
		connections: b.connections,
		baselines:   []baseline{{"raw bcrypt", against(atRaw)}, {"minimal handler", against(atMinimal)}},
	})
	if err != nil || cells == nil {
		return err
	}
	note := func(n, this, that int, what, baseline string, of func(turn) float64, g goal) {
		at := fmt.Sprintf(", %d connections", n)
		b.note(what+at, baseline, spreadOf(ratios(cells[n][this].column(of), cells[n][that].column(of))), g)
	}
	for _, n := range b.connections {
		note(n, atOurs, atRaw, "sign-ups a second", "raw bcrypt", perSecond, atLeast(.97))
		note(n, atLogIns, atRaw, "log-ins a second", "raw bcrypt", perSecond, atLeast(.97))
		if crowded := n > 2*runtime.NumCPU(); crowded {
			note(n, atOurs, atMinimal, "sign-ups a second", "minimal handler", perSecond, atLeast(1))
			note(n, atOurs, atMinimal, "time of 99 % of those let in", "minimal handler", slow, atMost(1))
		} else {
			note(n, atOurs, atMinimal, "sign-ups a second", "minimal handler", perSecond, notBehind())
		}
		note(n, atOurs, atPocketBase, "sign-ups a second", "PocketBase", perSecond, atLeast(1))
		note(n, atOurs, atPocketBase, "processor time of a sign-up", "PocketBase", cpuOfOne, atMost(1))
	}
	return nil
}

// hold measures all subjects in turn, prints a table, and returns it: by the
// number of connections, then by subject; nil if there are no rounds.
func (b *bench) hold(ctx context.Context, w io.Writer, c contest) (map[int][]cell, error) {
	if b.rounds == 0 {
		return nil, nil
	}
	subjects := c.subjects
	processes := make(map[string]*process)
	defer func() {
		for _, p := range processes {
			p.stop()
		}
	}()
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

	cells := make(map[int][]cell) // by connections, then of each subject
	for _, n := range c.connections {
		cells[n] = make([]cell, len(subjects))
	}
	for round := range b.rounds {
		for _, n := range c.connections {
			for i := range subjects {
				i = (i + round) % len(subjects) // so that nobody is always after the same one
				s := subjects[i]
				t, err := b.turn(ctx, targets[i], processes[s.server], n)
				if err != nil {
					return nil, fmt.Errorf("%s: %w", s.name, err)
				}
				say("round %d of %d, %2d connections, %-16s %6.2f/s", round+1, b.rounds, n, s.name, t.perSecond)
				cells[n][i] = append(cells[n][i], t)
			}
		}
	}

	memory := make(map[string]float64)
	for server, p := range processes {
		var err error
		if memory[server], err = p.memory(); err != nil {
			return nil, err
		}
	}
	return cells, b.print(w, c, cells, memory)
}

// turn lets n connections ask for a while.
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
		return turn{}, fmt.Errorf("none of %d requests was granted", len(all))
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

// print prints medians, and of the ratios to the baselines their intervals.
func (b *bench) print(w io.Writer, c contest, cells map[int][]cell, memory map[string]float64) error {
	var head, line strings.Builder
	for _, base := range c.baselines {
		head.WriteString("÷ " + base.name + " | ")
		line.WriteString("--:|")
	}
	_, err := fmt.Fprintf(w, `
## %s

Each connection sends its next request when it has its answer; who is refused
comes back when Retry-After says. %d rounds in turn, %v each and until all have
their answers. Medians; in brackets the interval of level %.0f %% of the median
of the ratios, round by round.

| connections | server | a second | %sCPU of one, ms | ÷ %s | median, ms | 99 %%, ms | refused | most memory, MiB |
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
	_, err = fmt.Fprintf(w, "\nThe load generator took at most %.2f %% of the processors.\n", 100*generator)
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
