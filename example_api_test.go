package signup_test

import (
	"fmt"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

// A front end signs a user up, logs in, and asks for the user of the log-in. An application has
// its Sessions from module scssession.
func ExampleNewAPI() {
	accounts := &signup.Accounts{Store: memstore.New()}
	sessions := new(exampleSessions)
	mux := http.NewServeMux()
	mux.Handle("/account/", signup.NewAPI(accounts, sessions, nil))

	server := httptest.NewTLSServer(signup.JSONErrors(mux, nil))
	defer server.Close()
	browser := server.Client()
	browser.Jar, _ = cookiejar.New(nil)
	show := func(response *http.Response, err error) {
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		text, _, _ := strings.Cut(string(body), `,"user"`) // which has an ID and times
		fmt.Println(response.StatusCode, strings.TrimSpace(text))
	}
	post := func(path, body string) {
		show(browser.Post(server.URL+"/account/"+path, "application/json", strings.NewReader(body)))
	}

	const ada = `{"email_address": "ada@example.org", "password": "correct horse battery"}`
	post("sign-up", ada)
	post("log-in", ada)
	show(browser.Get(server.URL + "/account/user"))
	post("log-out", "{}")
	show(browser.Get(server.URL + "/account/user"))
	// Output:
	// 200 {"message":"'ada@example.org' added successfully!","code":"registered","success":true}
	// 200 {"message":"'ada@example.org' successfully logged in!","code":"logged_in","success":true}
	// 200 {"message":"Done.","code":"done","success":true
	// 200 {"message":"You are logged out.","code":"logged_out","success":true}
	// 401 {"message":"Please log in.","code":"not_logged_in","success":false}
}
