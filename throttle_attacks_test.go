package signup_test

import (
	"context"
	"fmt"
	"strings"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
)

// A stolen device cookie gives a stranger the guesses of one device more, however many
// are made at once. The user's other devices log in.
func TestGuessesWithStolenCookie(t *testing.T) {
	a, h := tokenAccounts("first"), new(comparing)
	a.Hasher = h
	if _, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	stolen := a.DeviceCookie(logIn(t, a, signup.Client{}))
	other := signup.Client{Cookie: a.DeviceCookie(logIn(t, a, signup.Client{}))}
	var guessed sync.WaitGroup
	for i := range 8 {
		guessed.Go(func() {
			for j := range 50 {
				c := signup.Client{Origin: fmt.Sprint("origin ", i, " ", j), Cookie: []string{stolen, ""}[j%2]}
				_, _ = a.LogIn(context.Background(), adaEmail, wrongPassword, c)
			}
		})
	}
	guessed.Wait()
	if n := h.wrong.Load(); n != 40 {
		t.Errorf("%d guesses were compared, want 20 for the device and 20 without one", n)
	}
	checkLogIn(t, a, "another device", other, nil)
	checkLogIn(t, a, "the stolen device", signup.Client{Cookie: stolen}, signup.ErrBadCredentials)
}

// A cancelingHasher cancels the call that it compares a password for.
type cancelingHasher struct {
	comparing
	cancel context.CancelFunc
}

func (h *cancelingHasher) Verify(hash signup.Hash, password string) bool {
	defer h.cancel()
	return h.comparing.Verify(hash, password)
}

// A guess that was compared counts, also if its request is canceled.
func TestCanceledGuessesCount(t *testing.T) {
	h := &cancelingHasher{cancel: func() {}}
	a, _, s := tracedAda(t, func(a *signup.Accounts) { a.Hasher = h })
	for _, c := range []signup.Client{{}, {Cookie: a.DeviceCookie(s)}} {
		h.wrong.Store(0)
		for range 50 {
			ctx, cancel := context.WithCancel(t.Context())
			h.cancel = cancel
			_, _ = a.LogIn(ctx, adaEmail, wrongPassword, c)
			cancel()
		}
		if n := h.wrong.Load(); n != 20 {
			t.Errorf("%d guesses of canceled requests were compared, want 20", n)
		}
	}
}

// All spellings of an address have one count.
func TestGuessesBySpelling(t *testing.T) {
	a, h := tokenAccounts("first"), new(comparing)
	a.Hasher = h
	if _, err := a.Register(t.Context(), signup.Registration{Email: "ada@bücher.example", Password: goodPassword}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	for range 20 {
		for _, email := range []string{
			"ada@bücher.example", "ADA@BÜCHER.example", " ada@xn--bcher-kva.example", "ada@bu\u0308cher.example\t", "\uff21da@bücher.example", "ada@bücher\u3002example",
		} {
			if _, err := a.LogIn(t.Context(), email, wrongPassword, signup.Client{}); err != signup.ErrBadCredentials {
				t.Errorf("LogIn returned %v, want ErrBadCredentials", err)
			}
		}
	}
	if n := h.wrong.Load(); n != 20 {
		t.Errorf("%d guesses at the spellings of one address were compared, want 20", n)
	}
}

// Codes that are guessed at once are compared at most as often as the limit permits.
func TestCodesAtOnce(t *testing.T) {
	a, o := logInAccounts(t)
	l := o.logInFor(t, a, adaEmail)
	var compared, throttled, others atomic.Int64
	a = &signup.Accounts{Store: a.Store, Hasher: cheap, Secrets: a.Secrets, After: func(_ context.Context, e signup.Event) {
		switch {
		case e.Kind == signup.EventLogInRefused && e.Reason == signup.ReasonWrong:
			compared.Add(1)
		case e.Kind == signup.EventLogInRefused && e.Reason == signup.ReasonThrottled:
			throttled.Add(1)
		default:
			others.Add(1)
		}
	}}
	var guessed sync.WaitGroup
	for i := range 8 {
		guessed.Go(func() {
			for j := range 50 {
				c := signup.Client{Origin: fmt.Sprint("origin ", i, " ", j)}
				if _, err := a.LogInByCode(context.Background(), l.challenge, l.wrongCode(), c); err != signup.ErrToken {
					others.Add(1)
				}
			}
		})
	}
	guessed.Wait()
	if compared.Load() != 20 || throttled.Load() != 380 || others.Load() != 0 {
		t.Errorf("%d codes were compared, %d throttled, and %d had another result; want 20, 380, 0", compared.Load(), throttled.Load(), others.Load())
	}
}

// Neither the code of a log-in nor its challenge is in a log, an error or an event.
func TestCodesAreSilent(t *testing.T) {
	l, logged := newLog(t)
	a, tr := traced()
	createAda(t, tr.memory, verifiedAda)
	a.Logger, a.After = l, signup.EventLogger(l)
	var sent signup.Mail
	a.Send = func(_ context.Context, m signup.Mail) error {
		sent = m
		l.Info("mail", "mail", m)
		return nil
	}
	challenge, err := a.SendLogIn(t.Context(), adaEmail, signup.Client{})
	if err != nil {
		t.Fatalf("SendLogIn returned %v, want nil", err)
	}
	code := mailedLogIn{challenge, sent.Token, sent.Code}
	use := func(typed string) {
		s, err := a.LogInByCode(t.Context(), challenge, typed, signup.Client{})
		l.Info("log-in", "session", s, "error", err)
	}
	use(code.wrongCode())
	for _, failure := range []func(){
		func() { tr.failUpdate = context.DeadlineExceeded }, func() { tr.failCount = context.DeadlineExceeded }, func() {},
	} {
		tr.failUpdate, tr.failCount = nil, nil
		failure()
		use(sent.Code)
	}
	text := logged.String()
	if strings.Count(text, `"logged_in"`) != 1 {
		t.Errorf("the log has %d log-ins, want 1", strings.Count(text, `"logged_in"`))
	}
	for name, secret := range map[string]string{
		"code": sent.Code, "wrong code": code.wrongCode(), "challenge": challenge, "token": sent.Token, "address": "example.org",
	} {
		if strings.Contains(text, secret) {
			t.Errorf("the log has the %s, want it left out", name)
		}
	}
}
