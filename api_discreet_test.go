package signup_test

import (
	"fmt"
	"net/http"
	"slices"
	"testing"

	"github.com/gosignup/signup"
)

// shape returns all of a response that a client can compare: the values of cookies are
// random, so only their length counts.
func (r apiResponse) shape() string {
	for _, cookie := range r.Cookies {
		cookie.Value, cookie.Raw = fmt.Sprint(len(cookie.Value)), ""
	}
	header := r.Header.Clone()
	header.Del("Set-Cookie")
	return fmt.Sprint(r.Status, header, r.Cookies, r.Text)
}

// With Discreet, each endpoint that takes an address has the same response whether or
// not the address has a user, the second time as well.
func TestAPIDiscreet(t *testing.T) {
	for _, e := range signup.APICalls() {
		if !slices.ContainsFunc(e.Fields, func(f signup.APIField) bool { return f.Name == signup.FieldEmail }) {
			continue
		}
		t.Run(e.Path, func(t *testing.T) {
			a := newAPITest(t, func(a *signup.Accounts) {
				a.Discreet, a.EmailVerification = true, signup.VerifyBeforeRegistration
				a.Limits.MailInterval = signup.MaxCountWindow
			})
			shapes := make(map[string][]string)
			for _, kind := range []string{"no user", "an active user", "an inactive user"} {
				// Addresses of one length, as challenges are as long as their address.
				email := map[string]string{"no user": "eva@example.org", "an active user": "ada@example.org", "an inactive user": "bob@example.org"}[kind]
				if kind != "no user" {
					createAda(t, a.a.Store, func(u *signup.User) {
						u.ID, u.Email, u.Private, u.Active = email, email, "", kind == "an active user"
						u.PasswordHash = "plain:" + goodPassword
					})
				}
				c := a.client()
				if e.Session {
					asker := fmt.Sprintf("asker%d@example.com", len(shapes))
					createAda(t, a.a.Store, func(u *signup.User) {
						u.ID, u.Email, u.Private, u.PasswordHash = "asks "+kind, asker, "", "plain:"+goodPassword
						u.EmailVerifiedAt = u.CreatedAt
					})
					c.logIn(asker, goodPassword)
				}
				for range 2 {
					body := fmt.Sprintf(`{"email_address": %q, "password": %q}`, email, newPassword)
					res := c.raw(http.MethodPost, e.Path, body, nil)
					c.check(e, res)
					if res.Status == http.StatusUnauthorized || len(res.Members["errors"]) > 0 {
						t.Fatalf("got %q, want a response that depends on the address", res.brief())
					}
					shapes[kind] = append(shapes[kind], res.shape())
				}
			}
			for kind, got := range shapes {
				if want := shapes["no user"]; !slices.Equal(got, want) {
					t.Errorf("%s: got the responses %q, want those without a user: %q", kind, got, want)
				}
			}
		})
	}
}
