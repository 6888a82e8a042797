package signup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// warnings returns the records at WARN and above, each as its level, message and
// what it has of refused, duration and error.
func warnings(t *testing.T, logged *logBuffer) (all []string) {
	t.Helper()
	for _, r := range logged.records(t) {
		if r["level"] != "WARN" && r["level"] != "ERROR" {
			continue
		}
		line := fmt.Sprint(r["level"], " ", r["msg"])
		if n, ok := r["refused"]; ok {
			line += fmt.Sprintf(", %v in %v", n, time.Duration(r["duration"].(float64)))
		}
		if err, ok := r["error"]; ok {
			line += fmt.Sprint(", ", err)
		}
		all = append(all, line)
	}
	return all
}

func checkWarnings(t *testing.T, logged *logBuffer, want ...string) {
	t.Helper()
	if got := warnings(t, logged); strings.Join(got, "\n") != strings.Join(want, "\n") {
		t.Errorf("logged %q at WARN and above, want %q", got, want)
	}
}

// storeBusy returns Accounts whose Store is busy, with the given text.
func storeBusy(text string) *signup.Accounts {
	return failing(func(context.Context, *signup.User) error { return fmt.Errorf("%s: %w", text, signup.ErrBusy) })
}

const (
	overloadBegins = "WARN signup: sign-up overload begins, register: the disk is full: signup: busy"
	overloadEnds   = "WARN signup: sign-up overload ends, "
)

func refuse(t *testing.T, h http.Handler) {
	t.Helper()
	if res := post(h, adaBody); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("got status %d, want 503", res.StatusCode)
	}
}

// An overload has one warning when it begins and one when it ends.
func TestOverloadIsLoggedTwice(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, logged := newLog(t)
		h := signup.NewHandler(storeBusy("the disk is full"), &signup.HandlerOptions{Logger: l})
		for range 1500 {
			refuse(t, h)
			time.Sleep(2 * time.Millisecond)
		}
		checkWarnings(t, logged, overloadBegins)
		time.Sleep(time.Minute)
		checkWarnings(t, logged, overloadBegins, overloadEnds+"1500 in 2.998s")
		if n := strings.Count(logged.String(), `"level":"DEBUG"`); n != 1500 {
			t.Errorf("logged %d records at DEBUG, want one for each of 1500 refusals", n)
		}
	})
}

func TestOverloadsOneAfterAnother(t *testing.T) {
	for _, c := range []struct {
		name   string
		pauses []time.Duration
		want   []string
	}{
		{"one refusal", nil, []string{overloadBegins, overloadEnds + "1 in 0s"}},
		{"a long pause", []time.Duration{time.Hour}, []string{overloadBegins, overloadEnds + "1 in 0s", overloadBegins, overloadEnds + "1 in 0s"}},
		{"just long enough", []time.Duration{10*time.Second + 1}, []string{overloadBegins, overloadEnds + "1 in 0s", overloadBegins, overloadEnds + "1 in 0s"}},
		{"just too short", []time.Duration{10*time.Second - 1}, []string{overloadBegins, overloadEnds + "2 in 9.999999999s"}},
		{"a trickle", []time.Duration{5 * time.Second, 5 * time.Second, 9 * time.Second, 5 * time.Second},
			[]string{overloadBegins, overloadEnds + "5 in 24s"}},
		{"a trickle, then a pause", []time.Duration{9 * time.Second, 9 * time.Second, 11 * time.Second, 0},
			[]string{overloadBegins, overloadEnds + "3 in 18s", overloadBegins, overloadEnds + "2 in 0s"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				l, logged := newLog(t)
				h := signup.NewHandler(storeBusy("the disk is full"), &signup.HandlerOptions{Logger: l})
				refuse(t, h)
				for _, pause := range c.pauses {
					time.Sleep(pause)
					refuse(t, h)
				}
				time.Sleep(time.Minute)
				checkWarnings(t, logged, c.want...)
			})
		})
	}
}

// Each endpoint has its overloads, also if several have one Accounts.
func TestOverloadOfEachEndpoint(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		byDefault := captureDefaultLog(t)
		l, logged := newLog(t)
		a := storeBusy("the disk is full")
		a.Store = fakestore.Store{Store: memstore.New(), OnCreate: a.Store.(fakestore.Store).OnCreate, OnGet: func(context.Context, string) (signup.User, error) {
			return signup.User{}, fmt.Errorf("no node: %w", signup.ErrBusy)
		}}
		refuse(t, signup.NewHandler(a, &signup.HandlerOptions{Logger: l}))
		logIn := signup.NewLoginHandler(a, nil, nil)
		refuse(t, logIn)
		refuse(t, logIn)
		time.Sleep(time.Minute)
		checkWarnings(t, logged, overloadBegins, overloadEnds+"1 in 0s")
		checkWarnings(t, byDefault, "WARN signup: log-in overload begins, authenticate: no node: signup: busy", "WARN signup: log-in overload ends, 2 in 0s")
	})
}

// The Store's error is logged also if an overload began with another.
func TestOverloadOfSeveralCauses(t *testing.T) {
	const another = "WARN signup: sign-up overload has another cause, register: cause %d: signup: busy"
	synctest.Test(t, func(t *testing.T) {
		l, logged := newLog(t)
		n := 0
		a := failing(func(context.Context, *signup.User) error {
			n++
			if n%2 == 1 {
				return fmt.Errorf("the disk is full: %w", signup.ErrBusy)
			}
			return fmt.Errorf("cause %d: %w", n, signup.ErrBusy)
		})
		h := signup.NewHandler(a, &signup.HandlerOptions{Logger: l})
		for range 1500 {
			refuse(t, h)
		}
		time.Sleep(time.Minute)
		refuse(t, h)
		time.Sleep(time.Minute)
		checkWarnings(t, logged,
			overloadBegins, fmt.Sprintf(another, 2), fmt.Sprintf(another, 4), fmt.Sprintf(another, 6), overloadEnds+"1500 in 0s",
			overloadBegins, overloadEnds+"1 in 0s")
	})
}

// Many requests at once are one overload. (synctest.Test fails if a goroutine
// stays behind.)
func TestOverloadOfManyAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		l, logged := newLog(t)
		h := signup.NewHandler(storeBusy("the disk is full"), &signup.HandlerOptions{Logger: l})
		for range 100 {
			go refuse(t, h)
		}
		synctest.Wait()
		time.Sleep(time.Minute)
		checkWarnings(t, logged, overloadBegins, overloadEnds+"100 in 0s")
	})
}

// A refusal by the queue is an overload.
func TestOverloadOfTheQueue(t *testing.T) {
	hasher := blockingHasher{begun: make(chan struct{}, 1), end: make(chan struct{})}
	l, logged := newLog(t)
	h := signup.NewHandler(&signup.Accounts{
		Store: memstore.New(), Hasher: hasher, HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Millisecond},
	}, &signup.HandlerOptions{Logger: l})
	first := make(chan *http.Response)
	go func() { first <- post(h, adaBody) }()
	<-hasher.begun
	refuse(t, h)
	refuse(t, h)
	checkWarnings(t, logged, "WARN signup: sign-up overload begins, signup: busy")
	close(hasher.end)
	<-first
}

// What a client can cause again and again is below WARN, except for the failures
// of the service itself.
func TestRefusalsAreNoWarnings(t *testing.T) {
	l, logged := newLog(t)
	a := newAccounts()
	signUp := signup.NewHandler(a, &signup.HandlerOptions{Logger: l})
	logIn := signup.NewLoginHandler(a, nil, &signup.HandlerOptions{Logger: l})
	withKey := func(body string) int {
		r := signUpWithKey(body)
		return send(signUp, r).StatusCode
	}
	for _, c := range []struct {
		name      string
		got, want int
	}{
		{"first", withKey(adaBody), 200},
		{"replay", withKey(adaBody), 200},
		{"reused key", withKey(strings.Replace(adaBody, `{`, `{"first_name": "Ada", `, 1)), 422},
		{"reused key, wrong password", withKey(strings.Replace(adaBody, goodPassword, "another "+goodPassword, 1)), 422},
		{"duplicate", post(signUp, adaBody).StatusCode, 409},
		{"wrong password", post(logIn, strings.Replace(adaBody, goodPassword, "wrong", 1)).StatusCode, 400},
		{"unknown address", post(logIn, strings.Replace(adaBody, "Ada@", "eve@", 1)).StatusCode, 400},
		{"not JSON", post(logIn, "{").StatusCode, 400},
		{"too long", post(logIn, strings.Repeat(" ", 64<<10+1)).StatusCode, 413},
	} {
		if c.got != c.want {
			t.Errorf("%s: got status %d, want %d", c.name, c.got, c.want)
		}
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if res := send(signUp, signUpRequest(ctx)); res.StatusCode != http.StatusServiceUnavailable {
		t.Errorf("abandoned: got status %d, want 503", res.StatusCode)
	}
	checkWarnings(t, logged)
}

// A handler of a Logger that takes only warnings, for example, gets no others.
func TestOverloadBelowLevel(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var b logBuffer
		l := slog.New(slog.NewJSONHandler(&b, &slog.HandlerOptions{Level: slog.LevelError}))
		refuse(t, signup.NewHandler(storeBusy("the disk is full"), &signup.HandlerOptions{Logger: l}))
		time.Sleep(time.Minute)
		if b.String() != "" {
			t.Errorf("logged %s, want nothing below ERROR", b.String())
		}
	})
}

// A session that can't be started is a failure and no overload, whatever the error.
func TestOverloadIsNotASessionThatFails(t *testing.T) {
	a := newAccounts()
	if res := post(signup.NewHandler(a, quiet), adaBody); res.StatusCode != 200 {
		t.Fatalf("got status %d, want 200", res.StatusCode)
	}
	l, logged := newLog(t)
	h := signup.NewLoginHandler(a, func(http.ResponseWriter, *http.Request, signup.User) error {
		return errors.Join(io.ErrClosedPipe, signup.ErrBusy)
	}, &signup.HandlerOptions{Logger: l})
	if res := post(h, adaBody); res.StatusCode != 500 {
		t.Errorf("got status %d, want 500", res.StatusCode)
	}
	if got := warnings(t, logged); len(got) != 1 || !strings.HasPrefix(got[0], "ERROR signup: log-in failed") {
		t.Errorf("logged %q at WARN and above, want one ERROR record", got)
	}
}

func signUpWithKey(body string) *http.Request {
	r := signUp(strings.NewReader(body))
	r.Header.Set("Idempotency-Key", "b7c1e2f3-0a4d-4e5f-8a6b-1c2d3e4f5a6b")
	return r
}

func signUpRequest(ctx context.Context) *http.Request {
	return signUp(strings.NewReader(strings.Replace(adaBody, "Ada@", "eve@", 1))).WithContext(ctx)
}
