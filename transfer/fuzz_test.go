package transfer_test

import (
	"bytes"
	"errors"
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/transfertest"
	"github.com/gosignup/signup/transfer"
)

// A user that Read returns is written so that it is equal when it is read again, and that
// the same bytes are written again.
func FuzzRead(f *testing.F) {
	transfertest.AddExports(f)
	f.Fuzz(func(t *testing.T, text []byte) {
		var users []signup.User
		for u, err := range transfer.Read(bytes.NewReader(text)) {
			if err != nil {
				if !errors.Is(err, signup.ErrInvalid) {
					t.Fatalf("got the error %v, want ErrInvalid", err)
				}
				break
			}
			if u.ID == "" || u.Key() == "" {
				t.Fatal("got a user without ID or key, want both")
			}
			users = append(users, u)
		}
		hashes := &transfer.ExportOptions{Hashes: true}
		once := lines(t, hashes, users...)
		again := readAll(t, once)
		for i, u := range again {
			if w := users[i]; !u.Equal(w) || u.Key() != w.Key() || u.KeyRule() != w.KeyRule() {
				t.Fatalf("got another user %d when read again, want an equal one", i)
			}
		}
		if twice := lines(t, hashes, again...); twice != once {
			t.Fatalf("got %d bytes when written again, want the same %d", len(twice), len(once))
		}
	})
}
