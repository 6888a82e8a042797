package main

import (
	"context"
	"fmt"
	"io"
	"runtime"
	"slices"
	"time"

	"github.com/gosignup/signup/internal/bench/load"
)

// A turn is what one turn of a subject gave.
type turn struct {
	perSecond float64
	cpu       float64 // of the server, in ms a granted request
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
func cpu(t turn) float64       { return t.cpu }

// closedLoops measures all subjects in turn, and prints a table.
func (b *bench) closedLoops(ctx context.Context, w io.Writer) error {
	subjects := []subject{raw, ours, logIns, minimal, authboss, pocketBase}
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
				return err
			}
			processes[s.server] = p
		}
		var err error
		if targets[i], err = b.target(ctx, s, p); err != nil {
			return err
		}
	}

	cells := make(map[int][]cell) // by connections, then of each subject
	for _, n := range b.connections {
		cells[n] = make([]cell, len(subjects))
	}
	for round := range b.rounds {
		for _, n := range b.connections {
			for i := range subjects {
				i = (i + round) % len(subjects) // so that nobody is always after the same one
				s := subjects[i]
				t, err := b.turn(ctx, targets[i], processes[s.server], n)
				if err != nil {
					return fmt.Errorf("%s: %w", s.name, err)
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
			return err
		}
	}
	return b.printClosed(w, subjects, cells, memory)
}

// turn lets n connections ask for a while.
func (b *bench) turn(ctx context.Context, t load.Target, p *process, n int) (turn, error) {
	cpuBefore, err := p.cpu()
	if err != nil {
		return turn{}, err
	}
	ownBefore, start := ownCPU(), time.Now()
	all := load.Closed(ctx, t, n, b.closed)
	if ctx.Err() != nil {
		return turn{}, errInterrupted
	}
	own, took := ownCPU()-ownBefore, time.Since(start)
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
		cpu:       milliseconds(cpuAfter-cpuBefore) / float64(len(good)),
		median:    milliseconds(good.Quantile(.5)),
		slow:      milliseconds(good.Quantile(.99)),
		refused:   float64(len(refused)) / float64(len(all)),
		generator: own.Seconds() / took.Seconds() / float64(runtime.NumCPU()),
	}, nil
}

// printClosed prints medians, and of the ratios to the first subject and to the
// minimal handler their intervals.
func (b *bench) printClosed(w io.Writer, subjects []subject, cells map[int][]cell, memory map[string]float64) error {
	hand := slices.IndexFunc(subjects, func(s subject) bool { return s.server == minimal.server })
	var generator float64
	_, err := fmt.Fprintf(w, `
## Closed loop

Each connection sends its next request when it has its answer; who is refused
comes back when Retry-After says. %d rounds in turn, %v each and until all have
their answers. Medians; in brackets the interval of level %.0f %% of the median
of the ratios, round by round.

| connections | server | a second | ÷ raw bcrypt | ÷ minimal handler | CPU of one, ms | ÷ raw | median, ms | 99 %%, ms | refused | most memory, MiB |
|--:|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
`, b.rounds, b.closed, 100*spreadOf(make([]float64, b.rounds)).level)
	if err != nil {
		return err
	}
	for _, n := range b.connections {
		for i, s := range subjects {
			c, base, byHand := cells[n][i], cells[n][0], cells[n][hand]
			generator = max(generator, median(c.column(func(t turn) float64 { return t.generator })))
			if _, err := fmt.Fprintf(w, "| %d | %s | %.2f | %v | %v | %.1f | %.2f | %.0f | %.0f | %.0f %% | %.0f |\n",
				n, s.name, median(c.column(perSecond)),
				spreadOf(ratios(c.column(perSecond), base.column(perSecond))),
				spreadOf(ratios(c.column(perSecond), byHand.column(perSecond))),
				median(c.column(cpu)), median(ratios(c.column(cpu), base.column(cpu))),
				median(c.column(func(t turn) float64 { return t.median })),
				median(c.column(func(t turn) float64 { return t.slow })),
				100*median(c.column(func(t turn) float64 { return t.refused })),
				memory[s.server]); err != nil {
				return err
			}
		}
	}
	_, err = fmt.Fprintf(w, "\nThe load generator took at most %.2f %% of the processors.\n", 100*generator)
	return err
}

func milliseconds(d time.Duration) float64 { return float64(d) / float64(time.Millisecond) }
