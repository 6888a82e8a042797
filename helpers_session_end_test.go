package signup_test

import (
	"context"
	"errors"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// logInAda stores an active user with goodPassword, with what change has changed, and
// logs the user in.
func logInAda(t testing.TB, a *signup.Accounts, change func(*signup.User)) signup.Session {
	t.Helper()
	createAda(t, a.Store, func(u *signup.User) {
		u.Private = ""
		if change != nil {
			change(u)
		}
	})
	return logIn(t, a, signup.Client{Label: "Firefox on Linux"})
}

// stale returns s with a proof that is too old for sensitive changes.
func stale(s signup.Session) signup.Session {
	s.At = s.At.Add(-5*time.Minute - time.Second)
	return s
}

// endedSessions has Sessions of a user that don't go on, made from one that does.
var endedSessions = map[string]func(t testing.TB, a *signup.Accounts, s signup.Session) signup.Session{
	"the zero Session": func(testing.TB, *signup.Accounts, signup.Session) signup.Session { return signup.Session{} },
	"another ID": func(_ testing.TB, _ *signup.Accounts, s signup.Session) signup.Session {
		s.ID = "another"
		return s
	},
	"another key": func(_ testing.TB, _ *signup.Accounts, s signup.Session) signup.Session {
		s.Key = "bob@example.org"
		return s
	},
	"another stamp": func(_ testing.TB, _ *signup.Accounts, s signup.Session) signup.Session {
		s.Stamp = "another"
		return s
	},
	"another device": func(_ testing.TB, _ *signup.Accounts, s signup.Session) signup.Session {
		s.Device = "another"
		return s
	},
	"an inactive user": func(t testing.TB, a *signup.Accounts, s signup.Session) signup.Session {
		update(t, a, s.Key, func(u *signup.User) { u.Active = false })
		return s
	},
	"a placeholder": func(t testing.TB, a *signup.Accounts, s signup.Session) signup.Session {
		update(t, a, s.Key, func(u *signup.User) { u.Placeholder = true })
		return s
	},
	"a new password": func(t testing.TB, a *signup.Accounts, s signup.Session) signup.Session {
		if _, err := a.SetPassword(context.Background(), s.Key, newPassword); err != nil {
			t.Fatalf("SetPassword returned %v, want nil", err)
		}
		return s
	},
}

// checkEnded reports if call doesn't return ErrEnded for each of endedSessions, or
// changes the user. If fresh is true, it also reports if call doesn't return ErrStale
// after an old proof.
func checkEnded(t *testing.T, fresh bool, call func(a *signup.Accounts, s signup.Session) error) {
	t.Helper()
	check := func(name string, want error, end func(testing.TB, *signup.Accounts, signup.Session) signup.Session) {
		a := newAccounts()
		s := end(t, a, logInAda(t, a, nil))
		before := getUser(t, a.Store, "ada@example.org")
		if err := call(a, s); !errors.Is(err, want) {
			t.Errorf("%s: got %v, want %v", name, err, want)
		}
		if after := getUser(t, a.Store, "ada@example.org"); after.Version != before.Version {
			t.Errorf("%s: the user was changed, want nothing stored", name)
		}
	}
	for name, end := range endedSessions {
		check(name, signup.ErrEnded, end)
		if fresh {
			check(name+", and an old proof", signup.ErrEnded, func(t testing.TB, a *signup.Accounts, s signup.Session) signup.Session {
				return stale(end(t, a, s))
			})
		}
	}
	if fresh {
		check("an old proof", signup.ErrStale, func(_ testing.TB, _ *signup.Accounts, s signup.Session) signup.Session { return stale(s) })
	}
	failure := errors.New("connection refused")
	a := newAccounts()
	s := logInAda(t, a, nil)
	a = &signup.Accounts{Store: fakestore.Store{Store: a.Store, OnGet: func(context.Context, string) (signup.User, error) { return signup.User{}, failure }}}
	if err := call(a, s); !errors.Is(err, failure) {
		t.Errorf("with a Store that fails, got %v, want its error", err)
	}
	if err := call(&signup.Accounts{}, s); err == nil || errors.Is(err, signup.ErrEnded) {
		t.Errorf("without a Store, got %v, want an error of the configuration", err)
	}
}

// checkNoLogIn reports if the user of a Session or of tokens gets in.
func checkNoLogIn(t testing.TB, a *signup.Accounts, what string, s signup.Session, tokens map[signup.Purpose]string) {
	t.Helper()
	ctx := context.Background()
	if _, err := a.Authenticate(ctx, adaEmail, goodPassword); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("%s: Authenticate returned %v, want ErrBadCredentials", what, err)
	}
	if _, err := a.LogIn(ctx, adaEmail, goodPassword, signup.Client{}); !errors.Is(err, signup.ErrBadCredentials) {
		t.Errorf("%s: LogIn returned %v, want ErrBadCredentials", what, err)
	}
	if _, err := a.Resume(ctx, s); !errors.Is(err, signup.ErrEnded) {
		t.Errorf("%s: Resume returned %v, want ErrEnded", what, err)
	}
	for p, token := range tokens {
		if _, _, err := a.PeekToken(ctx, token); !errors.Is(err, signup.ErrToken) {
			t.Errorf("%s: PeekToken of %s returned %v, want ErrToken", what, p, err)
		}
	}
}

// tokensOf returns a token of each purpose for the user of s.
func tokensOf(t testing.TB, a *signup.Accounts, s signup.Session) map[signup.Purpose]string {
	t.Helper()
	u, tokens := getUser(t, a.Store, s.Key), map[signup.Purpose]string{}
	for p := range userPurposes {
		tokens[p] = issued(t, a, p, u)
	}
	return tokens
}

// conflictAfter returns store with a conflict of the n-th Update, which has been made,
// as by a transport that repeats a request. It counts the Updates.
func conflictAfter(store signup.Store, n int) (failing signup.Store, updates *int) {
	updates = new(int)
	return fakestore.Store{Store: store, OnUpdate: func(ctx context.Context, u *signup.User) error {
		if *updates++; *updates != n {
			return store.Update(ctx, u)
		}
		v := *u
		if err := store.Update(ctx, &v); err != nil {
			return err
		}
		return signup.ErrConflict
	}}, updates
}

// allTexts returns all texts that v has, also in unexported fields, one a line.
func allTexts(v any) string {
	var b strings.Builder
	var walk func(v reflect.Value, depth int)
	walk = func(v reflect.Value, depth int) {
		if depth > 20 {
			return
		}
		switch v.Kind() {
		case reflect.String:
			_, _ = fmt.Fprintln(&b, v.String())
		case reflect.Pointer, reflect.Interface:
			if !v.IsNil() {
				walk(v.Elem(), depth+1)
			}
		case reflect.Struct:
			for i := range v.NumField() {
				walk(v.Field(i), depth+1)
			}
		case reflect.Slice, reflect.Array:
			for i := range v.Len() {
				walk(v.Index(i), depth+1)
			}
		case reflect.Map:
			for i := v.MapRange(); i.Next(); {
				walk(i.Key(), depth+1)
				walk(i.Value(), depth+1)
			}
		}
	}
	walk(reflect.ValueOf(v), 0)
	return b.String()
}
