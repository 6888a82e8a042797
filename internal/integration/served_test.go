package integration

import (
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/esstore"
)

// eachServer calls test with a new installation on each server.
func eachServer(t *testing.T, test func(*patient)) {
	for _, s := range servers(t) {
		t.Run(s.Name, func(t *testing.T) {
			alias := indexName(t)
			p := &patient{T: t, client: s.client(t), alias: alias, index: alias + "-000001"}
			p.store = esstore.New(p.client, &esstore.Options{Alias: alias})
			test(p)
		})
	}
}

// After a rollover, two indices are behind the alias, and the new one has no mapping. No
// write may go there unnoticed, whether or not the Store knows the index from before.
func TestRollover(t *testing.T) {
	eachServer(t, func(p *patient) {
		t := p.T
		p.setUp()
		p.create()
		p.send("POST /ALIAS/_rollover")
		fresh := esstore.New(p.client, &esstore.Options{Alias: p.alias})
		for name, store := range map[string]*esstore.Store{"known": p.store, "fresh": fresh} {
			for n := range 2 {
				u := newUser(n)
				if err := store.Create(t.Context(), &u); err == nil || !strings.Contains(err.Error(), "2 indices") {
					t.Errorf("%s: got %v from Create, want an error about 2 indices", name, err)
				}
				if _, err := store.Import(t.Context(), sequence(newUser(n)), nil); err == nil || !strings.Contains(err.Error(), "2 indices") {
					t.Errorf("%s: got %v from Import, want an error about 2 indices", name, err)
				}
			}
		}
	})
}

// An Update in an index that doesn't store hashes is refused.
func TestUpdateWithoutHashes(t *testing.T) {
	eachServer(t, func(p *patient) {
		t := p.T
		p.setUp()
		body := p.made(`"index.auto_expand_replicas": "0-1"`)
		body["mappings"].(map[string]any)["_source"] = map[string]any{"excludes": []string{"password"}}
		p.create()
		p.remake(body)
		p.ready(p.index)
		p.create() // by the Store that knows the index from before
		fresh := esstore.New(p.client, &esstore.Options{Alias: p.alias})
		u, err := fresh.Get(t.Context(), p.user.Key())
		if err != nil {
			t.Fatalf("got %v from Get, want nil", err)
		}
		u.PasswordHash = newUser(0).PasswordHash
		if err := fresh.Update(t.Context(), &u); err == nil || !strings.Contains(err.Error(), "_source.excludes") {
			t.Errorf("got %v from Update, want an error about _source.excludes", err)
		}
	})
}

// Through an alias with a filter, Search and Export return an error, and not a part.
func TestListingsThroughFilter(t *testing.T) {
	eachServer(t, func(p *patient) {
		t := p.T
		p.setUp()
		p.create()
		p.send("POST /_aliases\n" + `{"actions":[{"add":{"index":"ALIAS-000001","alias":"ALIAS","filter":{"term":{"is_active":true}}}}]}`)
		for _, err := range p.store.Search(t.Context(), signup.Query{}) {
			if err == nil || !strings.Contains(err.Error(), "filter or routing") {
				t.Errorf("got %v from Search, want an error about the filter", err)
			}
		}
		if n, err := p.store.Export(t.Context(), &strings.Builder{}, nil); n != 0 || err == nil || !strings.Contains(err.Error(), "filter or routing") {
			t.Errorf("got %d, %v from Export, want 0 and an error about the filter", n, err)
		}
	})
}
