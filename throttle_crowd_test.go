package signup_test

import (
	"context"
	"fmt"
	"sync"
	"sync/atomic"
	"testing"

	"github.com/gosignup/signup"
)

// A comparing hasher counts the wrong passwords that are compared.
type comparing struct {
	plainHasher
	wrong atomic.Int64
}

func (h *comparing) Verify(hash signup.Hash, password string) bool {
	if password != goodPassword {
		h.wrong.Add(1)
	}
	return h.plainHasher.Verify(hash, password)
}

// Strangers guess from a thousand origins at once. No more guesses are compared than the
// limit permits, and the user gets in from a known device each time.
func TestGuessesAtOnce(t *testing.T) {
	const clients, each, origins = 16, 625, 1000 // 10,000 guesses
	a, h := tokenAccounts("first"), new(comparing)
	a.Hasher = h
	if _, err := a.Register(t.Context(), signup.Registration{Email: "ada@example.org", Password: goodPassword}); err != nil {
		t.Fatalf("Register returned %v, want nil", err)
	}
	cookie := a.DeviceCookie(logIn(t, a, signup.Client{}))
	var guessed sync.WaitGroup
	var others, done atomic.Int64
	for i := range clients {
		guessed.Go(func() {
			defer done.Add(1)
			for j := range each {
				n := i*each + j
				c := signup.Client{Origin: fmt.Sprint("origin ", n%origins)}
				if _, err := a.LogIn(context.Background(), "ada@example.org", fmt.Sprint("wrong horse ", n), c); err != signup.ErrBadCredentials {
					others.Add(1)
				}
			}
		})
	}
	for done.Load() < clients {
		if _, err := a.LogIn(t.Context(), "ada@example.org", goodPassword, signup.Client{Cookie: cookie}); err != nil {
			t.Errorf("LogIn from a known device returned %v, want nil", err)
		}
	}
	guessed.Wait()
	if n := h.wrong.Load(); n > 20 || n == 0 || others.Load() != 0 {
		t.Errorf("%d of %d guesses were compared, and %d returned another error than ErrBadCredentials; want 1 to 20, and 0", n, clients*each, others.Load())
	}
	t.Logf("%d of %d guesses from %d origins were compared", h.wrong.Load(), clients*each, origins)
}
