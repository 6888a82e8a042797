package signup_test

import (
	"errors"
	"testing"
	"time"

	"github.com/gosignup/signup"
)

// The addresses of a user whose address changes, and their keys.
const (
	adaKey    = "ada@example.org"
	secondKey = "countess@example.com"
	thirdKey  = "lovelace@abc.com"
)

// An addressTest is a user at adaEmail whose address changes.
type addressTest struct {
	testing.TB
	a      *signup.Accounts
	o      *outbox
	before signup.User
}

func newAddressTest(t testing.TB) *addressTest {
	a, o := mailAccounts()
	return &addressTest{t, a, o, createAda(t, a.Store, func(u *signup.User) { u.Private = `{"other":[1, 2]}` })}
}

// logIn returns a new session of the user of an address.
func (t *addressTest) logIn(email string) signup.Session {
	t.Helper()
	s, err := t.a.LogIn(t.Context(), email, goodPassword, signup.Client{})
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	return s
}

// ask asks for a change of the address, and returns the tokens that undo and make it.
func (t *addressTest) ask(from, to string) (undo, change string) {
	t.Helper()
	time.Sleep(time.Millisecond) // the MailInterval has passed, also in a bubble of synctest
	if err := t.a.SendEmailChange(t.Context(), t.logIn(from), to); err != nil {
		t.Fatalf("SendEmailChange returned %v, want nil", err)
	}
	mails := t.o.take()
	if len(mails) != 2 || mails[0].Purpose != signup.PurposeUndoEmail || mails[1].Purpose != signup.PurposeChangeEmail {
		t.Fatalf("got the mails %v, want one that undoes, then one that changes", mails)
	}
	return mails[0].Token, mails[1].Token
}

// change changes the address, and returns the token that undoes it.
func (t *addressTest) change(from, to string) (undo string) {
	t.Helper()
	undo, change := t.ask(from, to)
	if _, err := t.a.ConfirmEmailChange(t.Context(), change); err != nil {
		t.Fatalf("ConfirmEmailChange returned %v, want nil", err)
	}
	t.o.take()
	return undo
}

// documents returns what the Store holds for the keys.
func (t *addressTest) documents() map[string]signup.User {
	documents := map[string]signup.User{}
	for _, key := range []string{adaKey, secondKey, thirdKey} {
		if u, err := t.a.Store.Get(t.Context(), key); err == nil {
			documents[key] = u
		}
	}
	return documents
}

// wantAt checks that the user logs in with the address of one key and no other.
func (t *addressTest) wantAt(what, want string) {
	t.Helper()
	documents := t.documents()
	for _, key := range []string{adaKey, secondKey, thirdKey} {
		if u, ok := signup.LogsIn(documents, key); ok && u.ID == t.before.ID != (key == want) {
			t.Errorf("%s: the user logs in with %s: %t, want %t", what, key, key != want, key == want)
		}
	}
	if u, ok := signup.LogsIn(documents, want); !ok || u.ID != t.before.ID {
		t.Errorf("%s: the user doesn't log in with %s, want it", what, want)
	}
}

// wantLogIn checks what a log-in with goodPassword returns.
func (t *addressTest) wantLogIn(what, email string, want error) {
	t.Helper()
	if _, err := t.a.Authenticate(t.Context(), email, goodPassword); !errors.Is(err, want) {
		t.Errorf("%s: Authenticate with %s returned %v, want %v", what, email, err, want)
	}
}

// wantUndo checks what a use of the token undo returns.
func (t *addressTest) wantUndo(what, undo string, want error) {
	t.Helper()
	if _, err := t.a.UndoEmailChange(t.Context(), undo); !errors.Is(err, want) {
		t.Errorf("%s: UndoEmailChange returned %v, want %v", what, err, want)
	}
	t.o.take()
}

// register registers another user with an address.
func (t *addressTest) register(email string) error {
	t.Helper()
	_, err := t.a.Register(t.Context(), signup.Registration{Email: email, Password: newPassword})
	return err
}

const (
	undoLife  = 7 * 24 * time.Hour // the default
	tokenLife = time.Hour
)
