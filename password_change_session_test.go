package signup_test

import (
	"context"
	"errors"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// A change within a session ends all others, and goes on with the returned Session.
func TestChangeOwnPassword(t *testing.T) {
	a, o := logInAccounts(t)
	s, other := logIn(t, a, signup.Client{Label: "laptop"}), logIn(t, a, signup.Client{Label: "phone"})
	s.By, s.At = signup.ByEmail, s.At.Add(-24*time.Hour) // it need not be fresh
	cookie := a.DeviceCookie(s)
	mailed := o.logInFor(t, a, adaEmail)
	before := getUser(t, a.Store, s.Key)
	begin := now()
	next, err := a.ChangeOwnPassword(t.Context(), s, goodPassword, newPassword)
	if err != nil {
		t.Fatalf("ChangeOwnPassword returned %v, want nil", err)
	}
	o.checkNotice(t, signup.NoticePasswordChanged)
	u, err := a.Resume(t.Context(), next)
	if err != nil || next.Stamp == s.Stamp || next.At.Before(begin) || next.By != signup.ByEmail|signup.ByPassword {
		t.Errorf("got the Session %v by %d at %s, and Resume returned %v; want a new stamp, both methods, now, and nil", next, next.By, next.At, err)
	}
	if next.Stamp, next.At, next.By = s.Stamp, s.At, s.By; next != s {
		t.Errorf("got %v, want %v except for the stamp, At and By", next, s)
	}
	wantSession(t, a, s, signup.ErrEnded)
	wantSession(t, a, other, signup.ErrEnded)
	wantNoLogIn(t, "after the change", a, mailed)
	if !u.CheckPassword(newPassword) || u.UpdatedAt.Before(begin) {
		t.Errorf("got the new password stored: %t, at %s; want true, now", u.CheckPassword(newPassword), u.UpdatedAt)
	}
	next.Stamp = u.SecurityStamp
	if list, err := a.Devices(t.Context(), next); err != nil || len(list) != 1 || list[0].Label != "laptop" {
		t.Errorf("Devices returned %v, %v; want the device of the Session alone", list, err)
	}
	before.PasswordHash, before.SecurityStamp, before.UpdatedAt, before.Private = u.PasswordHash, u.SecurityStamp, u.UpdatedAt, u.Private
	if !u.Equal(before) {
		t.Error("got other changes than hash, stamp, UpdatedAt and Private, want none")
	}
	again, err := a.LogIn(t.Context(), adaEmail, newPassword, signup.Client{Cookie: cookie})
	if err != nil || again.Device != s.Device {
		t.Errorf("LogIn with the cookie returned %v, %v; want the same device", again, err)
	}
}

// A refusal changes nothing, sends nothing, and costs a check as a log-in does if the
// Session goes on.
func TestChangeOwnPasswordRefused(t *testing.T) {
	same := func(s signup.Session) signup.Session { return s }
	for name, c := range map[string]struct {
		session  func(signup.Session) signup.Session
		change   func(*signup.User)
		old, new string
		want     error
		checks   int64
	}{
		"wrong password":  {same, nil, "wrong horse battery", newPassword, signup.ErrBadCredentials, 1},
		"no old password": {same, nil, "", newPassword, signup.ErrBadCredentials, 1},
		"user without a password": {same, func(u *signup.User) { u.PasswordHash = "" }, goodPassword, newPassword,
			signup.ErrBadCredentials, 1},
		"empty password of such a user": {same, func(u *signup.User) { u.PasswordHash = "" }, "", newPassword,
			signup.ErrBadCredentials, 1},
		"too short":      {same, nil, goodPassword, "short", signup.ErrInvalid, 1},
		"empty":          {same, nil, goodPassword, "", signup.ErrInvalid, 0},
		"the same":       {same, nil, goodPassword, goodPassword, signup.ErrInvalid, 0},
		"common":         {same, nil, goodPassword, "passwordpassword", signup.ErrInvalid, 1},
		"the address":    {same, nil, goodPassword, adaEmail, signup.ErrInvalid, 1},
		"zero Session":   {func(signup.Session) signup.Session { return signup.Session{} }, nil, goodPassword, newPassword, signup.ErrEnded, 0},
		"another ID":     {func(s signup.Session) signup.Session { s.ID = "id-2"; return s }, nil, goodPassword, newPassword, signup.ErrEnded, 0},
		"another device": {func(s signup.Session) signup.Session { s.Device = "x"; return s }, nil, goodPassword, newPassword, signup.ErrEnded, 0},
		"another user":   {func(s signup.Session) signup.Session { s.Key = "bob@example.org"; return s }, nil, goodPassword, newPassword, signup.ErrEnded, 0},
		"ended":          {same, func(u *signup.User) { u.SecurityStamp = "stamp-2" }, goodPassword, newPassword, signup.ErrEnded, 0},
		"device ended":   {same, func(u *signup.User) { u.Private = "" }, goodPassword, newPassword, signup.ErrEnded, 0},
		"deactivated":    {same, func(u *signup.User) { u.Active = false }, goodPassword, newPassword, signup.ErrEnded, 0},
		"placeholder":    {same, func(u *signup.User) { u.Placeholder = true }, goodPassword, newPassword, signup.ErrEnded, 0},
	} {
		a, o := logInAccounts(t)
		stored(t, a, "bob@example.org")
		s := logIn(t, a, signup.Client{})
		if c.change != nil {
			update(t, a, s.Key, c.change)
		}
		hasher := &countingHasher{Bcrypt: cheap}
		b := &signup.Accounts{Store: a.Store, Hasher: hasher, Send: o.send, Secrets: a.Secrets}
		before := getUser(t, a.Store, s.Key)
		got, err := b.ChangeOwnPassword(t.Context(), c.session(s), c.old, c.new)
		checkNoSecrets(t, err)
		if !errors.Is(err, c.want) || got != (signup.Session{}) {
			t.Errorf("%s: got %v, %v; want the zero Session, %v", name, got, err, c.want)
		}
		if n := hasher.hashes.Load() + hasher.verifies.Load(); n < c.checks || n > c.checks+1 { // a dummy hash is made once
			t.Errorf("%s: got %d hashes, want %d", name, n, c.checks)
		}
		if after := getUser(t, a.Store, s.Key); after.Version != before.Version || len(o.take()) != 0 {
			t.Errorf("%s: the user was changed or a mail sent, want neither", name)
		}
		if c.want != signup.ErrEnded {
			wantSession(t, a, s, nil)
		}
	}
}

// What happens to the user between the check and the write decides.
func TestChangeOwnPasswordMeanwhile(t *testing.T) {
	for name, c := range map[string]struct {
		change func(*signup.User)
		want   error
	}{
		"names":               {func(u *signup.User) { u.FirstName = "Augusta" }, nil},
		"a rehash":            {func(u *signup.User) { u.PasswordHash = hashBy(t, cheap, goodPassword) }, nil},
		"another password":    {func(u *signup.User) { u.PasswordHash = hashBy(t, cheap, newPassword) }, signup.ErrBadCredentials},
		"password and stamp":  {func(u *signup.User) { u.PasswordHash, u.SecurityStamp = "", "stamp-2" }, signup.ErrEnded},
		"a new stamp":         {func(u *signup.User) { u.SecurityStamp = "stamp-2" }, signup.ErrEnded},
		"the device ended":    {func(u *signup.User) { u.Private = "" }, signup.ErrEnded},
		"deactivated":         {func(u *signup.User) { u.Active = false }, signup.ErrEnded},
		"registered anew":     {nil, signup.ErrEnded},
		"a change of Private": {func(u *signup.User) { u.Private = u.Private[:len(u.Private)-1] + `,"later":[1]}` }, nil},
	} {
		a, o := logInAccounts(t)
		s := logIn(t, a, signup.Client{})
		memory, updates := a.Store, 0
		b := &signup.Accounts{Hasher: cheap, Send: o.send, Secrets: a.Secrets, Store: fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
			if updates++; updates == 1 {
				v := getUser(t, memory, s.Key)
				if c.change == nil {
					remove(t, a, v)
					v.ID = "ada-2"
					if err := memory.Create(t.Context(), &v); err != nil {
						t.Errorf("Create returned %v, want nil", err)
					}
				} else {
					update(t, a, s.Key, c.change)
				}
			}
			return memory.Update(ctx, u)
		}}}
		next, err := b.ChangeOwnPassword(t.Context(), s, goodPassword, newPassword)
		if err != c.want {
			t.Errorf("%s: ChangeOwnPassword returned %v, want %v", name, err, c.want)
		}
		if n := len(o.take()); (n == 1) != (c.want == nil) {
			t.Errorf("%s: got %d mails, want one after a change: %t", name, n, c.want == nil)
		}
		if err == nil {
			wantSession(t, a, next, nil)
			wantSession(t, a, s, signup.ErrEnded)
		}
		if u := getUser(t, memory, s.Key); name == "names" && u.FirstName != "Augusta" {
			t.Errorf("%s: the other change is lost, want it kept", name)
		}
	}
}

// Of 100 changes by one old password at once, one wins, whether they have one Session
// or one each.
func TestChangeOwnPasswordOnce(t *testing.T) {
	const calls = 100
	for name, sessions := range map[string]int{"one Session": 1, "a Session each": signup.MaxDevices} {
		a, o := logInAccounts(t)
		a = &signup.Accounts{Store: a.Store, Hasher: cheap, Send: o.send, Secrets: a.Secrets, HashLimits: signup.HashLimits{MaxWait: time.Hour}}
		var all []signup.Session
		for range sessions {
			all = append(all, logIn(t, a, signup.Client{}))
		}
		var winner atomic.Value
		var won, bad, ended atomic.Int64
		var wg sync.WaitGroup
		for i := range calls {
			wg.Go(func() {
				password := newPassword + strconv.Itoa(i)
				next, err := a.ChangeOwnPassword(t.Context(), all[i%sessions], goodPassword, password)
				switch {
				case err == nil:
					won.Add(1)
					winner.Store(password)
					wantSession(t, a, next, nil)
				case err == signup.ErrBadCredentials:
					bad.Add(1)
				case err == signup.ErrEnded:
					ended.Add(1)
				default:
					t.Errorf("%s: got %v, want nil, ErrBadCredentials or ErrEnded", name, err)
				}
			})
		}
		wg.Wait()
		password, _ := winner.Load().(string)
		if won.Load() != 1 || bad.Load()+ended.Load() != calls-1 || !getUser(t, a.Store, "ada@example.org").CheckPassword(password) {
			t.Errorf("%s: %d calls succeeded, %d returned ErrBadCredentials and %d ErrEnded; want 1, with its password stored", name, won.Load(), bad.Load(), ended.Load())
		}
		for _, s := range all {
			wantSession(t, a, s, signup.ErrEnded)
		}
		if n := len(o.take()); n != 1 {
			t.Errorf("%s: got %d mails, want 1", name, n)
		}
	}
}

// The Store may fail at each of its calls. Either nothing was changed, and the call may
// be repeated, or the new password logs the user in.
func TestChangeOwnPasswordStoreFails(t *testing.T) {
	for _, failure := range []error{signup.ErrBusy, errors.New("connection refused"), context.DeadlineExceeded, signup.ErrConflict} {
		for n := 1; n <= 5; n++ {
			for _, written := range []bool{false, true} {
				a, o := logInAccounts(t)
				s := logIn(t, a, signup.Client{})
				memory := a.Store
				failing, calls := failAt(memory, n, written, failure)
				a.Store = failing
				next, err := a.ChangeOwnPassword(t.Context(), s, goodPassword, newPassword)
				checkNoSecrets(t, err)
				a.Store = memory
				changed := getUser(t, memory, s.Key).CheckPassword(newPassword)
				if *calls < n || failure == signup.ErrConflict && n == 3 { // a conflict, also with the call itself, isn't a failure
					if err != nil || !changed {
						t.Errorf("failing at call %d with %v, got %v, changed: %t; want nil, true", n, failure, err, changed)
					}
					wantSession(t, a, next, nil)
					o.checkNotice(t, signup.NoticePasswordChanged)
					continue
				}
				if !errors.Is(err, failure) || next != (signup.Session{}) || len(o.take()) != 0 || changed != (written && n == 3) {
					t.Errorf("failing at call %d with %v, got %v, changed: %t; want the failure, no mail", n, failure, err, changed)
				}
				if changed {
					wantSession(t, a, s, signup.ErrEnded)
					_, err = a.LogIn(t.Context(), adaEmail, newPassword, signup.Client{})
				} else {
					wantSession(t, a, s, nil)
					_, err = a.ChangeOwnPassword(t.Context(), s, goodPassword, newPassword)
				}
				if err != nil {
					t.Errorf("after a failure at call %d, got %v, want nil", n, err)
				}
			}
		}
	}
	a, _ := logInAccounts(t)
	s := logIn(t, a, signup.Client{})
	update(t, a, s.Key, func(u *signup.User) { u.Private += "x" })
	before := getUser(t, a.Store, s.Key)
	_, err := a.ChangeOwnPassword(t.Context(), s, goodPassword, newPassword)
	if after := getUser(t, a.Store, s.Key); err == nil || errors.Is(err, signup.ErrEnded) || after.Version != before.Version {
		t.Errorf("with a malformed Private, ChangeOwnPassword returned %v, want the error of Private, and no change", err)
	}
}
