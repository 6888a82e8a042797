package scssession_test

import (
	"context"
	"fmt"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
	"github.com/gosignup/signup/scssession"
)

// A site with a log-in, a private page and a log-out. Package pages has such handlers,
// ready to mount.
func Example() {
	accounts := &signup.Accounts{Store: memstore.New()}
	sessions := scssession.New(nil)
	guard := &signup.Guard{Accounts: accounts, Sessions: sessions}

	mux := http.NewServeMux()
	mux.HandleFunc("POST /log-in", func(w http.ResponseWriter, r *http.Request) {
		session, err := accounts.LogIn(r.Context(), r.PostFormValue("email"), r.PostFormValue("password"), signup.Client{})
		if err != nil {
			http.Error(w, "Unknown address or wrong password", http.StatusBadRequest)
			return
		}
		session.Remember = r.PostFormValue("remember") != ""
		if err := sessions.Set(w, r, session); err != nil {
			http.Error(w, "Please try again in a moment", http.StatusServiceUnavailable)
		}
	})
	mux.HandleFunc("POST /log-out", func(w http.ResponseWriter, r *http.Request) {
		if err := sessions.Clear(w, r); err != nil {
			http.Error(w, "Please try again in a moment", http.StatusServiceUnavailable)
		}
	})
	mux.Handle("GET /orders", guard.Require(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		user, _ := signup.CurrentUser(r.Context())
		fmt.Fprintln(w, "The orders of", user.FirstName)
	})))
	handler := http.NewCrossOriginProtection().Handler(sessions.Handler(mux))

	_, err := accounts.Register(context.Background(), signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery", FirstName: "Ada",
	})
	if err != nil {
		fmt.Println(err)
		return
	}
	server := httptest.NewTLSServer(handler)
	defer server.Close()
	client := server.Client()
	client.Jar, _ = cookiejar.New(nil)
	show := func(res *http.Response, err error) {
		if err != nil {
			fmt.Println(err)
			return
		}
		defer func() { _ = res.Body.Close() }()
		fmt.Println(res.Request.Method, res.Request.URL.Path, res.StatusCode)
	}
	show(client.Get(server.URL + "/orders"))
	show(client.PostForm(server.URL+"/log-in", url.Values{
		"email": {"ada@example.org"}, "password": {"correct horse battery"}, "remember": {"yes"},
	}))
	show(client.Get(server.URL + "/orders"))
	show(client.PostForm(server.URL+"/log-out", nil))
	show(client.Get(server.URL + "/orders"))
	// Output:
	// GET /orders 401
	// POST /log-in 200
	// GET /orders 200
	// POST /log-out 200
	// GET /orders 401
}
