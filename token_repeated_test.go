package signup_test

import (
	"context"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// If a Store reports the conflict of a log-in with itself, and all sessions of the user
// were ended in the meantime, the log-in returns no Session.
func TestLogInByTokenRepeatedAfterEnd(t *testing.T) {
	for _, ended := range []bool{false, true} {
		a, o := logInAccounts(t)
		l := o.logInFor(t, a, adaEmail)
		memory := a.Store
		calls := 0
		b := &signup.Accounts{Hasher: cheap, Secrets: a.Secrets, Store: fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
			if calls++; calls > 1 {
				return memory.Update(ctx, u)
			}
			v := *u
			if err := memory.Update(ctx, &v); err != nil {
				return err
			}
			if ended {
				if err := a.EndAllSessions(ctx, adaEmail); err != nil {
					t.Errorf("EndAllSessions returned %v, want nil", err)
				}
			}
			return signup.ErrConflict
		}}}
		s, err := b.LogInByToken(t.Context(), l.token, signup.Client{})
		if ended {
			if err != signup.ErrToken || s != (signup.Session{}) {
				t.Errorf("after the end of all sessions, LogInByToken returned %v, %v; want the zero Session, ErrToken", s, err)
			}
			continue
		}
		if err != nil {
			t.Errorf("LogInByToken returned %v, want nil", err)
		}
		wantSession(t, a, s, nil)
	}
}
