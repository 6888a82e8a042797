package integration

import (
	"errors"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// guide returns the requests in a section of the operator's guide.
func guide(t *testing.T, heading string) (requests []string) {
	t.Helper()
	text, err := os.ReadFile("../../docs/elasticsearch.md")
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## "+heading+"\n")
	section, _, _ = strings.Cut(section, "\n## ")
	for _, match := range regexp.MustCompile("(?ms)^ *```\n(.*?)^ *```$").FindAllStringSubmatch(section, -1) {
		requests = append(requests, regexp.MustCompile(`(?m)^ +`).ReplaceAllString(match[1], ""))
	}
	return requests
}

// The guide's way from a snapshot back to users who can log in, with the guide's own
// requests.
func TestSnapshot(t *testing.T) {
	all := servers(t)
	for _, s := range slices.Compact([]*server{all[0], all[len(all)-1]}) {
		t.Run(s.Name+", index deleted", func(t *testing.T) { testSnapshot(t, s, true) })
		t.Run(s.Name+", index kept", func(t *testing.T) { testSnapshot(t, s, false) })
	}
}

func testSnapshot(t *testing.T, s *server, deleted bool) {
	requests := guide(t, "Snapshot and restore")
	if len(requests) != 7 {
		t.Fatalf("the guide has %d requests", len(requests))
	}
	p := newPatient(t, s)
	send := func(n int, begin string) {
		t.Helper()
		if !strings.HasPrefix(requests[n], begin) {
			t.Fatalf("request %d of the guide is %s, want %s", n, requests[n], begin)
		}
		p.send(strings.NewReplacer("users", p.alias, "backup", p.alias).Replace(requests[n]))
	}
	hasher := signup.Bcrypt{Cost: 4}
	hash := func(password string) signup.Hash {
		t.Helper()
		h, err := hasher.Hash(password)
		if err != nil {
			t.Fatal(err)
		}
		return h
	}
	create := func(id string) signup.User {
		t.Helper()
		u := signup.User{ID: id, Email: id + "@example.org", PasswordHash: hash("the correct horse of " + id), Active: true}
		if err := p.store.Create(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
		return u
	}
	changed, removed := create("changed"), create("removed")
	base := codesOf(p.check())

	send(0, "PUT /_snapshot/")
	defer p.send("DELETE /_snapshot/ALIAS")
	send(1, "PUT /_snapshot/")
	defer p.send("DELETE /_snapshot/ALIAS/ALIAS-1")
	if !s.StandIn && !onGivenServer() { // which may be one
		send(2, "PUT /_slm/")
		defer p.send("DELETE /_slm/policy/ALIAS")
	}

	first := changed
	changed.PasswordHash = hash("another password")
	if err := p.store.Update(t.Context(), &changed); err != nil {
		t.Fatal(err)
	}
	if err := p.store.Delete(t.Context(), removed); err != nil {
		t.Fatal(err)
	}
	added := create("added")

	send(3, "GET ")
	if deleted {
		p.send("DELETE /ALIAS-000001")
	} else {
		send(4, "POST /_aliases")
	}
	if _, err := p.store.Get(t.Context(), p.user.Key()); err == nil {
		t.Fatal("the user is still there")
	}
	send(5, "POST /_snapshot/")
	findings := p.check()
	if len(findings) == 0 || findings[0].Code != "no-alias" {
		t.Fatalf("after the restore Check found %q", codesOf(findings))
	}
	if want := strings.TrimSpace(strings.ReplaceAll(requests[6], "users", p.alias)); findings[0].Request != want {
		t.Errorf("Check's request is %s, and the guide's %s", findings[0].Request, want)
	}
	p.send(findings[0].Request)
	p.setUp()
	want := base
	if !deleted {
		want = append(slices.Clone(base), "other-index")
	}
	if codes := codesOf(p.check()); !slices.Equal(codes, want) {
		t.Errorf("afterwards Check found %q, want %q", codes, want)
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
			t.Errorf("%v, %v: the password fits: %t", u, err, !c.is)
		}
	}
	if _, err := p.store.Get(t.Context(), added.Key()); !errors.Is(err, signup.ErrNotFound) {
		t.Errorf("a user of after the snapshot: %v", err)
	}
	// What was read before fits nothing, though the document may be the same.
	for name, u := range map[string]signup.User{"of the snapshot": first, "of after it": changed, "unchanged": p.user} {
		if err := p.store.Update(t.Context(), &u); !errors.Is(err, signup.ErrConflict) {
			t.Errorf("Update by a Version %s: %v", name, err)
		}
		if err := p.store.Delete(t.Context(), u); !errors.Is(err, signup.ErrConflict) {
			t.Errorf("Delete by a Version %s: %v", name, err)
		}
	}
	p.works()
	if !deleted {
		p.send("DELETE /ALIAS-000001")
		if codes := codesOf(p.check()); !slices.Equal(codes, base) {
			t.Errorf("without the former index Check found %q, want %q", codes, base)
		}
	}
}

// The other requests of the guide, but for those that make users and roles: these
// are compared with Role and SetupRole, and their effect is tested by TestRole.
func TestGuide(t *testing.T) {
	p := newPatient(t, plainServer(t))
	requests := guide(t, "How soon searches see a user")
	if len(requests) != 1 {
		t.Fatalf("the guide has %d requests", len(requests))
	}
	p.send(strings.ReplaceAll(requests[0], "users", p.alias))
	if settings := p.send("GET /ALIAS-000001/_settings/index.refresh_interval?flat_settings=true"); !strings.Contains(settings, `"10s"`) {
		t.Errorf("the settings are %s", settings)
	}
	p.works()
}
