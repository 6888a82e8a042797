package signup_test

import (
	"context"
	"errors"
	"testing"

	"github.com/gosignup/signup"
)

// The old address gets the notice of a change that is made, also if the call fails later or
// is canceled: a thief could cancel it.
func TestEmailChangeNoticeAfterCommit(t *testing.T) {
	for name, stop := range map[string]func(t *addressTest, change string){
		"Store fails": (*addressTest).stopAfterCommit,
		"canceled": func(t *addressTest, change string) {
			ctx, cancel := context.WithCancel(t.Context())
			memory := t.a.Store
			t.a.Store = fakeStore{Store: memory, update: func(ctx context.Context, u *signup.User) error {
				err := memory.Update(ctx, u)
				if u.Placeholder {
					cancel()
				}
				return err
			}}
			if _, err := t.a.ConfirmEmailChange(ctx, change); !errors.Is(err, context.Canceled) {
				t.Errorf("ConfirmEmailChange returned %v, want %v", err, context.Canceled)
			}
			t.a.Store = memory
		},
	} {
		test := newAddressTest(t)
		_, change := test.ask(adaEmail, secondKey)
		stop(test, change)
		mails := test.o.take()
		if len(mails) != 1 || mails[0].Notice != signup.NoticeEmailChanged || mails[0].To != adaEmail {
			t.Fatalf("%s: got the mails %v, want one with %s to the old address", name, mails, signup.NoticeEmailChanged)
		}
		if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != nil {
			t.Errorf("%s: ConfirmEmailChange again returned %v, want nil", name, err)
		}
		if again := test.o.take(); len(again) != 0 {
			t.Errorf("%s: got the mails %v after that, want none", name, again)
		}
		test.wantUndo(name, mails[0].Token, nil)
		test.wantAt(name, adaKey)
	}
}
