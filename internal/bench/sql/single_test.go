package sql

import (
	"flag"
	"testing"

	"github.com/gosignup/signup/internal/bench/rounds"
)

var perRound = flag.Int("round", 2000, "the number of users that are created or read in a round")

// BenchmarkCreate compares Store.Create with the same statement by hand.
func BenchmarkCreate(b *testing.B) {
	eachDatabase(b, func(b *testing.B, d *database) {
		ours, _ := d.newTable(b)
		raw, _ := d.newTable(b)
		compare(b, ours.creations(b), raw.creationsByHand(b))
	})
}

// BenchmarkGet compares Store.Get with the same statement by hand.
func BenchmarkGet(b *testing.B) {
	eachDatabase(b, func(b *testing.B, d *database) {
		t, _ := d.newTable(b)
		keys := t.fill(b, *few)
		compare(b, t.gets(b, keys), t.getsByHand(b, keys))
	})
}

// compare reports how many times longer the operations of ours take.
func compare(b *testing.B, ours, raw *rounds.Contender) {
	b.Helper()
	rounds.WarmUp(b, *perRound, ours, raw)
	b.ReportAllocs()
	rounds.Compare(b, *perRound, ours, raw)
	rounds.ReportRatio(b, ours.Took, raw.Took)
}

// creations creates new users by the Store.
func (t *table) creations(b *testing.B) *rounds.Contender {
	return &rounds.Contender{Prepare: func(n int) func() error {
		users := newUsers(n)
		return func() error {
			return rounds.Parallel(*connections, n, func(i int) error { return t.store.Create(b.Context(), &users[i]) })
		}
	}}
}

func (t *table) creationsByHand(b *testing.B) *rounds.Contender {
	return &rounds.Contender{Prepare: func(n int) func() error {
		create := t.creator(newUsers(n))
		return func() error {
			return rounds.Parallel(*connections, n, func(i int) error { return create(b.Context(), i) })
		}
	}}
}

// gets reads users at random by the Store.
func (t *table) gets(b *testing.B, keys []string) *rounds.Contender {
	return reads(keys, func(key string) error {
		_, err := t.store.Get(b.Context(), key)
		return err
	})
}

func (t *table) getsByHand(b *testing.B, keys []string) *rounds.Contender {
	return reads(keys, func(key string) error { return t.read(b.Context(), key) })
}

func reads(keys []string, read func(key string) error) *rounds.Contender {
	return &rounds.Contender{Prepare: func(n int) func() error {
		order := rounds.Order(n, len(keys))
		return func() error {
			return rounds.Parallel(*connections, n, func(i int) error { return read(keys[order[i]]) })
		}
	}}
}
