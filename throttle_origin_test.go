package signup_test

import (
	"context"
	"errors"
	"fmt"
	"net/http"
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
		logIns, signUps := signup.NewLoginHandler(a, nil, originOptions), signup.NewHandler(a, originOptions)
		for i := range 15 {
			_ = checkPlain(t, postFrom(logIns, "X-Origin", "192.0.2.1", adaBody), http.StatusBadRequest)
			_ = checkPlain(t, postFrom(signUps, "X-Origin", "192.0.2.1", fmt.Sprintf(`{"email_address": "user%d@example.org"}`, i)), http.StatusBadRequest)
		}
		for _, h := range []http.Handler{logIns, signUps} {
			var res *http.Response
			if calls := tr.of(func() { res = postFrom(h, "X-Origin", "192.0.2.1", adaBody) }); calls != "+1" {
				t.Errorf("a refusal calls %q, want only the Counter", calls)
			}
			got := checkPlain(t, res, http.StatusTooManyRequests)
			r := signUp(strings.NewReader(adaBody))
			r.Header.Set("X-Origin", "192.0.2.1")
			r.Header.Set("Accept", "application/problem+json")
			_ = checkProblem(t, send(h, r), http.StatusTooManyRequests)
			if retry := res.Header.Get("Retry-After"); retry != "60" || got.Error != "429: Too Many Requests" {
				t.Errorf("Retry-After is %q and the error %q, want 60 and the status", retry, got.Error)
			}
		}
		if res := postFrom(signUps, "X-Origin", "192.0.2.2", adaBody); res.StatusCode != http.StatusOK {
			t.Errorf("another origin got status %d, want 200", res.StatusCode)
		}
		if res := postFrom(logIns, "X-Other", "", adaBody); res.StatusCode != http.StatusOK {
			t.Errorf("an unknown origin got status %d, want 200", res.StatusCode)
		}
		time.Sleep(time.Minute)
		if res := postFrom(logIns, "X-Origin", "192.0.2.1", adaBody); res.StatusCode != http.StatusOK {
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

// tokenAccountsThatSend returns Accounts of another Store, with the secret.
func tokenAccountsThatSend(secret string) *signup.Accounts {
	a := tokenAccounts(secret)
	a.Send = new(outbox).send
	return a
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
	{"SendLogIn", func(a *signup.Accounts, c signup.Client) error {
		_, err := a.SendLogIn(context.Background(), adaEmail, c)
		return err
	}},
	{"LogInByToken", func(a *signup.Accounts, c signup.Client) error {
		_, err := a.LogInByToken(context.Background(), "no token", c)
		return err
	}},
	{"LogInByCode", func(a *signup.Accounts, c signup.Client) error {
		challenge, err := tokenAccountsThatSend("first").SendLogIn(context.Background(), adaEmail, signup.Client{})
		if err == nil {
			_, err = a.LogInByCode(context.Background(), challenge, "0", c)
		}
		return err
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
