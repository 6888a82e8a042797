package esstore_test

import (
	"fmt"
	"net/http"
	"testing"

	"github.com/gosignup/signup"
)

// product adds the header of Elasticsearch's own responses.
func product(s step) step {
	return func(w http.ResponseWriter, r *http.Request, writes []string) {
		w.Header().Set("X-Elastic-Product", "Elasticsearch")
		s(w, r, writes)
	}
}

// cutBodies are bodies of which the version can't be read.
var cutBodies = map[string]func(status int) step{
	"truncated":   func(status int) step { return product(truncated(status, `{"_index":"users-000001",`)) },
	"no body":     func(status int) step { return product(truncated(status, "")) },
	"cut cleanly": func(status int) step { return product(respond(status, `{"_index":"users-000001",`)) },
	"too long":    func(status int) step { return product(endless(status)) },
}

// The status line acknowledges a write: if the body is cut off, Get has the Version.
func TestStatusAcknowledgesWrite(t *testing.T) {
	for name, cut := range cutBodies {
		for _, test := range []struct {
			op     string
			write  write
			script []step
			seqNo  int
		}{
			{"Create", createUser, []step{cut(201), foundLast(0)}, 0},
			{"Create, and GET fails twice", createUser, []step{cut(201), down, product(truncated(200, `{"found":`)), foundLast(0)}, 0},
			{"Create, and the confirmation is cut", createUser, []step{hangUp, foundLast(0), cut(200), foundLast(1)}, 1},
			{"Update", updateUser, []step{cut(200), foundLast(1)}, 1},
			{"Update, and the confirmation is cut", updateUser, []step{hangUp, foundLast(1), cut(200), foundLast(2)}, 2},
		} {
			t.Run(name+", "+test.op, func(t *testing.T) {
				f := newFake(t)
				u := newUser()
				if test.op[0] == 'U' {
					u = f.stored(t)
				}
				f.then(test.script...)
				before := clone(u)
				err := test.write(t.Context(), f.store(), &u)
				wantOutcome(t, err, "nil")
				wantUser(t, u, before, err)
				want := fmt.Sprintf("users-000001/%d/1/", test.seqNo)
				if got := string(u.Version); len(got) < len(want) || got[:len(want)] != want {
					t.Errorf("got Version %q, want one that begins with %q", got, want)
				}
			})
		}
		t.Run(name+", Delete", func(t *testing.T) {
			f := newFake(t)
			u := f.stored(t)
			f.then(cut(200))
			wantOutcome(t, f.store().Delete(t.Context(), u), "nil")
		})
	}
}

// A Create that repeats an earlier one is confirmed by the status alone, too.
func TestStatusAcknowledgesReplay(t *testing.T) {
	f := newFake(t)
	u := f.stored(t)
	f.then(conflict, foundFirst, product(truncated(200, "{")), foundFirst)
	u.Version = ""
	wantOutcome(t, f.store().Create(t.Context(), &u), "ErrReplayed")
}

// The status of a response that isn't Elasticsearch's acknowledges nothing.
func TestStatusOfProxyAcknowledgesNothing(t *testing.T) {
	for name, test := range map[string]struct {
		write  write
		script []step
	}{
		"Create":                 {createUser, []step{truncated(201, "{"), nothing}},
		"Create, a page":         {createUser, []step{page(200), nothing}},
		"Create, not stored":     {createUser, []step{product(truncated(201, "{")), nothing, nothing}},
		"Create, changed since":  {createUser, []step{product(truncated(201, "{")), foundChanged, foundChanged}},
		"Delete":                 {deleteUser, []step{truncated(200, "{"), foundFirst}},
		"Delete, not successful": {deleteUser, []step{product(truncated(500, "{")), foundFirst}},
	} {
		t.Run(name, func(t *testing.T) {
			f := newFake(t)
			u := newUser()
			if name[0] == 'D' {
				u = f.stored(t)
			}
			f.then(test.script...)
			wantOutcome(t, test.write(t.Context(), f.store(), &u), unknown)
		})
	}
}

// Register succeeds if the bodies of both responses are cut off.
func TestRegisterWithResponsesCut(t *testing.T) {
	cut := product(truncated(http.StatusCreated, "{"))
	f := newFake(t, cut, down, foundLast(0))
	a := &signup.Accounts{Store: f.store(), Hasher: signup.Bcrypt{Cost: 10}}
	u, err := a.Register(t.Context(), signup.Registration{Email: "ada.qx@example.org", Password: "correct horse battery qx"})
	if err != nil || u.Version == "" {
		t.Errorf("got Version %q, error %v from Register, want a Version and no error", u.Version, err)
	}
}
