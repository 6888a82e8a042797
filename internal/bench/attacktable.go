package main

import (
	"fmt"
	"io"
	"math"
	"slices"
)

// printAttacks prints the results of underAttack, and adds those of ours to the
// summary.
func (b *bench) printAttacks(w io.Writer, subjects []subject, cells attackCells) error {
	_, err := fmt.Fprintf(w, `
## Under attack

Honest clients sign up at %v times the capacity for %v, and attackers send at the same
time:

- headers: 40 connections of HTTP/2, %v requests per second in all. Each names one entry
  of the connection's table, a value of Accept of 4 KiB in many pieces, as often as the
  server's settings allow.
- deep: 500 connections, one request on each, all at once: JSON nested 9,991 levels deep.
- wide: 16 connections of HTTP/2, 83 requests per second in all: JSON of 64 KiB, most of
  it an array.
- memory: 20 log-ins per second with a wrong password of a user whose hash takes 256 MiB.
- all: these together.

The null attack sends the same to a path that has no handler. It costs the processor time
of net/http and of the generator. There are %d rounds, in turn, each in a new process. The
values are medians. In brackets is the interval of the median ratio, round by round, at a
confidence level of %.0f %%. Memory is resident, in MiB: after the first sign-up, at its
peak, and when it was at most a tenth above that without an attack, or else %v after
the turn.

| server | attack | served ÷ capacity | ÷ without attack | null attack ÷ without | ÷ null attack | server's CPU time, s | generator's, s | memory before | peak | after | settled after, s | requests of the last round |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
`, b.overloaded, b.attack, b.attackHeaders, b.attackRounds, 100*spreadOf(make([]float64, b.attackRounds)).level, b.attackSettle)
	if err != nil {
		return err
	}
	for _, s := range subjects {
		list, err := b.assaults(s)
		if err != nil {
			return err
		}
		for _, a := range list {
			if a.null {
				continue
			}
			row := newAttackRow(a, cells[s.name])
			if _, err := fmt.Fprintf(w, "| %s | %v | %v |\n", s.name, a, row); err != nil {
				return err
			}
			if s.server == ours.server && a.name != "" {
				b.noteAttack(a, row)
			}
		}
	}
	_, err = fmt.Fprint(w, "\nThe minimal handler and Authboss have no log-ins here, so they don't get the attack\n\"memory\".\n")
	return err
}

// noteAttack adds the results of an attack on ours to the summary.
func (b *bench) noteAttack(a assault, row attackRow) {
	what := fmt.Sprintf("%v times the capacity offered, attack %q: ", b.overloaded, a)
	b.note(what+"served", "without attack", row.toNone, atLeast(.95))
	b.note(what+"memory afterwards", "without attack", row.memory, atMost(1.1))
}

// An attackRow is the results of a server under an assault, compared with those
// without.
type attackRow struct {
	turns                []attackTurn
	toNone, null, toNull spread // ratios of goodput; null is that of the null attack to none
	memory               spread // ratio of the memory afterwards to that without an assault
}

func newAttackRow(a assault, turns map[string][]attackTurn) attackRow {
	goodput := func(a assault) []float64 {
		return attackColumn(turns[a.String()], func(t attackTurn) float64 { return t.goodput })
	}
	after := func(a assault) []float64 {
		return attackColumn(turns[a.String()], func(t attackTurn) float64 { return t.after })
	}
	none, null := assault{}, assault{name: a.name, null: true}
	row := attackRow{turns: turns[a.String()]}
	row.memory = spreadOf(finite(ratios(after(a), after(none))))
	if a.name == "" {
		row.null, row.toNull = spreadOf(nil), spreadOf(nil)
		row.toNone = exactly(1)
		return row
	}
	row.toNone = spreadOf(finite(ratios(goodput(a), goodput(none))))
	row.null = spreadOf(finite(ratios(goodput(null), goodput(none))))
	row.toNull = spreadOf(finite(ratios(goodput(a), goodput(null))))
	return row
}

// String returns the columns of the table from the third on.
func (r attackRow) String() string {
	of := func(f func(attackTurn) float64) float64 { return median(attackColumn(r.turns, f)) }
	var last attackTurn
	if len(r.turns) > 0 {
		last = r.turns[len(r.turns)-1]
	}
	return fmt.Sprintf("%.3f | %v | %v | %v | %.1f | %.2f | %.0f | %.0f | %.0f | %.1f | %v",
		of(func(t attackTurn) float64 { return t.goodput }), r.toNone, r.null, r.toNull,
		of(func(t attackTurn) float64 { return t.server.Seconds() }),
		of(func(t attackTurn) float64 { return t.generator.Seconds() }),
		of(func(t attackTurn) float64 { return t.before }),
		of(func(t attackTurn) float64 { return t.peak }),
		of(func(t attackTurn) float64 { return t.after }),
		of(func(t attackTurn) float64 { return t.settled.Seconds() }), last.result)
}

func attackColumn(turns []attackTurn, of func(attackTurn) float64) []float64 {
	xs := make([]float64, len(turns))
	for i, t := range turns {
		xs[i] = of(t)
	}
	return xs
}

// finite returns xs without the ratios to a server that served nothing.
func finite(xs []float64) []float64 {
	return slices.DeleteFunc(xs, func(x float64) bool { return math.IsNaN(x) || math.IsInf(x, 0) })
}
