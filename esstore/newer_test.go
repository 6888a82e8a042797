package esstore_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
)

// What a newer version has stored with the user, as it is written there.
const newerMembers = `,"locked_until" : "2030-01-01T00:00:00.000Z","devices":[{"id":"<&>\u00e9"},1.50e3,null]`

// newerDocument is newUser as a newer version of the package may store it.
var newerDocument = strings.TrimSuffix(document, "}") + newerMembers + "}"

// foundNewer is the response to a GET with newerDocument, as number seqNo.
func foundNewer(seqNo int) step { return foundSource(seqNo, newerDocument) }

// wantNewer checks that body has the members of newerMembers byte for byte.
func wantNewer(t *testing.T, body string) {
	t.Helper()
	var got, want map[string]json.RawMessage
	mustUnmarshal(body, &got)
	mustUnmarshal(newerDocument, &want)
	for _, name := range []string{"locked_until", "devices"} {
		if string(got[name]) != string(want[name]) {
			t.Errorf("got member %s with the value %s, want %s", name, got[name], want[name])
		}
	}
	if len(got) != len(want) {
		t.Errorf("got a document with %d members, want %d", len(got), len(want))
	}
}

// getNewer returns the user whose stored document has more members.
func getNewer(t *testing.T, f *fake) signup.User {
	t.Helper()
	f.then(foundNewer(4))
	u, err := f.store().Get(t.Context(), newUser().Key())
	if err != nil {
		t.Fatal(err)
	}
	if !u.Equal(newUser()) {
		t.Error("got another user from Get, want newUser")
	}
	return u
}

// An Update keeps the members of a document that it doesn't know, and the Version
// that it sets is the one that Get returns.
func TestUpdateKeepsUnknownMembers(t *testing.T) {
	f := newFake(t)
	u := getNewer(t, f)
	u.FirstName = "Augusta"
	f.then(foundNewer(4), done(http.StatusOK, "updated", 5), foundLast(5))
	if err := f.store().Update(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	wantNewer(t, f.writes[0])
	last := f.calls[len(f.calls)-1]
	if last.query.Get("if_seq_no") != "4" || !strings.Contains(last.body, `"first_name":"Augusta"`) {
		t.Errorf("got a write to %s, want another path", last.uri)
	}
	got, err := f.store().Get(t.Context(), u.Key())
	if err != nil || got.Version != u.Version || !got.Equal(u) {
		t.Errorf("got Version %q from Get, error %v, want %q", got.Version, err, u.Version)
	}
	f.then(foundLast(5), done(http.StatusOK, "updated", 6), done(http.StatusOK, "deleted", 7))
	if err := f.store().Update(t.Context(), &u); err != nil {
		t.Fatal(err)
	}
	wantNewer(t, f.writes[1])
	if err := f.store().Delete(t.Context(), u); err != nil {
		t.Fatal(err)
	}
}

// What is read before such an Update decides.
func TestUpdateOfUnknownMembers(t *testing.T) {
	made := done(http.StatusOK, "updated", 5)
	for _, test := range []struct {
		name   string
		script []step
		want   string
	}{
		{"changed since", []step{foundNewer(5)}, "ErrConflict"},
		{"gone", []step{nothing}, "ErrNotFound"},
		{"another user", []step{foundAnotherNewer}, "ErrConflict"},
		{"a copy that lags", []step{foundNewer(3), foundNewer(4), made}, "nil"},
		{"no capacity to read", []step{tooMany}, "ErrBusy"},
		{"no capacity to write", []step{foundNewer(4), tooMany}, "ErrBusy"},
		{"it can't be read", []step{down}, unknown},
		{"changed in between", []step{foundNewer(4), conflict, foundNewer(5)}, "ErrConflict"},
		{"the response is lost", []step{foundNewer(4), hangUp, foundLast(5), done(http.StatusOK, "updated", 6)}, "nil"},
		{"the index is gone", []step{foundNewer(4), noIndex, foundNewer(7)}, "ErrConflict"},
	} {
		t.Run(test.name, func(t *testing.T) {
			f := newFake(t)
			u := getNewer(t, f)
			before := clone(u)
			f.then(test.script...)
			err := f.store().Update(t.Context(), &u)
			wantOutcome(t, err, test.want)
			wantUser(t, u, before, err)
			for _, body := range f.writes {
				wantNewer(t, body)
			}
		})
	}
}

var foundAnotherNewer = foundSource(4, strings.Replace(newerDocument, "ID-4711", "ID-1", 1))

// A document that has no room left for what is new isn't cut.
func TestUpdateTooLargeWithUnknownMembers(t *testing.T) {
	large := strings.TrimSuffix(document, "}") + `,"more":"` + strings.Repeat("x", 500<<10) + `"}`
	f := newFake(t, foundSource(4, large), foundSource(4, large))
	u, err := f.store().Get(t.Context(), newUser().Key())
	if err != nil {
		t.Fatal(err)
	}
	u.LastName = strings.Repeat("y", 100<<10)
	wantOutcome(t, f.store().Update(t.Context(), &u), "ErrInvalid")
}

// A repeated Create writes the stored document once more as it is.
func TestReplayKeepsDocument(t *testing.T) {
	f := newFake(t, conflict, foundNewer(4), conflict, foundNewer(5), updated)
	u := newUser()
	wantOutcome(t, f.store().Create(t.Context(), &u), "ErrReplayed")
	for _, body := range f.writes[1:] {
		wantNewer(t, body)
		var token struct {
			Token string `json:"write_token"`
		}
		mustUnmarshal(body, &token)
		if !strings.HasPrefix(token.Token, "T@") {
			t.Errorf("got write token %q, want T and the first place", token.Token)
		}
	}
	if n := len(f.writes); n != 3 {
		t.Errorf("got %d writes, want 3", n)
	}
}

// The rule that a key was made by stays, whatever rule the User has.
func TestUpdateKeepsKeyRule(t *testing.T) {
	for stored, script := range map[string]func(source string) []step{
		"an older rule":  func(source string) []step { return []step{foundSource(4, source), updated} },
		signup.EmailRule: func(string) []step { return []step{updated} },
	} {
		source := strings.Replace(document, signup.EmailRule, stored, 1)
		f := newFake(t, foundSource(4, source))
		f.then(script(source)...)
		u, err := f.store().Get(t.Context(), newUser().Key())
		if err != nil || u.KeyRule() != stored {
			t.Fatalf("got a key of the rule %q from Get, error %v, want %q", u.KeyRule(), err, stored)
		}
		key := u.Key()
		u.Email = "ADA.qx@example.org"
		u.SetKey(key, "another rule")
		if err := f.store().Update(t.Context(), &u); err != nil {
			t.Fatal(err)
		}
		var got struct {
			Rule  string `json:"key_rule"`
			Email string `json:"email_address"`
		}
		mustUnmarshal(f.writes[0], &got)
		if got.Rule != stored || got.Email != u.Email {
			t.Errorf("got rule %q and address %q in the write, want %q and %q", got.Rule, got.Email, stored, u.Email)
		}
	}
}

// A log-in that replaces the hash keeps them, too.
func TestRehashKeepsUnknownMembers(t *testing.T) {
	stored := newUser()
	if err := stored.SetPassword("correct horse battery"); err != nil {
		t.Fatal(err)
	}
	source := strings.Replace(newerDocument, "$2a$04$hashqxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxy", string(stored.PasswordHash), 1)
	f := newFake(t, foundSource(4, source), foundSource(4, source), updated)
	accounts := &signup.Accounts{Store: f.store(), Hasher: signup.Bcrypt{Cost: 11}}
	if _, err := accounts.Authenticate(t.Context(), stored.Email, "correct horse battery"); err != nil {
		t.Fatal(err)
	}
	if len(f.writes) != 1 {
		t.Fatalf("got %d writes, want 1", len(f.writes))
	}
	wantNewer(t, f.writes[0])
	if strings.Contains(f.writes[0], string(stored.PasswordHash)) {
		t.Error("got the old hash, want the new one")
	}
}
