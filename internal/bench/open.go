package main

import (
	"context"
	"fmt"
	"io"
	"math"
	"os"
	"time"

	"github.com/gosignup/signup/internal/bench/load"
)

const (
	maxWait = 2 * time.Second // Accounts.MaxWait's default
	// Who is accepted should have an answer by then.
	acceptable = maxWait * 3 / 2
)

// An outcome is what an open loop gave.
type outcome struct {
	offered    float64 // arrivals, in multiples of the capacity
	capacity   float64 // a second: raw bcrypt's, before and after
	goodput    float64 // granted while it lasted, in multiples of the capacity
	median     time.Duration
	slow       time.Duration // 99th percentile of what the granted took
	acceptable float64       // share of the granted
	refused    float64       // share of all
	noAnswer   float64       // share of all: their patience was at its end
	refusal    time.Duration // 99th percentile of what the refused took
	retryAfter float64       // share of the refused that were told when to come back

	// Of the overload alone:
	settled time.Duration // from the last arrival until probes are as before
	leftOps float64       // hashes that the server made in that time
}

// openLoops measures arrivals that don't care how the server does, prints tables
// and draws the plot.
func (b *bench) openLoops(ctx context.Context, w io.Writer) error {
	if len(b.multiples) == 0 && b.overload == 0 {
		return nil
	}
	p, err := b.start(raw.server)
	if err != nil {
		return err
	}
	defer p.stop()
	ceiling, err := b.target(ctx, raw, p)
	if err != nil {
		return err
	}
	subjects := []subject{ours, minimal}
	outcomes := make([][]outcome, len(subjects))
	for _, multiple := range b.multiples {
		for i, s := range subjects {
			o, err := b.arrivals(ctx, s, ceiling, multiple, b.open, false)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			outcomes[i] = append(outcomes[i], o)
		}
	}
	if len(b.multiples) > 0 {
		if err := b.printOpen(w, subjects, outcomes); err != nil {
			return err
		}
	}
	if b.overload > 0 {
		last := make([]outcome, len(subjects))
		for i, s := range subjects {
			o, err := b.arrivals(ctx, s, ceiling, b.overloaded, b.overload, true)
			if err != nil {
				return fmt.Errorf("%s: %w", s.name, err)
			}
			last[i] = o
			outcomes[i] = append(outcomes[i], o)
		}
		if err := b.printOverload(w, subjects, last); err != nil {
			return err
		}
		b.noteOverload(last[0], last[1])
	}
	if b.plot == "" {
		return nil
	}
	return os.WriteFile(b.plot, draw(subjects, outcomes), 0o644)
}

// noteOverload keeps what is promised of ours.
func (b *bench) noteOverload(ours, minimal outcome) {
	share := func(d, of time.Duration) spread { return exactly(d.Seconds() / of.Seconds()) }
	for _, row := range []struct {
		what, baseline string
		ratio          spread
		goal           goal
	}{
		{"served", "capacity", exactly(ours.goodput), atLeast(.95)},
		{"served by the minimal handler", "capacity", exactly(minimal.goodput), goal{text: "–"}},
		{"time of 99 % of those let in", "MaxWait, 2 s", share(ours.slow, maxWait), atMost(1.5)},
		{"time of 99 % of refusals", "50 ms", share(ours.refusal, 50*time.Millisecond), atMost(1)},
		{"refusals with Retry-After", "all", exactly(ours.retryAfter), atLeast(1)},
		{"time until all is as before", "2 s", share(ours.settled, 2*time.Second), atMost(1)},
	} {
		b.note(fmt.Sprintf("%v times the capacity offered: %s", b.overloaded, row.what), row.baseline, row.ratio, row.goal)
	}
}

// arrivals offers s, newly started, a multiple of the capacity for d; and then
// watches it until it is as before, if that is wanted.
func (b *bench) arrivals(ctx context.Context, s subject, ceiling load.Target, multiple float64, d time.Duration, watch bool) (outcome, error) {
	p, err := b.start(s.server)
	if err != nil {
		return outcome{}, err
	}
	defer p.stop()
	t, err := b.target(ctx, s, p)
	if err != nil {
		return outcome{}, err
	}
	alone := load.Closed(ctx, t, 1, time.Second).Granted().Quantile(.5)
	before := b.capacity(ctx, ceiling)

	var all load.Samples
	done := make(chan struct{})
	go func() {
		defer close(done)
		all = load.Open(ctx, t, multiple*before, d, b.patience)
	}()
	o := outcome{offered: multiple}
	if watch {
		time.Sleep(d)
		used, err := p.cpu()
		if err != nil {
			return outcome{}, err
		}
		o.settled = load.Settle(ctx, t, 2*alone, b.recovery)
		usedThen, err := p.cpu()
		if err != nil {
			return outcome{}, err
		}
		o.leftOps = (usedThen - used).Seconds() / alone.Seconds()
	}
	<-done
	if ctx.Err() != nil {
		return outcome{}, errInterrupted
	}
	p.stop() // with all that it still does
	o.capacity = (before + b.capacity(ctx, ceiling)) / 2
	o.sum(all, d)
	say("open loop, %.2f × %5.2f/s, %-16s goodput %.2f", multiple, o.capacity, s.name, o.goodput)
	return o, nil
}

// capacity returns raw bcrypt's throughput now.
func (b *bench) capacity(ctx context.Context, ceiling load.Target) float64 {
	good := load.Closed(ctx, ceiling, 2, b.closed).Granted()
	return float64(len(good)) / max(good.End().Seconds(), math.SmallestNonzeroFloat32)
}

// sum fills in what the samples of d tell.
func (o *outcome) sum(all load.Samples, d time.Duration) {
	good, refused := all.Granted(), all.Refused()
	share := func(part load.Samples, of load.Samples) float64 {
		return float64(len(part)) / float64(max(len(of), 1))
	}
	inTime := good.Where(func(s load.Sample) bool { return s.Done() <= d })
	o.goodput = float64(len(inTime)) / d.Seconds() / o.capacity
	o.median, o.slow = good.Quantile(.5), good.Quantile(.99)
	o.acceptable = good.Within(acceptable)
	o.refused = share(refused, all)
	o.noAnswer = share(all.Where(func(s load.Sample) bool { return s.Status == 0 }), all)
	o.refusal = refused.Quantile(.99)
	o.retryAfter = share(refused.Where(func(s load.Sample) bool { return s.RetryAfter > 0 }), refused)
}

func (b *bench) printOpen(w io.Writer, subjects []subject, outcomes [][]outcome) error {
	_, err := fmt.Fprintf(w, `
## Open loop

Arrivals at random (a Poisson process) for %v, by people who wait %v. Offered and
served in multiples of the capacity: raw bcrypt, 2 connections, just before and
after.

| offered | server | served | median, ms | 99 %%, ms | refused | no answer |
|--:|---|--:|--:|--:|--:|--:|
`, b.open, b.patience)
	if err != nil {
		return err
	}
	for row := range b.multiples {
		for i, s := range subjects {
			o := outcomes[i][row]
			if _, err := fmt.Fprintf(w, "| %.2f | %s | %.2f | %.0f | %.0f | %.0f %% | %.0f %% |\n",
				o.offered, s.name, o.goodput, milliseconds(o.median), milliseconds(o.slow), 100*o.refused, 100*o.noAnswer); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) printOverload(w io.Writer, subjects []subject, outcomes []outcome) error {
	_, err := fmt.Fprintf(w, `
## Overload

%.2f times the capacity offered for %v, by people who wait %v.

| server | served ÷ capacity | accepted within %v | 99 %% of accepted, ms | refused | 99 %% of refusals, ms | with Retry-After | no answer | as before after, s | hashes until then |
|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|
`, b.overloaded, b.overload, b.patience, acceptable)
	if err != nil {
		return err
	}
	for i, s := range subjects {
		o := outcomes[i]
		settled := fmt.Sprintf("%.1f", o.settled.Seconds())
		if o.settled >= b.recovery {
			settled = "> " + settled
		}
		refusal, retryAfter := "–", "–"
		if o.refused > 0 {
			refusal, retryAfter = fmt.Sprintf("%.0f", milliseconds(o.refusal)), fmt.Sprintf("%.0f %%", 100*o.retryAfter)
		}
		if _, err := fmt.Fprintf(w, "| %s | %.3f | %.1f %% | %.0f | %.0f %% | %s | %s | %.0f %% | %s | %.0f |\n",
			s.name, o.goodput, 100*o.acceptable, milliseconds(o.slow), 100*o.refused, refusal, retryAfter,
			100*o.noAnswer, settled, o.leftOps); err != nil {
			return err
		}
	}
	return nil
}
