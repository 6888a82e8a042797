package elastic

import (
	"context"
	"encoding/json"
	"flag"
	"net/http"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
	"github.com/gosignup/signup/internal/bench/people"
	"github.com/gosignup/signup/internal/bench/rounds"
)

var (
	perRound    = flag.Int("round", 2000, "the number of users that are created or read in a round")
	connections = flag.Int("connections", 16, "the number of goroutines, and so of connections, that create and get at once")
)

// BenchmarkCreate compares Store.Create with the same request through esapi, which gets
// the bytes of the document. requests/op is the number of round trips per user.
func BenchmarkCreate(b *testing.B) {
	s := connect(b)
	alias, _ := s.newIndex(b)
	rawAlias, _ := s.newIndex(b)
	var requests int64
	ours, raw := creations(b, s, alias, &requests), rawCreations(b, s, rawAlias)
	rounds.WarmUp(b, *perRound, ours, raw)
	requests = 0
	b.ReportAllocs()
	rounds.Compare(b, *perRound, ours, raw)
	rounds.ReportRatio(b, raw.Took, ours.Took)
	b.ReportMetric(ours.PerOp(float64(requests), *perRound), "requests/op")
}

// BenchmarkGet compares Store.Get with the same request through esapi: once with the
// response decoded by encoding/json, as a program that needs the user would do, and
// once with the response only read.
func BenchmarkGet(b *testing.B) {
	s := connect(b)
	alias, _ := s.newIndex(b)
	users := people.New(10_000)
	fill(b, s, alias, users)
	docs := documentsOf(b, users)
	for _, c := range []struct {
		name string
		get  func(document) error
	}{
		{"raw=decoded", func(d document) error { return d.decode(b.Context(), s, alias) }},
		{"raw=read", func(d document) error { return d.get(b.Context(), s, alias) }},
	} {
		b.Run(c.name, func(b *testing.B) {
			ours := gets(b, s, alias, users)
			raw := &rounds.Contender{Prepare: func(n int) func() error {
				order := rounds.Order(n, len(docs))
				return func() error {
					return rounds.Parallel(*connections, n, func(i int) error { return c.get(docs[order[i]]) })
				}
			}}
			rounds.WarmUp(b, *perRound, ours, raw)
			b.ReportAllocs()
			before := s.requests.Load()
			rounds.Compare(b, *perRound, ours, raw)
			rounds.ReportRatio(b, raw.Took, ours.Took)
			requests := s.requests.Load() - before - int64(b.N**perRound)
			b.ReportMetric(ours.PerOp(float64(requests), *perRound), "requests/op")
		})
	}
}

// creations creates new users, and adds the number of requests sent to requests.
func creations(b *testing.B, s *server, alias string, requests *int64) *rounds.Contender {
	store := s.store(alias)
	return &rounds.Contender{Prepare: func(n int) func() error {
		users := people.New(n)
		return func() error {
			before := s.requests.Load()
			defer func() { *requests += s.requests.Load() - before }()
			return rounds.Parallel(*connections, n, func(i int) error { return store.Create(b.Context(), &users[i]) })
		}
	}}
}

func rawCreations(b *testing.B, s *server, alias string) *rounds.Contender {
	return &rounds.Contender{Prepare: func(n int) func() error {
		docs := documentsOf(b, people.New(n))
		return func() error {
			return rounds.Parallel(*connections, n, func(i int) error { return docs[i].create(b.Context(), s, alias) })
		}
	}}
}

// gets reads users at random.
func gets(b *testing.B, s *server, alias string, users []signup.User) *rounds.Contender {
	store := s.store(alias)
	return &rounds.Contender{Prepare: func(n int) func() error {
		order := rounds.Order(n, len(users))
		return func() error {
			return rounds.Parallel(*connections, n, func(i int) error {
				_, err := store.Get(b.Context(), users[order[i]].Key())
				return err
			})
		}
	}}
}

// BenchmarkClient measures the cost of a call in this process. It excludes the network,
// the server, and the transport of the official client, which is the same for all. In
// the "esapi" runs, esapi gets the bytes of the document, and the response is only
// read. In the "esapi+json" runs, encoding/json makes the document and decodes the
// response, as in any other program.
func BenchmarkClient(b *testing.B) {
	u := people.New(1)[0]
	doc := documentsOf(b, []signup.User{u})[0]
	found, created := doc.found(), created(doc.id)
	transport := transportFunc(func(r *http.Request) (*http.Response, error) {
		switch {
		case r.URL.Path == "/users": // for the index, which isn't compared
			return response(http.StatusForbidden, "{}"), nil
		case r.Method == http.MethodGet:
			return response(http.StatusOK, found), nil
		}
		return response(http.StatusCreated, created), nil
	})
	store := esstore.New(transport, nil)
	key := u.Key()
	var plain plainUser
	if err := json.Unmarshal([]byte(doc.body), &plain); err != nil {
		b.Fatal(err)
	}
	for _, c := range []struct {
		name string
		call func(context.Context) error
	}{
		{"op=create/by=esstore", func(ctx context.Context) error { return store.Create(ctx, &u) }},
		{"op=create/by=esapi", func(ctx context.Context) error { return doc.create(ctx, transport, "users") }},
		{"op=create/by=esapi+json", func(ctx context.Context) error { return plain.create(ctx, transport, "users") }},
		{"op=get/by=esstore", func(ctx context.Context) error { _, err := store.Get(ctx, key); return err }},
		{"op=get/by=esapi", func(ctx context.Context) error { return doc.get(ctx, transport, "users") }},
		{"op=get/by=esapi+json", func(ctx context.Context) error { return doc.decode(ctx, transport, "users") }},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.ReportAllocs()
			ctx := context.Background()
			for b.Loop() {
				if err := c.call(ctx); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
