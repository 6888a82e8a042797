package integration

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// If the alias was removed and something else has written to its name, so that it is an
// index now, no method says that a user doesn't exist.
func TestAliasBecomesIndex(t *testing.T) {
	for _, content := range []string{`{"made": "by another program"}`, `{"id": "1", "key": "eve@example.org"}`} {
		p := newPatient(t, plainServer(t))
		for range p.store.Search(t.Context(), signup.Query{}) { // so that it has looked at the index
		}
		p.send("POST /_aliases\n" + `{"actions": [{"remove": {"index": "ALIAS-000001", "alias": "ALIAS"}}]}`)
		p.send("POST /ALIAS/_doc?refresh=true\n" + content)
		const want = "is an index, but must be an alias"
		ctx := t.Context()
		wantError := func(method string, err error) {
			t.Helper()
			if err == nil || errors.Is(err, signup.ErrNotFound) || errors.Is(err, signup.ErrBadCredentials) || errors.Is(err, signup.ErrExists) {
				t.Errorf("%s returned %v, want an error that says nothing about users", method, err)
			}
		}
		_, err := p.store.Get(ctx, p.user.Key())
		wantError("Get", err)
		_, err = p.store.Get(ctx, "nobody@example.org")
		wantError("Get of an unknown address", err)
		_, err = (&signup.Accounts{Store: p.store}).Authenticate(ctx, p.user.Email, "correct horse battery staple")
		wantError("Authenticate", err)
		for _, err := range p.store.Search(ctx, signup.Query{}) {
			wantError("Search", err)
		}
		_, err = p.store.Export(ctx, io.Discard, nil)
		wantError("Export", err)
		wantError("Setup", p.store.Setup(ctx))
		u := signup.User{ID: "id-1", Email: "grace@example.org", CreatedAt: time.Now()}
		wantError("Create", p.store.Create(ctx, &u))
		// And without a document.
		p.send("DELETE /ALIAS")
		p.send("PUT /ALIAS")
		if _, err = p.store.Get(ctx, p.user.Key()); err == nil || errors.Is(err, signup.ErrNotFound) {
			t.Errorf("Get returned %v, want an error: %s", err, want)
		}
		_, err = p.store.Export(ctx, io.Discard, nil)
		wantError("Export of an empty index", err)
	}
}

// Neighbours with long mappings are in nothing's way, whatever their names are.
func TestManyNeighbours(t *testing.T) {
	fields := map[string]any{}
	for i := range 200 {
		fields[fmt.Sprintf("a_field_with_a_long_name_%d", i)] = map[string]any{"type": "text", "fields": map[string]any{"keyword": map[string]any{"type": "keyword", "ignore_above": 256}}}
	}
	mapping, err := json.Marshal(map[string]any{"settings": map[string]any{"index.number_of_replicas": 0}, "mappings": map[string]any{"properties": fields}})
	if err != nil {
		t.Fatal(err)
	}
	for _, form := range []string{"%s-events-%d", "%s-2026.11.%02d"} {
		p := newPatient(t, plainServer(t))
		var made []string
		for i := range 60 {
			name := fmt.Sprintf(form, p.alias, i)
			if status, body := request(t, p.client, http.MethodPut, "/"+name+"?wait_for_active_shards=0", string(mapping)); status != http.StatusOK {
				t.Fatalf("%s: got status %d, want 200: %s", name, status, body)
			}
			made = append(made, name)
		}
		p.setUp()
		if codes := codesOf(p.check()); len(codes) > 2 {
			t.Errorf("Check found %q, want security-off and no-replica at most", codes)
		}
		p.works()
		p.reindex()
		for _, name := range made {
			request(t, p.client, http.MethodDelete, "/"+name, "")
		}
	}
}

// Setup adds the own alias if it is missing, and Update works again.
func TestSetupRepairsOwnAlias(t *testing.T) {
	p := newPatient(t, plainServer(t))
	p.send("POST /_aliases\n" + `{"actions": [{"remove": {"index": "ALIAS-000001", "alias": "ALIAS-000001.own"}}]}`)
	u := p.user
	if err := p.store.Update(t.Context(), &u); err == nil {
		t.Error("Update without the own alias returned nil, want an error")
	}
	p.setUp()
	if err := p.store.Update(t.Context(), &u); err != nil {
		t.Errorf("Update returned %v, want nil", err)
	}
	p.works()
}
