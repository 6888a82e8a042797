package main

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"slices"
	"sync"
	"time"

	"github.com/gosignup/signup/internal/bench/cpu"
	"github.com/gosignup/signup/internal/bench/load"
	"github.com/gosignup/signup/internal/bench/servers"
)

// nullPath is a path for which no server has a handler. An attack on it costs what
// net/http and the generator need for its requests.
const nullPath = "/nothing"

// together is the name of all attacks at once.
const together = "all"

// attackNames returns the names of the attacks.
func attackNames() []string { return []string{"headers", "deep", "wide", "memory"} }

// attackRequests returns the requests of the attack with this name on s, or false if
// s has nothing that it could attack.
func (b *bench) attackRequests(name string, s subject) (load.Attack, bool) {
	always := func(body []byte) func() []byte { return func() []byte { return body } }
	switch name {
	case "headers":
		return load.Attack{Path: s.path, Accept: true, Connections: 40, Rate: b.attackHeaders}, true
	case "deep":
		return load.Attack{Path: s.path, Body: always(load.DeepBody()), Connections: 500, HTTP1: true}, true
	case "wide":
		return load.Attack{Path: s.path, Body: always(load.WideBody()), Connections: 16, Rate: 83}, true
	case "memory":
		body := []byte(`{"email_address":"` + servers.HungryEmail + `","password":"` + password + `"}`)
		return load.Attack{Path: servers.LogInPath, Body: always(body), Connections: 4, Rate: 20}, s.server == ours.server
	}
	return load.Attack{}, false
}

// An assault is what a server gets beside honest sign-ups during a turn.
type assault struct {
	name    string // empty: nothing
	null    bool   // to nullPath
	attacks []load.Attack
}

func (a assault) String() string {
	switch {
	case a.name == "":
		return "none"
	case a.null:
		return a.name + " to " + nullPath
	}
	return a.name
}

// assaults returns the assaults on s: none, each attack, all together, and each of
// these to nullPath.
func (b *bench) assaults(s subject) ([]assault, error) {
	names, onlyTogether := b.attacks, slices.Equal(b.attacks, []string{together})
	if onlyTogether {
		names = attackNames()
	}
	var chosen []assault
	all := assault{name: together}
	for _, name := range names {
		if !slices.Contains(attackNames(), name) {
			return nil, fmt.Errorf("unknown attack %q", name)
		}
		if a, ok := b.attackRequests(name, s); ok {
			chosen = append(chosen, assault{name: name, attacks: []load.Attack{a}})
			all.attacks = append(all.attacks, a)
		}
	}
	if onlyTogether {
		chosen = []assault{all}
	} else if len(chosen) > 1 {
		chosen = append(chosen, all)
	}
	list := []assault{{}}
	for _, a := range chosen {
		null := assault{name: a.name, null: true, attacks: slices.Clone(a.attacks)}
		for i := range null.attacks {
			null.attacks[i].Path = nullPath
		}
		list = append(list, null, a)
	}
	return list, nil
}

// An attackTurn is the result of one turn of a server under an assault.
type attackTurn struct {
	goodput   float64       // sign-ups granted before the end, in multiples of the capacity
	server    time.Duration // its processor time, of the turn
	each      float64       // the same in ms per sign-up granted, also after the end
	generator time.Duration // the processor time of this process
	before    float64       // memory in MiB, after the first sign-up
	peak      float64
	after     float64       // when it had settled
	settled   time.Duration // from the end of the turn until then
	result    load.AttackResult
}

// attackCells has the turns by subject, then by assault.
type attackCells map[string]map[string][]attackTurn

// underAttack measures how many honest sign-ups are served under overload while
// others attack, and prints a table.
func (b *bench) underAttack(ctx context.Context, w io.Writer) error {
	if b.attack == 0 || b.attackRounds == 0 {
		return nil
	}
	var subjects []subject
	for _, s := range []subject{ours, minimal, authboss} {
		if slices.Contains(b.attackServers, s.server) {
			subjects = append(subjects, s)
		}
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
	cells := make(attackCells)
	for _, s := range subjects {
		cells[s.name] = make(map[string][]attackTurn)
	}
	for round := range b.attackRounds {
		for i := range subjects {
			s := subjects[(i+round)%len(subjects)]
			if err := b.attackRound(ctx, s, ceiling, round, cells[s.name]); err != nil {
				return fmt.Errorf("%s under attack: %w", s.name, err)
			}
		}
	}
	return b.printAttacks(w, subjects, cells)
}

// attackRound runs a turn of s with each assault, and adds them to turns by the name
// of the assault.
func (b *bench) attackRound(ctx context.Context, s subject, ceiling load.Target, round int, turns map[string][]attackTurn) error {
	list, err := b.assaults(s)
	if err != nil {
		return err
	}
	before := b.capacity(ctx, ceiling)
	for i := range list {
		a := list[(i+round)%len(list)] // so that no assault always comes first
		t, err := b.attackTurn(ctx, s, a, b.overloaded*before, normalMemory(a, turns))
		if err != nil {
			return fmt.Errorf("%v: %w", a, err)
		}
		after := b.capacity(ctx, ceiling)
		t.goodput /= (before + after) / 2
		before = after
		say("round %d of %d, %-16s attack: %-20v goodput %.2f, memory %3.0f to %4.0f, then %4.0f MiB; %v",
			round+1, b.attackRounds, s.name, a, t.goodput, t.before, t.peak, t.after, t.result)
		turns[a.String()] = append(turns[a.String()], t)
	}
	return nil
}

// normalMemory returns the memory that a server had after its last null attack of a's
// kind, or 0 if there was none, or a is one or no attack.
func normalMemory(a assault, turns map[string][]attackTurn) float64 {
	null := turns[assault{name: a.name, null: true}.String()]
	if a.null || len(null) == 0 {
		return 0
	}
	return null[len(null)-1].after
}

// attackTurn starts s and offers it this rate of sign-ups and the assault at the same
// time. The goodput of the result is per second. normal is the memory to wait for.
func (b *bench) attackTurn(ctx context.Context, s subject, a assault, rate, normal float64) (t attackTurn, err error) {
	p, err := b.start(s.server)
	if err != nil {
		return t, err
	}
	defer p.stop()
	target, err := b.target(ctx, s, p)
	if err != nil {
		return t, err
	}
	if t.before, err = p.resident(); err != nil {
		return t, err
	}
	prepared, err := prepare(ctx, a, p)
	if err != nil {
		return t, err
	}
	dialed, err := dial(ctx, prepared)
	if err != nil {
		return t, err
	}
	t, err = b.beset(ctx, p, target, rate, dialed, t)
	for _, d := range dialed {
		t.result.Add(d.Close())
	}
	if err != nil {
		return t, err
	}
	if err := b.settleMemory(ctx, p, normal, &t); err != nil {
		return t, err
	}
	if ctx.Err() != nil {
		return t, errInterrupted
	}
	t.peak, err = p.memory()
	return t, err
}

// prepare sends each of the attacks once, before the turn, and checks that the
// response comes from where it should.
func prepare(ctx context.Context, a assault, p *process) ([]*load.Prepared, error) {
	var all []*load.Prepared
	for _, one := range a.attacks {
		prepared, err := load.Prepare(ctx, one, p.URL)
		if err != nil {
			return nil, err
		}
		notFound := prepared.Status == http.StatusNotFound
		if notFound != a.null || prepared.Status == http.StatusRequestHeaderFieldsTooLarge {
			return nil, fmt.Errorf("the attack did not reach what it attacks: status %d", prepared.Status)
		}
		all = append(all, prepared)
	}
	return all, nil
}

func dial(ctx context.Context, prepared []*load.Prepared) ([]*load.Dialed, error) {
	var all []*load.Dialed
	for _, one := range prepared {
		d, err := one.Dial(ctx)
		if err != nil {
			for _, d := range all {
				d.Close()
			}
			return nil, err
		}
		all = append(all, d)
	}
	return all, nil
}

// beset offers the server honest sign-ups and runs the attacks at the same time. It
// returns t with the results.
func (b *bench) beset(ctx context.Context, p *process, target load.Target, rate float64, attacks []*load.Dialed, t attackTurn) (attackTurn, error) {
	usedBefore, err := p.cpu()
	if err != nil {
		return t, err
	}
	ownBefore := cpu.Own()
	var wg sync.WaitGroup
	for _, d := range attacks {
		wg.Go(func() { d.Run(ctx, b.attack) })
	}
	good := load.Open(ctx, target, rate, b.attack, b.patience).Granted()
	wg.Wait()
	t.generator = cpu.Own() - ownBefore
	used, err := p.cpu()
	t.server = used - usedBefore
	t.each = milliseconds(t.server) / float64(len(good))
	inTime := good.Where(func(s load.Sample) bool { return s.Done() <= b.attack })
	t.goodput = float64(len(inTime)) / b.attack.Seconds()
	return t, err
}

// settleMemory waits until the memory of p is at most a tenth above normal, or for
// the time of the flag. If normal is 0, it waits for a third of the time.
func (b *bench) settleMemory(ctx context.Context, p *process, normal float64, t *attackTurn) error {
	const enough, every = 1.1, 200 * time.Millisecond
	wait := b.attackSettle
	if normal == 0 {
		wait /= 3
	}
	start := time.Now()
	for {
		var err error
		t.after, err = p.resident()
		t.settled = time.Since(start)
		switch {
		case err != nil:
			return err
		case ctx.Err() != nil:
			return errInterrupted
		case t.after <= enough*normal || t.settled >= wait:
			return nil
		}
		time.Sleep(min(every, wait))
	}
}
