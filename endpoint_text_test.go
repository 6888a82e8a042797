package signup_test

import (
	"errors"
	"fmt"
	"strconv"
	"testing"

	"github.com/gosignup/signup"
)

// White space around an address is no part of it, at sign-up and at log-in, and
// neither in the stored address nor in the responses.
func TestWhiteSpaceAroundAddress(t *testing.T) {
	a, _ := newPlainAccounts()
	signUp, logIn := signup.NewHandler(a, quiet), signup.NewLoginHandler(a, nil, quiet)
	body := func(email string) string {
		return fmt.Sprintf(`{"email_address": %s, "password": %q}`, strconv.QuoteToASCII(email), goodPassword)
	}
	spaced := []string{"Ada@example.org ", " Ada@example.org", "\t\r\nAda@example.org\u00a0\u3000", "Ada@example.org"}
	const added, exists, loggedIn = "'Ada@example.org' added successfully!", "'Ada@example.org' already exists.", "'Ada@example.org' successfully logged in!"
	if got := checkPlain(t, post(signUp, body(spaced[0])), 200); got.Message != added {
		t.Errorf("the sign-up got the message %q, want %q", got.Message, added)
	}
	for _, email := range spaced {
		if got := checkPlain(t, post(signUp, body(email)), 409); got.Message != exists {
			t.Errorf("the sign-up of %+q got the message %q, want %q", email, got.Message, exists)
		}
		if got := checkPlain(t, post(logIn, body(email)), 200); got.Message != loggedIn {
			t.Errorf("the log-in of %+q got the message %q, want %q", email, got.Message, loggedIn)
		}
		u, err := a.Authenticate(t.Context(), email, goodPassword)
		if err != nil || u.Email != "Ada@example.org" {
			t.Errorf("Authenticate of %+q returned the address %+q, %v; want Ada@example.org, nil", email, u.Email, err)
		}
	}
	for _, blank := range []string{" ", "\u3000\n", "\u200b"} {
		for name, h := range map[string]func(string) string{
			"sign-up": func(b string) string { return checkPlain(t, post(signUp, b), 400).Message },
			"log-in":  func(b string) string { return checkPlain(t, post(logIn, b), 400).Message },
		} {
			if got := h(body(blank)); got != "'email_address' is required." {
				t.Errorf("the %s of %+q got the message %q, want 'email_address' is required.", name, blank, got)
			}
		}
	}
}

// A registration that is repeated with other white space around its texts is a
// repetition.
func TestReplayOfTrimmedTexts(t *testing.T) {
	a := newAccounts()
	r := signup.Registration{
		Email: "ada@b\u00fccher.example", Password: goodPassword, FirstName: "Ada", LastName: "Lovelace",
		IdempotencyKey: "0123456789abcdefghijklmnop",
	}
	first, err := a.Register(t.Context(), r)
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	r.Email, r.FirstName, r.LastName = " ada@bu\u0308cher\u3002example\n", " Ada", "Lovelace\t"
	if again, err := a.Register(t.Context(), r); err != nil || again.ID != first.ID || again.Email != "ada@b\u00fccher.example" {
		t.Errorf("the repetition returned the ID %s, address %+q, %v; want %s, the first address, nil", again.ID, again.Email, err, first.ID)
	}
	if _, err := a.Authenticate(t.Context(), "ada@b\u00fccher.example\u200b", goodPassword); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("Authenticate with an invisible character returned %v, want ErrBadCredentials", err)
	}
}
