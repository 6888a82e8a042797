package main

import (
	"testing"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// BenchmarkResume measures Resume, and the Get of the Store that is in it. The user has
// logged in from five devices, and the session is that of the first one.
func BenchmarkResume(b *testing.B) {
	accounts := &signup.Accounts{Store: memstore.New(), Hasher: signup.Bcrypt{Cost: 4}}
	r := signup.Registration{Email: "ada@example.org", Password: "correct horse battery"}
	if _, err := accounts.Register(b.Context(), r); err != nil {
		b.Fatal(err)
	}
	var first signup.Session
	for range 5 {
		s, err := accounts.LogIn(b.Context(), r.Email, r.Password, signup.Client{Label: "Firefox on Linux"})
		if err != nil {
			b.Fatal(err)
		}
		if first == (signup.Session{}) {
			first = s
		}
	}
	b.Run("call=Get", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := accounts.Store.Get(b.Context(), first.Key); err != nil {
				b.Fatal(err)
			}
		}
	})
	b.Run("call=Resume", func(b *testing.B) {
		b.ReportAllocs()
		for b.Loop() {
			if _, err := accounts.Resume(b.Context(), first); err != nil {
				b.Fatal(err)
			}
		}
	})
}
