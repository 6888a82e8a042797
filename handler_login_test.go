package signup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// withAda returns Accounts whose only user is Ada, and the user.
func withAda(t *testing.T) (*signup.Accounts, signup.User) {
	t.Helper()
	a := newAccounts()
	u, err := a.Register(t.Context(), signup.Registration{Email: adaEmail, Password: goodPassword})
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	return a, u
}

func TestLogin(t *testing.T) {
	const unknown = "Unknown email_address or bad password"
	for _, c := range []struct {
		name, body string
		status     int
		message    string
		codes      string
	}{
		{"right", adaBody, 200, "'" + adaEmail + "' successfully logged in!", ""},
		{"another spelling", `{"email_address": "ADA@example.org", "password": "` + goodPassword + `"}`, 200, "'ADA@example.org' successfully logged in!", ""},
		{"other members", `{"email_address": "ada@example.org", "password": "` + goodPassword + `", "remember": [1]}`, 200, "'ada@example.org' successfully logged in!", ""},
		{"wrong password", `{"email_address": "ada@example.org", "password": "wrong"}`, 400, unknown, ""},
		{"unknown address", `{"email_address": "eve@example.org", "password": "` + goodPassword + `"}`, 400, unknown, ""},
		{"no address", `{"email_address": "nobody", "password": "x"}`, 400, unknown, ""},
		{"nothing", `{}`, 400, "'email_address' is required.", "email_address: required, password: required"},
		{"no password", `{"email_address": "ada@example.org", "password": null}`, 400, "'password' is required.", "password: required"},
		{"a number", `{"email_address": "ada@example.org", "password": 1}`, 400, "'password' must be a string.", "password: type"},
		{"a password twice", `{"email_address": "ada@example.org", "password": "wrong", "password": "` + goodPassword + `"}`, 400, "The request's JSON has the name 'password' twice in an object.", ""},
		{"trailing data", adaBody + "{}", 400, "The request's body is not valid JSON at byte 74.", ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, ada := withAda(t)
			var started []signup.User
			h := signup.NewLoginHandler(a, func(w http.ResponseWriter, _ *http.Request, u signup.User) error {
				started = append(started, u)
				http.SetCookie(w, &http.Cookie{Name: "session", Value: "s"})
				return nil
			}, quiet)
			res := post(h, c.body)
			cookies := len(res.Cookies())
			got := checkPlain(t, res, c.status)
			if got.Message != c.message || codes(got.Errors) != c.codes {
				t.Errorf("got the message %q with errors %q, want %q with %q", got.Message, codes(got.Errors), c.message, c.codes)
			}
			if want := c.status == 200; (len(started) == 1) != want || (cookies == 1) != want {
				t.Errorf("onSuccess was called %d times and %d cookies were set, want one of each: %t", len(started), cookies, want)
			}
			if len(started) == 1 && !started[0].Equal(ada) {
				t.Errorf("onSuccess got the user %v, want %v", started[0], ada)
			}
		})
	}
}

// A user that may not log in gets the response for a wrong password.
func TestLoginRefused(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"inactive":    func(u *signup.User) { u.Active = false },
		"placeholder": func(u *signup.User) { u.Placeholder = true },
		"no hash":     func(u *signup.User) { u.PasswordHash = "" },
	} {
		t.Run(name, func(t *testing.T) {
			a, u := withAda(t)
			change(&u)
			if err := a.Store.Update(t.Context(), &u); err != nil {
				t.Fatalf("Update returned %v, want nil", err)
			}
			got := checkPlain(t, post(signup.NewLoginHandler(a, nil, quiet), adaBody), 400)
			if want := "Unknown email_address or bad password"; got.Message != want {
				t.Errorf("got the message %q, want %q", got.Message, want)
			}
		})
	}
}

func TestLoginOnSuccess(t *testing.T) {
	for _, c := range []struct {
		name      string
		onSuccess func(http.ResponseWriter, *http.Request, signup.User) error
		status    int
		body      string // in the response
		level     string
		msg       string
	}{
		{"nil", nil, 200, "successfully logged in", "INFO", "signup: log-in succeeded"},
		{"an error", func(http.ResponseWriter, *http.Request, signup.User) error {
			return errors.New("inner text")
		}, 500, brokenMessage, "ERROR", "signup: log-in failed"},
		{"an error that Accounts could return", func(http.ResponseWriter, *http.Request, signup.User) error {
			return fmt.Errorf("%w: %w", signup.ErrBusy, &signup.ValidationError{})
		}, 500, brokenMessage, "ERROR", "signup: log-in failed"},
		{"a cookie, then an error", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			http.SetCookie(w, &http.Cookie{Name: "session", Value: "s"})
			return errors.New("inner text")
		}, 500, brokenMessage, "ERROR", "signup: log-in failed"},
		{"a panic", func(http.ResponseWriter, *http.Request, signup.User) error { panic("inner text") }, 500, brokenMessage, "ERROR", "signup: panic"},
		{"its own body", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			_, err := io.WriteString(w, `{"token":"t"}`)
			return err
		}, 200, `{"token":"t"}`, "INFO", "signup: log-in succeeded"},
		{"its own status", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			w.WriteHeader(http.StatusNoContent)
			return nil
		}, 204, "", "INFO", "signup: log-in succeeded"},
		{"early hints", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			w.WriteHeader(http.StatusEarlyHints)
			return http.NewResponseController(w).SetReadDeadline(time.Time{})
		}, 200, "successfully logged in", "INFO", "signup: log-in succeeded"},
		{"flushed", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			return http.NewResponseController(w).Flush()
		}, 200, "", "INFO", "signup: log-in succeeded"},
		{"flushed as a Flusher", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			w.(http.Flusher).Flush()
			return nil
		}, 200, "", "INFO", "signup: log-in succeeded"},
		{"hijacked", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			conn, _, err := http.NewResponseController(w).Hijack()
			if err != nil {
				return err
			}
			defer conn.Close()
			_, err = io.WriteString(conn, "HTTP/1.1 202 Accepted\r\nContent-Length: 2\r\n\r\nme")
			return err
		}, 202, "me", "INFO", "signup: log-in succeeded"},
		{"its own body, then an error", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			w.WriteHeader(http.StatusTeapot)
			return errors.New("inner text")
		}, cut, "", "ERROR", "signup: log-in failed"},
		{"its own body, then a panic", func(w http.ResponseWriter, _ *http.Request, _ signup.User) error {
			_, _ = io.WriteString(w, `{"token":"t"}`)
			panic("inner text")
		}, cut, "", "ERROR", "signup: panic"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a, _ := withAda(t)
			logger, logged := newLog(t)
			s := serveBare(t, signup.NewLoginHandler(a, c.onSuccess, &signup.HandlerOptions{Logger: logger}), false)
			res, err := s.client.Post(s.URL, "application/json", strings.NewReader(adaBody))
			if (err != nil) != (c.status == cut) {
				t.Fatalf("the request ended with %v, want a cut connection: %t", err, c.status == cut)
			}
			if c.status == cut {
				s.wait()
				wantRecord(t, logged, c.level, c.msg)
				return
			}
			if n := len(res.Cookies()); n > 0 {
				t.Errorf("got %d cookies, want none with an error", n)
			}
			text := readAll(t, res)
			if res.StatusCode != c.status || !strings.Contains(text, c.body) || strings.Contains(text, "inner text") {
				t.Errorf("got %d %q, want %d and %q in the body", res.StatusCode, text, c.status, c.body)
			}
			s.wait() // a response may arrive before its record is written
			wantRecord(t, logged, c.level, c.msg)
		})
	}
}

// cut stands for the status of a response whose connection was cut.
const cut = -1

func wantRecord(t *testing.T, logged *logBuffer, level, msg string) {
	t.Helper()
	records := logged.records(t)
	if len(records) != 1 || records[0]["level"] != level || records[0]["msg"] != msg {
		t.Errorf("logged %s, want one record of level %s: %s", logged, level, msg)
	}
}

func TestLoginStoreFails(t *testing.T) {
	down := errors.New("inner text")
	a := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: memstore.New(), OnGet: func(context.Context, string) (signup.User, error) {
		return signup.User{}, down
	}}}
	got := checkPlain(t, post(signup.NewLoginHandler(a, nil, quiet), adaBody), 500)
	if got.Message != brokenMessage {
		t.Errorf("got the message %q, want %q", got.Message, brokenMessage)
	}
}

func TestNewLoginHandlerPanics(t *testing.T) {
	for name, a := range map[string]*signup.Accounts{"nil": nil, "no Store": {}} {
		func() {
			defer func() {
				if recover() == nil {
					t.Errorf("NewLoginHandler with %s returned, want a panic", name)
				}
			}()
			signup.NewLoginHandler(a, nil, nil)
		}()
	}
}
