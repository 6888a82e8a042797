package integration

import (
	"bytes"
	"context"
	_ "embed"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net/http"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/elastic/go-elasticsearch/v8/esapi"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// schema1 is what the first version of esstore made an index with.
//
//go:embed testdata/schema1.json
var schema1 string

// setUpFirst makes what the first version's Setup made.
func setUpFirst(t *testing.T, transport esapi.Transport, alias string) {
	t.Helper()
	index := alias + "-000001"
	if status, body := request(t, transport, "PUT", "/"+index, fmt.Sprintf(schema1, alias, index+".own")); status != http.StatusOK {
		t.Fatalf("creating the index: got status %d, want 200: %s", status, body)
	}
}

// A layout is what there is behind an alias.
type layout struct {
	schemas map[string]int // by index
	aliases map[string]string
	blocked bool
	refresh string
}

func layoutOf(t *testing.T, transport esapi.Transport, alias string) layout {
	t.Helper()
	status, body := request(t, transport, "GET", "/"+alias+"-*?flat_settings=true", "")
	var indices map[string]struct {
		Aliases  map[string]struct{}
		Mappings struct {
			Meta struct{ Signup struct{ Schema int } } `json:"_meta"`
		}
		Settings map[string]any
	}
	if err := json.Unmarshal([]byte(body), &indices); err != nil || status != http.StatusOK {
		t.Fatalf("reading the indices: got status %d, %v, want 200 and a body that parses", status, err)
	}
	l := layout{map[string]int{}, map[string]string{}, false, ""}
	for name, i := range indices {
		l.schemas[name] = i.Mappings.Meta.Signup.Schema
		for a := range i.Aliases {
			l.aliases[a] = name
		}
		l.blocked = l.blocked || i.Settings["index.blocks.write"] == "true"
		l.refresh, _ = i.Settings["index.refresh_interval"].(string)
	}
	return l
}

// wantMigrated checks that there is one index, number n, and that it is in order.
func wantMigrated(t *testing.T, transport esapi.Transport, alias string, n int) {
	t.Helper()
	l, index := layoutOf(t, transport, alias), fmt.Sprintf("%s-%06d", alias, n)
	if len(l.schemas) != 1 || l.schemas[index] != 3 {
		t.Errorf("got the schemas by index %v, want only %s with 3", l.schemas, index)
	}
	if len(l.aliases) != 2 || l.aliases[alias] != index || l.aliases[index+".own"] != index {
		t.Errorf("got the aliases %v, want %s and %s.own, both of %s", l.aliases, alias, index, index)
	}
	if l.blocked {
		t.Error("got an index that refuses writes, want it to allow them")
	}
}

func newUser(i int) signup.User {
	at := time.Date(2026, 1, 2, 3, 4, 5, i%1000*1e6, time.UTC)
	return signup.User{
		ID: fmt.Sprintf("id-%d", i), Email: fmt.Sprintf("Migrated.%d@example.org", i), Active: i%2 == 0,
		FirstName: "first", LastName: fmt.Sprintf("last %d", i), PasswordHash: signup.Hash(fmt.Sprintf("$2a$12$ofuser%046d.", i)),
		CreatedAt: at, UpdatedAt: at, Profile: map[string]string{"company": "Analytical Engines"},
	}
}

func TestMigration(t *testing.T) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			client, alias := s.client(t), indexName(t)
			setUpFirst(t, client, alias)
			request(t, client, "PUT", "/"+alias+"/_settings", `{"index.refresh_interval": "7s"}`)
			store := esstore.New(client, &esstore.Options{Alias: alias})
			var users []signup.User
			for i := range 50 {
				u := newUser(i)
				if err := store.Create(t.Context(), &u); err != nil {
					t.Fatalf("Create returned %v, want nil", err)
				}
				users = append(users, u)
			}
			for i, u := range users[:3] { // deleted, and one made anew
				if err := store.Delete(t.Context(), u); err != nil {
					t.Fatalf("Delete returned %v, want nil", err)
				}
				if i == 0 {
					if err := store.Create(t.Context(), &users[0]); err != nil {
						t.Fatalf("Create returned %v, want nil", err)
					}
				}
			}
			gone, users := users[1:3], append(users[3:], users[0])

			for _, step := range []struct {
				name  string
				do    func(context.Context) error
				index int
			}{{"Setup", store.Setup, 2}, {"Setup again", store.Setup, 2}, {"Reindex", store.Reindex, 3}} {
				if err := step.do(t.Context()); err != nil {
					t.Fatalf("%s returned %v, want nil", step.name, err)
				}
				wantMigrated(t, client, alias, step.index)
				if l := layoutOf(t, client, alias); l.refresh != "7s" {
					t.Errorf("%s: got refresh_interval %q, want the operator's 7s", step.name, l.refresh)
				}
				if n := count(t, client, alias); n != len(users) {
					t.Errorf("%s: got %d users, want %d", step.name, n, len(users))
				}
				for i := range users {
					u := &users[i]
					stored, err := store.Get(t.Context(), u.Key())
					if err != nil || !stored.Equal(*u) || stored.KeyRule() != u.KeyRule() {
						t.Errorf("%s: Get returned %v, %v, want %v, nil", step.name, stored, err, *u)
					}
					if step.index == 2 && step.name == "Setup again" {
						continue
					}
					changed := *u
					changed.LastName = "lost"
					if err := store.Update(t.Context(), &changed); !errors.Is(err, signup.ErrConflict) {
						t.Errorf("%s: Update by a Version from before returned %v, want ErrConflict", step.name, err)
					}
					if err := store.Delete(t.Context(), *u); !errors.Is(err, signup.ErrConflict) {
						t.Errorf("%s: Delete by a Version from before returned %v, want ErrConflict", step.name, err)
					}
					changed = stored
					changed.LastName += " " + step.name
					if err := store.Update(t.Context(), &changed); err != nil {
						t.Errorf("%s: Update returned %v, want nil", step.name, err)
					}
					*u = changed
				}
				for _, u := range gone {
					if _, err := store.Get(t.Context(), u.Key()); !errors.Is(err, signup.ErrNotFound) {
						t.Errorf("%s: Get of a deleted user returned %v, want ErrNotFound", step.name, err)
					}
				}
			}
			request(t, client, "POST", "/"+alias+"/_refresh", "")
			_, body := request(t, client, "POST", "/"+alias+"/_count", `{"query": {"match": {"name": "FIRST"}}}`)
			var ans struct{ Count int }
			if err := json.Unmarshal([]byte(body), &ans); err != nil || ans.Count != len(users) {
				t.Errorf("by a word of their names: got %d users, %v, want %d, nil", ans.Count, err, len(users))
			}
		})
	}
}

// Ten processes set up a store of an older schema at once: one migrates, the
// others wait for it.
func TestMigrationAtOnce(t *testing.T) {
	s := plainServer(t)
	client, alias := s.client(t), indexName(t)
	setUpFirst(t, client, alias)
	var wg sync.WaitGroup
	for range 10 {
		wg.Go(func() {
			if err := esstore.New(client, &esstore.Options{Alias: alias}).Setup(t.Context()); err != nil {
				t.Errorf("Setup returned %v, want nil", err)
			}
		})
	}
	wg.Wait()
	wantMigrated(t, client, alias, 2)
}

// What happens to a process at one of its requests.
const (
	killed  = iota // it makes no other
	stalled        // it goes on later
	delayed        // that one request takes long, and the process goes on
	late           // it makes no other, and the request is delivered later
)

var howNames = []string{"killed", "stalled", "delayed", "delivered late"}

// An interrupted transport is of a process to which something happens at one of its
// requests, before that is sent or before its response arrives.
type interrupted struct {
	esapi.Transport
	at      int64 // counted from 0
	how     int
	after   bool
	n       atomic.Int64
	reached chan struct{} // closed when it has happened
	resumed chan struct{} // to be closed
	arrived chan struct{} // closed when the late request was delivered
}

func (i *interrupted) String() string {
	return fmt.Sprintf("%s at request %d, after it %t", howNames[i.how], i.at, i.after)
}

var errKilled = errors.New("killed")

func (i *interrupted) Perform(r *http.Request) (*http.Response, error) {
	n := i.n.Add(1) - 1
	if n < i.at || n > i.at && i.how == delayed {
		return i.Transport.Perform(r)
	}
	if i.how == late {
		if n == i.at {
			defer close(i.reached)
			return nil, i.deliverLate(r)
		}
		return nil, errKilled
	}
	sent := n == i.at && i.after
	var res *http.Response
	err := errKilled
	if sent {
		res, err = i.Transport.Perform(r)
	}
	if n == i.at {
		close(i.reached)
	}
	if i.how == killed {
		if sent && err == nil {
			_ = res.Body.Close()
		}
		return nil, errKilled
	}
	<-i.resumed
	if sent {
		return res, err
	}
	return i.Transport.Perform(r)
}

// deliverLate sends the request when the process is to be resumed, although it has
// ended.
func (i *interrupted) deliverLate(r *http.Request) error {
	later := r.Clone(context.WithoutCancel(r.Context()))
	if r.Body != nil {
		body, err := io.ReadAll(r.Body)
		if err != nil {
			return err
		}
		later.Body = io.NopCloser(bytes.NewReader(body))
	}
	go func() {
		defer close(i.arrived)
		<-i.resumed
		if res, err := i.Transport.Perform(later); err == nil {
			_ = res.Body.Close()
		}
	}()
	return errKilled
}

// A resuming transport is of the process that goes on with the migration. It resumes
// the first process just before one of its own requests.
type resuming struct {
	esapi.Transport
	at     int64
	n      atomic.Int64
	resume func()
}

func (o *resuming) Perform(r *http.Request) (*http.Response, error) {
	if o.n.Add(1)-1 == o.at {
		o.resume()
		time.Sleep(50 * time.Millisecond) // it goes first
	}
	return o.Transport.Perform(r)
}

// A process that migrates is killed, stalls for some time, or has a request delayed or
// delivered late, at each of its requests in turn. Another one goes on, while users are
// created, changed and deleted; what has stalled goes on at some time while it is at it,
// or afterwards. With full counts it is each request in each of these ways, otherwise in
// one.
func TestMigrationInterrupted(t *testing.T) {
	testInterrupted(t, (*esstore.Store).Setup, setUpFirst)
}

// The same holds for a Reindex that another Reindex continues.
func TestReindexInterrupted(t *testing.T) {
	testInterrupted(t, (*esstore.Store).Reindex, func(t *testing.T, client esapi.Transport, alias string) {
		if err := esstore.New(client, &esstore.Options{Alias: alias}).Setup(t.Context()); err != nil {
			t.Fatalf("Setup returned %v, want nil", err)
		}
	})
}

func testInterrupted(t *testing.T, do setUpMethod, setUp func(*testing.T, esapi.Transport, string)) {
	s := plainServer(t)
	client := s.client(t)

	whole := &interrupted{Transport: client, at: 1 << 62}
	alias := indexName(t)
	setUp(t, client, alias)
	if err := fill(t, esstore.New(client, &esstore.Options{Alias: alias}), nil); err != nil {
		t.Fatalf("Create returned %v, want nil", err)
	}
	if err := do(esstore.New(whole, &esstore.Options{Alias: alias}), t.Context()); err != nil {
		t.Fatalf("got %v, want nil", err)
	}
	t.Attr("requests", fmt.Sprint(whole.n.Load()))

	var all []*interrupted
	for at := range whole.n.Load() {
		const ways = 7
		one := rand.IntN(ways)
		for way := range ways {
			if way == one || soaking(0, 1) == 1 {
				i := &interrupted{
					Transport: client, at: at, how: way % 3, after: way >= 3,
					reached: make(chan struct{}), resumed: make(chan struct{}), arrived: make(chan struct{}),
				}
				if way == ways-1 {
					i.how, i.after = late, false
				}
				all = append(all, i)
			}
		}
	}
	places := make(chan struct{}, 40)
	var wg sync.WaitGroup
	var aliases []string
	for _, i := range all {
		places <- struct{}{}
		alias := indexName(t)
		aliases = append(aliases, alias)
		setUp(t, client, alias)
		store := esstore.New(client, &esstore.Options{Alias: alias})
		var users []signup.User
		if err := fill(t, store, &users); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
		resumeAt := rand.Int64N(60)
		wg.Go(func() {
			defer func() { <-places }()
			begin := time.Now()
			err := i.run(t.Context(), do, store, alias, users, resumeAt)
			record("%s: %v, resumed at %d: %v", t.Name(), i, resumeAt, time.Since(begin))
			if err != nil {
				t.Errorf("%v, resumed at request %d of the other: got %v, want no error", i, resumeAt, err)
			}
		})
	}
	wg.Wait()
	for _, alias := range aliases {
		n := 2
		// A Reindex that begins after the alias was moved makes yet another index.
		if l := layoutOf(t, client, alias); l.schemas[alias+"-000003"] > 0 && strings.HasPrefix(t.Name(), "TestReindex") {
			n = 3
		}
		wantMigrated(t, client, alias, n)
		request(t, client, "DELETE", fmt.Sprintf("/%s-%06d", alias, n), "")
	}
	t.Attr("interrupted", fmt.Sprint(len(all)))
}

// A setUpMethod is Setup or Reindex.
type setUpMethod func(*esstore.Store, context.Context) error

// fill creates some users and appends them to users, if it is not nil.
func fill(t *testing.T, store *esstore.Store, users *[]signup.User) error {
	for n := range 6 {
		u := newUser(n)
		if err := store.Create(t.Context(), &u); err != nil {
			return err
		}
		if users != nil {
			*users = append(*users, u)
		}
	}
	return nil
}

// run has one process migrate until it is interrupted, and then another.
func (i *interrupted) run(ctx context.Context, do setUpMethod, store *esstore.Store, alias string, users []signup.User, resumeAt int64) error {
	first := make(chan error, 1)
	alive, kill := context.WithCancel(ctx)
	defer kill()
	go func() { first <- do(esstore.New(i, &esstore.Options{Alias: alias}), alive) }()
	select {
	case <-i.reached:
	case err := <-first: // it took fewer requests than the one that was counted
		return err
	}
	ended := i.how == killed || i.how == late
	if ended {
		kill()
		if err := <-first; err == nil && !i.after {
			return errors.New("the process that was killed returned nil, want an error")
		}
	}

	resume := sync.OnceFunc(func() { close(i.resumed) })
	second := make(chan error, 1)
	go func() {
		other := &resuming{Transport: i.Transport, at: resumeAt, resume: resume}
		second <- do(esstore.New(other, &esstore.Options{Alias: alias}), ctx)
	}()
	there, gone, err := churn(ctx, store, users, 0)
	if err := errors.Join(err, <-second); err != nil {
		return err
	}
	if err := compare(ctx, store, there, gone); err != nil {
		return fmt.Errorf("after the second: %w", err)
	}
	there, more, err := churn(ctx, store, there, 1)
	if err != nil {
		return err
	}
	gone = append(gone, more...)
	resume()
	if i.how == late {
		<-i.arrived
	}
	if !ended {
		if err := <-first; err != nil {
			return fmt.Errorf("the first, resumed: %w", err)
		}
	}
	return compare(ctx, store, there, gone)
}

// A Reindex that is killed while writes are refused is ended by the next Setup,
// though there is nothing for that to migrate.
func TestReindexKilled(t *testing.T) {
	s := plainServer(t)
	client := s.client(t)
	for _, last := range []string{"/_block/write", "/_count", "/_aliases"} { // of the original, or later
		t.Run(last, func(t *testing.T) {
			t.Parallel()
			alias := indexName(t)
			store := esstore.New(client, &esstore.Options{Alias: alias})
			if err := store.Setup(t.Context()); err != nil {
				t.Fatalf("Setup returned %v, want nil", err)
			}
			u := newUser(1)
			if err := store.Create(t.Context(), &u); err != nil {
				t.Fatalf("Create returned %v, want nil", err)
			}
			ctx, kill := context.WithCancel(t.Context())
			blocked := false
			dying := perform(func(r *http.Request) (*http.Response, error) {
				if ctx.Err() != nil {
					return nil, errKilled
				}
				ends := blocked && strings.HasSuffix(r.URL.Path, last)
				res, err := client.Perform(r)
				blocked = blocked || strings.HasSuffix(r.URL.Path, "/_block/write")
				if ends || blocked && last == "/_block/write" {
					kill()
				}
				return res, err
			})
			err := esstore.New(dying, &esstore.Options{Alias: alias}).Reindex(ctx)
			if ctx.Err() == nil {
				t.Fatalf("Reindex returned %v and was not killed, want it killed", err)
			}
			if err := store.Setup(t.Context()); err != nil {
				t.Errorf("Setup returned %v, want nil", err)
			}
			wantMigrated(t, client, alias, 2)
			next := newUser(2)
			if err := store.Create(t.Context(), &next); err != nil {
				t.Errorf("Create after Setup returned %v, want nil", err)
			}
			if err := compare(t.Context(), store, []signup.User{u, next}, nil); err != nil {
				t.Errorf("after Setup: got %v, want every user as acknowledged", err)
			}
		})
	}
}

type perform func(*http.Request) (*http.Response, error)

func (p perform) Perform(r *http.Request) (*http.Response, error) { return p(r) }

// churn deletes two of the users, changes two, makes two new ones and one of the
// deleted anew. It returns the users that are there then, and those that are gone.
func churn(ctx context.Context, store *esstore.Store, users []signup.User, round int) (there, gone []signup.User, err error) {
	there = append(there, users...)
	for i := range 2 {
		u := &there[i]
		err = errors.Join(err, patiently(ctx, func() error {
			stored, err := store.Get(ctx, u.Key())
			if err != nil {
				return err
			}
			stored.LastName = fmt.Sprintf("changed in round %d", round)
			err = store.Update(ctx, &stored)
			*u = stored
			return err
		}))
	}
	for _, u := range there[2:4] {
		err = errors.Join(err, patiently(ctx, func() error {
			stored, err := store.Get(ctx, u.Key())
			if err != nil {
				return err
			}
			return store.Delete(ctx, stored)
		}))
	}
	gone = append(gone, there[2])
	for _, u := range []signup.User{newUser(100 + 10*round), newUser(101 + 10*round), there[3]} {
		u.ID += "-new"
		err = errors.Join(err, patiently(ctx, func() error { return store.Create(ctx, &u) }))
		there = append(there, u)
	}
	return append(there[:2:2], there[4:]...), gone, err
}

// patiently calls f again for as long as nothing is done because writes are
// refused, or because the user was moved between reading and writing.
func patiently(ctx context.Context, f func() error) error {
	for {
		err := f()
		if !errors.Is(err, signup.ErrBusy) && !errors.Is(err, signup.ErrConflict) || ctx.Err() != nil {
			return err
		}
		sleep(ctx, 50*time.Millisecond)
	}
}

func compare(ctx context.Context, store *esstore.Store, there, gone []signup.User) error {
	var errs []error
	for _, u := range there {
		if stored, err := store.Get(ctx, u.Key()); err != nil || !stored.Equal(u) {
			errs = append(errs, fmt.Errorf("Get of %s returned %v, %v, want %v as acknowledged", u.ID, stored, err, u))
		}
	}
	for _, u := range gone {
		if _, err := store.Get(ctx, u.Key()); !errors.Is(err, signup.ErrNotFound) {
			errs = append(errs, fmt.Errorf("Get of the deleted %s returned %v, want ErrNotFound", u.ID, err))
		}
	}
	return errors.Join(errs...)
}
