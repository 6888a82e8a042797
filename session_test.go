package signup_test

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/gob"
	"encoding/json"
	"encoding/xml"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"github.com/gosignup/signup/memstore"
)

// sessionAccounts returns Accounts with a Secret and the user ada@example.org.
func sessionAccounts(t testing.TB) *signup.Accounts {
	t.Helper()
	a := tokenAccounts("first")
	if _, err := a.Register(context.Background(), signup.Registration{Email: "ada@example.org", Password: goodPassword}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	return a
}

func logIn(t testing.TB, a *signup.Accounts, c signup.Client) signup.Session {
	t.Helper()
	s, err := a.LogIn(context.Background(), "ada@example.org", goodPassword, c)
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	return s
}

func wantSession(t testing.TB, a *signup.Accounts, s signup.Session, want error) {
	t.Helper()
	u, err := a.Resume(context.Background(), s)
	if !errors.Is(err, want) || err == nil && u.ID != s.ID || err != nil && u.ID != "" {
		t.Errorf("Resume returned %v, %v; want %v", u, err, want)
	}
}

// A callStore counts the calls of its Store.
type callStore struct {
	signup.Store
	gets, updates int
}

func (s *callStore) Get(ctx context.Context, key string) (signup.User, error) {
	s.gets++
	return s.Store.Get(ctx, key)
}

func (s *callStore) Update(ctx context.Context, u *signup.User) error {
	s.updates++
	return s.Store.Update(ctx, u)
}

func TestLogIn(t *testing.T) {
	a := sessionAccounts(t)
	registered, _ := a.Store.Get(t.Context(), "ada@example.org")
	begin := time.Now().Truncate(time.Millisecond)
	s, err := a.LogIn(t.Context(), " ADA@Example.org ", goodPassword, signup.Client{Label: "Firefox on Linux", Origin: "192.0.2.1"})
	if err != nil {
		t.Fatalf("LogIn returned %v, want nil", err)
	}
	if s.Key != "ada@example.org" || s.ID != registered.ID || s.Stamp != registered.SecurityStamp || len(s.Device) != 26 ||
		s.By != signup.ByPassword || s.At.Before(begin) || s.At.After(time.Now()) || s.At != s.At.UTC().Truncate(time.Millisecond) {
		t.Errorf("LogIn returned a Session for %v by %d at %v with a device of %d characters, want the user's, by %d, now, 26",
			s, s.By, s.At, len(s.Device), signup.ByPassword)
	}
	u, err := a.Resume(t.Context(), s)
	if err != nil || u.ID != registered.ID || !u.UpdatedAt.Equal(registered.UpdatedAt) {
		t.Errorf("Resume returned %v, %v; want the user with the UpdatedAt as before", u, err)
	}
	if strings.Contains(string(u.Private), "192.0.2.1") {
		t.Error("Private has the Origin, want it not stored")
	}
	for _, c := range []struct{ email, password string }{
		{"ada@example.org", "wrong horse battery"}, {"bob@example.org", goodPassword}, {"", goodPassword}, {"ada@example.org", ""},
	} {
		if got, err := a.LogIn(t.Context(), c.email, c.password, signup.Client{}); err != signup.ErrBadCredentials || got != (signup.Session{}) {
			t.Errorf("LogIn returned %v, %v; want the zero Session, ErrBadCredentials", got, err)
		}
	}
	if v, _ := a.Store.Get(t.Context(), "ada@example.org"); v.Version != u.Version {
		t.Error("refused log-ins changed the user, want nothing stored")
	}
}

func TestLogInNotAllowed(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"inactive":    func(u *signup.User) { u.Active = false },
		"placeholder": func(u *signup.User) { u.Placeholder = true },
		"no password": func(u *signup.User) { u.PasswordHash = "" },
	} {
		a := sessionAccounts(t)
		update(t, a, "ada@example.org", change)
		if _, err := a.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{}); err != signup.ErrBadCredentials {
			t.Errorf("%s: LogIn returned %v, want ErrBadCredentials", name, err)
		}
	}
}

// Each call costs what its documentation says.
func TestSessionStoreCalls(t *testing.T) {
	a := sessionAccounts(t)
	calls := &callStore{Store: a.Store}
	a = &signup.Accounts{Store: calls, Hasher: cheap, Secrets: a.Secrets}
	var s, other signup.Session
	for _, c := range []struct {
		name          string
		gets, updates int
		call          func() error
	}{
		{"LogIn", 1, 1, func() (err error) {
			s, err = a.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{})
			return err
		}},
		{"LogIn in a known device", 1, 1, func() (err error) {
			s, err = a.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{Cookie: a.DeviceCookie(s)})
			return err
		}},
		{"Resume", 1, 0, func() error { _, err := a.Resume(t.Context(), s); return err }},
		{"Resume of nothing", 0, 0, func() error {
			if _, err := a.Resume(t.Context(), signup.Session{}); err != signup.ErrEnded {
				return err
			}
			return nil
		}},
		{"Reauthenticate", 2, 0, func() error { _, err := a.Reauthenticate(t.Context(), s, goodPassword); return err }},
		{"Devices", 1, 0, func() error { _, err := a.Devices(t.Context(), s); return err }},
		{"EndDevice of none", 1, 0, func() error { return a.EndDevice(t.Context(), s, "none") }},
		{"another LogIn", 1, 1, func() (err error) {
			other, err = a.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{})
			return err
		}},
		{"EndDevice", 1, 1, func() error { return a.EndDevice(t.Context(), s, other.Device) }},
		{"EndOtherSessions", 1, 1, func() (err error) { s, err = a.EndOtherSessions(t.Context(), s); return err }},
		{"EndAllSessions", 1, 1, func() error { return a.EndAllSessions(t.Context(), "ada@example.org") }},
		{"DeviceCookie", 0, 0, func() error { a.DeviceCookie(s); return nil }},
	} {
		calls.gets, calls.updates = 0, 0
		if err := c.call(); err != nil {
			t.Errorf("%s returned %v, want nil", c.name, err)
		}
		if calls.gets != c.gets || calls.updates != c.updates {
			t.Errorf("%s made %d Gets and %d Updates, want %d and %d", c.name, calls.gets, calls.updates, c.gets, c.updates)
		}
	}
	calls.gets, calls.updates = 0, 0
	if _, err := a.LogIn(t.Context(), "ada@example.org", "wrong horse battery", signup.Client{}); err == nil || calls.gets != 1 || calls.updates != 0 {
		t.Errorf("a refused LogIn returned %v after %d Gets and %d Updates, want an error, 1 and 0", err, calls.gets, calls.updates)
	}
}

// A rehash and the device are in one write.
func TestLogInRehashes(t *testing.T) {
	a := sessionAccounts(t)
	update(t, a, "ada@example.org", func(u *signup.User) { u.UpdatedAt, u.CreatedAt = time.Unix(1, 0), time.Unix(1, 0) })
	calls := &callStore{Store: a.Store}
	b := &signup.Accounts{Store: calls, Hasher: signup.Bcrypt{Cost: cheap.Cost + 1}}
	old, _ := a.Store.Get(t.Context(), "ada@example.org")
	s := logIn(t, b, signup.Client{})
	u, _ := a.Store.Get(t.Context(), "ada@example.org")
	if calls.gets != 1 || calls.updates != 1 || u.PasswordHash == old.PasswordHash || u.UpdatedAt.Equal(old.UpdatedAt) || u.SecurityStamp != old.SecurityStamp {
		t.Errorf("LogIn made %d Gets and %d Updates, another hash: %t; want 1, 1, true, a new UpdatedAt and the same stamp", calls.gets, calls.updates, u.PasswordHash != old.PasswordHash)
	}
	wantSession(t, a, s, nil)
	wantSession(t, b, logIn(t, b, signup.Client{}), nil)
}

// A user without a stamp gets one, once.
func TestLogInSetsStamp(t *testing.T) {
	a := sessionAccounts(t)
	update(t, a, "ada@example.org", func(u *signup.User) { u.SecurityStamp = "" })
	first, second := logIn(t, a, signup.Client{}), logIn(t, a, signup.Client{})
	if first.Stamp == "" || first.Stamp != second.Stamp {
		t.Errorf("got stamps of %d and %d characters, want one stamp for both", len(first.Stamp), len(second.Stamp))
	}
	wantSession(t, a, first, nil)
}

func TestResumeRefuses(t *testing.T) {
	const key = "ada@example.org"
	changed := func(change func(*signup.User)) func(*signup.Accounts, *signup.Session) {
		return func(a *signup.Accounts, _ *signup.Session) { update(t, a, key, change) }
	}
	remove := func(a *signup.Accounts) {
		u, _ := a.Store.Get(t.Context(), key)
		if err := a.Store.Delete(t.Context(), u); err != nil {
			t.Fatalf("Delete returned %v, want nil", err)
		}
	}
	for name, change := range map[string]func(a *signup.Accounts, s *signup.Session){
		"zero":           func(_ *signup.Accounts, s *signup.Session) { *s = signup.Session{} },
		"no key":         func(_ *signup.Accounts, s *signup.Session) { s.Key = "" },
		"no ID":          func(_ *signup.Accounts, s *signup.Session) { s.ID = "" },
		"no stamp":       func(_ *signup.Accounts, s *signup.Session) { s.Stamp = "" },
		"no device":      func(_ *signup.Accounts, s *signup.Session) { s.Device = "" },
		"another key":    func(_ *signup.Accounts, s *signup.Session) { s.Key = "bob@example.org" },
		"not a key":      func(_ *signup.Accounts, s *signup.Session) { s.Key = "Ada@example.org" },
		"another ID":     func(_ *signup.Accounts, s *signup.Session) { s.ID += "x" },
		"another stamp":  func(_ *signup.Accounts, s *signup.Session) { s.Stamp += "x" },
		"another device": func(_ *signup.Accounts, s *signup.Session) { s.Device += "x" },
		"part of device": func(_ *signup.Accounts, s *signup.Session) { s.Device = s.Device[1:] },
		"two devices":    func(_ *signup.Accounts, s *signup.Session) { s.Device += `","label":"` },
		"label":          func(_ *signup.Accounts, s *signup.Session) { s.Device = "Firefox" },
		"new stamp":      changed(func(u *signup.User) { u.SecurityStamp = "stamp-2" }),
		"stamp removed":  changed(func(u *signup.User) { u.SecurityStamp = "" }),
		"inactive":       changed(func(u *signup.User) { u.Active = false }),
		"placeholder":    changed(func(u *signup.User) { u.Placeholder = true }),
		"Private lost":   changed(func(u *signup.User) { u.Private = "" }),
		"deleted":        func(a *signup.Accounts, _ *signup.Session) { remove(a) },
		"registered anew": func(a *signup.Accounts, s *signup.Session) {
			old, _ := a.Store.Get(t.Context(), key)
			remove(a)
			u := signup.User{ID: "id-2", Email: key, Active: true, SecurityStamp: old.SecurityStamp, Private: old.Private}
			if err := a.Store.Create(t.Context(), &u); err != nil {
				t.Fatalf("Create returned %v, want nil", err)
			}
		},
		"device ended": func(a *signup.Accounts, s *signup.Session) {
			if err := a.EndDevice(t.Context(), *s, s.Device); err != nil {
				t.Errorf("EndDevice returned %v, want nil", err)
			}
		},
		"password changed": func(a *signup.Accounts, _ *signup.Session) {
			if _, err := a.ChangePassword(t.Context(), key, goodPassword, newPassword); err != nil {
				t.Errorf("ChangePassword returned %v, want nil", err)
			}
		},
		"all ended": func(a *signup.Accounts, _ *signup.Session) {
			if err := a.EndAllSessions(t.Context(), " ADA@example.org"); err != nil {
				t.Errorf("EndAllSessions returned %v, want nil", err)
			}
		},
	} {
		a := sessionAccounts(t)
		s := logIn(t, a, signup.Client{Label: "Firefox"})
		wantSession(t, a, s, nil)
		change(a, &s)
		if _, err := a.Resume(t.Context(), s); err != signup.ErrEnded {
			t.Errorf("%s: Resume returned %v, want ErrEnded", name, err)
		}
		if _, err := a.Devices(t.Context(), s); err != signup.ErrEnded {
			t.Errorf("%s: Devices returned %v, want ErrEnded", name, err)
		}
		before, _ := a.Store.Get(t.Context(), key)
		if err := a.EndDevice(t.Context(), s, s.Device); err != signup.ErrEnded {
			t.Errorf("%s: EndDevice returned %v, want ErrEnded", name, err)
		}
		if got, err := a.EndOtherSessions(t.Context(), s); err != signup.ErrEnded || got != (signup.Session{}) {
			t.Errorf("%s: EndOtherSessions returned %v, %v; want the zero Session, ErrEnded", name, got, err)
		}
		if got, err := a.Reauthenticate(t.Context(), s, goodPassword); err != signup.ErrEnded || got != (signup.Session{}) {
			t.Errorf("%s: Reauthenticate returned %v, %v; want the zero Session, ErrEnded", name, got, err)
		}
		if after, _ := a.Store.Get(t.Context(), key); after.Version != before.Version {
			t.Errorf("%s: an ended session changed the user, want nothing stored", name)
		}
	}
}

// What leaves a session alone.
func TestResumeGoesOn(t *testing.T) {
	for name, change := range map[string]func(*signup.User){
		"names":           func(u *signup.User) { u.FirstName = "Ada" },
		"spelling":        func(u *signup.User) { u.Email = "ADA@example.org" },
		"rehash":          func(u *signup.User) { u.PasswordHash = "x" },
		"verified":        func(u *signup.User) { u.EmailVerifiedAt = time.Now() },
		"unknown members": func(u *signup.User) { u.Private = `{ "a" : [1], ` + u.Private[1:] },
	} {
		a := sessionAccounts(t)
		s := logIn(t, a, signup.Client{})
		update(t, a, s.Key, change)
		if _, err := a.Resume(t.Context(), s); err != nil {
			t.Errorf("%s: Resume returned %v, want nil", name, err)
		}
	}
}

// Errors that say nothing about the session aren't ErrEnded.
func TestSessionStoreFails(t *testing.T) {
	a := sessionAccounts(t)
	s := logIn(t, a, signup.Client{})
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := a.Resume(ctx, s); !errors.Is(err, context.Canceled) {
		t.Errorf("Resume returned %v, want context.Canceled", err)
	}
	for _, failure := range []error{signup.ErrBusy, errors.New("connection reset"), context.DeadlineExceeded} {
		get := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: a.Store, OnGet: func(context.Context, string) (signup.User, error) {
			return signup.User{}, failure
		}}}
		update := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: a.Store, OnUpdate: func(context.Context, *signup.User) error { return failure }}}
		for name, call := range map[string]func(*signup.Accounts) error{
			"LogIn": func(a *signup.Accounts) error {
				_, err := a.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{})
				return err
			},
			"EndDevice":        func(a *signup.Accounts) error { return a.EndDevice(t.Context(), s, s.Device) },
			"EndOtherSessions": func(a *signup.Accounts) error { _, err := a.EndOtherSessions(t.Context(), s); return err },
			"EndAllSessions":   func(a *signup.Accounts) error { return a.EndAllSessions(t.Context(), "ada@example.org") },
			"Resume":           func(a *signup.Accounts) error { _, err := a.Resume(t.Context(), s); return err },
		} {
			if err := call(get); !errors.Is(err, failure) || errors.Is(err, signup.ErrEnded) {
				t.Errorf("%s returned %v for a Get that fails, want %v", name, err, failure)
			}
			if name == "Resume" {
				continue
			}
			if err := call(update); !errors.Is(err, failure) || errors.Is(err, signup.ErrEnded) {
				t.Errorf("%s returned %v for an Update that fails, want %v", name, err, failure)
			}
		}
	}
	if _, err := (&signup.Accounts{}).Resume(t.Context(), s); err == nil || errors.Is(err, signup.ErrEnded) {
		t.Errorf("Resume without a Store returned %v, want an error of the configuration", err)
	}
}

// A Session is equal after each encoding that applications keep it in.
func TestSessionRoundTrips(t *testing.T) {
	a := sessionAccounts(t)
	remembered := logIn(t, a, signup.Client{})
	remembered.Remember = true
	for _, s := range []signup.Session{
		logIn(t, a, signup.Client{}), remembered, {}, {Key: strings.Repeat("é", 100) + "@example.org", ID: `"\`, At: time.Unix(0, 0).UTC(), By: 255},
	} {
		for name, trip := range map[string]func(signup.Session) (signup.Session, int, error){
			"JSON": func(s signup.Session) (got signup.Session, n int, err error) {
				b, err := json.Marshal(s)
				return got, len(b), errors.Join(err, json.Unmarshal(b, &got))
			},
			"gob": func(s signup.Session) (got signup.Session, n int, err error) {
				var b bytes.Buffer
				err = gob.NewEncoder(&b).Encode(s)
				n = b.Len()
				return got, n, errors.Join(err, gob.NewDecoder(&b).Decode(&got))
			},
			"gob in a map": func(s signup.Session) (signup.Session, int, error) {
				var b bytes.Buffer
				gob.Register(signup.Session{})
				err := gob.NewEncoder(&b).Encode(map[string]any{"session": s})
				var got map[string]any
				err = errors.Join(err, gob.NewDecoder(&b).Decode(&got))
				v, _ := got["session"].(signup.Session)
				return v, 0, err
			},
			"XML": func(s signup.Session) (got signup.Session, n int, err error) {
				b, err := xml.Marshal(s)
				return got, 0, errors.Join(err, xml.Unmarshal(b, &got))
			},
			"cookie": func(s signup.Session) (got signup.Session, n int, err error) {
				b, _ := json.Marshal(s)
				w := httptest.NewRecorder()
				http.SetCookie(w, &http.Cookie{Name: "session", Value: base64.RawURLEncoding.EncodeToString(b)})
				r := httptest.NewRequest("GET", "/", nil)
				r.AddCookie(w.Result().Cookies()[0])
				c, err := r.Cookie("session")
				if err != nil {
					return got, 0, err
				}
				b, err = base64.RawURLEncoding.DecodeString(c.Value)
				return got, 0, errors.Join(err, json.Unmarshal(b, &got))
			},
		} {
			got, n, err := trip(s)
			if err != nil || got != s {
				t.Errorf("%s: got %v at %v, %v; want an equal Session for %v at %v", name, got, got.At, err, s, s.At)
			}
			if s.Key == "ada@example.org" {
				if n > 250 {
					t.Errorf("%s: got %d bytes, want at most 250", name, n)
				}
				wantSession(t, a, got, nil)
			}
		}
	}
}

func TestReauthenticate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		a := sessionAccounts(t)
		s := logIn(t, a, signup.Client{})
		for _, c := range []struct {
			age  time.Duration
			want error
		}{{0, nil}, {5 * time.Minute, nil}, {5*time.Minute + 1, signup.ErrStale}, {24 * time.Hour, signup.ErrStale}, {-5 * time.Minute, nil}, {-6 * time.Minute, signup.ErrStale}} {
			old := s
			old.At = time.Now().Add(-c.age)
			if err := signup.RequireFresh(old); err != c.want {
				t.Errorf("%v after the proof, requireFresh returned %v, want %v", c.age, err, c.want)
			}
		}
		if err := signup.RequireFresh(signup.Session{}); err != signup.ErrStale {
			t.Errorf("for the zero Session, requireFresh returned %v, want ErrStale", err)
		}
		time.Sleep(time.Hour)
		s.By = signup.ByEmail
		if got, err := a.Reauthenticate(t.Context(), s, "wrong horse battery"); err != signup.ErrBadCredentials || got != (signup.Session{}) {
			t.Errorf("Reauthenticate returned %v, %v; want the zero Session, ErrBadCredentials", got, err)
		}
		got, err := a.Reauthenticate(t.Context(), s, goodPassword)
		want := s
		want.At, want.By = time.Now().UTC().Truncate(time.Millisecond), signup.ByEmail|signup.ByPassword
		if err != nil || got != want {
			t.Errorf("Reauthenticate returned %v at %v by %d, %v; want s at %v by %d", got, got.At, got.By, err, want.At, want.By)
		}
		if err := signup.RequireFresh(got); err != nil {
			t.Errorf("after Reauthenticate, requireFresh returned %v, want nil", err)
		}
		wantSession(t, a, got, nil)
		wantSession(t, a, s, nil)
	})
}

// A session that ends while the password is checked isn't refreshed.
func TestReauthenticateEnds(t *testing.T) {
	for name, change := range map[string]struct {
		change func(*signup.User)
		want   error
	}{
		"new stamp": {func(u *signup.User) { u.SecurityStamp = "stamp-2" }, signup.ErrEnded},
		"no device": {func(u *signup.User) { u.Private = "" }, signup.ErrEnded},
		"inactive":  {func(u *signup.User) { u.Active = false }, signup.ErrBadCredentials},
		"nothing":   {func(u *signup.User) { u.FirstName = "Ada" }, nil},
	} {
		a := sessionAccounts(t)
		s := logIn(t, a, signup.Client{})
		memory, gets := a.Store, 0
		b := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: memory, OnGet: func(ctx context.Context, key string) (signup.User, error) {
			if gets++; gets == 2 {
				update(t, a, key, change.change)
			}
			return memory.Get(ctx, key)
		}}}
		if _, err := b.Reauthenticate(t.Context(), s, goodPassword); err != change.want {
			t.Errorf("%s: Reauthenticate returned %v, want %v", name, err, change.want)
		}
	}
}

// LogIn decides by the user as stored when it writes.
func TestLogInConflicts(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*signup.User)
		want   error
	}{
		"names":        {func(u *signup.User) { u.FirstName = "Ada" }, nil},
		"inactive":     {func(u *signup.User) { u.Active = false }, signup.ErrBadCredentials},
		"placeholder":  {func(u *signup.User) { u.Placeholder = true }, signup.ErrBadCredentials},
		"new password": {func(u *signup.User) { _ = u.SetPassword(newPassword) }, signup.ErrBadCredentials},
		"same password hashed again": {func(u *signup.User) {
			u.PasswordHash, _ = cheap.Hash(goodPassword)
		}, nil},
		"new stamp": {func(u *signup.User) { u.SecurityStamp = "stamp-2" }, nil},
	} {
		a := sessionAccounts(t)
		memory, updates := a.Store, 0
		b := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
			if updates++; updates == 1 {
				update(t, a, u.Key(), c.change)
			}
			return memory.Update(ctx, u)
		}}}
		s, err := b.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{})
		if err != c.want {
			t.Errorf("%s: LogIn returned %v, want %v", name, err, c.want)
		}
		if err == nil {
			wantSession(t, a, s, nil)
		}
		if u, _ := memory.Get(t.Context(), "ada@example.org"); name == "names" && u.FirstName != "Ada" {
			t.Errorf("%s: the other change is lost, want it kept", name)
		}
	}
	a := sessionAccounts(t)
	u, _ := a.Store.Get(t.Context(), "ada@example.org")
	gets := 0
	deleted := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{
		OnUpdate: func(context.Context, *signup.User) error { return signup.ErrNotFound },
		OnGet: func(context.Context, string) (signup.User, error) {
			if gets++; gets == 1 {
				return u, nil
			}
			return signup.User{}, signup.ErrNotFound
		},
	}}
	if _, err := deleted.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{}); err != signup.ErrBadCredentials {
		t.Errorf("LogIn of a user that is deleted returned %v, want ErrBadCredentials", err)
	}
	always := &signup.Accounts{Hasher: cheap, Store: fakestore.Store{Store: a.Store, OnUpdate: func(context.Context, *signup.User) error { return signup.ErrConflict }}}
	if _, err := always.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{}); !errors.Is(err, signup.ErrBusy) {
		t.Errorf("LogIn with conflicts all the time returned %v, want ErrBusy", err)
	}
}

// A Store may report the conflict of a write with itself.
func TestSessionOwnConflict(t *testing.T) {
	memory := memstore.New()
	writes := 0
	store := fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
		if writes++; writes%2 == 1 {
			if err := memory.Update(ctx, u); err != nil {
				return err
			}
			return signup.ErrConflict
		}
		return memory.Update(ctx, u)
	}}
	a := &signup.Accounts{Store: store, Hasher: cheap}
	if _, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: goodPassword}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	s := logIn(t, a, signup.Client{})
	if list, err := a.Devices(t.Context(), s); err != nil || len(list) != 1 {
		t.Errorf("Devices returned %v, %v; want one device", list, err)
	}
	next, err := a.EndOtherSessions(t.Context(), s)
	if err != nil {
		t.Errorf("EndOtherSessions returned %v, want nil", err)
	}
	wantSession(t, a, next, nil)
	wantSession(t, a, s, signup.ErrEnded)
	if err := a.EndAllSessions(t.Context(), "ada@example.org"); err != nil {
		t.Errorf("EndAllSessions returned %v, want nil", err)
	}
	wantSession(t, a, next, signup.ErrEnded)

	s, other := logIn(t, a, signup.Client{}), logIn(t, a, signup.Client{})
	for _, device := range []string{other.Device, s.Device} {
		if err := a.EndDevice(t.Context(), s, device); err != nil {
			t.Errorf("EndDevice returned %v, want nil", err)
		}
	}
	wantSession(t, a, s, signup.ErrEnded)
	wantSession(t, a, other, signup.ErrEnded)
}

// A log-in before the address is verified stores nothing.
func TestLogInUnverifiedStoresNothing(t *testing.T) {
	store := memstore.New()
	a := &signup.Accounts{
		Store: store, Hasher: signup.Bcrypt{Cost: 4}, EmailVerification: signup.VerifyBeforeLogIn,
		Secrets: []signup.Secret{signup.NewSecret([]byte("a secret of tests, at least 32 bytes"))},
		Send:    func(context.Context, signup.Mail) error { return nil },
	}
	before, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	if err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	if s, err := a.LogIn(t.Context(), "ada@example.org", "correct horse battery", signup.Client{}); !errors.Is(err, signup.ErrUnverified) || s != (signup.Session{}) {
		t.Errorf("LogIn returned %v, %v; want ErrUnverified", s, err)
	}
	if after, err := store.Get(t.Context(), before.Key()); err != nil || after.Version != before.Version {
		t.Errorf("got the Version %q, %v; want %q: nothing was stored", after.Version, err, before.Version)
	}
}
