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
	maxWait = 2 * time.Second // the default of HashLimits.MaxWait
	// An accepted client should have its response after this time.
	acceptable = maxWait * 3 / 2
)

// An outcome is the result of an open loop.
type outcome struct {
	offered    float64 // arrivals, in multiples of the capacity
	capacity   float64 // per second: that of raw bcrypt, before and after
	goodput    float64 // granted before the end of the loop, in multiples of the capacity
	median     time.Duration
	slow       time.Duration // 99th percentile of the time of a granted request
	acceptable float64       // share of the granted
	refused    float64       // share of all
	noResponse float64       // share of all: the client stopped waiting
	refusal    time.Duration // 99th percentile of the time of a refusal
	retryAfter float64       // share of the refusals that have Retry-After

	// Only for the overload:
	settled time.Duration // from the last arrival until probes are as fast as before
	leftOps float64       // hashes that the server computed in that time
}

// openLoops measures arrivals at rates that don't depend on the server. It prints
// tables and draws the plot.
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
		if err := b.offer(ctx, subjects, ceiling, multiple, b.open, false, outcomes); err != nil {
			return err
		}
	}
	if len(b.multiples) > 0 {
		if err := b.printOpen(w, subjects, outcomes); err != nil {
			return err
		}
	}
	if b.overload > 0 {
		if err := b.overloads(ctx, w, subjects, ceiling, outcomes); err != nil {
			return err
		}
	}
	if b.plot == "" {
		return nil
	}
	return os.WriteFile(b.plot, draw(subjects, outcomes), 0o644)
}

// offer runs an open loop with each of the subjects, and appends to its outcomes.
func (b *bench) offer(ctx context.Context, subjects []subject, ceiling load.Target, multiple float64, d time.Duration, watch bool, outcomes [][]outcome) error {
	for i, s := range subjects {
		o, err := b.arrivals(ctx, s, ceiling, multiple, d, watch)
		if err != nil {
			return fmt.Errorf("%s: %w", s.name, err)
		}
		outcomes[i] = append(outcomes[i], o)
	}
	return nil
}

// overloads overloads each of the subjects, appends to its outcomes, and prints a
// table.
func (b *bench) overloads(ctx context.Context, w io.Writer, subjects []subject, ceiling load.Target, outcomes [][]outcome) error {
	if err := b.offer(ctx, subjects, ceiling, b.overloaded, b.overload, true, outcomes); err != nil {
		return err
	}
	last := make([]outcome, len(subjects))
	for i, all := range outcomes {
		last[i] = all[len(all)-1]
	}
	if err := b.printOverload(w, subjects, last); err != nil {
		return err
	}
	b.noteOverload(last[0], last[1])
	return nil
}

// noteOverload adds the overload to the summary.
func (b *bench) noteOverload(ours, minimal outcome) {
	share := func(d, of time.Duration) spread { return exactly(d.Seconds() / of.Seconds()) }
	for _, row := range []struct {
		what, baseline string
		ratio          spread
		goal           goal
	}{
		{"served", "capacity", exactly(ours.goodput), atLeast(.95)},
		{"served by the minimal handler", "capacity", exactly(minimal.goodput), noGoal()},
		{"time of 99 % of the accepted", "MaxWait, 2 s", share(ours.slow, maxWait), atMost(1.5)},
		{"time of 99 % of refusals", "50 ms", share(ours.refusal, 50*time.Millisecond), atMost(1)},
		{"refusals with Retry-After", "all", exactly(ours.retryAfter), atLeast(1)},
		{"time until the server is as fast as before", "2 s", share(ours.settled, 2*time.Second), atMost(1)},
	} {
		b.note(fmt.Sprintf("%v times the capacity offered: %s", b.overloaded, row.what), row.baseline, row.ratio, row.goal)
	}
}

// arrivals starts s and offers it a multiple of the capacity for d. If watch is set,
// it then waits until s is as fast as before.
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
	p.stop() // with all its remaining work
	o.capacity = (before + b.capacity(ctx, ceiling)) / 2
	o.sum(all, d)
	say("open loop, %.2f × %5.2f/s, %-16s goodput %.2f", multiple, o.capacity, s.name, o.goodput)
	return o, nil
}

// capacity returns the present throughput of raw bcrypt.
func (b *bench) capacity(ctx context.Context, ceiling load.Target) float64 {
	good := load.Closed(ctx, ceiling, 2, b.closed).Granted()
	return float64(len(good)) / max(good.End().Seconds(), math.SmallestNonzeroFloat32)
}

// sum sets the fields that depend on the samples of a loop of length d.
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
	o.noResponse = share(all.Where(func(s load.Sample) bool { return s.Status == 0 }), all)
	o.refusal = refused.Quantile(.99)
	o.retryAfter = share(refused.Where(func(s load.Sample) bool { return s.RetryAfter > 0 }), refused)
}

func (b *bench) printOpen(w io.Writer, subjects []subject, outcomes [][]outcome) error {
	_, err := fmt.Fprintf(w, `
## Open loop

Clients arrive at random (a Poisson process) for %v. Each waits for at most %v. Offered
and served are multiples of the capacity, which is the throughput of raw bcrypt with 2
connections, just before and after.

| offered | server | served | median, ms | 99 %%, ms | refused | no response |
|--:|---|--:|--:|--:|--:|--:|
`, b.open, b.patience)
	if err != nil {
		return err
	}
	for row := range b.multiples {
		for i, s := range subjects {
			o := outcomes[i][row]
			if _, err := fmt.Fprintf(w, "| %.2f | %s | %.2f | %.0f | %.0f | %.0f %% | %.0f %% |\n",
				o.offered, s.name, o.goodput, milliseconds(o.median), milliseconds(o.slow), 100*o.refused, 100*o.noResponse); err != nil {
				return err
			}
		}
	}
	return nil
}

func (b *bench) printOverload(w io.Writer, subjects []subject, outcomes []outcome) error {
	_, err := fmt.Fprintf(w, `
## Overload

Clients arrive at %.2f times the capacity for %v. Each waits for at most %v.

| server | served ÷ capacity | accepted within %v | 99 %% of accepted, ms | refused | 99 %% of refusals, ms | with Retry-After | no response | as fast as before after, s | hashes until then |
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
			100*o.noResponse, settled, o.leftOps); err != nil {
			return err
		}
	}
	return nil
}
