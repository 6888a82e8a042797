package elastic

import (
	"context"
	"encoding/json"
	"flag"
	"math/rand/v2"
	"net/http"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

var perRound = flag.Int("round", 2000, "the number of users that are created or read in a round")

// BenchmarkCreate compares Store.Create with the same request through esapi, which gets
// the bytes of the document. requests/op is the number of round trips per user.
func BenchmarkCreate(b *testing.B) {
	s := connect(b)
	alias, _ := s.newIndex(b)
	rawAlias, _ := s.newIndex(b)
	var requests int64
	ours, raw := creations(b, s, alias, &requests), rawCreations(b, s, rawAlias)
	warmUp(b, *perRound, ours, raw)
	requests = 0
	b.ReportAllocs()
	compare(b, *perRound, ours, raw)
	b.ReportMetric(ours.perOp(float64(requests), *perRound), "requests/op")
}

// BenchmarkGet compares Store.Get with the same request through esapi: once with the
// response decoded by encoding/json, as a program that needs the user would do, and
// once with the response only read.
func BenchmarkGet(b *testing.B) {
	s := connect(b)
	alias, _ := s.newIndex(b)
	users := newUsers(10_000)
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
			raw := &contender{prepare: func(n int) func() error {
				order := order(n, len(docs))
				return func() error {
					return parallel(n, func(i int) error { return c.get(docs[order[i]]) })
				}
			}}
			warmUp(b, *perRound, ours, raw)
			b.ReportAllocs()
			before := s.requests.Load()
			compare(b, *perRound, ours, raw)
			requests := s.requests.Load() - before - int64(b.N**perRound)
			b.ReportMetric(ours.perOp(float64(requests), *perRound), "requests/op")
		})
	}
}

// warmUp runs a round of each that isn't counted, to open the connections and to let
// the server compile its code.
func warmUp(b *testing.B, n int, contenders ...*contender) {
	b.Helper()
	for _, c := range contenders {
		c.round(b, n)
		*c = contender{prepare: c.prepare}
	}
}

// creations creates new users, and adds the number of requests sent to requests.
func creations(b *testing.B, s *server, alias string, requests *int64) *contender {
	store := s.store(alias)
	return &contender{prepare: func(n int) func() error {
		users := newUsers(n)
		return func() error {
			before := s.requests.Load()
			defer func() { *requests += s.requests.Load() - before }()
			return parallel(n, func(i int) error { return store.Create(b.Context(), &users[i]) })
		}
	}}
}

func rawCreations(b *testing.B, s *server, alias string) *contender {
	return &contender{prepare: func(n int) func() error {
		docs := documentsOf(b, newUsers(n))
		return func() error {
			return parallel(n, func(i int) error { return docs[i].create(b.Context(), s, alias) })
		}
	}}
}

// gets reads users at random.
func gets(b *testing.B, s *server, alias string, users []signup.User) *contender {
	store := s.store(alias)
	return &contender{prepare: func(n int) func() error {
		order := order(n, len(users))
		return func() error {
			return parallel(n, func(i int) error {
				_, err := store.Get(b.Context(), users[order[i]].Key())
				return err
			})
		}
	}}
}

// order returns n random numbers below limit.
func order(n, limit int) []int {
	all := make([]int, n)
	for i := range all {
		all[i] = rand.IntN(limit)
	}
	return all
}

// BenchmarkClient measures the cost of a call in this process. It excludes the network,
// the server, and the transport of the official client, which is the same for all. In
// the "esapi" runs, esapi gets the bytes of the document, and the response is only
// read. In the "esapi+json" runs, encoding/json makes the document and decodes the
// response, as in any other program.
func BenchmarkClient(b *testing.B) {
	u := newUsers(1)[0]
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
