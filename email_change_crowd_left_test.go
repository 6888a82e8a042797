package signup_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
)

// Of changes to several addresses at once, of which some are refused, and an undo, each
// leaves the user with one address, and a deletion then leaves nothing.
func TestEmailChangesAtOnceLeaveNothing(t *testing.T) {
	refused := errors.New("refused")
	for round := range 300 {
		test := newAddressTest(t)
		var asked atomic.Int64
		test.a.Before = func(context.Context, signup.Event, signup.User) error {
			if (asked.Add(1)+int64(round))%3 == 0 {
				return refused
			}
			return nil
		}
		u := getUser(t, test.a.Store, adaKey)
		var wg sync.WaitGroup
		for i, to := range []string{secondKey, thirdKey, secondKey, thirdKey, secondKey} {
			token, _, err := test.a.NewToken(signup.PurposeChangeEmail, u, to, tokenLife)
			if err != nil {
				t.Fatalf("newToken returned %v, want nil", err)
			}
			wg.Go(func() {
				_, err := test.a.ConfirmEmailChange(t.Context(), token)
				if err != nil && err != signup.ErrToken && !errors.Is(err, refused) && !errors.Is(err, signup.ErrBusy) {
					t.Errorf("ConfirmEmailChange %d returned %v, want nil, ErrToken, ErrBusy or that of Before", i, err)
				}
			})
		}
		if round%2 == 0 {
			undo := issued(t, test.a, signup.PurposeUndoEmail, u)
			wg.Go(func() { _, _ = test.a.UndoEmailChange(t.Context(), undo) })
		}
		wg.Wait()
		at, documents := 0, test.documents()
		for _, key := range []string{adaKey, secondKey, thirdKey} {
			if v, ok := signup.LogsIn(documents, key); ok && v.ID == u.ID {
				at++
			}
		}
		if at != 1 {
			t.Fatalf("the user logs in at %d addresses, want 1", at)
		}
		test.a.Before = nil
		for _, key := range []string{adaKey, secondKey, thirdKey} {
			if err := test.a.DeleteUser(t.Context(), key); err != nil && !errors.Is(err, signup.ErrNotFound) {
				t.Errorf("DeleteUser returned %v, want nil or ErrNotFound", err)
			}
		}
		for key, v := range test.documents() {
			t.Errorf("after the deletion, %s has %v, want nothing", key, v)
		}
	}
}
