package signup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
)

// originOptions are for handlers that find the Origin in a header.
var originOptions = &signup.HandlerOptions{Logger: quiet.Logger, Client: func(r *http.Request) signup.Client {
	return signup.Client{Origin: r.Header.Get("X-Origin"), Cookie: r.Header.Get("X-Cookie")}
}}

func postFrom(h http.Handler, header, origin, body string) *http.Response {
	r := signUp(strings.NewReader(body))
	r.Header.Set(header, origin)
	return send(h, r)
}

// One origin may make 30 log-ins and sign-ups a minute, together. A refusal is made
// before anything else, in both forms of a response.
func TestOriginLimit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a, tr := traced()
		logIn, signUp := signup.NewLoginHandler(a, nil, originOptions), signup.NewHandler(a, originOptions)
		for i := range 15 {
			_ = checkPlain(t, postFrom(logIn, "X-Origin", "192.0.2.1", adaBody), http.StatusBadRequest)
			_ = checkPlain(t, postFrom(signUp, "X-Origin", "192.0.2.1", fmt.Sprintf(`{"email_address": "user%d@example.org"}`, i)), http.StatusBadRequest)
		}
		for _, h := range []http.Handler{logIn, signUp} {
			var res *http.Response
			if calls := tr.of(func() { res = postFrom(h, "X-Origin", "192.0.2.1", adaBody) }); calls != "+1" {
				t.Errorf("a refusal calls %q, want only the Counter", calls)
			}
			got := checkPlain(t, res, http.StatusTooManyRequests)
			if retry := res.Header.Get("Retry-After"); retry != "60" || got.Error != "429: Too Many Requests" {
				t.Errorf("Retry-After is %q and the error %q, want 60 and the status", retry, got.Error)
			}
		}
		if res := postFrom(signUp, "X-Origin", "192.0.2.2", adaBody); res.StatusCode != http.StatusOK {
			t.Errorf("another origin got status %d, want 200", res.StatusCode)
		}
		if res := postFrom(logIn, "X-Other", "", adaBody); res.StatusCode != http.StatusOK {
			t.Errorf("an unknown origin got status %d, want 200", res.StatusCode)
		}
		time.Sleep(time.Minute)
		if res := postFrom(logIn, "X-Origin", "192.0.2.1", adaBody); res.StatusCode != http.StatusOK {
			t.Errorf("a minute later, the origin got status %d, want 200", res.StatusCode)
		}
		for name := range tr.names {
			if strings.Contains(name, "192.0.2") {
				t.Errorf("the Counter got the name %q, want no origin in it", name)
			}
		}
	})
}

// Without HandlerOptions.Client, no header of a request is believed.
func TestOriginUnknown(t *testing.T) {
	a, tr := traced()
	h := signup.NewHandler(a, quiet)
	for range 40 {
		if res := postFrom(h, "X-Forwarded-For", "192.0.2.1", "{}"); res.StatusCode != http.StatusBadRequest {
			t.Errorf("got status %d, want 400", res.StatusCode)
		}
	}
	if len(tr.names) != 0 {
		t.Errorf("%d names were counted, want none", len(tr.names))
	}
}

// A limitedCall is a call with an Origin.
type limitedCall struct {
	name string
	call func(a *signup.Accounts, c signup.Client) error
}

var limitedCalls = []limitedCall{
	{"LogIn", func(a *signup.Accounts, c signup.Client) error {
		_, err := a.LogIn(context.Background(), adaEmail, goodPassword, c)
		return err
	}},
	{"Register", func(a *signup.Accounts, c signup.Client) error {
		_, err := a.Register(context.Background(), signup.Registration{Email: adaEmail, Password: goodPassword, Client: c})
		return err
	}},
	{"CompleteRegistration", func(a *signup.Accounts, c signup.Client) error {
		_, err := a.CompleteRegistration(context.Background(), "no token", signup.Registration{Password: goodPassword, Client: c})
		return err
	}},
	{"SendEmailVerification", func(a *signup.Accounts, c signup.Client) error {
		return a.SendEmailVerification(context.Background(), adaEmail, c)
	}},
	{"SendPasswordReset", func(a *signup.Accounts, c signup.Client) error {
		return a.SendPasswordReset(context.Background(), adaEmail, c)
	}},
}

func TestOriginLimitOfCalls(t *testing.T) {
	for _, c := range limitedCalls {
		a, tr := traced()
		a.Limits.PerOrigin = 2
		for range 2 {
			if err := c.call(a, signup.Client{Origin: "192.0.2.1"}); errors.Is(err, signup.ErrThrottled) {
				t.Errorf("%s within the limit returned %v, want another result", c.name, err)
			}
		}
		var err error
		if calls := tr.of(func() { err = c.call(a, signup.Client{Origin: "192.0.2.1"}) }); !errors.Is(err, signup.ErrThrottled) || calls != "+1" {
			t.Errorf("%s over the limit returned %v after %q, want ErrThrottled after +1", c.name, err, calls)
		}
		if err != nil && strings.Contains(err.Error(), "192.0.2.1") {
			t.Errorf("%s over the limit returned %v, want no origin in it", c.name, err)
		}
		if err := c.call(a, signup.Client{Origin: "192.0.2.2"}); errors.Is(err, signup.ErrThrottled) {
			t.Errorf("%s from another origin returned %v, want another result", c.name, err)
		}
	}
}

// If the Counter fails, each call is refused as for lack of capacity, before any hash and
// any mail. The Counter's own sentinel isn't passed on.
func TestCounterFails(t *testing.T) {
	calls := append([]limitedCall(nil), limitedCalls...)
	s := signup.Session{}
	for _, g := range guesses {
		calls = append(calls, limitedCall{g.name, func(a *signup.Accounts, _ signup.Client) error { return g.call(a, s, goodPassword) }})
	}
	for _, mode := range []signup.EmailVerification{signup.VerifyNever, signup.VerifyBeforeRegistration} {
		for _, failure := range []error{errors.New("the counter is down"), signup.ErrInvalid, signup.ErrBusy, context.DeadlineExceeded} {
			a, tr, session := tracedAda(t, nil)
			s = session
			b := &signup.Accounts{Store: a.Store, Counter: a.Counter, Hasher: a.Hasher, Secrets: a.Secrets, Send: a.Send, EmailVerification: mode}
			tr.failCount = failure
			for _, c := range calls {
				for _, client := range []signup.Client{{Origin: "192.0.2.1"}, {}} {
					if client.Origin == "" && (c.name == "Register" || c.name == "CompleteRegistration") {
						continue // nothing is counted for some of them
					}
					if mode == signup.VerifyBeforeRegistration && c.name == "a repeated Register" {
						continue
					}
					var err error
					made := tr.of(func() { err = c.call(b, client) })
					if !errors.Is(err, signup.ErrBusy) || errors.Is(err, signup.ErrInvalid) || errors.Is(err, context.DeadlineExceeded) ||
						!strings.Contains(err.Error(), failure.Error()) {
						t.Errorf("%s with a Counter that returns %v returned %v, want only ErrBusy, with that text", c.name, failure, err)
					}
					if strings.Contains(made, "hash") || strings.Contains(made, "mail") {
						t.Errorf("%s with a Counter that fails calls %q, want no hash and no mail", c.name, made)
					}
				}
			}
			h := signup.NewLoginHandler(b, nil, quiet)
			if res := post(h, adaBody); res.StatusCode != http.StatusServiceUnavailable || res.Header.Get("Retry-After") == "" {
				t.Errorf("the log-in handler with a Counter that fails responds %d, Retry-After %q; want 503 and a time", res.StatusCode, res.Header.Get("Retry-After"))
			}
		}
	}
}

// The error of a context that is done is passed on.
func TestCounterCanceled(t *testing.T) {
	a, tr, _ := tracedAda(t, nil)
	ctx, cancel := context.WithCancel(t.Context())
	tr.counter = counterFunc(func(ctx context.Context, _ string, _ int, _ time.Duration) (int, error) {
		cancel()
		return 0, ctx.Err()
	})
	if _, err := a.Authenticate(ctx, adaEmail, goodPassword); !errors.Is(err, context.Canceled) || errors.Is(err, signup.ErrBusy) {
		t.Errorf("Authenticate canceled in the Counter returned %v, want context.Canceled", err)
	}
}

// A count that can't be taken back doesn't fail the log-in. The log has the reason.
func TestTakeBackFails(t *testing.T) {
	l, logged := newLog(t)
	a, tr, _ := tracedAda(t, func(a *signup.Accounts) { a.Logger = l })
	tr.counter = counterFunc(func(ctx context.Context, _ string, n int, _ time.Duration) (int, error) {
		if n > 0 {
			return 1, nil
		}
		if deadline, ok := ctx.Deadline(); !ok || time.Until(deadline) > 5*time.Second || ctx.Err() != nil {
			t.Errorf("the count is taken back with the deadline %v, %t, and %v; want one of a few seconds, and nil", deadline, ok, ctx.Err())
		}
		return 0, errors.New("the counter is down")
	})
	if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); err != nil {
		t.Errorf("Authenticate returned %v, want nil", err)
	}
	if records := logged.records(t); len(records) != 1 || records[0]["msg"] != "signup: count not taken back" || records[0]["error"] != "the counter is down" {
		t.Errorf("the log has %v, want one record with the error", records)
	}
}

func TestLimitsChecked(t *testing.T) {
	const tooLong = signup.MaxCountWindow + 1
	for _, c := range []struct {
		limits signup.Limits
		ok     bool
	}{
		{signup.Limits{}, true},
		{signup.Limits{PerAccount: 100, PerDevice: 100, PerOrigin: 1_000_000, Window: tooLong - 1, MailInterval: tooLong - 1}, true},
		{signup.Limits{PerAccount: 1, PerDevice: 1, PerOrigin: 1, Window: 1, MailInterval: 1}, true},
		{signup.Limits{PerAccount: 101}, false},
		{signup.Limits{PerAccount: -1}, false},
		{signup.Limits{PerDevice: 101}, false},
		{signup.Limits{PerDevice: -1}, false},
		{signup.Limits{PerOrigin: 1_000_001}, false},
		{signup.Limits{PerOrigin: -1}, false},
		{signup.Limits{Window: tooLong}, false},
		{signup.Limits{Window: -1}, false},
		{signup.Limits{MailInterval: tooLong}, false},
		{signup.Limits{MailInterval: -1}, false},
	} {
		a := newAccounts()
		a.Limits = c.limits
		_, err := a.Authenticate(t.Context(), adaEmail, goodPassword)
		if ok := err == signup.ErrBadCredentials; ok != c.ok || !c.ok && !strings.Contains(err.Error(), "Limits.") {
			t.Errorf("with %+v, Authenticate returned %v, want accepted: %t", c.limits, err, c.ok)
		}
	}
}

// The limits of the handlers hold with the cookie that HandlerOptions.Client returns.
func TestLoginHandlerKnownDevice(t *testing.T) {
	a, _, s := tracedAda(t, nil)
	h := signup.NewLoginHandler(a, nil, originOptions)
	wrong := strings.Replace(adaBody, goodPassword, wrongPassword, 1)
	for range 21 {
		_ = checkPlain(t, send(h, signUp(strings.NewReader(wrong))), http.StatusBadRequest)
	}
	var r *http.Request
	from := func(cookie string) *http.Response {
		r = httptest.NewRequest(http.MethodPost, "/", strings.NewReader(adaBody))
		r.Header.Set("Content-Type", "application/json")
		r.Header.Set("X-Cookie", cookie)
		return send(h, r)
	}
	_ = checkPlain(t, from(""), http.StatusBadRequest)
	_ = checkPlain(t, from(a.DeviceCookie(s)), http.StatusOK)
}
