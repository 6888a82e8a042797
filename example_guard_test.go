package signup_test

import (
	"cmp"
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// exampleSessions keeps Sessions in memory, under the random values of cookies. Module
// scssession does more: sessions end after some time, and are kept in a database.
type exampleSessions struct{ sessions sync.Map }

func (m *exampleSessions) Current(r *http.Request) (signup.Session, bool) {
	cookie, err := r.Cookie("__Host-session")
	if err != nil {
		return signup.Session{}, false
	}
	s, ok := m.sessions.Load(cookie.Value)
	if !ok {
		return signup.Session{}, false
	}
	return s.(signup.Session), true
}

func (m *exampleSessions) Set(w http.ResponseWriter, r *http.Request, s signup.Session) error {
	if cookie, err := r.Cookie("__Host-session"); err == nil {
		m.sessions.Delete(cookie.Value)
	}
	token := rand.Text()
	m.sessions.Store(token, s)
	maxAge := 0
	if s.Remember {
		maxAge = 30 * 24 * 60 * 60
	}
	m.setCookie(w, token, maxAge)
	return nil
}

func (m *exampleSessions) Clear(w http.ResponseWriter, r *http.Request) error {
	if cookie, err := r.Cookie("__Host-session"); err == nil {
		m.sessions.Delete(cookie.Value)
		m.setCookie(w, "", -1)
	}
	return nil
}

func (m *exampleSessions) setCookie(w http.ResponseWriter, token string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: "__Host-session", Value: token, MaxAge: maxAge, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// A browser without a log-in is redirected to the page to log in, and comes back to the
// private page. A program gets 401.
func ExampleGuard() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	sessions := new(exampleSessions)
	guard := &signup.Guard{
		Accounts: accounts, Sessions: sessions,
		LogInURL: "/account/log-in", ReauthenticateURL: "/account/confirm", // as package pages has them
	}
	mux := http.NewServeMux()
	mux.Handle("GET /orders", guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := signup.CurrentUser(r.Context())
		fmt.Fprint(w, "The orders of ", user.FirstName)
	})))
	protection := http.NewCrossOriginProtection() // refuses forms of other sites
	mux.Handle("POST /orders/cancel", protection.Handler(guard.RequireFresh(http.NotFoundHandler())))

	get := func(accept string, cookies ...*http.Cookie) {
		r := httptest.NewRequest("GET", "/orders?page=2", nil)
		r.Header.Set("Accept", accept)
		for _, c := range cookies {
			r.AddCookie(c)
		}
		w := httptest.NewRecorder()
		mux.ServeHTTP(w, r)
		fmt.Println(w.Code, cmp.Or(w.Header().Get("Location"), w.Header().Get("WWW-Authenticate"), w.Body.String()))
	}
	get("text/html")
	get("application/json")

	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery", FirstName: "Ada"})
	if err != nil {
		fmt.Println(err)
		return
	}
	session, err := accounts.LogIn(ctx, "ada@example.org", "correct horse battery", signup.Client{})
	if err != nil {
		fmt.Println(err)
		return
	}
	w := httptest.NewRecorder()
	if err := sessions.Set(w, httptest.NewRequest("POST", "/account/log-in", nil), session); err != nil {
		fmt.Println(err)
		return
	}
	get("text/html", w.Result().Cookies()...)
	// Output:
	// 303 /account/log-in?next=%2Forders%3Fpage%3D2
	// 401 Session realm="account"
	// 200 The orders of Ada
}
