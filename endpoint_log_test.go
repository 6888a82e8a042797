package signup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/internal/leaktest"
	"github.com/gosignup/signup/memstore"
)

func TestHandlerLogLevels(t *testing.T) {
	taken := func(context.Context, *signup.User) error { return signup.ErrExists }
	for _, c := range []struct {
		name       string
		create     func(context.Context, *signup.User) error
		body       string
		level, msg string
		attribute  string // and what is in it
		value      string
	}{
		{"registered", nil, adaBody, "INFO", "signup: sign-up succeeded", "enduser.pseudo.id", ""},
		{"no JSON", nil, "{", "DEBUG", "signup: sign-up refused", "http.response.status_code", "400"},
		{"too long", nil, strings.Repeat(" ", 64<<10+1), "DEBUG", "signup: sign-up refused", "http.response.status_code", "413"},
		{"wrong type", nil, `{"password": 1}`, "DEBUG", "signup: sign-up refused", "http.response.status_code", "400"},
		{"invalid", nil, `{"password": "test"}`, "DEBUG", "signup: sign-up refused", "error", "email_address: required, password: too_short"},
		{"duplicate", taken, adaBody, "DEBUG", "signup: sign-up refused", "error", "already registered"},
		{"busy", func(context.Context, *signup.User) error { return signup.ErrBusy }, adaBody, "DEBUG", "signup: sign-up refused", "error", "busy"},
		{"failure", func(context.Context, *signup.User) error { return io.ErrClosedPipe }, adaBody, "ERROR", "signup: sign-up failed", "error", "closed pipe"},
		{"panic", func(context.Context, *signup.User) error { panic("x") }, adaBody, "ERROR", "signup: panic", "exception.type", "string"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var id string
			a := failing(func(_ context.Context, u *signup.User) error {
				id = u.ID
				if c.create == nil {
					return nil
				}
				return c.create(t.Context(), u)
			})
			l, logged := newLog(t)
			_ = readAll(t, post(signup.NewHandler(a, &signup.HandlerOptions{Logger: l}), c.body))
			if c.value == "" {
				c.value = id
			}
			records := logged.records(t)
			if c.name == "busy" { // which comes after the warning of an overload
				records = records[1:]
			}
			if len(records) != 1 || records[0]["level"] != c.level || records[0]["msg"] != c.msg {
				t.Fatalf("logged %s, want one %s record %q", logged, c.level, c.msg)
			}
			if got := fmt.Sprint(records[0][c.attribute]); c.value == "" || !strings.Contains(got, c.value) {
				t.Errorf("%s is %q, want %q in it", c.attribute, got, c.value)
			}
		})
	}
}

// The default logger is looked up when there is something to log, as programs
// set it late.
func TestHandlerLogsToDefault(t *testing.T) {
	h := signup.NewHandler(failing(func(context.Context, *signup.User) error { return io.ErrClosedPipe }), nil)
	logged := captureDefaultLog(t)
	checkPlain(t, post(h, adaBody), http.StatusInternalServerError)
	if records := logged.records(t); len(records) != 1 || records[0]["msg"] != "signup: sign-up failed" {
		t.Errorf("logged %s, want one record \"signup: sign-up failed\"", logged)
	}
}

// Whatever happens, the log has no password, hash or address.
func TestHandlerLogsNoSecrets(t *testing.T) {
	l, logged := newLog(t)
	byDefault := captureDefaultLog(t)
	secrets := []string{goodPassword}
	secret := func(s string) string { secrets = append(secrets, s); return s }

	var a *signup.Accounts
	var hook func(*signup.User) error
	store := memstore.New()
	a = &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: store, OnCreate: func(ctx context.Context, u *signup.User) error {
		secret(string([]byte(u.PasswordHash)))
		if hook != nil {
			return hook(u)
		}
		return store.Create(ctx, u)
	}}, Fields: []signup.ProfileField{{Name: "company", Validate: func(_ context.Context, value string) error {
		return errors.New("this is no company: " + value)
	}}}}
	h := signup.JSONErrors(signup.NewHandler(a, &signup.HandlerOptions{Logger: l}), nil)
	body := func(email, password, rest string) string {
		return fmt.Sprintf(`{"email_address": %q, "password": %q%s}`, email, password, rest)
	}
	longPassword := secret(strings.Repeat("a long password ", 10))
	for _, c := range []struct {
		name, body string
		hook       func(*signup.User) error
		want       int
	}{
		{"registered", body(secret("ada.secret@example.org"), goodPassword, ""), nil, 200},
		{"registered, long password", body(secret("bob.secret@example.org"), longPassword, ""), nil, 200},
		{"duplicate", body(secret("Ada.Secret@EXAMPLE.org"), secret("another good password"), ""), nil, 409},
		{"invalid", body(secret("not-an-address"), secret("pa55word"), `, "first_name": "`+secret("Nobody\\n")+`"`), nil, 400},
		{"guessable", body(secret("carol.the.singer@example.org"), "CAROL.THE.SINGER@example.org", ""), nil, 400},
		{"field", body(secret("dave.secret@example.org"), goodPassword, `, "company": "`+secret("Secret Engines")+`"`), nil, 400},
		{"types", `{"email_address": ["` + secret("erin.secret@example.org") + `"], "password": {"x": "` + secret("qwertyuiopasdfgh") + `"}}`, nil, 400},
		{"not JSON", `{"email_address": "` + secret("frank.secret@example.org") + `", "password": ` + secret("unquotedpassword"), nil, 400},
		{"not an object", `"` + secret("just a password in a string") + `"`, nil, 400},
		{"twice", `{"` + secret("a password as name") + `": 1, "a password as name": 2}`, nil, 400},
		{"not UTF-8", body(secret("grace.secret@example.org"), secret("broken password"), ", \"\xff\": 1"), nil, 400},
		{"surrogate", body(secret("heidi.secret@example.org"), secret("halved password"), `, "x": "\ud800"`), nil, 400},
		{"too long", body(secret("ivan.secret@example.org"), secret("overlong password"), strings.Repeat(" ", 64<<10)), nil, 413},
		{"busy", body(secret("judy.secret@example.org"), secret("password of the busy"), ""),
			func(*signup.User) error { return signup.ErrBusy }, 503},
		{"failure", body(secret("kate.secret@example.org"), secret("password of the failed"), ""),
			func(*signup.User) error { return errors.New("store is down") }, 500},
		{"user in the error", body(secret("leo.secret@example.org"), secret("password of the printed"), ""),
			func(u *signup.User) error { return fmt.Errorf("can't store %v %+v %#v %s", u, *u, u, u.PasswordHash) }, 500},
		{"panic", body(secret("mallory.secret@example.org"), secret("password of the panicked"), ""),
			func(u *signup.User) error { panic("can't store " + u.Email + " " + string([]byte(u.PasswordHash))) }, 500},
		{"panic with error", body(secret("nick.secret@example.org"), secret("password of the thrown"), ""),
			func(u *signup.User) error { panic(errors.New(u.Email + string([]byte(u.PasswordHash)))) }, 500},
		{"runtime panic", body(secret("olivia.secret@example.org"), secret("password of the runtime"), ""),
			func(u *signup.User) error { nilMap()[u.Email] = 1; return nil }, 500},
	} {
		hook = c.hook
		res := post(h, c.body)
		if text := readAll(t, res); res.StatusCode != c.want {
			t.Errorf("%s: got status %d, want %d; body %s", c.name, res.StatusCode, c.want, text)
		}
	}
	if n := len(logged.records(t)); n != 20 { // with fewer, the search would prove little
		t.Errorf("got %d log records, want 20: %s", n, logged)
	}
	for _, found := range leaktest.Find(logged.String()+byDefault.String(), secrets) {
		t.Errorf("the log has the secret %q, want none", found)
	}

	if len(secrets) < 35 {
		t.Errorf("searched for %d secrets, want at least 35", len(secrets))
	}
}
