package signup_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
)

// Of 1000 concurrent uses of one token, one takes effect: it has the event and the mail.
func TestEmailChangeConcurrently(t *testing.T) {
	const uses = 1000
	for name, c := range map[string]struct {
		token  func(t *addressTest) string
		use    func(a *signup.Accounts, ctx context.Context, token string) (signup.User, error)
		repeat error // of a use after the one that takes effect
		at     string
		notice signup.Notice
	}{
		"change": {func(t *addressTest) string { _, change := t.ask(adaEmail, secondKey); return change },
			(*signup.Accounts).ConfirmEmailChange, nil, secondKey, signup.NoticeEmailChanged},
		"undo before the change": {func(t *addressTest) string { undo, _ := t.ask(adaEmail, secondKey); return undo },
			(*signup.Accounts).UndoEmailChange, signup.ErrToken, adaKey, signup.NoticeEmailChangeUndone},
		"undo": {func(t *addressTest) string { return t.change(adaEmail, secondKey) },
			(*signup.Accounts).UndoEmailChange, signup.ErrToken, adaKey, signup.NoticeEmailChangeUndone},
	} {
		test := newAddressTest(t)
		token := c.token(test)
		var changed, succeeded atomic.Int64
		test.a.After = func(_ context.Context, e signup.Event) {
			if e.Kind == signup.EventEmailChanged {
				changed.Add(1)
			}
		}
		var wg sync.WaitGroup
		for range uses {
			wg.Go(func() {
				err := signup.ErrBusy
				for errors.Is(err, signup.ErrBusy) {
					_, err = c.use(test.a, t.Context(), token)
				}
				switch {
				case err == nil:
					succeeded.Add(1)
				case err != c.repeat:
					t.Errorf("%s: got %v, want nil or %v", name, err, c.repeat)
				}
			})
		}
		wg.Wait()
		want := int64(1)
		if c.repeat == nil {
			want = uses
		}
		if succeeded.Load() != want || changed.Load() != 1 {
			t.Errorf("%s: %d of %d uses succeeded, with %d events; want %d, with 1 event", name, succeeded.Load(), uses, changed.Load(), want)
		}
		if mails := test.o.take(); len(mails) != 1 || mails[0].Notice != c.notice {
			t.Errorf("%s: got the mails %v, want one with %s", name, mails, c.notice)
		}
		test.wantAt(name, c.at)
	}
}
