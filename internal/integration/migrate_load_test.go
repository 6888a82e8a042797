package integration

import (
	"context"
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/http"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

func init() {
	children["set up"] = func(store *esstore.Store, _ string) error { return store.Setup(context.Background()) }
}

// A process migrates many users under load, is killed half-way, and another one goes
// on. Meanwhile users sign up, change and go, among them users from before.
// Then all of them are as they were acknowledged, by count and by checksum.
func TestMigrationUnderLoad(t *testing.T) {
	s := plainServer(t)
	size := soaking(20_000, 200_000)
	l, client, alias := ledgerOn(t, configOf(&node{server: s}))
	request(t, client, "DELETE", "/"+alias+"-000001", "")
	setUpFirst(t, client, alias)
	l.moves = true
	p := &population{size: size, store: l.store, changed: map[int]string{}, deleted: map[int]bool{}}
	if sum, err := l.store.Import(t.Context(), p.all, nil); err != nil || sum.Created != int64(size) {
		t.Fatalf("Import returned %d users created, %v, want %d, nil", sum.Created, err, size)
	}
	if n, sum := checksum(t, client, alias); n != size || sum != p.checksum() {
		t.Fatalf("before the migration: got %d users, checksum %x, want %d, %x", n, sum, size, p.checksum())
	}

	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Minute)
	defer cancel()
	var done atomic.Bool
	var load sync.WaitGroup
	load.Go(func() { l.run(ctx, 4, done.Load) })
	var churnErr, probeErr error
	load.Go(func() { churnErr = p.churn(ctx, done.Load) })
	var probe probe
	load.Go(func() { probeErr = probe.run(ctx, l.store, done.Load) })
	sleep(ctx, time.Second)

	begin := time.Now()
	first := startChild(t, s, "set up", alias, "")
	copied := 0
	for copied < size/2 && ctx.Err() == nil {
		sleep(ctx, 20*time.Millisecond)
		copied = countOf(t, client, alias+"-000002")
	}
	if !first.kill(t) {
		t.Fatal("the process of the migration had ended, want it killed while it runs")
	}
	if l := layoutOf(t, client, alias); l.aliases[alias] != alias+"-000001" {
		t.Fatalf("after the kill the alias is of %s, want %s-000001: the migration was killed too late", l.aliases[alias], alias)
	}
	second := startChild(t, s, "set up", alias, "")
	second.wait(t, 5*time.Minute)
	took := time.Since(begin)
	sleep(ctx, time.Second)
	done.Store(true)
	load.Wait()
	if err := errors.Join(churnErr, probeErr); err != nil {
		t.Errorf("writes during the migration: got %v, want no error", err)
	}

	wantMigrated(t, client, alias, 2)
	n, sum := checksum(t, client, alias)
	if want := size - len(p.deleted); n != want || sum != p.checksum() {
		t.Errorf("after the migration: got %d users, checksum %x, want %d, %x", n, sum, want, p.checksum())
	}
	l.others = n + probe.made
	l.check(t, client, alias)
	if probe.refused > 5*time.Second || probe.refused == 0 {
		t.Errorf("writes were refused for %v, want more than 0 and at most 5s", probe.refused)
	}
	t.Attr("migration", fmt.Sprintf("%d users, killed at %d copied, took %v in all; meanwhile %d of them were changed, %d deleted; writes were refused for %v at most",
		size, copied, took.Round(time.Millisecond), len(p.changed), len(p.deleted), probe.refused.Round(time.Millisecond)))
}

// A population is the users from before the migration.
type population struct {
	size  int
	store *esstore.Store

	changed map[int]string // to this last name
	deleted map[int]bool
}

func (p *population) user(i int) signup.User {
	u := newUser(i)
	if name, ok := p.changed[i]; ok {
		u.LastName = name
	}
	return u
}

func (p *population) all(yield func(signup.User, error) bool) {
	for i := range p.size {
		if !p.deleted[i] && !yield(p.user(i), nil) {
			return
		}
	}
}

// churn changes some users and deletes others, one after another.
func (p *population) churn(ctx context.Context, done func() bool) error {
	for n := 0; !done(); n++ {
		i := rand.IntN(p.size)
		if p.deleted[i] {
			continue
		}
		name := fmt.Sprintf("changed %d", n)
		err := patiently(ctx, func() error {
			u, err := p.store.Get(ctx, newUser(i).Key())
			if err != nil {
				return err
			}
			if n%3 == 0 {
				return p.store.Delete(ctx, u)
			}
			u.LastName = name
			return p.store.Update(ctx, &u)
		})
		if err != nil {
			return fmt.Errorf("user %d of those there before: %w", i, err)
		}
		if n%3 == 0 {
			p.deleted[i] = true
		} else {
			p.changed[i] = name
		}
	}
	return nil
}

func (p *population) checksum() (sum [sha256.Size]byte) {
	for u := range p.all {
		addTo(&sum, u.ID, u.Key(), u.KeyRule(), u.Email, string([]byte(u.PasswordHash)), u.FirstName, u.LastName, u.Active,
			u.CreatedAt.Format(millis), u.UpdatedAt.Format(millis), u.Profile)
	}
	return sum
}

const millis = "2006-01-02T15:04:05.000Z"

// addTo adds one user to a checksum, which doesn't depend on their order.
func addTo(sum *[sha256.Size]byte, fields ...any) {
	b, err := json.Marshal(fields)
	if err != nil {
		panic(err)
	}
	for i, x := range sha256.Sum256(b) {
		sum[i] ^= x
	}
}

// checksum returns how many users of a population there are, and their checksum, as
// Elasticsearch shows them.
func checksum(t *testing.T, transport esapi.Transport, index string) (n int, sum [sha256.Size]byte) {
	t.Helper()
	request(t, transport, "POST", "/"+index+"/_refresh", "")
	after := ""
	for {
		status, body := request(t, transport, "POST", "/"+index+"/_search",
			`{"size": 5000, "query": {"prefix": {"id": "id-"}}, "sort": ["key"]`+after+`}`)
		var ans struct {
			Hits struct {
				Hits []struct {
					Sort   json.RawMessage
					Source struct {
						ID, Key, Password string
						KeyRule           string `json:"key_rule"`
						Email             string `json:"email_address"`
						First             string `json:"first_name"`
						Last              string `json:"last_name"`
						Active            bool   `json:"is_active"`
						CreatedAt         string `json:"created_at"`
						UpdatedAt         string `json:"updated_at"`
						Profile           map[string]string
					} `json:"_source"`
				}
			}
		}
		if err := json.Unmarshal([]byte(body), &ans); err != nil || status != http.StatusOK {
			t.Fatalf("search: got status %d, %v, want 200 and a body that parses", status, err)
		}
		for _, h := range ans.Hits.Hits {
			d := h.Source
			addTo(&sum, d.ID, d.Key, d.KeyRule, d.Email, d.Password, d.First, d.Last, d.Active, d.CreatedAt, d.UpdatedAt, d.Profile)
			after = `, "search_after": ` + string(h.Sort)
		}
		if n += len(ans.Hits.Hits); len(ans.Hits.Hits) < 5000 {
			return n, sum
		}
	}
}

// countOf returns how many documents an index has, of those that searches see; 0
// if there is no such index.
func countOf(t *testing.T, transport esapi.Transport, index string) int {
	t.Helper()
	request(t, transport, "POST", "/"+index+"/_refresh", "")
	var ans struct{ Count int }
	_, body := request(t, transport, "GET", "/"+index+"/_count", "")
	if err := json.Unmarshal([]byte(body), &ans); err != nil {
		t.Fatal(err)
	}
	return ans.Count
}

// A probe makes users, one after another.
type probe struct {
	made    int
	refused time.Duration // the longest time for which that was refused
}

func (p *probe) run(ctx context.Context, store *esstore.Store, done func() bool) error {
	var since time.Time // when it was first refused
	for !done() {
		u := newUser(p.made)
		u.ID, u.Email = "probe", fmt.Sprintf("Probe.%d@example.org", p.made)
		begin := time.Now()
		err := store.Create(ctx, &u)
		switch {
		case errors.Is(err, signup.ErrBusy):
			if since.IsZero() {
				since = begin
			}
			p.refused = max(p.refused, time.Since(since))
		case err != nil:
			return err
		default:
			p.made++
			since = time.Time{}
		}
		sleep(ctx, 10*time.Millisecond)
	}
	return nil
}
