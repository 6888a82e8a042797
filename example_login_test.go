package signup_test

import (
	"context"
	"crypto/rand"
	"fmt"
	"net/http"
	"net/http/httptest"
	"strings"
	"sync"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A log-in starts a session, whose random name the browser keeps in a cookie. An
// application would use a session library here.
func ExampleNewLoginHandler() {
	accounts := &signup.Accounts{Store: memstore.New()}
	var sessions sync.Map // the users' keys by the session's name

	startSession := func(w http.ResponseWriter, _ *http.Request, u signup.User) error {
		name := rand.Text()
		sessions.Store(name, u.Key())
		http.SetCookie(w, &http.Cookie{
			Name: "session", Value: name, Path: "/", Secure: true, HttpOnly: true, SameSite: http.SameSiteLaxMode,
		})
		return nil
	}
	handler := signup.NewLoginHandler(accounts, startSession, nil)

	_, err := accounts.Register(context.Background(), signup.Registration{Email: "ada@example.org", Password: "correct horse battery"})
	if err != nil {
		fmt.Println(err)
		return
	}
	for _, password := range []string{"wrong horse battery", "correct horse battery"} {
		request := httptest.NewRequest("POST", "/login", strings.NewReader(`{"email_address": "ada@example.org", "password": "`+password+`"}`))
		request.Header.Set("Content-Type", "application/json")
		response := httptest.NewRecorder()
		handler.ServeHTTP(response, request)
		fmt.Print(response.Code, " ", len(response.Result().Cookies()), " cookies ", response.Body)
	}
	// Output:
	// 400 0 cookies {"message":"Unknown email_address or bad password","success":false}
	// 200 1 cookies {"message":"'ada@example.org' successfully logged in!","success":true}
}
