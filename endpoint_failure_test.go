package signup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

func TestHandlerBusy(t *testing.T) {
	for _, c := range []struct {
		wait time.Duration
		want string
	}{
		{0, "2"}, {1, "1"}, {time.Second, "1"}, {1001 * time.Millisecond, "2"}, {time.Hour, "3600"},
	} {
		a := failing(func(context.Context, *signup.User) error { return fmt.Errorf("inner text: %w", signup.ErrBusy) })
		a.HashLimits.MaxWait = c.wait
		for _, problem := range []bool{false, true} {
			r := signUp(strings.NewReader(adaBody))
			check := checkPlain
			if problem {
				r.Header.Set("Accept", "application/problem+json")
				check = checkProblem
			}
			res := send(signup.NewHandler(a, quiet), r)
			got := check(t, res, http.StatusServiceUnavailable)
			if after := res.Header.Get("Retry-After"); after != c.want {
				t.Errorf("with MaxWait %s, Retry-After is %q, want %q", c.wait, after, c.want)
			}
			if !problem && got.Error != "503: Service Unavailable" || strings.Contains(fmt.Sprint(got), "inner text") {
				t.Errorf("got the response %+v, want 503: Service Unavailable without the inner text", got)
			}
		}
	}
}

type blockingHasher struct {
	plainHasher
	begun, end chan struct{}
}

func (b blockingHasher) Hash(password string) (signup.Hash, error) {
	b.begun <- struct{}{}
	<-b.end
	return b.plainHasher.Hash(password)
}

// While the only turn is taken, a request that could not wait is refused.
func TestHandlerBusyHashing(t *testing.T) {
	hasher := blockingHasher{begun: make(chan struct{}, 1), end: make(chan struct{})}
	h := signup.NewHandler(&signup.Accounts{
		Store: memstore.New(), Hasher: hasher, HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Millisecond},
	}, quiet)
	first := make(chan *http.Response)
	go func() { first <- post(h, adaBody) }()
	<-hasher.begun
	res := post(h, `{"email_address": "b@example.org", "password": "`+goodPassword+`"}`)
	checkPlain(t, res, http.StatusServiceUnavailable)
	if after := res.Header.Get("Retry-After"); after != "1" {
		t.Errorf("Retry-After is %q, want 1", after)
	}
	close(hasher.end)
	checkPlain(t, <-first, http.StatusOK)
	checkPlain(t, post(h, `{"email_address": "b@example.org", "password": "`+goodPassword+`"}`), http.StatusOK)
}

const brokenMessage = "Something broke... We are looking into it!"

// dump writes all that a client sees.
func dump(t testing.TB, res *http.Response) string {
	t.Helper()
	text := readAll(t, res)
	res.Body = io.NopCloser(strings.NewReader(text))
	return fmt.Sprint(res.StatusCode, res.Header, res.Trailer, text)
}

func TestHandlerFailures(t *testing.T) {
	const inner = "inner-text"
	for _, c := range []struct {
		name   string
		change func(*signup.Accounts)
	}{
		{"store", func(a *signup.Accounts) {
			a.Store = fakestore.Store{OnCreate: func(context.Context, *signup.User) error { return errors.New(inner) }}
		}},
		{"store, an error of no known kind", func(a *signup.Accounts) {
			a.Store = fakestore.Store{OnCreate: func(context.Context, *signup.User) error {
				return fmt.Errorf("%s: %w", inner, signup.ErrConflict)
			}}
		}},
		{"store, refusing", func(a *signup.Accounts) {
			a.Store = fakestore.Store{OnCreate: func(context.Context, *signup.User) error {
				return fmt.Errorf("%s: %w", inner, signup.ErrInvalid)
			}}
		}},
		{"store, out of its own time", func(a *signup.Accounts) {
			a.Store = fakestore.Store{OnCreate: func(context.Context, *signup.User) error {
				return fmt.Errorf("%s: %w", inner, context.DeadlineExceeded)
			}}
		}},
		{"hasher", func(a *signup.Accounts) { a.Hasher = brokenHasher{err: errors.New(inner)} }},
		{"policy", func(a *signup.Accounts) {
			a.Policy = policyFunc(func(context.Context, string, signup.User) error { return errors.New(inner) })
		}},
	} {
		for _, problem := range []bool{false, true} {
			t.Run(fmt.Sprintf("%s, problem %t", c.name, problem), func(t *testing.T) {
				a, _ := newPlainAccounts()
				c.change(a)
				l, logged := newLog(t)
				h := signup.NewHandler(a, &signup.HandlerOptions{Logger: l})
				r := signUp(strings.NewReader(adaBody))
				if problem {
					r.Header.Set("Accept", "application/problem+json")
				}
				res := send(h, r)
				if all := dump(t, res); strings.Contains(all, inner) {
					t.Errorf("got the response %s, want it without the inner error", all)
				}
				var got string
				if problem {
					got = checkProblem(t, res, http.StatusInternalServerError).Detail
				} else {
					got = checkPlain(t, res, http.StatusInternalServerError).Message
				}
				if got != brokenMessage {
					t.Errorf("got the message %q, want %q", got, brokenMessage)
				}
				records := logged.records(t)
				if len(records) != 1 || records[0]["level"] != "ERROR" || records[0]["msg"] != "signup: sign-up failed" ||
					!strings.Contains(fmt.Sprint(records[0]["error"]), inner) {
					t.Errorf("logged %s, want one ERROR record \"signup: sign-up failed\" with the inner error", logged)
				}
			})
		}
	}
}

// A brokenHasher fails, or panics.
type brokenHasher struct {
	plainHasher
	err   error
	value any
}

func (b brokenHasher) Hash(string) (signup.Hash, error) {
	if b.value != nil {
		panic(b.value)
	}
	return "", b.err
}

// The values that a program can panic with. Except for the runtime's own errors,
// the text may be anything, such as what a user typed.
var thrown = []struct {
	name  string
	throw func()
	log   map[string]string
}{

	{"a string", func() { panic("inner-text") }, map[string]string{"exception.type": "string"}},
	{"an error", func() { panic(errors.New("inner-text")) }, map[string]string{"exception.type": "*errors.errorString"}},
	{"a struct", func() { panic(struct{ S string }{"inner-text"}) }, map[string]string{"exception.type": "struct { S string }"}},
	{"nil", func() { panic(nil) }, map[string]string{"exception.message": "panic called with nil argument"}},
	{"a nil map", func() { nilMap()["inner-text"] = 1 }, map[string]string{"exception.message": "assignment to entry in nil map"}},
	{"an index", func() { s := []int{}; s[len(s)]++ }, map[string]string{"exception.message": "index out of range [0] with length 0"}},
}

func nilMap() map[string]int { return nil }

// checkPanicLogged checks the one record of a panic in file.
func checkPanicLogged(t *testing.T, logged *logBuffer, file string, want map[string]string) {
	t.Helper()
	records := logged.records(t)
	if len(records) != 1 || records[0]["level"] != "ERROR" || records[0]["msg"] != "signup: panic" {
		t.Fatalf("logged %s, want one ERROR record \"signup: panic\"", logged)
	}
	if stack := fmt.Sprint(records[0]["exception.stacktrace"]); !strings.Contains(stack, "goroutine ") || !strings.Contains(stack, file) {
		t.Errorf("got the stack %s, want a goroutine's with %s", stack, file)
	}
	for name, value := range want {
		if got := fmt.Sprint(records[0][name]); !strings.Contains(got, value) {
			t.Errorf("%s is %q, want %q in it", name, got, value)
		}
	}
	if strings.Contains(logged.String(), "inner-text") {
		t.Errorf("logged %s, want it without the value of the panic", logged)
	}
}

func TestHandlerPanics(t *testing.T) {
	for _, c := range thrown {
		for _, where := range []string{"store", "hasher", "policy", "field"} {
			t.Run(where+" panics with "+c.name, func(t *testing.T) {
				calls := 0
				throw := func() {
					if calls++; calls == 1 {
						c.throw()
					}
				}
				// One turn to hash: it must be free afterwards.
				store := memstore.New()
				a := &signup.Accounts{Store: store, Hasher: plainHasher{}, HashLimits: signup.HashLimits{MaxConcurrent: 1, MaxWait: time.Millisecond}}
				switch where {
				case "store":
					a.Store = fakestore.Store{Store: store, OnCreate: func(ctx context.Context, u *signup.User) error {
						throw()
						return store.Create(ctx, u)
					}}
				case "hasher":
					a.Hasher = hookedHasher{hook: throw}
				case "policy":
					a.Policy = policyFunc(func(context.Context, string, signup.User) error { throw(); return nil })
				case "field":
					a.Fields = []signup.ProfileField{{Name: "company", Validate: func(context.Context, string) error { throw(); return nil }}}
				}
				l, logged := newLog(t)
				h := signup.NewHandler(a, &signup.HandlerOptions{Logger: l})
				body := strings.TrimSuffix(adaBody, "}") + `, "company": "x"}`
				res := post(h, body)
				if all := dump(t, res); strings.Contains(all, "inner-text") || strings.Contains(all, "goroutine") {
					t.Errorf("got the response %s, want it without the panic and its stack", all)
				}
				if got := checkPlain(t, res, http.StatusInternalServerError); got.Message != brokenMessage {
					t.Errorf("got the response %+v, want the message %q", got, brokenMessage)
				}
				checkPanicLogged(t, logged, "endpoint_failure_test.go", c.log)
				checkPlain(t, post(h, body), http.StatusOK)
			})
		}
	}
}

type hookedHasher struct {
	plainHasher
	hook func()
}

func (h hookedHasher) Hash(password string) (signup.Hash, error) {
	h.hook()
	return h.plainHasher.Hash(password)
}

func TestHandlerAbort(t *testing.T) {
	for _, value := range []error{http.ErrAbortHandler, fmt.Errorf("wrapped: %w", http.ErrAbortHandler)} {
		l, logged := newLog(t)
		h := signup.NewHandler(failing(func(context.Context, *signup.User) error { panic(value) }), &signup.HandlerOptions{Logger: l})
		w := httptest.NewRecorder()
		func() {
			defer func() {
				if v := recover(); v != any(value) {
					t.Errorf("recovered %v, want %v", v, value)
				}
			}()
			h.ServeHTTP(w, signUp(strings.NewReader(adaBody)))
		}()
		if w.Body.Len() > 0 || logged.String() != "" {
			t.Errorf("got the body %q, logged %q; want neither", w.Body, logged)
		}
	}
}
