package signup_test

import (
	"context"
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// wrongCode returns a code that isn't l's.
func (l mailedLogIn) wrongCode() string {
	last := map[bool]string{true: "1", false: "0"}[strings.HasSuffix(l.code, "0")]
	return l.code[:len(l.code)-1] + last
}

// A code works as people type it.
func TestLogInByCodeTyped(t *testing.T) {
	for name, typed := range map[string]func(code string) string{
		"as sent":              func(code string) string { return code },
		"lower case":           strings.ToLower,
		"in groups":            func(code string) string { return code[:4] + "-" + code[4:] },
		"spaces":               func(code string) string { return " " + strings.Join(strings.Split(code, ""), " ") + "\r\n" },
		"other hyphens":        func(code string) string { return code[:2] + "\u2011" + code[2:4] + "\u2013" + code[4:] + "\u00a0" },
		"O, I and L as digits": func(code string) string { return strings.NewReplacer("0", "O", "1", "l").Replace(code) },
	} {
		a, o := logInAccounts(t)
		l := o.logInFor(t, a, adaEmail)
		for !strings.ContainsAny(l.code, "01") {
			l = o.logInFor(t, a, adaEmail)
		}
		if _, err := a.LogInByCode(t.Context(), l.challenge, typed(l.code), signup.Client{}); err != nil {
			t.Errorf("%s: LogInByCode returned %v, want nil", name, err)
		}
	}
}

// Codes have each character of the alphabet at each place.
func TestLogInCodesVary(t *testing.T) {
	a, o := logInAccounts(t)
	const rounds = 1000
	counts := map[rune]int{}
	all := map[string]bool{}
	for range rounds {
		code := o.logInFor(t, a, adaEmail).code
		all[code] = true
		for _, r := range code {
			counts[r]++
		}
	}
	if len(all) != rounds || len(counts) != 30 {
		t.Errorf("got %d codes of %d characters, want %d of 30", len(all), len(counts), rounds)
	}
	for r, n := range counts {
		if want := rounds * 8 / 30; n < want/2 || n > 2*want { // 8 standard deviations
			t.Errorf("got %q %d times, want about %d", r, n, want)
		}
	}
}

// A wrong code, and the code of another challenge, of a user or of none, is refused.
func TestLogInByCodeAttacks(t *testing.T) {
	a, o := logInAccounts(t)
	stored(t, a, "bob@example.org")
	l, second, bob := o.logInFor(t, a, adaEmail), o.logInFor(t, a, adaEmail), o.logInFor(t, a, "bob@example.org")
	unknown, err := a.SendLogIn(t.Context(), "eve@example.org", signup.Client{})
	if err != nil {
		t.Fatalf("SendLogIn returned %v, want nil", err)
	}
	b := tokenAccounts("other")
	b.Store, b.Send = a.Store, o.send
	foreign := o.logInFor(t, b, adaEmail)
	for name, c := range map[string]struct{ challenge, code string }{
		"wrong code": {l.challenge, l.wrongCode()}, "no code": {l.challenge, ""}, "cut": {l.challenge, l.code[:7]},
		"longer": {l.challenge, l.code + "0"}, "twice": {l.challenge, l.code + l.code}, "long": {l.challenge, strings.Repeat(" ", 64) + l.code},
		"very long": {l.challenge, strings.Repeat("0", 1<<20)}, "not UTF-8": {l.challenge, l.code + "\xff"},
		"of another mail": {second.challenge, l.code}, "of another user": {bob.challenge, l.code}, "for another user": {l.challenge, bob.code},
		"of no user": {unknown, l.code}, "of another program": {foreign.challenge, foreign.code},
		"the token for the challenge": {l.token, l.code}, "no challenge": {"", l.code}, "the token for the code": {l.challenge, l.token},
		"padded": {l.challenge + "=", l.code}, "with a line break": {l.challenge[:9] + "\n" + l.challenge[9:], l.code},
		"standard alphabet": {strings.NewReplacer("-", "+", "_", "/").Replace(l.challenge) + "==", l.code}, "very long challenge": {strings.Repeat("A", 1<<20), l.code},
	} {
		if s, err := a.LogInByCode(t.Context(), c.challenge, c.code, signup.Client{}); err != signup.ErrToken || s != (signup.Session{}) {
			t.Errorf("%s: LogInByCode returned %v, %v; want the zero Session, ErrToken", name, s, err)
		}
	}
	if _, err := a.LogInByCode(t.Context(), l.challenge, l.code, signup.Client{}); err != nil {
		t.Errorf("after all attacks, LogInByCode returned %v, want nil", err)
	}
	if _, err := a.LogInByCode(t.Context(), bob.challenge, bob.code, signup.Client{}); err != nil {
		t.Errorf("after the log-in of another user, LogInByCode returned %v, want nil", err)
	}
}

// A challenge with any bit flipped, or with unused bits of base64, is refused.
func TestLogInChallengeChanged(t *testing.T) {
	a, o := logInAccounts(t)
	l := o.logInFor(t, a, adaEmail)
	raw, err := base64.RawURLEncoding.DecodeString(l.challenge)
	if err != nil {
		t.Fatalf("decoding the challenge: got the error %v, want base64url", err)
	}
	refused := func(what string, i int, challenge string) {
		if _, err := a.LogInByCode(t.Context(), challenge, l.code, signup.Client{}); err != signup.ErrToken {
			t.Errorf("with %s %d changed, LogInByCode returned %v, want ErrToken", what, i, err)
		}
	}
	for i := range len(raw) * 8 {
		raw[i/8] ^= 1 << (i % 8)
		refused("bit", i, base64.RawURLEncoding.EncodeToString(raw))
		raw[i/8] ^= 1 << (i % 8)
	}
	const alphabet = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_"
	for i := range l.challenge {
		j := strings.IndexByte(alphabet, l.challenge[i])
		refused("character", i, l.challenge[:i]+alphabet[j^1:j^1+1]+l.challenge[i+1:])
	}
	if _, err := a.LogInByCode(t.Context(), l.challenge, l.code, signup.Client{}); err != nil {
		t.Errorf("LogInByCode of the challenge itself returned %v, want nil", err)
	}
}

// Twenty wrong codes for an address are compared within Limits.Window, with whichever
// challenges. The token of the mail works all the same, and so do the codes of others.
func TestLogInCodesLimited(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, o := logInAccounts(t)
		stored(t, a, "bob@example.org")
		sent := func(email string) mailedLogIn {
			t.Helper()
			time.Sleep(3 * time.Minute) // Limits.MailInterval
			return o.logInFor(t, a, email)
		}
		wantCode := func(when string, l mailedLogIn, want error) {
			t.Helper()
			if _, err := a.LogInByCode(t.Context(), l.challenge, l.code, signup.Client{}); err != want {
				t.Errorf("%s, LogInByCode returned %v, want %v", when, err, want)
			}
		}
		guess := func(n int) {
			for range n {
				l := sent("ADA@example.org")
				if _, err := a.LogInByCode(t.Context(), l.challenge, l.wrongCode(), signup.Client{}); err != signup.ErrToken {
					t.Errorf("LogInByCode of a wrong code returned %v, want ErrToken", err)
				}
			}
		}
		for range 30 { // right codes don't count
			wantCode("without wrong codes", sent(adaEmail), nil)
		}
		guess(19)
		wantCode("after 19 wrong codes", sent(adaEmail), nil)
		guess(20)
		l := sent(adaEmail)
		wantCode("after 20 wrong codes", l, signup.ErrToken)
		wantCode("for another user", sent("bob@example.org"), nil)
		if _, err := a.LogInByToken(t.Context(), l.token, signup.Client{}); err != nil {
			t.Errorf("over the limit, LogInByToken returned %v, want nil", err)
		}
		expired := sent(adaEmail)
		time.Sleep(24 * time.Hour)
		for range 30 { // codes for an expired challenge don't count
			wantCode("with an expired challenge", expired, signup.ErrToken)
		}
		wantCode("after a day", sent(adaEmail), nil)
	})
}

// A second mail within Limits.MailInterval isn't sent. The challenge of the first one
// stays the one to keep, whether or not the address has a user.
func TestSecondLogInMail(t *testing.T) {
	a, o := logInAccounts(t)
	a.Limits.MailInterval = 0 // 3 minutes
	l := o.logInFor(t, a, adaEmail)
	for _, email := range []string{adaEmail, "unknown@example.org"} {
		for n := range 2 {
			challenge, err := a.SendLogIn(t.Context(), email, signup.Client{})
			want := email != adaEmail && n == 0
			if mails := len(o.take()); err != nil || (challenge != "") != want || mails != 0 {
				t.Errorf("SendLogIn returned a challenge of %d characters, %v, and sent %d mails; want a challenge: %t, nil, 0", len(challenge), err, mails, want)
			}
		}
	}
	if _, err := a.LogInByCode(t.Context(), l.challenge, l.code, signup.Client{}); err != nil {
		t.Errorf("LogInByCode of the first mail returned %v, want nil", err)
	}
}

// If a code can't be counted, it isn't compared.
func TestLogInByCodeCanceled(t *testing.T) {
	a, o := logInAccounts(t)
	l := o.logInFor(t, a, adaEmail)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.LogInByCode(ctx, l.challenge, l.code, signup.Client{}); err == nil || err == signup.ErrToken {
		t.Errorf("LogInByCode returned %v, want context.Canceled", err)
	}
	if _, err := a.LogInByCode(t.Context(), l.challenge, l.code, signup.Client{}); err != nil {
		t.Errorf("again, LogInByCode returned %v, want nil", err)
	}
}
