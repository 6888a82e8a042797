package signup_test

import (
	"context"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// The old address gets the notice of a change that is made, also if a step of the call
// fails later.
func TestEmailChangeNoticeAfterCommit(t *testing.T) {
	test := newAddressTest(t)
	_, change := test.ask(adaEmail, secondKey)
	test.stopAfterCommit(change)
	mails := test.o.take()
	if len(mails) != 1 || mails[0].Notice != signup.NoticeEmailChanged || mails[0].To != adaEmail {
		t.Fatalf("got the mails %v, want one with %s to the old address", mails, signup.NoticeEmailChanged)
	}
	if _, err := test.a.ConfirmEmailChange(t.Context(), change); err != nil {
		t.Errorf("ConfirmEmailChange again returned %v, want nil", err)
	}
	if again := test.o.take(); len(again) != 0 {
		t.Errorf("got the mails %v after that, want none", again)
	}
	test.wantUndo("afterwards", mails[0].Token, nil)
	test.wantAt("afterwards", adaKey)
}

// A change or an undo that is canceled when it is decided is finished, and sends its
// notice.
func TestEmailChangeCanceled(t *testing.T) {
	for name, c := range map[string]struct {
		token  func(t *addressTest) string
		use    func(a *signup.Accounts, ctx context.Context, token string) (signup.User, error)
		at     string
		notice signup.Notice
	}{
		"change": {func(t *addressTest) string { _, change := t.ask(adaEmail, secondKey); return change },
			(*signup.Accounts).ConfirmEmailChange, secondKey, signup.NoticeEmailChanged},
		"undo": {func(t *addressTest) string { return t.change(adaEmail, secondKey) },
			(*signup.Accounts).UndoEmailChange, adaKey, signup.NoticeEmailChangeUndone},
	} {
		test := newAddressTest(t)
		token := c.token(test)
		ctx, cancel := context.WithCancel(t.Context())
		memory := test.a.Store
		test.a.Store = fakestore.Store{Store: memory, OnUpdate: func(ctx context.Context, u *signup.User) error {
			err := memory.Update(ctx, u)
			if u.Private.IsTombstone() {
				cancel()
			}
			return err
		}}
		if u, err := c.use(test.a, ctx, token); err != nil || u.Key() != c.at {
			t.Errorf("%s: got %v, %v; want the user at the new address and nil", name, u, err)
		}
		if mails := test.o.take(); len(mails) != 1 || mails[0].Notice != c.notice || mails[0].To != adaEmail {
			t.Errorf("%s: got the mails %v, want one with %s", name, mails, c.notice)
		}
		if u := getUser(t, memory, c.at); u.Placeholder {
			t.Errorf("%s: the change wasn't finished, want the user", name)
		}
		test.wantAt(name, c.at)
	}
}
