package signup_test

import (
	"context"
	"regexp"
	"strings"
	"testing"
	"time"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/internal/fakestore"
)

// A time after the year 9999, which JSON has no form for, ends no response: the client
// receives that something failed, and the log has why.
func TestAPIValueWithoutJSON(t *testing.T) {
	late := time.Date(9999, time.December, 31, 23, 59, 0, 0, time.UTC)
	keep := func(*signup.User) {}
	lastLogIn := regexp.MustCompile(`"last":\d+`)
	for _, c := range []struct {
		name, path string
		stored     func(*signup.User)
		at         time.Time // of the session, if it isn't zero
		want       string
	}{
		{"nothing wrong", "user", keep, time.Time{}, "OK done"},
		{"created", "user", func(u *signup.User) { u.CreatedAt = late.Add(time.Minute) }, time.Time{}, "Internal Server Error failed"},
		{"updated", "user", func(u *signup.User) { u.UpdatedAt = time.Unix(1417906500123, 0) }, time.Time{}, "Internal Server Error failed"},
		{"verified", "user", func(u *signup.User) { u.EmailVerifiedAt = time.Unix(-1417906500123, 0) }, time.Time{}, "Internal Server Error failed"},
		{"session", "user", keep, late, "Internal Server Error failed"},
		{"session that is just early enough", "user", keep, late.Add(-5 * time.Minute), "OK done"},
		{"device", "devices", func(u *signup.User) {
			u.Private = signup.Private(lastLogIn.ReplaceAllString(string(u.Private), `"last":253402300800000`))
		}, time.Time{}, "Internal Server Error failed"},
	} {
		t.Run(c.name, func(t *testing.T) {
			stored := keep
			l := newAPITest(t, func(a *signup.Accounts) {
				store := a.Store
				a.Store = fakestore.Store{Store: store, OnGet: func(ctx context.Context, key string) (signup.User, error) {
					u, err := store.Get(ctx, key)
					stored(&u)
					return u, err
				}}
			})
			client := l.client()
			client.signUp(adaEmail)
			stored = c.stored
			if !c.at.IsZero() {
				l.sessions.change(func(s signup.Session) signup.Session {
					s.At = c.at
					return s
				})
			}
			client.call(c.want, c.path)
			failed := strings.Contains(l.log.String(), `"msg":"signup: response without a JSON form"`)
			if want := c.want != "OK done"; failed != want {
				t.Errorf("got a record of a response without a JSON form: %t, want %t", failed, want)
			}
		})
	}
}
