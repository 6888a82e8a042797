package signup_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"net"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A site keeps the Sessions under the random values of cookies. An application would use
// a session library here.
type site struct {
	accounts *signup.Accounts
	sessions sync.Map // a signup.Session for each cookie
}

// logIn starts a session, always with a new cookie. A second cookie makes the device
// known at the next log-in.
func (s *site) logIn(w http.ResponseWriter, r *http.Request) {
	c := signup.Client{Label: r.UserAgent()}
	if host, _, err := net.SplitHostPort(r.RemoteAddr); err == nil { // without a proxy before it
		c.Origin = host
	}
	if cookie, err := r.Cookie("device"); err == nil {
		c.Cookie = cookie.Value
	}
	session, err := s.accounts.LogIn(r.Context(), r.PostFormValue("email"), r.PostFormValue("password"), c)
	switch {
	case errors.Is(err, signup.ErrBadCredentials):
		http.Error(w, "Unknown address or wrong password", http.StatusBadRequest)
		return
	case errors.Is(err, signup.ErrThrottled):
		http.Error(w, "Please try again in a minute", http.StatusTooManyRequests)
		return
	case errors.Is(err, signup.ErrBusy):
		http.Error(w, "Please try again in a moment", http.StatusServiceUnavailable)
		return
	case err != nil:
		http.Error(w, "Something broke", http.StatusInternalServerError) // and log err
		return
	}
	name := rand.Text()
	s.sessions.Store(name, session)
	setCookie(w, "session", name, 30*24*60*60)
	setCookie(w, "device", s.accounts.DeviceCookie(session), 365*24*60*60)
}

func setCookie(w http.ResponseWriter, name, value string, maxAge int) {
	http.SetCookie(w, &http.Cookie{
		Name: name, Value: value, Path: "/", MaxAge: maxAge, Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
	})
}

// loggedIn calls next with the user of the request's session, if it goes on.
func (s *site) loggedIn(next func(http.ResponseWriter, *http.Request, signup.User)) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var session signup.Session // the zero Session has ended
		name := ""
		if cookie, err := r.Cookie("session"); err == nil {
			name = cookie.Value
			if v, ok := s.sessions.Load(name); ok {
				session = v.(signup.Session)
			}
		}
		user, err := s.accounts.Resume(r.Context(), session)
		switch {
		case errors.Is(err, signup.ErrEnded):
			s.sessions.Delete(name)
			http.Error(w, "Please log in", http.StatusUnauthorized)
		case err != nil: // the session may go on
			http.Error(w, "Please try again in a moment", http.StatusServiceUnavailable) // and log err
		default:
			next(w, r, user)
		}
	})
}

// A middleware asks for the user of the session at each request. "Log out everywhere"
// ends the session, wherever the application keeps it.
func ExampleAccounts_Resume() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New(), Secrets: []signup.Secret{secretOfExample()}}
	s := &site{accounts: accounts}
	mux := http.NewServeMux()
	mux.HandleFunc("POST /login", s.logIn)
	mux.Handle("GET /me", s.loggedIn(func(w http.ResponseWriter, _ *http.Request, u signup.User) {
		fmt.Fprintln(w, "Hello,", u.FirstName)
	}))
	handler := http.NewCrossOriginProtection().Handler(mux) // against CSRF

	_, err := accounts.Register(ctx, signup.Registration{Email: "ada@example.org", Password: "correct horse battery", FirstName: "Ada"})
	if err != nil {
		fmt.Println(err)
		return
	}
	form := url.Values{"email": {"ada@example.org"}, "password": {"correct horse battery"}}
	request := httptest.NewRequest("POST", "/login", strings.NewReader(form.Encode()))
	request.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	response := httptest.NewRecorder()
	handler.ServeHTTP(response, request)
	cookies := response.Result().Cookies()
	fmt.Println(response.Code, len(cookies), "cookies")

	get := func() {
		request := httptest.NewRequest("GET", "/me", nil)
		for _, c := range cookies {
			request.AddCookie(c)
		}
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		fmt.Print(response.Code, " ", response.Body)
	}
	get()
	if err := accounts.EndAllSessions(ctx, "ada@example.org"); err != nil {
		fmt.Println(err)
		return
	}
	get()
	// Output:
	// 200 2 cookies
	// 200 Hello, Ada
	// 401 Please log in
}
