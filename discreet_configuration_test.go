package signup_test

import (
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func TestDiscreetConfiguration(t *testing.T) {
	send := new(outbox).send
	secrets := tokenAccounts("first").Secrets
	for _, c := range []struct {
		accounts *signup.Accounts
		ok       bool
	}{
		{&signup.Accounts{EmailVerification: signup.VerifyBeforeRegistration, Send: send, Secrets: secrets}, true},
		{&signup.Accounts{EmailVerification: signup.VerifyBeforeLogIn, Send: send, Secrets: secrets}, false},
		{&signup.Accounts{Send: send, Secrets: secrets}, false},
		{&signup.Accounts{EmailVerification: signup.VerifyBeforeRegistration, Send: send}, false},
		{&signup.Accounts{EmailVerification: signup.VerifyBeforeRegistration, Secrets: secrets}, false},
		{&signup.Accounts{}, false},
	} {
		c.accounts.Store, c.accounts.Hasher, c.accounts.Discreet = memstore.New(), cheap, true
		_, err := c.accounts.Authenticate(t.Context(), adaEmail, goodPassword)
		if ok := err == signup.ErrBadCredentials; ok != c.ok || !c.ok && !errors.Is(err, signup.ErrNotConfigured) {
			t.Errorf("with Send: %t, Secrets: %t and EmailVerification %d, Authenticate returned %v; want accepted: %t, otherwise ErrNotConfigured",
				c.accounts.Send != nil, c.accounts.Secrets != nil, c.accounts.EmailVerification, err, c.ok)
		}
	}
}
