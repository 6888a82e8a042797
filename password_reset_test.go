package signup_test

import (
	"context"
	"errors"
	"runtime"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
	"golang.org/x/text/unicode/norm"
)

var resetCall = sendCalls[1]

// A reset changes the hash, the stamp, UpdatedAt and a zero EmailVerifiedAt, and
// nothing else. All other tokens are void, and a notice is sent.
func TestResetPassword(t *testing.T) {
	verified := time.Date(2015, 1, 2, 3, 4, 5, 0, time.UTC)
	for name, change := range map[string]func(*signup.User){
		"verified":           func(u *signup.User) { u.EmailVerifiedAt = verified },
		"unverified":         nil,
		"without a password": func(u *signup.User) { u.PasswordHash = "" },
		"without a stamp":    func(u *signup.User) { u.SecurityStamp = "" },
	} {
		log := captureDefaultLog(t)
		a, o := mailAccounts()
		before := createAda(t, a.Store, change)
		first, second := resetCall.mailed(t, a, o), resetCall.mailed(t, a, o)
		undo := issued(t, a, signup.PurposeUndoEmail, before)
		start := now()
		u, err := a.ResetPassword(t.Context(), first, newPassword)
		if err != nil {
			t.Fatalf("%s: got %v, want nil", name, err)
		}
		o.checkNotice(t, signup.NoticePasswordChanged)
		if after := getUser(t, a.Store, before.Key()); !after.Equal(u) || after.Version != u.Version || u.Version == before.Version {
			t.Errorf("%s: got %v, want the user as stored", name, u)
		}
		if !u.CheckPassword(newPassword) || len(u.SecurityStamp) < 22 || u.SecurityStamp == before.SecurityStamp || u.UpdatedAt.Before(start) {
			t.Errorf("%s: got the stamp %q at %s, want the new password, a new stamp and the present time", name, u.SecurityStamp, u.UpdatedAt)
		}
		if name == "verified" && !u.EmailVerifiedAt.Equal(verified) || name != "verified" && u.EmailVerifiedAt.Before(start) {
			t.Errorf("%s: got EmailVerifiedAt %s, want the time of the first proof", name, u.EmailVerifiedAt)
		}
		before.PasswordHash, before.SecurityStamp, before.UpdatedAt, before.EmailVerifiedAt = u.PasswordHash, u.SecurityStamp, u.UpdatedAt, u.EmailVerifiedAt
		if !u.Equal(before) {
			t.Errorf("%s: got other changes, want none: Private, for example, stays", name)
		}
		for other, token := range map[string]string{"its own": first, "a second": second, "another": undo} {
			if _, _, err := a.PeekToken(t.Context(), token); err != signup.ErrToken {
				t.Errorf("%s: afterwards, PeekToken of %s token returned %v, want ErrToken", name, other, err)
			}
		}
		if _, err := a.Authenticate(t.Context(), adaEmail, goodPassword); !errors.Is(err, signup.ErrBadCredentials) {
			t.Errorf("%s: Authenticate with the old password returned %v, want ErrBadCredentials", name, err)
		}
		if _, err := a.Authenticate(t.Context(), adaEmail, newPassword); err != nil {
			t.Errorf("%s: Authenticate with the new password returned %v, want nil", name, err)
		}
		if text := log.String(); text != "" {
			t.Errorf("%s: got the log %q, want none", name, text)
		}
	}
}

// A password that isn't accepted leaves the token usable, and is hashed in form C.
func TestResetPasswordRefused(t *testing.T) {
	a, o := mailAccounts()
	hasher := &countingHasher{Bcrypt: cheap}
	a.Hasher = hasher
	before := createAda(t, a.Store, nil)
	token := resetCall.mailed(t, a, o)
	for password, code := range map[string]string{
		"": signup.CodeRequired, "short": signup.CodeTooShort, "\xff correct horse battery": signup.CodeNotUTF8,
		"password12345678": signup.CodeCommonPadded, "ada@example.org 1815": signup.CodeOwnNamePadded, "Ada Lovelace 1815": signup.CodeOwnNamePadded,
	} {
		_, err := a.ResetPassword(t.Context(), token, password)
		var invalid *signup.ValidationError
		if !errors.As(err, &invalid) || len(invalid.Fields) != 1 || invalid.Fields[0].Field != signup.FieldPassword || invalid.Fields[0].Code != code {
			t.Errorf("got %v, want a *ValidationError with the code %s", err, code)
		}
	}
	if n := hasher.hashes.Load(); n != 0 || getUser(t, a.Store, before.Key()).Version != before.Version || len(o.take()) != 0 {
		t.Errorf("got %d hashes for refused passwords, a change or a mail; want none", n)
	}
	const composed = "caf\u00e9 correct horse"
	u, err := a.ResetPassword(t.Context(), token, norm.NFD.String(composed))
	if err != nil || !cheap.Verify(u.PasswordHash, composed) {
		t.Errorf("got %v, want nil and a hash of the password in form C", err)
	}
}

// The Policy is asked only if the token is valid, with the user's own data.
func TestResetPasswordPolicy(t *testing.T) {
	a, o := mailAccounts()
	failure := errors.New("range service: connection refused")
	var asked []signup.User
	result := failure
	a.Policy = policyFunc(func(_ context.Context, _ string, u signup.User) error { asked = append(asked, u); return result })
	before := createAda(t, a.Store, nil)
	token := resetCall.mailed(t, a, o)
	if _, err := a.ResetPassword(t.Context(), token+"A", newPassword); err != signup.ErrToken || len(asked) != 0 {
		t.Errorf("with a forged token, got %v after %d calls of the Policy, want ErrToken after 0", err, len(asked))
	}
	if _, err := a.ResetPassword(t.Context(), token, newPassword); !errors.Is(err, failure) || len(asked) != 1 {
		t.Errorf("got %v after %d calls of the Policy, want its error after 1", err, len(asked))
	}
	if len(asked) > 0 && (asked[0].FirstName != before.FirstName || asked[0].Email != before.Email || asked[0].Profile["company"] != before.Profile["company"]) {
		t.Error("the Policy got another user, want the stored one")
	}
	result = nil
	if _, err := a.ResetPassword(t.Context(), token, newPassword); err != nil {
		t.Errorf("after a failure of the Policy, got %v, want nil", err)
	}
}

// What happens to the user while the password is hashed decides as well.
func TestResetPasswordChangedMeanwhile(t *testing.T) {
	for _, l := range laters {
		a, o := mailAccounts()
		token := resetCall.mailed(t, a, o.withUser(t, a))
		set := &signup.Accounts{Store: a.Store, Hasher: cheap} // for a SetPassword meanwhile
		var once sync.Once
		a.Policy = policyFunc(func(context.Context, string, signup.User) error {
			once.Do(func() { l.happen(t, set, getUser(t, a.Store, "ada@example.org")) })
			return nil
		})
		u, err := a.ResetPassword(t.Context(), token, newPassword)
		mails := o.take()
		if !l.reset {
			if err != signup.ErrToken || u.ID != "" || len(mails) != 0 {
				t.Errorf("with %s meanwhile, got %v, %v and %d mails; want no user, ErrToken and none", l.name, u, err, len(mails))
			}
			for id, v := range snapshot(t, a.Store) {
				if v.CheckPassword(newPassword) {
					t.Errorf("with %s meanwhile, user %q has the new password, want it refused", l.name, id)
				}
			}
			continue
		}
		if err != nil || !u.CheckPassword(newPassword) || u.EmailVerifiedAt.IsZero() || len(mails) != 1 {
			t.Errorf("with %s meanwhile, got %v, %v and %d mails; want the user with the new password, verified, nil and 1", l.name, u, err, len(mails))
		}
		if l.name == "other names and Profile" && u.FirstName != "Augusta" {
			t.Errorf("got the name %q, want the change meanwhile kept", u.FirstName)
		}
	}
}

// Of 1000 concurrent resets with one token, one takes effect, while other changes of
// the user go on.
func TestResetPasswordConcurrently(t *testing.T) {
	const resets, changes = 1000, 3
	a, o := mailAccounts()
	a.Hasher, a.Policy, a.HashLimits = plainHasher{}, signup.AnyPassword, signup.HashLimits{MaxConcurrent: resets}
	before := createAda(t, a.Store, nil)
	token := resetCall.mailed(t, a, o)
	var reset, refused atomic.Int64
	var winner atomic.Value
	var wg sync.WaitGroup
	begin := make(chan struct{})
	for i := range resets {
		wg.Go(func() {
			<-begin
			runtime.Gosched()
			password := goodPassword + strconv.Itoa(i)
			_, err := a.ResetPassword(t.Context(), token, password)
			for errors.Is(err, signup.ErrBusy) {
				_, err = a.ResetPassword(t.Context(), token, password)
			}
			switch err {
			case nil:
				reset.Add(1)
				winner.Store(password)
			case signup.ErrToken:
				refused.Add(1)
			default:
				t.Errorf("got %v, want nil, ErrToken or ErrBusy", err)
			}
		})
	}
	for range changes {
		wg.Go(func() {
			<-begin
			for countUp(t, a.Store, before.Key()) != nil {
				runtime.Gosched()
			}
		})
	}
	close(begin)
	wg.Wait()
	if reset.Load() != 1 || refused.Load() != resets-1 || len(o.take()) != 1 {
		t.Errorf("got %d resets and %d ErrToken, want 1 and %d, and one mail", reset.Load(), refused.Load(), resets-1)
	}
	u := getUser(t, a.Store, before.Key())
	if password, _ := winner.Load().(string); string([]byte(u.PasswordHash)) != "plain:"+password || u.Profile["changes"] != strconv.Itoa(changes) {
		t.Errorf("got another password than that of the success, or %s changes; want it and %d", u.Profile["changes"], changes)
	}
}

// If the response of an Update was lost and the Store has repeated it, the conflict
// of the reset with itself is no failure.
func TestResetPasswordConflictsWithItself(t *testing.T) {
	a, o := mailAccounts()
	token := resetCall.mailed(t, a, o.withUser(t, a))
	memory, calls := a.Store, 0
	a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
		if calls++; calls == 1 {
			v := *u
			if err := memory.Update(ctx, &v); err != nil {
				return err
			}
		}
		return memory.Update(ctx, u)
	}}
	u, err := a.ResetPassword(t.Context(), token, newPassword)
	if err != nil || calls != 2 || !u.Equal(getUser(t, memory, u.Key())) {
		t.Errorf("got %v, %v after %d Updates; want the user as stored, nil, after 2", u, err, calls)
	}
	o.checkNotice(t, signup.NoticePasswordChanged)
}
