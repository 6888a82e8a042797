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
peak, and when it was at most a tenth above that after the null attack, or else %v after
the turn. The processor time per sign-up is the server's, for everything that it did.

| server | attack | served ÷ capacity | ÷ without attack | null attack ÷ without | ÷ null attack | CPU time per sign-up, ms | ÷ without attack | server's CPU time, s | generator's, s | memory before | peak | after | after, null attack | settled after, s | requests of the last round |
|---|---|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|--:|---|
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
	b.note(what+"memory afterwards", "null attack", row.memory, atMost(1.1))
}

// An attackRow is the results of a server under an assault, compared with those
// without.
type attackRow struct {
	turns                []attackTurn
	toNone, null, toNull spread    // ratios of goodput; null is that of the null attack to none
	each                 spread    // ratio of the processor time per sign-up to that without an assault
	memory               spread    // ratio of the memory afterwards to that after the null attack
	nullAfter            []float64 // that memory
}

func newAttackRow(a assault, turns map[string][]attackTurn) attackRow {
	column := func(a assault, of func(attackTurn) float64) []float64 { return attackColumn(turns[a.String()], of) }
	compare := func(a, base assault, of func(attackTurn) float64) spread {
		return spreadOf(finite(ratios(column(a, of), column(base, of))))
	}
	goodput := func(t attackTurn) float64 { return t.goodput }
	each := func(t attackTurn) float64 { return t.each }
	after := func(t attackTurn) float64 { return t.after }
	row := attackRow{turns: turns[a.String()]}
	if a.name == "" {
		row.toNone, row.each = exactly(1), exactly(1)
		row.null, row.toNull, row.memory = spreadOf(nil), spreadOf(nil), spreadOf(nil)
		return row
	}
	none, null := assault{}, assault{name: a.name, null: true}
	row.toNone, row.null, row.toNull = compare(a, none, goodput), compare(null, none, goodput), compare(a, null, goodput)
	row.each = compare(a, none, each)
	row.memory, row.nullAfter = compare(a, null, after), column(null, after)
	return row
}

// String returns the columns of the table from the third on.
func (r attackRow) String() string {
	of := func(f func(attackTurn) float64) float64 { return median(finite(attackColumn(r.turns, f))) }
	var last attackTurn
	if len(r.turns) > 0 {
		last = r.turns[len(r.turns)-1]
	}
	return fmt.Sprintf("%.3f | %v | %v | %v | %s | %v | %.1f | %.2f | %.0f | %.0f | %.0f | %s | %.1f | %v",
		of(func(t attackTurn) float64 { return t.goodput }), r.toNone, r.null, r.toNull,
		orDash(of(func(t attackTurn) float64 { return t.each })), r.each,
		of(func(t attackTurn) float64 { return t.server.Seconds() }),
		of(func(t attackTurn) float64 { return t.generator.Seconds() }),
		of(func(t attackTurn) float64 { return t.before }),
		of(func(t attackTurn) float64 { return t.peak }),
		of(func(t attackTurn) float64 { return t.after }),
		orDash(median(r.nullAfter)),
		of(func(t attackTurn) float64 { return t.settled.Seconds() }), last.result)
}

// orDash returns x rounded, or a dash if there is no x.
func orDash(x float64) string {
	if math.IsNaN(x) {
		return "–"
	}
	return fmt.Sprintf("%.0f", x)
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
