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
	f.Add([]byte(transfertest.AdaLine))
	f.Add([]byte(transfertest.AdaLine + "\n\r\n" + transfertest.AdaLine))
	f.Add([]byte(`{"id":"i","key":"k"}`))
	f.Add([]byte(`{"id":"<&>\u2028","key":"é","key_rule":"","profile":{"":"","a":"\ud800"}}`))
	f.Add([]byte(`{"id":"i","key":"k","created_at":"9999-12-31T23:59:59.9999-23:59"}`))
	f.Add([]byte(`{"ID":"i","kEy":"k","created_at":null,"write_token":{}}`))
	f.Add([]byte(`{"id":"i","key":"k","key_rule":"","email_address":"","is_active":false,` +
		`"created_at":"0000-01-01T00:00:00.000Z","updated_at":"1969-12-31T23:59:59.999Z"}`))
	f.Add([]byte(transfertest.AdaLine[:200]))
	f.Add([]byte("null\n[]\n0"))
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
