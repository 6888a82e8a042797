package main

import (
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup/internal/bench/load"
)

// TestUnderAttack runs the whole measurement with short turns.
func TestUnderAttack(t *testing.T) {
	if testing.Short() {
		t.Skip("it builds and runs servers")
	}
	dir := t.TempDir()
	if err := buildServers(t.Context(), dir, "./servers/serve"); err != nil {
		t.Fatal(err)
	}
	b := &bench{dir: dir, config: config{
		closed: 200 * time.Millisecond, patience: 500 * time.Millisecond, overloaded: 2,
		attack: 300 * time.Millisecond, attackRounds: 1, attackHeaders: 22, attackSettle: 100 * time.Millisecond,
		attacks: attackNames(), attackServers: []string{"ours", "minimal", "authboss"},
	}}
	var out strings.Builder
	if err := b.underAttack(t.Context(), &out); err != nil {
		t.Fatal(err)
	}
	for _, row := range []string{
		"| signup | none | ", "| signup | headers | ", "| signup | deep | ", "| signup | wide | ", "| signup | memory | ", "| signup | all | ",
		"| minimal handler | none | ", "| minimal handler | all | ", "| Authboss | headers | ", "500 sent",
	} {
		if !strings.Contains(out.String(), row) {
			t.Errorf("got\n%s\nwant %q in it", &out, row)
		}
	}
	if strings.Contains(out.String(), "| minimal handler | memory | ") {
		t.Errorf("got\n%s\nwant no log-ins of the minimal handler", &out)
	}
	if want := 2 * 5; len(b.notes) != want {
		t.Errorf("got %d lines of the summary, want %d: %q", len(b.notes), want, b.notes)
	}
}

func TestAttackRow(t *testing.T) {
	turns := map[string][]attackTurn{
		"none":             {{goodput: 1, after: 20}, {goodput: .8, after: 20}},
		"wide":             {{goodput: .5, after: 40}, {goodput: .4, after: 30, result: load.AttackResult{Sent: 3, Statuses: map[int]int{400: 2}}}},
		"wide to /nothing": {{goodput: .8, after: 20}, {goodput: 0, after: 20}},
	}
	row := newAttackRow(assault{name: "wide"}, turns)
	if row.toNone.median != .5 || row.null.median != .4 || row.memory.median != 1.75 {
		t.Errorf("got the ratios %v, %v and %v; want 0.5 to none, 0.4 of the null attack, 1.75 of memory", row.toNone, row.null, row.memory)
	}
	if row.toNull.median != .625 {
		t.Errorf("got the ratio %v to the null attack, want 0.625, without the round that served nothing", row.toNull)
	}
	if got, want := row.String(), "3 sent, 2 × 400, 1 without response"; !strings.HasSuffix(got, want) {
		t.Errorf("got %q, want %q at its end", got, want)
	}
	if got := newAttackRow(assault{}, turns).toNone.String(); got != "1.00" {
		t.Errorf("none to none: got %s, want 1.00", got)
	}
}

func TestAssaults(t *testing.T) {
	b := &bench{config: config{attacks: []string{"headers", "memory"}, attackHeaders: 22}}
	for _, c := range []struct {
		s    subject
		want string
	}{
		{ours, "none, headers to /nothing, headers, memory to /nothing, memory, all to /nothing, all"},
		{minimal, "none, headers to /nothing, headers"},
	} {
		list, err := b.assaults(c.s)
		if err != nil {
			t.Fatal(err)
		}
		var names []string
		for _, a := range list {
			names = append(names, a.String())
			for _, one := range a.attacks {
				if (one.Path == nullPath) != a.null {
					t.Errorf("%s, %v: got path %s, want %s only if null is set: %t", c.s.name, a, one.Path, nullPath, a.null)
				}
			}
		}
		if got := strings.Join(names, ", "); got != c.want {
			t.Errorf("%s: got %q, want %q", c.s.name, got, c.want)
		}
	}
	b.attacks = []string{"all"}
	if list, err := b.assaults(ours); err != nil || len(list) != 3 || len(list[2].attacks) != len(attackNames()) {
		t.Errorf("all: got %v, %v; want none, and all together to %s and to the server", list, err, nullPath)
	}
	b.attacks = []string{"unknown"}
	if _, err := b.assaults(ours); err == nil {
		t.Error("an unknown attack: got no error, want one")
	}
}
