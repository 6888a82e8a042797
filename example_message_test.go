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
	"golang.org/x/text/language"
)

// german returns some messages in German if the client prefers it.
func german(languages []string, m signup.Message) string {
	matcher := language.NewMatcher([]language.Tag{language.English, language.German})
	tag, _ := language.MatchStrings(matcher, languages...)
	if base, _ := tag.Base(); base.String() != "de" {
		return "" // English
	}
	switch m.Code {
	case signup.CodeTooShort:
		return fmt.Sprintf("Bitte mindestens %d Zeichen.", m.Min)
	case signup.CodeRegistered:
		return fmt.Sprintf("Willkommen, %s!", m.Value)
	}
	return ""
}

func ExampleMessage() {
	accounts := &signup.Accounts{Store: memstore.New()}
	server := httptest.NewServer(signup.NewHandler(accounts, &signup.HandlerOptions{Translate: german}))
	defer server.Close()

	for _, password := range []string{"short", "correct horse battery"} {
		request, err := http.NewRequest(http.MethodPost, server.URL,
			strings.NewReader(`{"email_address": "ada@example.org", "password": "`+password+`"}`))
		if err != nil {
			fmt.Println(err)
			return
		}
		request.Header.Set("Content-Type", "application/json")
		request.Header.Set("Accept-Language", "de-AT, en;q=0.5")
		response, err := http.DefaultClient.Do(request)
		if err != nil {
			fmt.Println(err)
			return
		}
		body, _ := io.ReadAll(response.Body)
		_ = response.Body.Close()
		fmt.Printf("%d %s", response.StatusCode, body)
	}
	// Output:
	// 400 {"message":"Bitte mindestens 15 Zeichen.","success":false,"errors":[{"field":"password","code":"too_short","message":"Bitte mindestens 15 Zeichen.","min":15}]}
	// 200 {"message":"Willkommen, ada@example.org!","success":true}
}

// A page of the application shows the same texts as a handler.
func ExampleFieldError_AsMessage() {
	accounts := &signup.Accounts{Store: memstore.New()}
	_, err := accounts.Register(context.Background(), signup.Registration{Email: "ada@localhost", Password: "short"})
	var invalid *signup.ValidationError
	if errors.As(err, &invalid) {
		for _, field := range invalid.Fields {
			message := field.AsMessage()
			text := german([]string{"de"}, message)
			if text == "" {
				text = message.English
			}
			fmt.Println(text)
		}
	}
	// Output:
	// 'ada@localhost' is not valid 'email_address'. The domain must be complete, such as 'example.org'.
	// Bitte mindestens 15 Zeichen.
}
