package signup_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"

	"github.com/gosignup/signup"
	"github.com/gosignup/signup/memstore"
)

func Example() {
	accounts := &signup.Accounts{Store: memstore.New()}
	mux := http.NewServeMux()
	mux.Handle("POST /v1/users/new", signup.NewHandler(accounts, nil))

	server := httptest.NewServer(signup.JSONErrors(mux, nil))
	defer server.Close()
	for range 2 {
		response, err := http.Post(server.URL+"/v1/users/new", "application/json",
			strings.NewReader(`{"email_address": "ada@example.org", "password": "correct horse battery"}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		fmt.Printf("%d %s", response.StatusCode, body)
	}
	// Output:
	// 200 {"message":"'ada@example.org' added successfully!","success":true}
	// 409 {"message":"'ada@example.org' already exists.","success":false}
}

func ExampleAccounts_Register() {
	accounts := &signup.Accounts{Store: memstore.New()}
	registration := signup.Registration{Email: "Ada@Example.org", Password: "short"}

	_, err := accounts.Register(context.Background(), registration)
	var invalid *signup.ValidationError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			fmt.Println(field.Code, field.Message)
		}
	}

	registration.Password = "correct horse battery"
	user, err := accounts.Register(context.Background(), registration)
	fmt.Println(user.Email, user.Key(), user.PasswordHash, err)

	registration.Email = "ada@EXAMPLE.org"
	_, err = accounts.Register(context.Background(), registration)
	fmt.Println(errors.Is(err, signup.ErrExists))
	// Output:
	// too_short 'password' must be at least 15 characters long.
	// Ada@Example.org ada@example.org [redacted] <nil>
	// true
}

func ExampleAccounts_Authenticate() {
	ctx := context.Background()
	accounts := &signup.Accounts{Store: memstore.New()}
	_, err := accounts.Register(ctx, signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery", FirstName: "Ada",
	})
	if err != nil {
		fmt.Println(err)
		return
	}

	_, err = accounts.Authenticate(ctx, "ada@example.org", "wrong horse battery")
	fmt.Println(errors.Is(err, signup.ErrBadCredentials))

	user, err := accounts.Authenticate(ctx, "ADA@example.org", "correct horse battery")
	fmt.Println(user.FirstName, err)
	// Output:
	// true
	// Ada <nil>
}

func ExampleProfileField() {
	accounts := &signup.Accounts{
		Store: memstore.New(),
		Fields: []signup.ProfileField{
			{Name: "company", Required: true},
			{Name: "locale", Validate: func(_ context.Context, value string) error {
				if len(value) != 2 {
					return signup.FieldError{Code: "format", Message: "'locale' must be a language code of two letters."}
				}
				return nil
			}},
		},
	}
	_, err := accounts.Register(context.Background(), signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery",
		Profile: map[string]string{"locale": "English"},
	})
	fmt.Println(err)

	user, err := accounts.Register(context.Background(), signup.Registration{
		Email: "ada@example.org", Password: "correct horse battery",
		Profile: map[string]string{"company": "Analytical Engines", "locale": "en", "admin": "yes"},
	})
	fmt.Println(user.Profile, err)
	// Output:
	// signup: invalid company: required, locale: format
	// map[company:Analytical Engines locale:en] <nil>
}

func ExampleJSONErrors() {
	handler := signup.JSONErrors(http.NewServeMux(), nil)

	response := httptest.NewRecorder()
	handler.ServeHTTP(response, httptest.NewRequest("GET", "/nothing", nil))
	fmt.Print(response.Code, " ", response.Body)
	// Output:
	// 404 {"error":"404: Not Found","message":"There is nothing at this URL.","success":false}
}

func ExampleCanonicalEmail() {
	for _, s := range []string{"Ada+News@Example.ORG", "ada@bücher.example", "ada@xn--bcher-kva.example", "ada@localhost"} {
		key, err := signup.CanonicalEmail(s)
		fmt.Println(key, err)
	}
	// Output:
	// ada+news@example.org <nil>
	// ada@xn--bcher-kva.example <nil>
	// ada@xn--bcher-kva.example <nil>
	//  signup: invalid email_address: domain_incomplete
}
