package integration

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/gosignup/signup"
)

// The guide's way from a snapshot back to users that can log in, with the guide's own
// requests.
func TestSnapshot(t *testing.T) {
	all := servers(t)
	for _, s := range slices.Compact([]*server{all[0], all[len(all)-1]}) {
		for _, deleted := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s, index deleted %t", s.Name, deleted), func(t *testing.T) {
				testSnapshot(newGuided(t, s, "Snapshot and restore"), deleted)
			})
		}
	}
}

func testSnapshot(g *guided, deleted bool) {
	p, t := g.patient, g.T
	hasher := signup.Bcrypt{Cost: 4}
	hash := func(password string) signup.Hash {
		t.Helper()
		h, err := hasher.Hash(password)
		if err != nil {
			t.Fatalf("Hash returned %v, want nil", err)
		}
		return h
	}
	create := func(id string) signup.User {
		t.Helper()
		u := signup.User{ID: id, Email: id + "@example.org", PasswordHash: hash("the correct horse of " + id), Active: true}
		if err := p.store.Create(t.Context(), &u); err != nil {
			t.Fatalf("Create returned %v, want nil", err)
		}
		return u
	}
	changed, removed := create("changed"), create("removed")
	base := codesOf(p.check())

	g.follow("PUT /_snapshot/backup\n")
	defer p.send("DELETE /_snapshot/ALIAS")
	g.follow("PUT /_snapshot/backup/users-1?")
	defer p.send("DELETE /_snapshot/ALIAS/ALIAS-1")
	if _, ok := g.follow("PUT /_slm/"); ok {
		defer p.send("DELETE /_slm/policy/ALIAS")
	}

	first := changed
	changed.PasswordHash = hash("another password")
	if err := p.store.Update(t.Context(), &changed); err != nil {
		t.Fatalf("Update returned %v, want nil", err)
	}
	if err := p.store.Delete(t.Context(), removed); err != nil {
		t.Fatalf("Delete returned %v, want nil", err)
	}
	added := create("added")

	g.follow("GET /users,")
	if deleted {
		g.next("POST /_aliases")
		p.send("DELETE /ALIAS-000001")
	} else {
		g.follow("POST /_aliases")
	}
	if _, err := p.store.Get(t.Context(), p.user.Key()); err == nil {
		t.Fatal("Get without the index returned nil, want an error")
	}
	g.follow("POST /_snapshot/")
	findings := p.check()
	if len(findings) == 0 || findings[0].Code != "no-alias" {
		t.Fatalf("after the restore: got findings %q, want no-alias first", codesOf(findings))
	}
	// Check can't know which of two indices without aliases has the users.
	_, request := g.next("POST /_aliases")
	want := request
	if !deleted {
		want = ""
	}
	if findings[0].Request != want {
		t.Errorf("got Check's request %q, want %q", findings[0].Request, want)
	}
	p.send(request)
	p.setUp()
	codes := base
	if !deleted {
		codes = append(slices.Clone(base), "other-index")
	}
	if got := codesOf(p.check()); !slices.Equal(got, codes) {
		t.Errorf("after Setup: got findings %q, want %q", got, codes)
	}

	// Users are as they were at the snapshot.
	for _, c := range []struct {
		user     signup.User
		password string
		is       bool
	}{
		{changed, "the correct horse of changed", true}, {changed, "another password", false}, {removed, "the correct horse of removed", true},
	} {
		u, err := p.store.Get(t.Context(), c.user.Key())
		if err != nil || u.CheckPassword(c.password) != c.is {
			t.Errorf("Get returned %v, %v; got CheckPassword %t, want nil and %t", u, err, u.CheckPassword(c.password), c.is)
		}
	}
	if _, err := p.store.Get(t.Context(), added.Key()); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("Get of a user from after the snapshot returned %v, want ErrNotFound", err)
	}
	// What was read before fits nothing, though the document may be the same.
	for name, u := range map[string]signup.User{"of the snapshot": first, "of after it": changed, "unchanged": p.user} {
		if err := p.store.Update(t.Context(), &u); !errors.Is(err, signup.ErrConflict) {
			t.Errorf("Update by a Version %s returned %v, want ErrConflict", name, err)
		}
		if err := p.store.Delete(t.Context(), u); !errors.Is(err, signup.ErrConflict) {
			t.Errorf("Delete by a Version %s returned %v, want ErrConflict", name, err)
		}
	}
	p.works()
	if !deleted {
		p.send("DELETE /ALIAS-000001")
		if codes := codesOf(p.check()); !slices.Equal(codes, base) {
			t.Errorf("without the former index: got findings %q, want %q", codes, base)
		}
	}
}
